package sqlite_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
)

// damagedDatabase makes a database of a few thousand rows in which one bit of
// one key is not what was written: on a page of an index or of its table.
func damagedDatabase(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chartline.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	update(t, db, seedPeople)
	seedCalls(t, db, 2000)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	i := bytes.Index(file, []byte(uuid(1234)))
	if i < 0 {
		t.Fatal("the row is not in the file")
	}
	file[i] ^= 1
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestVerifyFindsAFlippedBitAndStopsAllWriting(t *testing.T) {
	t.Parallel()
	db := openAt(t, damagedDatabase(t))
	if err := db.Check(t.Context()); err != nil {
		t.Fatalf("before anybody looked: %v", err)
	}
	err := db.Verify(t.Context())
	if care.KindOf(err) != care.KindUnavailable {
		t.Fatalf("verify: %v", err)
	}
	for what, err := range map[string]error{
		"update": db.Update(t.Context(), func(store.Tx) error { return nil }),
		"check":  db.Check(t.Context()),
	} {
		if care.KindOf(err) != care.KindUnavailable {
			t.Errorf("%s after the damage was found: %v", what, err)
		}
	}
	view(t, db, func(tx store.Tx) error { _, err := tx.Instance(live); return err })
}

func TestVerifyPassesAnUndamagedDatabase(t *testing.T) {
	t.Parallel()
	db := open(t)
	update(t, db, seedPeople)
	update(t, db, seedVisit)
	if err := db.Verify(t.Context()); err != nil {
		t.Error(err)
	}
}
