package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
)

// withLater are the program's migrations, and those of a later program.
func withLater(t *testing.T, later ...string) fstest.MapFS {
	t.Helper()
	all := fstest.MapFS{}
	names, err := fs.Glob(postgres.Migrations(), "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(postgres.Migrations(), name)
		if err != nil {
			t.Fatal(err)
		}
		all[name] = &fstest.MapFile{Data: text}
	}
	for i, text := range later {
		all[fmt.Sprintf("migrations/%04d_later.sql", len(names)+i+1)] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	}
	return all
}

// raw is a connection of the server's own role, past the store.
func raw(t *testing.T, at string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx", at)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// A later program migrates while this one serves, and somebody keeps a table
// that it needs: requests go on meanwhile, and afterwards.
func TestALaterProgramMigratesWhileThisOneServes(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	node := open(t, at)
	defer node.Close()
	other := raw(t, at)
	keeps, err := other.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = keeps.Rollback() }()
	if _, err := keeps.ExecContext(t.Context(), "LOCK TABLE tenant IN ACCESS SHARE MODE"); err != nil {
		t.Fatal(err)
	}

	var served atomic.Int64
	stop := make(chan struct{})
	var load sync.WaitGroup
	load.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			err := create(t, node, n)
			if err == nil {
				err = node.View(context.WithoutCancel(t.Context()), func(tx store.Tx) error { _, err := tx.Tenant(tenant(n).Name); return err })
			}
			if err != nil {
				t.Errorf("a request beside the migration: %v", err)
				return
			}
			served.Add(1)
		}
	})
	defer load.Wait()
	finish := sync.OnceFunc(func() { close(stop) })
	defer finish()
	later := withLater(t,
		"ALTER TABLE tenant ADD COLUMN later bigint NOT NULL DEFAULT 7;\nCREATE TABLE later (tenant text, instance text);",
		"-- +goose NO TRANSACTION\nDROP INDEX CONCURRENTLY IF EXISTS tenant_later;\nCREATE INDEX CONCURRENTLY tenant_later ON tenant (later);\n")
	migrated := make(chan error, 1)
	go func() { migrated <- node.MigrateWith(context.WithoutCancel(t.Context()), later) }()

	waits := func() bool {
		var n int
		err := other.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'").Scan(&n)
		return err == nil && n > 0
	}
	for range 2 {
		eventually(t, "the migration does not wait for the table", waits)
		before := served.Load()
		eventually(t, "no request is answered while the migration waits", func() bool { return served.Load() > before+5 })
	}
	if err := keeps.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Fatal(err)
	}
	before := served.Load()
	eventually(t, "no request is answered after the migration", func() bool { return served.Load() > before+5 || t.Failed() })
	finish()
	load.Wait()
	var whole bool
	err = other.QueryRowContext(t.Context(), "SELECT indisvalid FROM pg_index WHERE indexrelid = 'tenant_later'::regclass").Scan(&whole)
	if err != nil || !whole {
		t.Errorf("the index is whole: %t, %v", whole, err)
	}
	again, err := postgres.Open(t.Context(), at, "", postgres.Options{Connections: 1})
	if !errors.Is(err, postgres.ErrNewer) {
		t.Errorf("this program starts on the later one's data: %v", err)
	}
	if err == nil {
		_ = again.Close()
	}
}

// statementsVariable has a migration broken off after every statement, not after every
// third.
const statementsVariable = "CHARTLINE_TEST_STATEMENTS"

// F27: the connection breaks after statements of each migration.
func TestAMigrationThatBreaksOffAtAnyStatementIsRunAgain(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Empty(t)
	db, err := postgres.Unopened(at)
	if err != nil {
		t.Fatal(err)
	}
	look := raw(t, at)
	state := func() (tables, version int) {
		err := look.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i', 'v') AND relnamespace = 'public'::regnamespace").Scan(&tables)
		if err == nil && tables > 0 {
			err = look.QueryRowContext(t.Context(), "SELECT max(version_id) FROM goose_db_version").Scan(&version)
		}
		if err != nil {
			t.Fatal(err)
		}
		return tables, version
	}
	all := withLater(t)
	names, err := fs.Glob(all, "migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	cuts, stride := 0, 3
	if os.Getenv(statementsVariable) == "all" {
		stride = 1
	}
	for i, name := range names {
		upTo := fstest.MapFS{}
		for _, n := range names[:i+1] {
			upTo[n] = all[n]
		}
		tables, version := state()
		statements := strings.SplitAfter(string(all[name].Data), ";\n")
		for n := 1; n <= len(statements); n += stride {
			broken := strings.Join(statements[:n], "") + ";SELECT pg_terminate_backend(pg_backend_pid());" + strings.Join(statements[n:], "")
			upTo[name] = &fstest.MapFile{Data: []byte(broken)}
			if err := db.MigrateWith(t.Context(), upTo); err == nil {
				t.Fatalf("%s, broken off after statement %d, ran", path.Base(name), n)
			}
			if got, at := state(); got != tables || at != version {
				t.Fatalf("%s, broken off after statement %d, leaves %d tables and version %d, not %d and %d", path.Base(name), n, got, at, tables, version)
			}
			cuts++
		}
		upTo[name] = all[name]
		if err := db.MigrateWith(t.Context(), upTo); err != nil {
			t.Fatal(err)
		}
	}
	if cuts < 30 {
		t.Errorf("only %d statements were broken off after", cuts)
	}
	opened := open(t, at)
	if err := errors.Join(create(t, opened, 1), opened.Check(t.Context()), opened.Close()); err != nil {
		t.Error(err)
	}
}
