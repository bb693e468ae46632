package faulttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
	"chartline/internal/store/transfer"
)

// newServerSite makes an installation in a database at url, with its keys and
// media in a directory of its own.
func newServerSite(t testing.TB, url string) *site {
	t.Helper()
	s := emptyServerSite(t, url)
	clients, err := s.populate()
	must(t, err)
	for _, c := range clients {
		s.tenants = append(s.tenants, newTenant(c))
	}
	return s
}

// emptyServerSite is where one may be restored.
func emptyServerSite(t testing.TB, url string) *site {
	t.Helper()
	return &site{dir: filepath.Join(t.TempDir(), "data"), places: []string{"--database", url}, env: map[string]string{"CHARTLINE_FREE_DISK_FLOOR": "0"}}
}

// F28 on PostgreSQL; what was put back is also compared row by row.
func TestWhatIsRestoredIntoPostgreSQLIsWhatWasAcknowledgedBeforeTheBackup(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Empty(t)
	s := newServerSite(t, at)
	drill(t, s, func(to string) {
		c.Drop(t, at)
		must(t, os.RemoveAll(s.dir))
		scratch := c.Empty(t)
		s.command(t, "backup", "verify", to, "--scratch", scratch)
		must(t, postgres.Vacant(t.Context(), scratch, ""))
		at = c.Empty(t)
		s.places = []string{"--database", at}
	}, func(to string) {
		changed := []string{"token", "audit_chain", "audit_group", "audit_subject", "attempt", "heartbeat", "job"}
		var list struct{ Items []struct{ ID string } }
		must(t, json.Unmarshal([]byte(s.command(t, "backup", "list", to, "--json")), &list))
		kept, err := os.ReadFile(filepath.Join(to, "backups", list.Items[0].ID, postgres.PartRows))
		must(t, err)
		settled := s.first().tenantName
		want, got := rowsOf(t, settled, bytes.NewReader(kept)), rowsOf(t, settled, bytes.NewReader(rowsAt(t, at)))
		for name := range want {
			if !slices.Contains(changed, name) && !maps.Equal(want[name], got[name]) {
				t.Errorf("%s: %d rows of %d, or others than those of the backup", name, len(got[name]), len(want[name]))
			}
		}
		if len(want) != len(got) || len(want["recording"]) == 0 {
			t.Errorf("%d tables of %d", len(got), len(want))
		}
	})
}

// rowsAt are the rows of a PostgreSQL database.
func rowsAt(t *testing.T, url string) []byte {
	t.Helper()
	db, err := postgres.Open(t.Context(), url, "", postgres.Options{Connections: 1, Existing: true})
	must(t, err)
	defer db.Close()
	var to bytes.Buffer
	must(t, db.Snapshot(t.Context(), func(now store.Snapshot) error { return now.Copy(t.Context(), postgres.PartRows, &to) }))
	return to.Bytes()
}

// rowsOf counts a tenant's rows of each table by what they hold.
func rowsOf(t *testing.T, tenant string, from io.Reader) map[string]map[string]int {
	t.Helper()
	in, err := transfer.NewReader(from)
	must(t, err)
	found := map[string]map[string]int{}
	for {
		table, err := in.Table()
		if errors.Is(err, io.EOF) {
			return found
		}
		must(t, err)
		found[table.Name] = map[string]int{}
		for {
			fields, err := in.Row()
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			if slices.ContainsFunc(fields, func(v []byte) bool { return string(v) == tenant }) {
				found[table.Name][fmt.Sprintf("%q", fields)]++
			}
		}
	}
}

// An operator who outgrows one machine takes everything along, and may go back.
func TestABackupOfOneEngineIsPutBackIntoTheOther(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	files, to := stocked(t)
	server := emptyServerSite(t, c.Empty(t))
	again := &site{dir: filepath.Join(t.TempDir(), "data"), env: files.env}
	for _, next := range []*site{server, again} {
		next.tenants = files.tenants
		next.command(t, "restore", to)
		p := next.start(t)
		for _, th := range files.first().known("recordings", there) {
			th.heard = false
		}
		next.enter(t)
		next.verify(t)
		p.stop()
		to = t.TempDir()
		next.command(t, "backup", to)
		next.command(t, "backup", "verify", to)
	}
}

// interrupted runs a command and kills it; it reports whether it was done before.
func (s *site) interrupted(t *testing.T, after time.Duration, args ...string) bool {
	t.Helper()
	cmd := exec.Command(os.Args[0], append(append(args, "--data", s.dir), s.places...)...)
	cmd.Env = append(os.Environ(), childVariable+"=1", "CHARTLINE_FREE_DISK_FLOOR=0")
	must(t, cmd.Start())
	time.Sleep(after)
	_ = cmd.Process.Kill() // it may be done
	return cmd.Wait() == nil
}

// mustRefuseChanged changes the rows of the newest backup, and puts them right.
func mustRefuseChanged(t *testing.T, put *site, to string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(to, "backups", "*", postgres.PartRows))
	must(t, err)
	newest := all[len(all)-1]
	whole, err := os.ReadFile(newest)
	must(t, err)
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for what, content := range map[string][]byte{"cut": whole[:len(whole)-1], "flipped": flipped} {
		must(t, os.WriteFile(newest, content, 0o600))
		for _, args := range [][]string{{"restore", to}, {"backup", "verify", to}} {
			if code, out, log := put.run(t.Context(), args...); code != 1 || !strings.Contains(out+log, "not whole") {
				t.Errorf("%v of what is %s: %d, %s%s", args, what, code, out, log)
			}
		}
	}
	must(t, os.WriteFile(newest, whole, 0o600))
}

// F28: a backup that is killed is none, a restore that is killed is nothing that
// a server opens, and the next one of either goes on.
func TestABackupOrARestoreOfPostgreSQLThatIsKilledIsDoneByTheNextOne(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	c := pgtest.Start(t)
	s, to := newServerSite(t, c.Empty(t)), t.TempDir()
	p := s.start(t)
	clinic := s.first().open(t)
	call := clinic.mustHaveCall(t)
	for i := range 5 {
		if _, got, err := clinic.upload(t.Context(), clinic.newName(), "call", call.key, sound(1000*(i+1))); err != nil || got.status >= 300 {
			t.Fatalf("%v, %v", got, err)
		}
	}
	p.stop()
	took := time.Now()
	s.command(t, "backup", to)
	span := 2 * time.Since(took)
	for range max(*rounds/3, 1) {
		s.interrupted(t, time.Duration(rng.Int64N(int64(span))), "backup", to)
		s.command(t, "backup", "verify", to)
	}
	s.command(t, "backup", to)

	url := c.Empty(t)
	put := emptyServerSite(t, url)
	mustRefuseChanged(t, put, to)
	must(t, postgres.Vacant(t.Context(), url, ""))
	halves := 0
	for range max(*rounds/2, 1) {
		if put.interrupted(t, time.Duration(rng.Int64N(int64(span))), "restore", to) {
			break
		}
		code, _, log := put.run(t.Context(), "tenant", "list")
		if code == 0 {
			break // killed once it was done
		}
		if strings.Contains(log, postgres.ErrHalf.Error()) {
			halves++
		}
	}
	t.Logf("%d times half a restore was refused", halves)
	if code, _, log := put.run(t.Context(), "tenant", "list"); code != 0 {
		if out := put.command(t, "restore", to); !strings.Contains(out, "restored") {
			t.Errorf("after %s: %s", log, out)
		}
	}
	put.examine(t)
	if n := len(put.objects(t)); n != 5 {
		t.Errorf("there are %d objects", n)
	}
	if code, _, log := put.run(t.Context(), "restore", to); code != 1 || !strings.Contains(log, "into an empty place only") {
		t.Errorf("over data: %d, %s", code, log)
	}
}
