package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	_ "modernc.org/sqlite" // the driver
)

func rawDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func run(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

func openClosed(t *testing.T, path string) error {
	t.Helper()
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		return err
	}
	return db.Close()
}

func TestDataOfANewerProgramIsRefused(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "chartline.db")
	if err := openClosed(t, path); err != nil {
		t.Fatal(err)
	}
	db := rawDatabase(t, path)
	run(t, db, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
	if err := openClosed(t, path); !errors.Is(err, ErrNewer) {
		t.Errorf("open: %v", err)
	}
}

func TestAFileThatIsNotOursIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "other.db")
	db := rawDatabase(t, path)
	run(t, db, "CREATE TABLE other (id INTEGER)")
	if err := openClosed(t, path); !errors.Is(err, ErrForeign) {
		t.Errorf("open: %v", err)
	}
	var tables int
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_master").Scan(&tables); err != nil || tables != 1 {
		t.Errorf("the file has %d tables: %v", tables, err)
	}
	text := filepath.Join(t.TempDir(), "text.db")
	if err := os.WriteFile(text, []byte("these are notes and no database, and they are long enough to have a header of one hundred bytes and more"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := openClosed(t, text); err == nil {
		t.Error("a text was opened")
	}
}

func TestAMigrationThatFailsChangesNothingAndCanBeRunAgain(t *testing.T) {
	t.Parallel()
	db := rawDatabase(t, filepath.Join(t.TempDir(), "chartline.db"))
	first := fstest.MapFS{"0001_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (n INTEGER);")}}
	second := func(more string) fstest.MapFS {
		return fstest.MapFS{
			"0001_a.sql": first["0001_a.sql"],
			"0002_b.sql": {Data: []byte("-- +goose Up\nCREATE TABLE b (n INTEGER);\nINSERT INTO a VALUES (1);\n" + more)},
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(migrateTo(t.Context(), db, first))
	if err := migrateTo(t.Context(), db, second("INSERT INTO missing VALUES (1);")); err == nil {
		t.Fatal("a migration that cannot run ran")
	}
	version, _, err := schemaVersion(t.Context(), db)
	must(err)
	var tables, rows int
	must(db.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_master WHERE name = 'b'").Scan(&tables))
	must(db.QueryRowContext(t.Context(), "SELECT count(*) FROM a").Scan(&rows))
	if version != 1 || tables != 0 || rows != 0 {
		t.Errorf("after the failure: version %d, %d tables, %d rows", version, tables, rows)
	}
	must(migrateTo(t.Context(), db, second("")))
	if version, _, err = schemaVersion(t.Context(), db); version != 2 || err != nil {
		t.Errorf("then version %d, %v", version, err)
	}
	if err := migrateTo(t.Context(), db, first); !errors.Is(err, ErrNewer) {
		t.Errorf("the older program: %v", err)
	}
}

func TestNobodyElseMayReadTheFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db, err := Open(t.Context(), filepath.Join(dir, "chartline.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	release, err := Lock(db.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = release() }()
	if err := db.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"chartline.db", "chartline.db-wal", "chartline.db-shm", "chartline.db.lock",
		"chartline-audit.db", "chartline-audit.db-wal", "chartline-audit.db-shm"} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("%s has mode %o", name, mode)
		}
	}
}

func TestTheSchemaVersionIsThatOfTheLastMigration(t *testing.T) {
	t.Parallel()
	db, err := Open(t.Context(), filepath.Join(t.TempDir(), "chartline.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	names, err := migrationFiles.ReadDir("migrations")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := db.SchemaVersion(t.Context()); err != nil || int(v) != len(names) {
		t.Errorf("version %d, %v; there are %d migrations", v, err, len(names))
	}
}
