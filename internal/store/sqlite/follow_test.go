package sqlite

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// copyTo copies the database as a backup does.
func copyTo(t *testing.T, db *DB, path string) {
	t.Helper()
	err := db.Snapshot(t.Context(), func(s store.Snapshot) error {
		return Unpack(path, func(part string) (io.ReadCloser, error) {
			var b bytes.Buffer
			err := s.Copy(t.Context(), part, &b)
			return io.NopCloser(&b), err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pagesOf is both files of a state, whole.
func pagesOf(t *testing.T, db *DB) [][]byte {
	t.Helper()
	var files [][]byte
	err := db.Snapshot(t.Context(), func(s store.Snapshot) error {
		for _, part := range parts {
			var b bytes.Buffer
			if err := s.Copy(t.Context(), part, &b); err != nil {
				return err
			}
			files = append(files, b.Bytes())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func apply(t *testing.T, path string) func(store.Changes) error {
	return func(c store.Changes) error {
		for _, part := range c.Parts() {
			var b bytes.Buffer
			if err := c.Copy(t.Context(), part, &b); err != nil {
				return err
			}
			if int64(b.Len()) != c.Size(part) {
				return fmt.Errorf("%s: %d bytes, %d announced", part, b.Len(), c.Size(part))
			}
			if err := Apply(path, part, &b); err != nil {
				return err
			}
		}
		return nil
	}
}

func TestACopyAndWhatChangedSinceAreTheDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, replica := filepath.Join(dir, "chartline.db"), filepath.Join(dir, "replica.db")
	db := openBoth(t, path)
	beginBoth(t, db)
	follows, err := db.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := follows.(*follower)
	f.resetAfter = 64 << 10
	defer func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	var written atomic.Int64
	for range 2 { // as another process would: on connections of their own
		other := openBoth(t, path)
		writers.Go(func() {
			for ctx.Err() == nil {
				switch err := addBoth(ctx, other, 1+rand.IntN(9_000)); { // #nosec G404 -- a test
				case err == nil:
					written.Add(1)
				case care.KindOf(err) != care.KindUnavailable: // on a slow disk the others may be at it for long
					t.Error(err)
				}
				time.Sleep(time.Millisecond)
			}
		})
	}
	writers.Go(func() { // and somebody reads
		for ctx.Err() == nil {
			if err := db.View(ctx, func(tx store.Tx) error { _, err := tx.AuditChains(); return err }); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
	})
	copyTo(t, db, replica)
	other := filepath.Join(dir, "other.db") // takes all changes as one
	copyTo(t, db, other)
	all := map[string][][]byte{}
	keep := func(c store.Changes) error {
		for _, part := range c.Parts() {
			var b bytes.Buffer
			if err := c.Copy(t.Context(), part, &b); err != nil {
				return err
			}
			all[part] = append(all[part], b.Bytes())
		}
		return apply(t, replica)(c)
	}
	given, resets := 0, 0
	refused := errors.New("the place is full")
	end := time.Now().Add(3 * time.Minute)
	for i := 0; i < 16 || given < 8 || resets < 2; i++ {
		for before := written.Load(); written.Load() == before && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
		if time.Now().After(end) {
			t.Fatalf("%d times something was given, and the log began again %d times", given, resets)
		}
		if given%7 == 3 { // what was not taken comes again
			if err := f.Next(t.Context(), func(store.Changes) error { return refused }); err != nil && !errors.Is(err, refused) {
				t.Fatal(err)
			}
		}
		salt := f.marks[partAudit].salt
		err := f.Next(t.Context(), func(c store.Changes) error { given++; return keep(c) })
		if err != nil {
			t.Fatal(err)
		}
		if f.marks[partAudit].salt != salt {
			resets++
		}
		if i%4 > 0 {
			continue
		}
		if people, entries := counts(t, dir, replica); people != entries {
			t.Fatalf("the copy has %d people and %d entries: it is not one state", people, entries)
		}
	}
	cancel()
	writers.Wait()
	if err := f.Next(t.Context(), keep); err != nil {
		t.Fatal(err)
	}
	for part, changes := range all {
		merged, err := db.Merge(part, changes)
		if err != nil {
			t.Fatal(err)
		}
		if err := Apply(other, part, bytes.NewReader(merged)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Merge(part, [][]byte{changes[0], merged[:len(merged)-1]}); !errors.Is(err, errChanges) {
			t.Errorf("changes that were cut are merged: %v", err)
		}
	}
	want := pagesOf(t, db)
	for _, path := range []string{replica, other} {
		have := pagesOf(t, openBoth(t, path))
		for i, part := range parts {
			if !bytes.Equal(want[i], have[i]) {
				t.Errorf("%s of %s differs: %d bytes, %d in the copy", part, path, len(want[i]), len(have[i]))
			}
		}
	}
	err = f.Next(t.Context(), func(c store.Changes) error { return fmt.Errorf("%v changed, and nobody wrote", c.Parts()) })
	if err != nil {
		t.Error(err)
	}
}

// counts opens a copy of the replica, which must stay as it is.
func counts(t *testing.T, dir, replica string) (people, entries int64) {
	t.Helper()
	for i, file := range []string{replica, AuditPath(replica)} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile([]string{filepath.Join(dir, "look.db"), filepath.Join(dir, "look-audit.db")}[i], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	k, err := connect(filepath.Join(dir, "look-audit.db"), (&DB{path: filepath.Join(dir, "look.db")}).setup())
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := k.Close(); err != nil {
			t.Error(err)
		}
	}()
	if people, err = number(t.Context(), k, "SELECT count(*) FROM provider"); err != nil {
		t.Fatal(err)
	}
	if entries, err = number(t.Context(), k, "SELECT count(*) FROM audit_group"); err != nil {
		t.Fatal(err)
	}
	return people, entries
}

func TestWhoIsLeftTooFarBehindMustBeginAgain(t *testing.T) {
	t.Parallel()
	db := openBoth(t, filepath.Join(t.TempDir(), "chartline.db"))
	beginBoth(t, db)
	follows, err := db.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f := follows.(*follower)
	f.limit = 32 << 10
	refused := errors.New("the place is full")
	for n := 0; ; n++ {
		if n > 20 {
			t.Fatal("everything is kept")
		}
		if err := addBoth(t.Context(), db, 4000); err != nil {
			t.Fatal(err)
		}
		err := f.Next(t.Context(), func(store.Changes) error { return refused })
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if errors.Is(err, store.ErrTooFarBehind) {
			break
		}
	}
	if err := f.Next(t.Context(), func(store.Changes) error { return nil }); !errors.Is(err, store.ErrTooFarBehind) {
		t.Error(err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
}

func TestChangesThatAreCutAreNotTakenForWhole(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, replica := openBoth(t, filepath.Join(dir, "chartline.db")), filepath.Join(dir, "replica.db")
	beginBoth(t, db)
	follows, err := db.Follow(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	copyTo(t, db, replica)
	if err := addBoth(t.Context(), db, 4000); err != nil {
		t.Fatal(err)
	}
	err = follows.Next(t.Context(), func(c store.Changes) error {
		var b bytes.Buffer
		if err := c.Copy(t.Context(), partClinic, &b); err != nil {
			return err
		}
		for _, cut := range []int{0, 7, 9, 200, b.Len() - 1} {
			if err := Apply(replica, partClinic, bytes.NewReader(b.Bytes()[:cut])); !errors.Is(err, errChanges) {
				t.Errorf("cut to %d bytes: %v", cut, err)
			}
		}
		return nil
	})
	if err := errors.Join(err, follows.Close()); err != nil {
		t.Error(err)
	}
}
