package vault_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chartline/internal/care"
	"chartline/internal/sealed"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
	"chartline/internal/vault"
)

var digits = strings.Repeat("0123456789abcdef", 4)

func ring(t *testing.T, text string) vault.Ring {
	t.Helper()
	r, err := vault.ParseRing(text)
	must(t, err)
	return r
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func database(t *testing.T) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

func vaultOf(db store.Store, m vault.Master) *vault.Vault {
	return vault.New(vault.Options{Store: db, Master: m})
}

func object(instance string, n int) string { return fmt.Sprintf("acme-health/%s/ab/%04d", instance, n) }

// keep keeps n keys and returns them by object.
func keep(t *testing.T, v *vault.Vault, instance string, n int) map[string]sealed.Key {
	t.Helper()
	kept := map[string]sealed.Key{}
	for i := range n {
		k := sealed.NewKey()
		must(t, v.Keep(t.Context(), object(instance, i), k))
		kept[object(instance, i)] = k
	}
	return kept
}

// holds shows that a vault with nothing in its memory gives every key.
func holds(t *testing.T, v *vault.Vault, kept map[string]sealed.Key) {
	t.Helper()
	for object, want := range kept {
		if got, err := v.Key(t.Context(), object); err != nil || got != want {
			t.Fatalf("the key of %s: right %v, %v", object, got == want, err)
		}
	}
}

func TestKeysComeBackFromAnotherVaultWithTheSameMasterKey(t *testing.T) {
	t.Parallel()
	db := database(t)
	v := vaultOf(db, ring(t, digits))
	kept := keep(t, v, "live", 20)
	for object, k := range keep(t, v, "sandbox", 5) {
		kept[object] = k
	}
	single := sealed.NewKey()
	must(t, v.Keep(t.Context(), "alone", single))
	kept["alone"] = single
	holds(t, vaultOf(db, ring(t, digits)), kept)
	if err := v.Keep(t.Context(), "alone", sealed.NewKey()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second key for an object: %v, want fs.ErrExist", err)
	}
	if _, err := v.Key(t.Context(), "nothing"); !errors.Is(err, sealed.ErrNoKey) {
		t.Errorf("the key of nothing: %v, want ErrNoKey", err)
	}
}

func TestAnotherMasterKeyOpensNothingAndSaysWhichIsNeeded(t *testing.T) {
	t.Parallel()
	db := database(t)
	right := ring(t, digits)
	kept := keep(t, vaultOf(db, right), "live", 1)
	for name, m := range map[string]vault.Master{
		"another key": ring(t, strings.Repeat("f", 64)), "no file": vault.NewFile(filepath.Join(t.TempDir(), "master.key")),
		"no program": vault.NewCommand("/nonexistent/kms", 1e9),
	} {
		v := vaultOf(db, m)
		if err := v.Check(t.Context()); !errors.Is(err, vault.ErrNoMaster) || name == "another key" && !strings.Contains(err.Error(), right.Names()[0]) {
			t.Errorf("%s: Check: %v", name, err)
		}
		if _, err := v.Key(t.Context(), object("live", 0)); !errors.Is(err, vault.ErrNoMaster) {
			t.Errorf("%s: Key: %v", name, err)
		}
	}
	v := vaultOf(db, right)
	must(t, v.Check(t.Context()))
	holds(t, v, kept)
}

// A wrapped key in another's row is somebody's work on the database.
func TestAWrappedKeyOpensInItsOwnRowOnly(t *testing.T) {
	t.Parallel()
	db := database(t)
	v := vaultOf(db, ring(t, digits))
	keep(t, v, "live", 2)
	scope := care.Scope{Tenant: "acme-health", Instance: "live"}
	must(t, db.Update(t.Context(), func(tx store.Tx) error {
		one, err := tx.DataKey(scope, object("live", 0))
		if err != nil {
			return err
		}
		two, err := tx.DataKey(scope, object("live", 1))
		if err != nil {
			return err
		}
		was := two.Wrapped
		two.Wrapped = one.Wrapped
		return tx.RewrapDataKey(two, was)
	}))
	if _, err := v.Key(t.Context(), object("live", 1)); !errors.Is(err, vault.ErrForged) {
		t.Errorf("a moved key opens: %v, want ErrForged", err)
	}
}

func TestShreddedKeysAreGoneAndListsBringNoneBack(t *testing.T) {
	t.Parallel()
	db := database(t)
	v := vaultOf(db, ring(t, digits))
	kept := keep(t, v, "live", 3)
	rows := map[string]care.DataKey{}
	scope := care.Scope{Tenant: "acme-health", Instance: "live"}
	must(t, db.View(t.Context(), func(tx store.Tx) error { // what a backup of keys would hold
		for object := range kept {
			row, err := tx.DataKey(scope, object)
			if err != nil {
				return err
			}
			rows[object] = row
		}
		return nil
	}))
	gone := object("live", 1)
	for range 2 {
		must(t, v.Shred(t.Context(), gone))
	}
	must(t, v.Shred(t.Context(), "never/was/there"))
	if _, err := v.Key(t.Context(), gone); !errors.Is(err, sealed.ErrNoKey) {
		t.Errorf("a shredded key: %v, want ErrNoKey", err)
	}
	var list strings.Builder
	if n, err := v.WriteShredded(t.Context(), &list); n != 1 || err != nil || strings.Contains(list.String(), gone) {
		t.Errorf("the list has %d keys, %v: %s", n, err, list.String())
	}
	must(t, db.Update(t.Context(), func(tx store.Tx) error { return tx.CreateDataKey(rows[gone]) })) // restored
	if _, err := v.Key(t.Context(), gone); err != nil {
		t.Fatalf("the restored key does not open, so that this test shows nothing: %v", err)
	}
	for want := 1; want >= 0; want-- {
		if n, err := vault.Replay(t.Context(), db, strings.NewReader(list.String())); n != want || err != nil {
			t.Errorf("Replay = %d, %v; want %d", n, err, want)
		}
	}
	if _, err := v.Key(t.Context(), gone); !errors.Is(err, sealed.ErrNoKey) {
		t.Errorf("after the replay: %v, want ErrNoKey", err)
	}
	delete(kept, gone)
	holds(t, v, kept)
	const head = `{"format":"chartline-shredded/1"}`
	for _, bad := range []string{"", "x", `{"id":"a"}`, head + `{"id":""}`, head + `{"id":"a"} {`} {
		if _, err := vault.Replay(t.Context(), db, strings.NewReader(bad)); err == nil {
			t.Errorf("the list %q was replayed", bad)
		}
	}
}

func TestAShreddedKeysBytesAreNotInTheDatabaseFile(t *testing.T) {
	t.Parallel()
	path := sqlitetest.New(t)
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	v := vaultOf(db, ring(t, digits))
	keep(t, v, "live", 300)
	var row care.DataKey
	must(t, db.View(t.Context(), func(tx store.Tx) (err error) {
		row, err = tx.DataKey(care.Scope{Tenant: "acme-health", Instance: "live"}, object("live", 150))
		return err
	}))
	must(t, v.Shred(t.Context(), row.Object))
	must(t, db.Close()) // writes the log back into the file
	text, err := os.ReadFile(path)
	must(t, err)
	if strings.Contains(string(text), string(row.Wrapped)) {
		t.Error("the wrapped key is still in the file")
	}
}

// The wrapping was worked out once and must stay readable for ever.
func TestAKnownWrappedKeyOpensToItsKnownBytes(t *testing.T) {
	t.Parallel()
	wrapped, err := hex.DecodeString(knownWrapped)
	must(t, err)
	r := ring(t, digits)
	if r.Names()[0] != knownName {
		t.Errorf("the master key is called %s, want %s", r.Names()[0], knownName)
	}
	key, err := r.Unwrap(t.Context(), wrapped, knownName, "a known use")
	if err != nil || string(key) != "0123456789abcdef0123456789abcdef" {
		t.Errorf("Unwrap = %q, %v", key, err)
	}
	for i := range wrapped {
		bad := append([]byte(nil), wrapped...)
		bad[i] ^= 1
		if _, err := r.Unwrap(t.Context(), bad, knownName, "a known use"); !errors.Is(err, vault.ErrForged) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		if _, err := r.Unwrap(t.Context(), wrapped[:i], knownName, "a known use"); !errors.Is(err, vault.ErrForged) {
			t.Fatalf("cut at %d: %v", i, err)
		}
	}
	if _, err := r.Unwrap(t.Context(), wrapped, knownName, "another use"); !errors.Is(err, vault.ErrForged) {
		t.Errorf("for another use: %v", err)
	}
}

func TestManyVaultsAtOnceMakeOneInstanceKey(t *testing.T) {
	t.Parallel()
	db := database(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			if err := vaultOf(db, ring(t, digits)).Keep(context.WithoutCancel(t.Context()), object("live", i), sealed.Key{byte(i)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var rows []care.InstanceKey
	must(t, db.View(t.Context(), func(tx store.Tx) (err error) { rows, err = tx.InstanceKeys(nil, 9); return err }))
	if len(rows) != 1 {
		t.Errorf("%d instance keys, want one", len(rows))
	}
	for i := range 8 {
		if k, err := vaultOf(db, ring(t, digits)).Key(t.Context(), object("live", i)); err != nil || k[0] != byte(i) {
			t.Errorf("key %d: %v", i, err)
		}
	}
}

const (
	knownName    = "key-9d987c0901d9"
	knownWrapped = "52f1a8ba153369d58628d3f30093f775a6ca259cd43fed787022033a52b8374724ba2c0049320a35c00f65c0b7580f9b466e8cc3a727f768ff4e1becd63e43ad755bc71f73004ac3"
)
