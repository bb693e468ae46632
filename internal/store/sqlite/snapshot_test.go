package sqlite

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

func TestASnapshotsFilesAreOneStateWhileOthersWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chartline.db")
	db := openBoth(t, path)
	beginBoth(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	var written atomic.Int64
	for range 2 {
		other := openBoth(t, path)
		writers.Go(func() {
			for ctx.Err() == nil {
				switch err := addBoth(t.Context(), other, 2); {
				case err == nil:
					written.Add(1)
				case care.KindOf(err) != care.KindUnavailable:
					t.Error(err)
				}
			}
		})
	}
	// goOn waits until others have written some more.
	goOn := func() {
		for before, end := written.Load(), time.Now().Add(3*time.Minute); written.Load() < before+5 && time.Now().Before(end); {
			time.Sleep(time.Millisecond)
		}
	}
	count := func(view func(func(store.Tx) error) error) (providers, entries int64) {
		t.Helper()
		err := view(func(tx store.Tx) error {
			all, err := tx.Providers(bothScope, 0, 1_000_000)
			providers = int64(len(all))
			seq, _, err2 := tx.AuditHead("acme-health")
			entries = seq
			return errors.Join(err, err2)
		})
		if err != nil {
			t.Fatal(err)
		}
		return providers, entries
	}
	last := int64(0)
	for range 8 {
		copied := filepath.Join(t.TempDir(), "chartline.db")
		parts := map[string]*bytes.Buffer{}
		var inside int64
		err := db.Snapshot(t.Context(), func(s store.Snapshot) error {
			goOn()
			if err := s.Check(t.Context()); err != nil {
				return err
			}
			size := int64(0)
			for _, part := range s.Parts() {
				parts[part] = &bytes.Buffer{}
				if err := s.Copy(t.Context(), part, parts[part]); err != nil {
					return err
				}
				size += int64(parts[part].Len())
			}
			if told, err := s.Size(); err != nil || told != size {
				t.Errorf("it says %d bytes and has %d: %v", told, size, err)
			}
			inside, _ = count(func(fn func(store.Tx) error) error { return fn(s.Tx()) })
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := Unpack(copied, func(part string) (io.ReadCloser, error) { return io.NopCloser(parts[part]), nil }); err != nil {
			t.Fatal(err)
		}
		back := openBoth(t, copied)
		if err := back.Verify(t.Context()); err != nil {
			t.Error(err)
		}
		providers, entries := count(func(fn func(store.Tx) error) error { return back.View(t.Context(), fn) })
		if providers != entries || providers != inside || providers < last {
			t.Errorf("%d providers, %d entries; %d inside, %d before", providers, entries, inside, last)
		}
		last = providers
	}
	cancel()
	writers.Wait()
	if last == 0 {
		t.Error("nothing was written")
	}
}
