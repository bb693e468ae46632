package vault_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/sealed"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
	"chartline/internal/vault"
)

var live = care.Scope{Tenant: "acme-health", Instance: "live"}

func masters(t *testing.T, db store.Store) map[string]int {
	t.Helper()
	names := map[string]int{}
	must(t, db.View(t.Context(), func(tx store.Tx) error {
		rows, err := tx.InstanceKeys(nil, 1000)
		for _, row := range rows {
			names[row.Master]++
		}
		return err
	}))
	return names
}

func TestANewMasterKeyWrapsEveryInstanceKeyWhileAServerUsesThem(t *testing.T) {
	t.Parallel()
	db, path := database(t), filepath.Join(t.TempDir(), "master.key")
	file := vault.NewFile(path)
	if made, err := file.Create(); !made || err != nil {
		t.Fatal(made, err)
	}
	serving := vaultOf(db, vault.NewFile(path)) // another process's, with the old key in its memory
	kept := keep(t, serving, "live", 3)
	for object, k := range keep(t, serving, "sandbox", 3) {
		kept[object] = k
	}
	rotating := vaultOf(db, file)
	must(t, file.AddKey())
	count := 0
	must(t, rotating.RotateMaster(t.Context(), func(care.InstanceKey) { count++ }))
	names, err := file.Names()
	must(t, err)
	if got := masters(t, db); count != 2 || len(names) != 2 || got[names[0]] != 2 || len(got) != 1 {
		t.Errorf("%d keys were wrapped; the rows name %v, the file %v", count, got, names)
	}
	holds(t, serving, kept)
	late := sealed.NewKey() // an instance that the server has not met yet
	must(t, serving.Keep(t.Context(), object("later", 1), late))
	kept[object("later", 1)] = late
	must(t, file.ForgetFormer())
	for _, v := range []*vault.Vault{serving, vaultOf(db, vault.NewFile(path))} {
		must(t, v.Check(t.Context()))
		holds(t, v, kept)
	}
	must(t, rotating.RotateMaster(t.Context(), func(care.InstanceKey) { t.Error("there was something left") }))
}

func TestAMasterKeyFileThatOthersCanReadIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "master.key")
	f := vault.NewFile(path)
	_, err := f.Create()
	must(t, err)
	info, err := os.Stat(path)
	must(t, err)
	if info.Mode().Perm() != 0o600 {
		t.Errorf("the file was made with mode %v", info.Mode().Perm())
	}
	if made, err := f.Create(); made || err != nil {
		t.Errorf("Create over a file = %v, %v", made, err)
	}
	must(t, os.Chmod(path, 0o640)) // #nosec G302 -- what is tested
	if _, err := f.Current(t.Context()); !errors.Is(err, vault.ErrNoMaster) || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("a file that a group can read: %v", err)
	}
	must(t, os.Chmod(path, 0o600))
	must(t, os.WriteFile(path, []byte("not a key"), 0o600))
	if _, err := f.Current(t.Context()); !errors.Is(err, vault.ErrNoMaster) || strings.Contains(err.Error(), "not a key") {
		t.Errorf("a file without a key: %v", err)
	}
}

func TestANewInstanceKeyWrapsEveryDataKeyAndTheOldGoes(t *testing.T) {
	t.Parallel()
	db := database(t)
	v := vaultOf(db, ring(t, digits))
	kept := keep(t, v, "live", 1203) // more than two batches
	out, err := v.RotateInstance(t.Context(), live, func(int) {})
	if err != nil || out.Version != 2 || out.Resumed || out.Keys != 1203 || out.Retired != 1 {
		t.Errorf("RotateInstance = %+v, %v", out, err)
	}
	for _, v := range []*vault.Vault{v, vaultOf(db, ring(t, digits))} {
		holds(t, v, kept)
		must(t, v.Keep(t.Context(), "acme-health/live/new/"+fmt.Sprintf("%p", v)[2:], sealed.NewKey()))
	}
	if _, err := v.RotateInstance(t.Context(), care.Scope{Tenant: "nobody", Instance: "x"}, func(int) {}); !care.IsNotFound(err) {
		t.Errorf("an instance without keys: %v, want NotFound", err)
	}
}

// stopping fails every Update after the first n.
type stopping struct {
	store.Store
	left atomic.Int64
}

var errStopped = errors.New("the process was killed")

func (s *stopping) Update(ctx context.Context, fn func(store.Tx) error) error {
	if s.left.Add(-1) < 0 {
		return errStopped
	}
	return s.Store.Update(ctx, fn)
}

func TestARotationThatStopsAnywhereLeavesEveryKeyReadableAndIsEndedByTheNext(t *testing.T) {
	t.Parallel()
	for n := range int64(6) {
		db := database(t)
		path := filepath.Join(t.TempDir(), "master.key")
		file := vault.NewFile(path)
		_, err := file.Create()
		must(t, err)
		kept := keep(t, vaultOf(db, file), "live", 600)
		for object, k := range keep(t, vaultOf(db, file), "sandbox", 2) {
			kept[object] = k
		}
		cut := &stopping{Store: db}
		cut.left.Store(n)
		if _, err := vaultOf(cut, file).RotateInstance(t.Context(), live, func(int) {}); n < 4 && !errors.Is(err, errStopped) {
			t.Fatalf("stopped after %d writes: %v", n, err)
		}
		must(t, file.AddKey())
		cut.left.Store(n % 2)
		if err := vaultOf(cut, file).RotateMaster(t.Context(), func(care.InstanceKey) {}); !errors.Is(err, errStopped) {
			t.Fatalf("stopped after %d writes: %v", n%2, err)
		}
		holds(t, vaultOf(db, vault.NewFile(path)), kept)
		v := vaultOf(db, file)
		out, err := v.RotateInstance(t.Context(), live, func(int) {})
		if want := int64(2); n < 4 && (err != nil || out.Version != want || out.Resumed != (n > 0)) {
			t.Errorf("after %d writes the next rotation gives %+v, %v", n, out, err)
		}
		must(t, v.RotateMaster(t.Context(), func(care.InstanceKey) {}))
		if got := masters(t, db); len(got) != 1 {
			t.Errorf("the rows name %v", got)
		}
		must(t, file.ForgetFormer())
		holds(t, vaultOf(db, vault.NewFile(path)), kept)
	}
}

func TestKeysAreMadeReadAndShreddedWhileTwoRotationsRun(t *testing.T) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		useWhileRotating(t, database(t))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		db, err := postgres.Open(t.Context(), pgtest.Start(t).Database(t), "", postgres.Options{Connections: 6, StatementTimeout: 2 * time.Minute})
		must(t, err)
		t.Cleanup(func() { must(t, db.Close()) })
		useWhileRotating(t, db)
	})
}

func useWhileRotating(t *testing.T, db store.Store) {
	t.Helper()
	v := vaultOf(db, ring(t, digits))
	kept := keep(t, v, "live", 200)
	ctx, stop := context.WithCancel(t.Context())
	var work, rotations sync.WaitGroup
	var mu sync.Mutex
	for w := range 3 {
		work.Go(func() {
			serving := vaultOf(db, ring(t, digits))
			for i := 0; ctx.Err() == nil; i++ {
				object, k := fmt.Sprintf("acme-health/live/w%d/%06d", w, i), sealed.NewKey()
				err := serving.Keep(t.Context(), object, k)
				got, getErr := serving.Key(t.Context(), object)
				if err != nil || getErr != nil || got != k {
					t.Errorf("%s: %v, %v", object, err, getErr)
					return
				}
				if i%3 == 0 {
					must(t, serving.Shred(t.Context(), object))
					continue
				}
				mu.Lock()
				kept[object] = k
				mu.Unlock()
			}
		})
	}
	for range 2 {
		rotations.Go(func() {
			for range 5 {
				if _, err := vaultOf(db, ring(t, digits)).RotateInstance(t.Context(), live, func(int) {}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	rotations.Wait()
	stop()
	work.Wait()
	holds(t, vaultOf(db, ring(t, digits)), kept)
}
