package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"

	"chartline/internal/store/transfer"
)

// ErrHalf is returned by Open for a database into which a backup is being put
// back, or was until that was broken off.
var ErrHalf = errors.New("a backup is being put back here, or that was broken off: run chartline restore again, or drop the database")

// ErrOccupied is returned by Restore for a database that is not empty.
var ErrOccupied = errors.New("the database is not empty")

// halfTable is what the list of migrations is called until all is done: without
// a list of migrations no program takes the database for one of its own.
const halfTable = "restoring"

// Vacant returns ErrOccupied unless the database at url can be restored into: it
// is empty, or has what a restore left that was broken off.
func Vacant(ctx context.Context, url, password string) error {
	d, err := reach(url, password, &Options{})
	if err != nil {
		return err
	}
	return d.with(ctx, func(a admin) error {
		if err := a.fit(ctx); err != nil {
			return err
		}
		now, err := a.schema(ctx)
		if err == nil && !now.half && (now.others || now.version > 0) {
			err = ErrOccupied
		}
		return err
	})
}

// Restore puts rows, in package transfer's form, into the empty database at url
// and brings their schema up to date; settle then does what remains to be done
// with it. Until that was done, Open refuses the database, by whatever program.
// Where it is broken off, the next Restore begins anew.
func Restore(ctx context.Context, url, password string, from io.Reader, settle func(*DB) error) error {
	return restored(ctx, url, password, from, func(a admin, d *DB) error {
		if err := errors.Join(settle(d), d.Close()); err != nil {
			return err
		}
		return a.exec(ctx, "ALTER TABLE "+halfTable+" RENAME TO "+goose.DefaultTablename)
	})
}

// Rehearse does the same and leaves the database empty.
func Rehearse(ctx context.Context, url, password string, from io.Reader, look func(*DB) error) error {
	return restored(ctx, url, password, from, func(a admin, d *DB) error {
		return errors.Join(look(d), d.Close(), a.empty(context.WithoutCancel(ctx)))
	})
}

func restored(ctx context.Context, url, password string, from io.Reader, then func(admin, *DB) error) error {
	var o Options
	d, err := reach(url, password, &o)
	if err != nil {
		return err
	}
	return d.with(ctx, func(a admin) error {
		if err := errors.Join(a.fit(ctx), durable(ctx, a.pg)); err != nil {
			return err
		}
		if err := a.only(ctx); err != nil {
			return err
		}
		if err := a.alone(ctx, func() error { return a.fill(ctx, from) }); err != nil {
			return err
		}
		if err := a.exec(ctx, "ANALYZE"); err != nil {
			return err
		}
		d.start(o)
		return then(a, d)
	})
}

// only keeps a second restore away for as long as the connection lasts. The
// server may take a while to notice that one was killed.
func (a admin) only(ctx context.Context) error {
	err := a.exec(ctx, "SET lock_timeout = '20s'; SET idle_session_timeout = 0; SELECT pg_advisory_lock(7166185170218122); SET lock_timeout = 0")
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "55P03" {
		return errors.New("another restore into this database is under way, or the server still ends one that was killed: try again")
	}
	return err
}

// fill makes the tables, takes the rows, and raises the wall, in one
// transaction: whatever breaks it off, the server undoes it.
func (a admin) fill(ctx context.Context, from io.Reader) error {
	now, err := a.schema(ctx)
	switch {
	case err != nil:
		return err
	case now.half:
		if err := a.empty(ctx); err != nil {
			return err
		}
	case now.others || now.version > 0:
		return ErrOccupied
	}
	in, err := transfer.NewReader(from)
	if err != nil {
		return err
	}
	steps, err := migrations(migrationFiles)
	if err != nil {
		return err
	}
	if err := known(steps, in.Schema); err != nil {
		return err
	}
	if err := a.steps(ctx, steps, in.Schema); err != nil {
		return err
	}
	rest, err := a.strip(ctx)
	if err != nil {
		return err
	}
	if err := a.take(ctx, in); err != nil {
		return err
	}
	// What was noted there to know standbys by is not this database's.
	if err := a.exec(ctx, "DELETE FROM heartbeat"); err != nil {
		return err
	}
	for _, sql := range rest {
		if err := a.exec(ctx, sql); err != nil {
			return unfit("what was put back", err)
		}
	}
	if err := a.steps(ctx, steps, steps[len(steps)-1].number); err != nil {
		return err
	}
	if err := a.wallAll(ctx); err != nil {
		return err
	}
	return a.exec(ctx, "ALTER TABLE "+goose.DefaultTablename+" RENAME TO "+halfTable)
}

// steps runs the migrations up to a number that did not run yet.
func (a admin) steps(ctx context.Context, all []migration, last int64) error {
	for _, m := range all {
		if m.number > last {
			return nil
		}
		if err := a.step(ctx, m); err != nil {
			return fmt.Errorf("migration %d: %w", m.number, err)
		}
	}
	return nil
}

// strip takes off what is cheaper made once the rows are there, and returns the
// statements that do so: indexes, then references.
func (a admin) strip(ctx context.Context) (rest []string, err error) {
	found, err := a.rows(ctx, `
		SELECT 1, format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname),
			format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
		FROM pg_constraint WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
		UNION ALL
		SELECT 2, format('DROP INDEX %s', i.indexrelid::regclass), pg_get_indexdef(i.indexrelid)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE c.relnamespace = current_schema()::regnamespace AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
		ORDER BY 1, 2`)
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		if err := a.exec(ctx, r[1]); err != nil {
			return nil, err
		}
		rest = append(rest, r[2])
	}
	slices.Reverse(rest)
	return rest, nil
}

// take puts every table's rows into it. They are read to their very end, where
// their digest is compared.
func (a admin) take(ctx context.Context, in *transfer.Reader) error {
	tables, err := a.tables(ctx)
	if err != nil {
		return err
	}
	for {
		written, err := in.Table()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		i := slices.IndexFunc(tables, func(t transfer.Table) bool { return t.Name == written.Name })
		if i < 0 {
			return fmt.Errorf("%w: there is no table %q, or it came before", transfer.ErrForm, written.Name)
		}
		fit, err := transfer.NewFit(written, tables[i])
		if err != nil {
			return err
		}
		// The table was made in this transaction, so its rows need no second look
		// to be known as everybody's.
		sql := "COPY " + columnsOf(written) + " FROM STDIN (FORMAT binary, FREEZE)"
		source := &watched{Reader: in.Copy(fit)}
		if _, err := a.pg.CopyFrom(ctx, source, sql); err != nil {
			return unfit("table "+written.Name, cmp.Or(source.err, err))
		}
		tables = slices.Delete(tables, i, i+1)
	}
	if len(tables) > 0 {
		return fmt.Errorf("%w: table %q is missing", transfer.ErrForm, tables[0].Name)
	}
	return nil
}

// watched keeps why reading ended: of a COPY the server tells it in words only.
type watched struct {
	io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// unfit says of rows that the server refuses that they are not those of the
// schema. What the server says may repeat a value.
func unfit(what string, err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if ok && (strings.HasPrefix(e.Code, "22") || strings.HasPrefix(e.Code, "23")) {
		return fmt.Errorf("%w: %s: the server refuses a row (SQLSTATE %s) %s", transfer.ErrForm, what, e.Code, e.ConstraintName)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return err
}

// empty drops all tables. It is called where a restore made them.
func (a admin) empty(ctx context.Context) error {
	tables, err := a.tables(ctx)
	if err != nil {
		return err
	}
	return a.exec(ctx, "DROP TABLE "+strings.Join(append(namesOf(tables), halfTable), ", "))
}
