package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/pressly/goose/v3"

	"chartline/internal/store/sqlstore"
	"chartline/internal/store/transfer"
)

// Load makes the database at path of rows, in the schema that they are of; Open
// migrates it further. There must be none yet, and what a Load that failed left
// is of no use.
func Load(ctx context.Context, path string, from io.Reader) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	in, err := transfer.NewReader(from)
	if err != nil {
		return err
	}
	d := &DB{path: path, audit: AuditPath(path), settings: settings(Options{})}
	if err := d.begin(ctx, in.Schema); err != nil {
		return err
	}
	if err := d.load(ctx, in); err != nil {
		return err
	}
	return errors.Join(syncFile(d.audit), syncFile(d.path), syncDirectory(filepath.Dir(path)))
}

// begin makes the files, with the tables that they had at a schema.
func (d *DB) begin(ctx context.Context, schema int64) (err error) {
	for _, file := range []string{d.audit, d.path} {
		f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- where the operator said
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	if err := d.prepareFile(ctx, d.audit, "auditlog"); err != nil {
		return err
	}
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	newest, err := Newest()
	if err != nil {
		return err
	}
	if schema > newest {
		return fmt.Errorf("%w: its schema is %d, and this program knows %d: use the newer program", ErrNewer, schema, newest)
	}
	db, err := d.sql(d.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, schema)
	return err
}

// load takes all rows. It keeps no journal: whatever fails, the files are of no
// use.
func (d *DB) load(ctx context.Context, in *transfer.Reader) (err error) {
	setup := append(d.setup(), "PRAGMA foreign_keys = 0")
	for _, file := range []string{"main", "clinic"} {
		setup = append(setup, "PRAGMA "+file+".journal_mode = off", "PRAGMA "+file+".synchronous = off", "PRAGMA "+file+".cache_size = -65536")
	}
	c, err := connect(d.audit, setup)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	tables, err := tablesOf(ctx, c)
	if err != nil {
		return err
	}
	if err := c.run("BEGIN EXCLUSIVE"); err != nil {
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
		i := slices.IndexFunc(tables, func(t table) bool { return t.Name == written.Name })
		if i < 0 {
			return fmt.Errorf("%w: there is no table %q, or it came before", transfer.ErrForm, written.Name)
		}
		if err := tables[i].take(ctx, c, written, in); err != nil {
			return err
		}
		tables = slices.Delete(tables, i, i+1)
	}
	if len(tables) > 0 {
		return fmt.Errorf("%w: table %q is missing", transfer.ErrForm, tables[0].Name)
	}
	if err := c.run("COMMIT"); err != nil {
		return err
	}
	for _, file := range []string{"main", "clinic"} {
		err := each(ctx, c, "PRAGMA "+file+".foreign_key_check", func(sqlstore.Rows) error {
			return fmt.Errorf("%w: some refer to rows that are not there", transfer.ErrForm)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // #nosec G304 -- where the operator said
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
