package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
)

const insideVariable = "CHARTLINE_TEST_MOUNTS"

// onSmallDisk runs scenario with a file system of four megabytes, in a process
// of its own with mounts of its own, so that nothing mounted outlives it. Others
// than root get a user namespace too.
func onSmallDisk(t *testing.T, scenario func(t *testing.T, place string)) {
	t.Helper()
	if os.Getenv(insideVariable) != "" {
		place := t.TempDir()
		if err := syscall.Mount("none", place, "tmpfs", 0, "size=4m"); err != nil {
			t.Fatalf("mounting a tmpfs: %v", err)
		}
		t.Cleanup(func() { _ = syscall.Unmount(place, syscall.MNT_DETACH) })
		scenario(t, place)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v (the test needs root or user namespaces, to mount a small file system)\n%s", err, out)
	}
}

func TestAFullDiskRefusesWritesKeepsReadsAndRecoversWithoutRestart(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, place string) {
		db := openAt(t, filepath.Join(place, "chartline.db"))
		update(t, db, seedPeople)
		filler := filepath.Join(place, "FILLER")
		if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("filling the disk: %v", err)
		}
		kept, refused := 0, 0
		for n := int64(1); n <= 200 && refused < 20; n++ {
			err := db.Update(t.Context(), func(tx store.Tx) error {
				return tx.CreateEncounter(care.Encounter{
					Scope: live, ID: n, Patient: 202300001111, Provider: 202200000834, Complaint: strings.Repeat("a cough ", 500), CreatedAt: noon, UpdatedAt: noon,
				})
			})
			switch care.KindOf(err) {
			case care.KindUnavailable:
				refused++
			default:
				if err != nil {
					t.Fatalf("write %d: %v", n, err)
				}
				kept++
			}
		}
		if refused < 20 {
			t.Fatalf("%d writes were refused on a full disk", refused)
		}
		view(t, db, func(tx store.Tx) error {
			all, err := tx.Encounters(live, 0, 0, 1000)
			if len(all) != kept {
				t.Errorf("%d encounters are there, %d were acknowledged", len(all), kept)
			}
			return err
		})
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		update(t, db, seedVisit)
		if err := first(db.Check(t.Context()), db.Verify(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

func TestFilesThatCannotBeWrittenRefuseWritesAndKeepReads(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, place string) {
		db, err := sqlite.Open(t.Context(), filepath.Join(place, "chartline.db"), sqlite.Options{Readers: 1})
		if err != nil {
			t.Fatal(err)
		}
		update(t, db, seedPeople)
		instance := func(tx store.Tx) error { _, err := tx.Instance(live); return err }
		view(t, db, instance)
		// A disk with files that are open for writing does not become read-only
		// in a test; a process that may write no files is as good.
		var limit syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1024, Max: limit.Max}); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if err := db.Update(t.Context(), seedVisit); care.KindOf(err) != care.KindUnavailable {
				t.Errorf("update: %v", err)
			}
			view(t, db, instance)
		}
		if err := db.Check(t.Context()); care.KindOf(err) != care.KindUnavailable {
			t.Errorf("check: %v", err)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			t.Fatal(err)
		}
		update(t, db, seedVisit)
		if err := first(db.Verify(t.Context()), db.Close()); err != nil {
			t.Error(err)
		}
	})
}

// TestATornLogLosesNothingBeforeTheTear cuts and zeroes the end of the
// write-ahead log in many places, as a crash of the machine can.
func TestATornLogLosesNothingBeforeTheTear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "chartline.db")
	db := openAt(t, path)
	update(t, db, seedPeople)
	const writes = 8
	ends := make([]int, writes+1) // of the log after each write
	for n := range writes + 1 {
		if n > 0 {
			update(t, db, func(tx store.Tx) error { _, err := tx.NextEncounter(live); return err })
		}
		ends[n] = len(read(t, path+"-wal"))
	}
	main, log := read(t, path), read(t, path+"-wal")
	for n := 1; n <= writes; n++ {
		for _, torn := range tears(log, ends[n-1], ends[n]) {
			whole := n - 1
			if bytes.Equal(torn, log[:ends[n]]) {
				whole = n
			}
			checkTorn(t, main, torn, whole)
		}
	}
}

// tears returns logs that end between one commit's end and the next's: cut
// short, and with zeroes where data should be; and the whole one.
func tears(log []byte, before, after int) (torn [][]byte) {
	torn = append(torn, log[:after])
	for _, lost := range []int{1, 100, 512, 4096} {
		lost = min(lost, after-before)
		torn = append(torn, log[:after-lost])
		torn = append(torn, append(bytes.Clone(log[:after-lost]), make([]byte, lost)...))
	}
	return torn
}

func checkTorn(t *testing.T, main, log []byte, whole int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chartline.db")
	if err := first(os.WriteFile(path, main, 0o600), os.WriteFile(path+"-wal", log, 0o600)); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	update(t, db, func(tx store.Tx) error {
		next, err := tx.NextEncounter(live)
		if int(next) != whole+1 {
			t.Errorf("of a log of %d bytes %d writes are left, want %d", len(log), next-1, whole)
		}
		return err
	})
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
