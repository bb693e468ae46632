package faulttest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// F28: back up under load, destroy everything, restore, compare.
func TestWhatIsRestoredIsWhatWasAcknowledgedBeforeTheBackup(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	drill(t, s, func(string) { must(t, os.RemoveAll(s.dir)) }, func(string) {})
}

// drill backs a site up under load, has destroy destroy it, puts it back, has
// compare look at it, and holds it against what was acknowledged.
func drill(t *testing.T, s *site, destroy, compare func(to string)) {
	t.Helper()
	rng := draw(t)
	to := t.TempDir()
	p := s.start(t)
	settled, busy := s.tenants[0].open(t), s.tenants[1].open(t)
	l := begin(t, rng, 4, none, settled, busy)
	l.more(200, 0)
	l.end()
	before := fields{}
	for _, th := range busy.known("patients", there) {
		before[th.key] = ""
	}
	// One tenant rests, so that all of it is known; the other one does not.
	l = begin(t, rng, 4, none, busy)
	for range 3 {
		l.more(10+rng.IntN(60), 0)
		s.command(t, "backup", to)
	}
	l.end()
	p.kill()
	destroy(to)

	s.command(t, "backup", "verify", to)
	began := time.Now()
	s.command(t, "restore", to)
	t.Logf("restored in %v", time.Since(began))
	compare(to)
	p = s.start(t)
	s.enter(t)
	for id := range before {
		if got, err := busy.get(t.Context(), "/api/v1/patients/"+id); err != nil || got.status != http.StatusOK {
			t.Errorf("a patient of before the backup: %v, %v", got, err)
		}
	}
	for _, th := range settled.known("recordings", there) {
		th.heard = false
	}
	busy.compareDigests(t)
	s.examine(t)
	s.tenants = s.tenants[:1]
	s.verify(t)
	p.stop()
}

// enter gets new tokens: those of before a restore are over.
func (s *site) enter(t *testing.T) {
	t.Helper()
	for _, tn := range s.tenants {
		if got, err := tn.get(t.Context(), "/api/v1/patients"); err != nil || got.status != http.StatusUnauthorized {
			t.Errorf("a token of before: %v, %v", got, err)
		}
		var doc struct{ Token string }
		must(t, json.Unmarshal([]byte(s.command(t, "client", "token", tn.client, "--tenant", tn.tenantName, "--json")), &doc))
		tn.token = doc.Token
	}
}

// compareDigests downloads every recording that is listed.
func (tn *tenant) compareDigests(t *testing.T) {
	t.Helper()
	all := tn.list(t, "recordings", "name")
	if len(all) == 0 {
		t.Error("no recording is listed")
	}
	for name, f := range all {
		got, err := tn.get(t.Context(), "/api/v1/recordings/"+f["id"]+"/content")
		if err != nil || got.status != http.StatusOK {
			t.Errorf("%s: %v, %v", name, got.status, err)
			continue
		}
		if sum := sha256.Sum256(got.body); hex.EncodeToString(sum[:]) != f["sha256"] {
			t.Errorf("%s is not what was stored", name)
		}
	}
}

// stocked is a site with a few recordings, and a backup of it.
func stocked(t *testing.T) (s *site, to string) {
	t.Helper()
	s, to = newSite(t), t.TempDir()
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	for i := range 12 {
		if _, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(1000*(i+1))); err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}
	}
	p.stop()
	s.command(t, "backup", to)
	return s, to
}

// files are all files under dir, by their names in it.
func files(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	found := map[string][]byte{}
	must(t, filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		found[rel], err = os.ReadFile(name)
		return err
	}))
	return found
}

// F28: no cut backup is put back, and no changed one.
func TestABackupThatIsNotWholeIsRefused(t *testing.T) {
	t.Parallel()
	s, to := stocked(t)
	for name, content := range files(t, to) {
		file := filepath.Join(to, name)
		flipped := bytes.Clone(content)
		flipped[len(flipped)/2] ^= 4
		for what, damage := range map[string]func() error{
			"cut":     func() error { return os.Truncate(file, int64(len(content)-1)) },
			"missing": func() error { return os.Remove(file) },
			"flipped": func() error { return os.WriteFile(file, flipped, 0o600) },
		} {
			must(t, damage())
			empty := &site{dir: filepath.Join(t.TempDir(), "data"), env: s.env}
			if code, out, log := empty.run(t.Context(), "restore", to); code != 1 {
				t.Errorf("%s %s: restore exits with %d: %s%s", name, what, code, out, log)
			}
			if _, err := os.Stat(filepath.Join(empty.dir, "chartline.db")); err == nil {
				t.Errorf("%s %s: there is a database all the same", name, what)
			}
			if code, out, log := s.run(t.Context(), "backup", "verify", to); code != 1 {
				t.Errorf("%s %s: verify exits with %d: %s%s", name, what, code, out, log)
			}
			must(t, os.WriteFile(file, content, 0o600))
		}
	}
	s.command(t, "backup", "verify", to)
	if code, _, log := s.run(t.Context(), "restore", to); code != 1 || !strings.Contains(log, "there is data at") {
		t.Errorf("over data that is there: %d, %s", code, log)
	}
}

// A place of backups may be read-only for those who read it.
func TestVerifyingAndRestoringLeaveThePlaceAsItIs(t *testing.T) {
	t.Parallel()
	s, to := stocked(t)
	must(t, os.Remove(filepath.Join(to, ".tmp")))
	before, err := os.Stat(to)
	must(t, err)
	s.command(t, "backup", "list", to)
	s.command(t, "backup", "verify", to)
	put := &site{dir: filepath.Join(t.TempDir(), "data"), env: s.env}
	put.command(t, "restore", to)
	after, err := os.Stat(to)
	must(t, err)
	if _, err := os.Stat(filepath.Join(to, ".tmp")); err == nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the place was written to: %v", err)
	}
	if code, _, _ := s.run(t.Context(), "backup", "verify", to+"-elsewhere"); code != 1 {
		t.Errorf("of a place that is not there: %d", code)
	}
	if _, err := os.Stat(to + "-elsewhere"); err == nil {
		t.Error("it was made")
	}
}

// F28: a restore that is killed leaves nothing that would be served, and the
// next one goes on.
func TestARestoreThatIsKilledIsDoneByTheNextOne(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s, to := stocked(t)
	put := &site{dir: filepath.Join(t.TempDir(), "data"), env: s.env}
	for range *rounds {
		cmd := exec.Command(os.Args[0], "restore", to, "--data", put.dir)
		cmd.Env = append(os.Environ(), childVariable+"=1", "CHARTLINE_FREE_DISK_FLOOR=0")
		must(t, cmd.Start())
		time.Sleep(time.Duration(rng.IntN(150)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may be done
		if err := cmd.Wait(); err == nil {
			break
		}
		if _, err := os.Stat(filepath.Join(put.dir, "chartline.db")); err == nil {
			put.examine(t)
			break
		}
	}
	if _, err := os.Stat(filepath.Join(put.dir, "chartline.db")); err != nil {
		put.command(t, "restore", to)
	}
	put.examine(t)
	if n := len(put.objects(t)); n != 12 {
		t.Errorf("there are %d objects", n)
	}
}

// F10: what is damaged replaces no good backup.
func TestADamagedDatabaseIsNotBackedUp(t *testing.T) {
	t.Parallel()
	s, to := stocked(t)
	db := filepath.Join(s.dir, "chartline.db")
	content, err := os.ReadFile(db)
	must(t, err)
	found := 0
	for page := 20; page < len(content)/4096; page += 15 {
		broken := bytes.Clone(content)
		copy(broken[page*4096:], bytes.Repeat([]byte{0xa5}, 512))
		must(t, os.WriteFile(db, broken, 0o600))
		code, _, log := s.run(t.Context(), "backup", to)
		if code == 0 {
			continue // a page that nothing uses
		}
		found++
		if !strings.Contains(log, "damaged") && !strings.Contains(log, "malformed") {
			t.Errorf("page %d: %s", page, log)
		}
	}
	if found == 0 {
		t.Error("no damage was found")
	}
	s.command(t, "backup", "verify", to)
	var doc struct{ Items []any }
	must(t, json.Unmarshal([]byte(s.command(t, "backup", "list", to, "--json")), &doc))
	t.Logf("%d damaged pages were found; %d backups", found, len(doc.Items))
}

// Media that are lost or rotten keep nothing else from being backed up, and what
// an earlier backup has of them stays.
func TestABackupSaysWhatItIsWithout(t *testing.T) {
	t.Parallel()
	s, to := stocked(t)
	objects := s.objects(t)
	must(t, os.Remove(objects[0]))
	rotten, err := os.ReadFile(objects[1])
	must(t, err)
	rotten[500] ^= 1
	must(t, os.WriteFile(objects[1], rotten, 0o600))
	s.command(t, "backup", to) // has them from before
	s.command(t, "backup", "verify", to)

	another := t.TempDir()
	code, out, log := s.run(t.Context(), "backup", another, "--json")
	var doc struct{ Damaged []struct{ ID string } }
	must(t, json.Unmarshal([]byte(out), &doc))
	if code != 1 || len(doc.Damaged) != 2 || !strings.Contains(log, "without 2 objects") {
		t.Errorf("%d: %s%s", code, out, log)
	}
	s.command(t, "backup", "verify", another)
	put := &site{dir: filepath.Join(t.TempDir(), "data"), env: s.env}
	put.command(t, "restore", another)
	if n := len(put.objects(t)); n != len(objects)-2 {
		t.Errorf("%d objects were put back of %d", n, len(objects)-2)
	}
}

// Old backups go with what they alone use, and a backup that is killed is in
// nobody's way.
func TestOldBackupsGoWithTheObjectsThatTheyAloneUse(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s, to := stocked(t)
	p := s.start(t)
	c := clinic{tenant: s.first()}
	gone := c.known("recordings", there)[0]
	if got, err := c.remove(t.Context(), gone); err != nil || got.status != http.StatusNoContent {
		t.Fatalf("%v, %v", got, err)
	}
	for range 3 {
		cmd := exec.Command(os.Args[0], "backup", to, "--data", s.dir)
		cmd.Env = append(os.Environ(), childVariable+"=1", "CHARTLINE_FREE_DISK_FLOOR=0")
		must(t, cmd.Start())
		time.Sleep(time.Duration(rng.IntN(60)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may be done
		_ = cmd.Wait()
	}
	kept := filepath.Join(to, "media", c.tenantName, "live", gone.id[:2], gone.id)
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
	var doc struct{ Removed []string }
	must(t, json.Unmarshal([]byte(s.command(t, "backup", to, "--keep", "1", "--json")), &doc))
	if len(doc.Removed) == 0 {
		t.Error("nothing was removed")
	}
	if _, err := os.Stat(kept); err == nil {
		t.Error("an object that no backup uses is still there")
	}
	s.command(t, "backup", "verify", to)
	p.stop()
	left, err := os.ReadDir(filepath.Join(to, "backups"))
	must(t, err)
	for _, d := range left {
		content, err := os.ReadDir(filepath.Join(to, "backups", d.Name()))
		must(t, err)
		if len(content) > 0 && !strings.HasPrefix(fmt.Sprint(content), "[- ") {
			t.Errorf("%s: %v", d.Name(), content)
		}
	}
}

// Where the master key is kept apart, nothing of a backup is to be read without it.
func TestABackupIsSealedWhereItsKeyIsKeptApart(t *testing.T) {
	t.Parallel()
	const key, another = "CHARTLINE_MASTER_KEY", "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100"
	s, to := newSite(t), t.TempDir()
	must(t, os.RemoveAll(filepath.Join(s.dir, "master.key")))
	s.env[key] = strings.Repeat("0123456789abcdef", 4)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	for range 3 {
		if _, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(70_000)); err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}
	}
	p.stop()
	right := s.env[key]
	s.env[key] = another
	if code, out, log := s.run(t.Context(), "backup", to); code != 1 || !strings.Contains(log, "put the key back") {
		t.Errorf("with another key: %d, %s%s", code, out, log)
	}
	s.env[key] = right
	s.command(t, "backup", to)
	audit, err := os.ReadFile(filepath.Join(s.dir, "audit.key"))
	must(t, err)
	for name, content := range files(t, to) {
		for _, plain := range []string{"SQLite format 3", "Lindqvist", "Okafor", s.env[key], strings.TrimSpace(string(audit))} {
			if bytes.Contains(content, []byte(plain)) {
				t.Errorf("%s has %q", name, plain)
			}
		}
	}
	s.command(t, "backup", "verify", to)
	for _, env := range []map[string]string{{}, {key: another}} {
		env["CHARTLINE_FREE_DISK_FLOOR"] = "0"
		put := &site{dir: filepath.Join(t.TempDir(), "data"), env: env}
		for _, command := range [][]string{{"restore", to}, {"backup", "verify", to}} {
			if code, out, log := put.run(t.Context(), command...); code != 1 || !strings.Contains(log, "master key is not here") {
				t.Errorf("%v with %v: %d, %s%s", command, env, code, out, log)
			}
		}
		if len(put.objects(t)) > 0 {
			t.Error("media were put back all the same")
		}
	}
	put := &site{dir: filepath.Join(t.TempDir(), "data"), env: s.env}
	put.command(t, "restore", to)
	put.examine(t)
	must(t, os.RemoveAll(s.dir))
	must(t, os.Rename(put.dir, s.dir))
	p = s.start(t)
	s.enter(t)
	s.verify(t)
	p.stop()
}
