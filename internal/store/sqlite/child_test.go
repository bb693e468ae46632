package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
)

// A test that needs another process starts this program again, with the role
// that the process plays in this variable and the database's path in the next.
const (
	roleVariable = "CHARTLINE_TEST_ROLE"
	pathVariable = "CHARTLINE_TEST_DATABASE"
)

func TestMain(m *testing.M) {
	roles := map[string]func(path string) error{"writer": writeUntilKilled, "opener": openOnce, "locker": holdWriteLock, "server": holdServerLock}
	role, ok := roles[os.Getenv(roleVariable)]
	if !ok {
		os.Exit(m.Run())
	}
	if err := role(os.Getenv(pathVariable)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child returns a command that plays role on the database at path.
func child(t testing.TB, role, path string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), roleVariable+"="+role, pathVariable+"="+path, "GORACE=atexit_sleep_ms=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.Stderr = os.Stderr
	return cmd
}

// writeUntilKilled creates encounters with a session each, from several
// goroutines, and prints the id of each one that was acknowledged.
func writeUntilKilled(path string) error {
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return err
	}
	failed := make(chan error)
	for range 8 {
		go func() {
			for {
				var id int64
				err := db.Update(context.Background(), func(tx store.Tx) (err error) {
					if id, err = tx.NextEncounter(live); err != nil {
						return err
					}
					return first(
						tx.CreateEncounter(care.Encounter{Scope: live, ID: id, Patient: 202300001111, Provider: 202200000834, CreatedAt: noon, UpdatedAt: noon}),
						tx.CreateSession(care.Session{Scope: live, ID: fmt.Sprintf("%024x", id), Encounter: id, Status: care.SessionScheduled, Start: noon, CreatedAt: noon, UpdatedAt: noon}))
				})
				if err != nil {
					failed <- err
				}
				fmt.Println(id)
			}
		}()
	}
	return <-failed
}

func TestNothingAcknowledgedIsLostWhenTheWriterIsKilled(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chartline.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	update(t, db, seedPeople)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	acknowledged := 0
	for range 6 {
		ids := killedWriter(t, path)
		acknowledged += len(ids)
		checkWritten(t, path, ids)
	}
	if acknowledged < 100 {
		t.Errorf("only %d writes were acknowledged", acknowledged)
	}
}

// killedWriter runs a writer, kills it without warning at some moment, and
// returns what it had acknowledged.
func killedWriter(t *testing.T, path string) []int64 {
	t.Helper()
	cmd := child(t, "writer", path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ids []int64
	enough := 10 + rand.IntN(200) // #nosec G404 -- any moment is good
	for lines := bufio.NewScanner(out); lines.Scan(); {
		id, err := strconv.ParseInt(lines.Text(), 10, 64)
		if err != nil {
			break // the line that the kill cut
		}
		if ids = append(ids, id); len(ids) == enough {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // it was killed
	if len(ids) < enough {
		t.Fatalf("the writer ended by itself after %d writes", len(ids))
	}
	return ids
}

func checkWritten(t *testing.T, path string, ids []int64) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	view(t, db, func(tx store.Tx) error {
		for _, id := range ids {
			if v, err := tx.Visit(live, id); err != nil || len(v.Sessions) != 1 {
				t.Errorf("encounter %d was acknowledged and is not whole: %v", id, err)
			}
		}
		return nil
	})
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

// openOnce opens and closes the database.
func openOnce(path string) error {
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return err
	}
	return db.Close()
}

func TestProcessesThatOpenANewDatabaseAtOnceAllSucceed(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chartline.db")
	var processes []*exec.Cmd
	for range 6 {
		cmd := child(t, "opener", path)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		processes = append(processes, cmd)
	}
	for _, cmd := range processes {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	update(t, openAt(t, path), seedPeople)
}

// holdWriteLock begins a write, says so, and keeps it until its input ends.
func holdWriteLock(path string) error {
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return err
	}
	return db.Update(context.Background(), func(tx store.Tx) error {
		_, err := tx.NextEncounter(live)
		fmt.Println("held")
		_, _ = io.Copy(io.Discard, os.Stdin)
		return err
	})
}

// holdServerLock takes the lock of a server and keeps it until its input ends.
func holdServerLock(path string) error {
	_, err := sqlite.Lock(path)
	fmt.Println("held")
	_, _ = io.Copy(io.Discard, os.Stdin)
	return err
}

// holding starts a process that holds a lock and returns what makes it let go.
func holding(t *testing.T, role, path string) (letGo func()) {
	t.Helper()
	cmd := child(t, role, path)
	in, errIn := cmd.StdinPipe()
	out, errOut := cmd.StdoutPipe()
	if err := first(errIn, errOut, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || strings.TrimSpace(line) != "held" {
		t.Fatalf("the other process said %q, %v", line, err)
	}
	return func() {
		_ = in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

func TestAWriteLockHeldElsewhereIsABoundedWait(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chartline.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{BusyTimeout: 200 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	update(t, db, seedPeople)
	letGo := holding(t, "locker", path)
	answers := make(chan error)
	const writers = 20
	for range writers {
		go func() {
			answers <- db.Update(t.Context(), func(tx store.Tx) error { _, err := tx.NextEncounter(live); return err })
		}()
	}
	start := time.Now()
	for range writers {
		if err := <-answers; care.KindOf(err) != care.KindUnavailable {
			t.Errorf("while the lock is held elsewhere: %v", err)
		}
	}
	if took := time.Since(start); took > time.Minute {
		t.Errorf("the writers waited for %v", took)
	}
	view(t, db, func(tx store.Tx) error { _, err := tx.Instance(live); return err })
	if err := db.Check(t.Context()); care.KindOf(err) != care.KindUnavailable {
		t.Errorf("check: %v", err)
	}
	letGo()
	update(t, db, func(tx store.Tx) error { _, err := tx.NextEncounter(live); return err })
}

func TestASecondServerIsRefusedAndAProgramBesideItIsNot(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chartline.db")
	letGo := holding(t, "server", path)
	if release, err := sqlite.Lock(path); err == nil {
		t.Error("two servers have the lock")
		_ = release()
	} else if !strings.Contains(err.Error(), "process ") {
		t.Errorf("the refusal does not say who: %v", err)
	}
	update(t, openAt(t, path), seedPeople)
	letGo()
	release, err := sqlite.Lock(path)
	if err != nil {
		t.Fatalf("after the first server ended: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

// TestACrashWhileTheSchemaIsMadeIsFinishedByTheNextStart kills the process that
// makes a database at some of the many calls that change files, others each time
// the test runs.
func TestACrashWhileTheSchemaIsMadeIsFinishedByTheNextStart(t *testing.T) {
	t.Parallel()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("strace is needed (apt-get install strace): %v", err)
	}
	for calls, step := range map[string]int{"pwrite64": 47, "fsync,fdatasync,ftruncate,unlink": 2} {
		killed := 0
		for n := 1 + rand.IntN(step); ; n += step { // #nosec G404 -- any is good
			path := filepath.Join(t.TempDir(), "chartline.db")
			opener := child(t, "opener", path)
			cmd := exec.CommandContext(t.Context(), strace, "-f", "-o", "/dev/null",
				"-e", "trace="+calls, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", calls, n), opener.Path)
			cmd.Env, cmd.SysProcAttr = append(opener.Env, "GOMAXPROCS=1"), opener.SysProcAttr
			if err := cmd.Run(); err == nil {
				break
			}
			killed++
			db := openAt(t, path)
			update(t, db, seedPeople)
			if err := db.Verify(t.Context()); err != nil {
				t.Errorf("killed at call %d of %s: %v", n, calls, err)
			}
		}
		if killed < 5 {
			t.Errorf("the process was killed at only %d calls of %s", killed, calls)
		}
	}
}
