package sqlite_test

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
	"chartline/internal/store/sqlite"
)

// Every write adds one patient to the one file and one entry to the other.
func TestASnapshotsFilesAreOneStateWhileOthersWrite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chartline.db")
	open := func(path string) *sqlite.DB {
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db
	}
	db, scope := open(path), care.Scope{Tenant: "acme-health", Instance: "live"}
	add := func(ctx context.Context, tx store.Tx) error {
		n, err := tx.NextPerson(scope, 2026)
		if err != nil {
			return err
		}
		last, _, err := tx.AuditHead("acme-health")
		if err != nil {
			return err
		}
		at := time.Unix(0, 0).UTC()
		return errors.Join(
			tx.AppendAudit(store.AuditGroup{Chain: "acme-health", First: last + 1, Last: last + 1, From: at, Until: at, Lines: []byte("x\n")}),
			tx.CreateProvider(care.Provider{Scope: scope, ID: uuid(int(n)), Number: n, LastName: "Okafor", CreatedAt: at, UpdatedAt: at}))
	}
	err := db.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.CreateTenant(care.Tenant{Name: scope.Tenant}), tx.CreateInstance(care.Instance{Scope: scope, TimeZone: "UTC"}))
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	var written atomic.Int64
	for range 2 {
		other := open(path)
		writers.Go(func() {
			for ctx.Err() == nil {
				switch err := other.Update(t.Context(), func(tx store.Tx) error { return add(ctx, tx) }); {
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
			all, err := tx.Providers(scope, 0, 1_000_000)
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
		if err := sqlite.Unpack(copied, func(part string) (io.ReadCloser, error) { return io.NopCloser(parts[part]), nil }); err != nil {
			t.Fatal(err)
		}
		back := open(copied)
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
