package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlstore"
	"chartline/internal/store/transfer"
)

// PartRows is the one part of a copy: the rows of all tables, as package
// transfer has them.
const PartRows = "rows"

var _ store.Snapshotter = (*DB)(nil)

// Snapshot implements store.Snapshotter: a transaction of the primary's that
// reads only, goes through the wall as all that works on the whole installation
// does, and has no limit of time. While fn runs no migration begins, and the
// server keeps what is deleted meanwhile.
func (d *DB) Snapshot(ctx context.Context, fn func(store.Snapshot) error) error {
	var s *snapshot
	open := func(ctx context.Context) (sqlstore.Conn, error) {
		era := d.era.Load()
		k, err := connect(ctx, d.unhurried(), d.limit)
		if err != nil {
			return nil, err
		}
		k.era, k.now = era, &d.era
		return k, nil
	}
	return d.Pinned(ctx, open, func(c sqlstore.Conn) (err error) {
		s, err = d.pin(ctx, c.(*conn))
		return err
	}, func(tx store.Tx, _ sqlstore.Conn) error {
		s.tx = tx
		return fn(s)
	})
}

// snapshot implements store.Snapshot.
type snapshot struct {
	tx      store.Tx
	pg      *pgconn.PgConn
	version int64
	tables  []transfer.Table
}

// pin fixes the state that k's transaction reads, and the tables that it is in.
// A migration that ends between the two is noticed: a table that was written
// anew would look empty from a state of before.
func (d *DB) pin(ctx context.Context, k *conn) (*snapshot, error) {
	if _, err := k.flush(); err != nil {
		return nil, err
	}
	a, s := admin{k.pg}, &snapshot{pg: k.pg}
	err := a.unmigrated(ctx)
	if err != nil {
		return nil, err
	}
	if s.tables, err = a.tables(ctx); err != nil {
		return nil, err
	}
	if err := a.exec(ctx, "LOCK TABLE "+strings.Join(namesOf(s.tables), ", ")+" IN ACCESS SHARE MODE"); err != nil {
		return nil, err
	}
	now, err := a.schema(ctx)
	if err != nil {
		return nil, err
	}
	s.version = now.version
	latest, err := d.SchemaVersion(ctx)
	if err == nil && latest != now.version {
		err = errors.New("the database was migrated just now: try again")
	}
	return s, err
}

// unmigrated keeps migrations from beginning for as long as the transaction
// lasts. It does not wait for one that is under way, which may wait for the
// transaction.
func (a admin) unmigrated(ctx context.Context) error {
	for end := time.Now().Add(5 * time.Second); ; {
		had, err := a.tried(ctx, "SELECT pg_try_advisory_xact_lock_shared("+migrating+")")
		if had || err != nil {
			return err
		}
		if time.Now().After(end) {
			return errors.New("the database is being migrated: try again")
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

// tables lists the tables and their columns, but for the list of migrations.
func (a admin) tables(ctx context.Context) (all []transfer.Table, err error) {
	found, err := a.rows(ctx, `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relname NOT IN ('`+goose.DefaultTablename+`', '`+halfTable+`')
		ORDER BY c.relname, a.attnum`)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		kind := transfer.Type(r[2])
		switch kind {
		case transfer.Text, transfer.Bigint, transfer.Bytea, transfer.Boolean:
		default:
			return nil, fmt.Errorf("postgres: column %s of %s is a %s", r[1], r[0], r[2])
		}
		if len(all) == 0 || all[len(all)-1].Name != r[0] {
			all = append(all, transfer.Table{Name: r[0]})
		}
		last := &all[len(all)-1]
		last.Columns = append(last.Columns, transfer.Column{Name: r[1], Type: kind})
	}
	return all, nil
}

// quoted is a name in a statement.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func namesOf(tables []transfer.Table) []string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = quoted(t.Name)
	}
	return names
}

// columnsOf is a table with its columns, as COPY wants it.
func columnsOf(t transfer.Table) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = quoted(c.Name)
	}
	return quoted(t.Name) + " (" + strings.Join(names, ", ") + ")"
}

// Tx implements store.Snapshot.
func (s *snapshot) Tx() store.Tx { return s.tx }

// Parts implements store.Snapshot.
func (s *snapshot) Parts() []string { return []string{PartRows} }

// SchemaVersion implements store.Snapshot.
func (s *snapshot) SchemaVersion(context.Context) (int64, error) { return s.version, nil }

// Size implements store.Snapshot: what the tables take on the server's disk.
func (s *snapshot) Size() (int64, error) {
	r, err := admin{s.pg}.row(context.Background(), `SELECT COALESCE(sum(pg_table_size(oid)), 0)::bigint FROM pg_class
		WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(r[0], 10, 64)
}

// Check implements store.Snapshot. What is damaged is found where it is copied,
// as far as the server's checksums find it; here, that the wall is ours and
// hides nothing from the copy.
func (s *snapshot) Check(ctx context.Context) error {
	r, err := admin{s.pg}.row(ctx, `SELECT COALESCE(string_agg(DISTINCT quote_ident(c.relname), ', '), '') FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace AND c.relrowsecurity
			AND (p.polname IS DISTINCT FROM 'wall' OR obj_description(p.oid, 'pg_policy') IS DISTINCT FROM '`+wallVersion+`')`)
	if err == nil && r[0] != "" {
		return &care.Error{Kind: care.KindUnavailable, Message: "policies of row-level security that are not Chartline's may hide rows of " + r[0] + ": remove them"}
	}
	return err
}

// Copy implements store.Snapshot: a COPY of each table, as the server sends it.
func (s *snapshot) Copy(ctx context.Context, part string, w io.Writer) error {
	if part != PartRows {
		return fmt.Errorf("postgres: no part %q", part)
	}
	out, err := transfer.NewWriter(w, s.version)
	if err != nil {
		return err
	}
	for _, t := range s.tables {
		err := out.Table(t, func(w io.Writer) (int64, error) {
			tag, err := s.pg.CopyTo(ctx, w, "COPY "+columnsOf(t)+" TO STDOUT (FORMAT binary)")
			return tag.RowsAffected(), err
		})
		if err != nil {
			return fmt.Errorf("table %s: %w", t.Name, err)
		}
	}
	return out.Close()
}
