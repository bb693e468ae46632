package postgres_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
	"chartline/internal/store/storetest"
	"chartline/internal/store/transfer"
)

func openFile(t *testing.T, path string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{Readers: 1})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// populated is the rows of a SQLite database that has some of everything.
func populated(t *testing.T) []byte {
	t.Helper()
	db := openFile(t, sqlitetest.New(t))
	storetest.Populate(t, db)
	must(t, db.Update(t.Context(), func(tx store.Tx) error {
		chains, err := tx.AuditChains()
		for _, chain := range chains {
			_, indexed := tx.IndexAudit(chain, 100, func(store.AuditGroup) ([]string, error) { return []string{"somebody"}, nil })
			err = errors.Join(err, indexed)
		}
		return err
	}))
	return written(t, db)
}

func written(t *testing.T, db *sqlite.DB) []byte {
	t.Helper()
	var to bytes.Buffer
	must(t, db.WriteRows(t.Context(), &to))
	return to.Bytes()
}

// copied is the rows of a PostgreSQL database.
func copied(t *testing.T, db *postgres.DB) []byte {
	t.Helper()
	var to bytes.Buffer
	must(t, db.Snapshot(t.Context(), func(s store.Snapshot) error {
		return errors.Join(s.Check(t.Context()), s.Copy(t.Context(), postgres.PartRows, &to))
	}))
	return to.Bytes()
}

// sorted is every row as text, in an order of its own, and how many rows each
// table has.
func sorted(t *testing.T, from []byte) (all []string, counts map[string]int) {
	t.Helper()
	in, err := transfer.NewReader(bytes.NewReader(from))
	must(t, err)
	counts = map[string]int{}
	for {
		table, err := in.Table()
		if errors.Is(err, io.EOF) {
			slices.Sort(all)
			return all, counts
		}
		must(t, err)
		counts[table.Name] = 0
		for {
			fields, err := in.Row()
			if errors.Is(err, io.EOF) {
				break
			}
			must(t, err)
			counts[table.Name]++
			var cells []string
			for i, v := range fields {
				cells = append(cells, fmt.Sprintf("%s=%q,%v", table.Columns[i].Name, v, v == nil))
			}
			slices.Sort(cells)
			all = append(all, table.Name+": "+strings.Join(cells, " "))
		}
	}
}

// without are rows with none of a table's.
func without(t *testing.T, from []byte, lost string) []byte {
	t.Helper()
	in, err := transfer.NewReader(bytes.NewReader(from))
	must(t, err)
	_, counts := sorted(t, from)
	var to bytes.Buffer
	out, err := transfer.NewWriter(&to, in.Schema)
	must(t, err)
	for {
		table, err := in.Table()
		if errors.Is(err, io.EOF) {
			must(t, out.Close())
			return to.Bytes()
		}
		must(t, err)
		fit, err := transfer.NewFit(table, table)
		must(t, err)
		rows, err := io.ReadAll(in.Copy(fit))
		must(t, err)
		count := int64(counts[table.Name])
		if table.Name == lost {
			rows, count = new(transfer.Copy).End(nil), 0
		}
		must(t, out.Table(table, func(w io.Writer) (int64, error) { _, err := w.Write(rows); return count, err }))
	}
}

func TestCopiesAndWhatIsMadeOfThem(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	for name, run := range map[string]func(*testing.T, *pgtest.Cluster){
		"rows go to the other engine and come back the same":          testRowsComeBack,
		"a restore that fails leaves nothing that is served":          testFailedRestore,
		"a snapshot is one state while others write":                  testOneState,
		"no copy is made where somebody's policies may hide its rows": testHiddenRows,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, c)
		})
	}
}

func testRowsComeBack(t *testing.T, c *pgtest.Cluster) {
	first := populated(t)
	at := c.Empty(t)
	must(t, postgres.Restore(t.Context(), at, "", bytes.NewReader(first), func(db *postgres.DB) error {
		if _, err := postgres.Open(t.Context(), at, "", postgres.Options{}); !errors.Is(err, postgres.ErrHalf) {
			t.Errorf("opened before it is done: %v", err)
		}
		return db.Verify(t.Context())
	}))
	db := open(t, at)
	defer db.Close()
	path := filepath.Join(t.TempDir(), "chartline.db")
	must(t, sqlite.Load(t.Context(), path, bytes.NewReader(copied(t, db))))
	back := openFile(t, path)
	must(t, back.Verify(t.Context()))

	want, counts := sorted(t, first)
	got, _ := sorted(t, written(t, back))
	if !slices.Equal(got, want) {
		t.Errorf("%d rows came back of %d, or others", len(got), len(want))
	}
	for table, n := range counts {
		if n == 0 && table != "heartbeat" {
			t.Errorf("nothing of %s was tried", table)
		}
	}
	if n := counted(t, at, nil); n != 0 {
		t.Errorf("a connection that says nothing sees %d patients", n)
	}
	if now, fresh := structure(t, at), structure(t, c.Database(t)); now != fresh {
		t.Errorf("its structure is not that of a new one:\n%s\n%s", now, fresh)
	}
}

// structure is all indexes, constraints and policies.
func structure(t *testing.T, at string) (found string) {
	t.Helper()
	db, err := sql.Open("pgx", at)
	must(t, err)
	defer db.Close()
	must(t, db.QueryRowContext(t.Context(), `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
		SELECT indexdef AS line FROM pg_indexes WHERE schemaname = 'public' AND tablename <> 'goose_db_version'
		UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 'goose_db_version'::regclass
		UNION ALL SELECT tablename || ' ' || policyname || ' ' || qual FROM pg_policies) all_lines`).Scan(&found))
	return found
}

// What is refused leaves a database into which the next restore goes.
func testFailedRestore(t *testing.T, c *pgtest.Cluster) {
	at, whole := c.Empty(t), populated(t)
	nothing := func(*postgres.DB) error { return nil }
	for _, cut := range []int{0, 40, len(whole) / 3, len(whole) - 1} {
		if err := postgres.Restore(t.Context(), at, "", bytes.NewReader(whole[:cut]), nothing); !errors.Is(err, transfer.ErrForm) {
			t.Errorf("cut to %d of %d bytes: %v", cut, len(whole), err)
		}
	}
	lacking := bytes.Replace(whole, []byte(`"schema":`), []byte(`"schema":9`), 1)
	if err := postgres.Restore(t.Context(), at, "", bytes.NewReader(lacking), nothing); !errors.Is(err, postgres.ErrNewer) {
		t.Errorf("of a newer program: %v", err)
	}
	orphans := without(t, whole, "patient")
	if err := postgres.Restore(t.Context(), at, "", bytes.NewReader(orphans), nothing); !errors.Is(err, transfer.ErrForm) || !strings.Contains(err.Error(), "23503") {
		t.Errorf("without the patients: %v", err)
	}
	if err := sqlite.Load(t.Context(), filepath.Join(t.TempDir(), "chartline.db"), bytes.NewReader(orphans)); !errors.Is(err, transfer.ErrForm) {
		t.Errorf("without the patients, into SQLite: %v", err)
	}
	must(t, postgres.Vacant(t.Context(), at, ""))
	if _, err := postgres.Open(t.Context(), at, "", postgres.Options{Existing: true}); !errors.Is(err, postgres.ErrEmpty) {
		t.Errorf("it is not empty: %v", err)
	}

	broken := errors.New("broken off")
	if err := postgres.Restore(t.Context(), at, "", bytes.NewReader(whole), func(*postgres.DB) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("broken off: %v", err)
	}
	if _, err := postgres.Open(t.Context(), at, "", postgres.Options{}); !errors.Is(err, postgres.ErrHalf) {
		t.Errorf("half a restore is opened: %v", err)
	}
	must(t, postgres.Rehearse(t.Context(), at, "", bytes.NewReader(whole), nothing))
	must(t, postgres.Restore(t.Context(), at, "", bytes.NewReader(whole), nothing))
	if err := postgres.Restore(t.Context(), at, "", bytes.NewReader(whole), nothing); !errors.Is(err, postgres.ErrOccupied) {
		t.Errorf("over data: %v", err)
	}
	if err := postgres.Vacant(t.Context(), at, ""); !errors.Is(err, postgres.ErrOccupied) {
		t.Errorf("it is said to be vacant: %v", err)
	}
	must(t, open(t, at).Close())
}

// Every write adds one provider and one entry of the audit log.
func testOneState(t *testing.T, c *pgtest.Cluster) {
	at := c.Database(t)
	scope, epoch := care.Scope{Tenant: "acme-health", Instance: "live"}, time.Unix(0, 0).UTC()
	db := open(t, at)
	defer db.Close()
	must(t, db.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.CreateTenant(care.Tenant{Name: scope.Tenant}), tx.CreateInstance(care.Instance{Scope: scope, TimeZone: "UTC"}))
	}))
	add := func(tx store.Tx) error {
		n, err := tx.NextPerson(scope, 2026)
		if err != nil {
			return err
		}
		last, _, err := tx.AuditHead(scope.Tenant)
		return errors.Join(err,
			tx.AppendAudit(store.AuditGroup{Chain: scope.Tenant, First: last + 1, Last: last + 1, From: epoch, Until: epoch, Lines: []byte("x\n")}),
			tx.CreateProvider(care.Provider{Scope: scope, ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Number: n, LastName: "Okafor", CreatedAt: epoch, UpdatedAt: epoch}))
	}
	ctx, cancel := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	other := open(t, at)
	defer other.Close()
	for range 2 {
		writers.Go(func() {
			for ctx.Err() == nil {
				if err := other.Update(t.Context(), add); err != nil {
					t.Error(err)
				}
			}
		})
	}
	last := -1
	for range 4 {
		var made bytes.Buffer
		must(t, db.Snapshot(t.Context(), func(s store.Snapshot) error {
			seq := int64(0)
			for begun := int64(-1); seq < begun+5; { // others go on meanwhile
				must(t, db.View(t.Context(), func(tx store.Tx) (err error) { seq, _, err = tx.AuditHead(scope.Tenant); return err }))
				if begun < 0 {
					begun = seq
				}
			}
			return s.Copy(t.Context(), postgres.PartRows, &made)
		}))
		_, counts := sorted(t, made.Bytes())
		if n := counts["provider"]; n != counts["audit_group"] || n <= last {
			t.Errorf("%d providers, %d entries, %d before", n, counts["audit_group"], last)
		}
		last = counts["provider"]
	}
	cancel()
	writers.Wait()
}

// A policy of somebody's would leave rows out of the copy without a word.
func testHiddenRows(t *testing.T, c *pgtest.Cluster) {
	at := c.Empty(t)
	db := open(t, at)
	defer db.Close()
	raw, err := sql.Open("pgx", at)
	must(t, err)
	defer raw.Close()
	_, err = raw.ExecContext(t.Context(), "CREATE POLICY another ON patient AS RESTRICTIVE USING (false)")
	must(t, err)
	err = db.Snapshot(t.Context(), func(s store.Snapshot) error { return s.Check(t.Context()) })
	if err == nil || !strings.Contains(err.Error(), "hide rows of patient") {
		t.Errorf("check: %v", err)
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
