package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrationFiles embed.FS

// ErrNewer is returned by Open for data that a newer program wrote.
var ErrNewer = errors.New("the data is newer than this program")

// ErrForeign is returned by Open for a database that is something else's.
var ErrForeign = errors.New("this is not a Chartline database")

// oldest is the first version of PostgreSQL that this was run on.
const oldest = 150000

// prepare sees that the server is fit, migrates the database and raises the
// wall, while no other process does.
func (d *DB) prepare(ctx context.Context, existing bool) (err error) {
	db := d.sql()
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := fit(ctx, db); err != nil {
		return err
	}
	v, others, err := schemaVersion(ctx, db)
	if err != nil {
		return err
	}
	if d.begun = v == 0 && !others; d.begun && existing {
		return ErrEmpty
	}
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return err
	}
	if err := migrateTo(ctx, db, files); err != nil {
		return err
	}
	return raiseWall(ctx, db)
}

func fit(ctx context.Context, db *sql.DB) error {
	var version int
	var encoding string
	var above bool
	err := db.QueryRowContext(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'),
		rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user`).Scan(&version, &encoding, &above)
	switch {
	case err != nil:
		return err
	case version < oldest:
		return fmt.Errorf("%w: it is version %d, and 15 is the oldest that was tried", ErrUnfit, version/10000)
	case encoding != "UTF8":
		return fmt.Errorf("%w: the database's encoding is %s: create it with ENCODING 'UTF8'", ErrUnfit, encoding)
	case above:
		return fmt.Errorf("%w: its role is a superuser's or has BYPASSRLS, which goes through the wall between tenants: create a role of its own", ErrUnfit)
	}
	return nil
}

// migrateTo runs the migrations that the database lacks, each in a transaction,
// and one process at a time.
func migrateTo(ctx context.Context, db *sql.DB, files fs.FS) error {
	newest, err := newestOf(files)
	if err != nil {
		return err
	}
	v, others, err := schemaVersion(ctx, db)
	switch {
	case err != nil:
		return err
	case v == newest:
		return nil
	case v > newest:
		return fmt.Errorf("%w: its schema is %d, and this program knows %d: use the newer program, or restore a backup", ErrNewer, v, newest)
	case v == 0 && others:
		return ErrForeign
	}
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 120))
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(one))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

func newestOf(files fs.FS) (newest int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	for _, n := range names {
		v, err := goose.NumericComponent(n)
		if err != nil {
			return 0, err
		}
		newest = max(newest, v)
	}
	return newest, err
}

// schemaVersion returns the number of the last migration that ran, 0 for none,
// and whether the database has tables beside the list of migrations.
func schemaVersion(ctx context.Context, db *sql.DB) (version int64, others bool, err error) {
	var ours, all int
	err = db.QueryRowContext(ctx, `SELECT count(*), count(*) FILTER (WHERE relname = $1) FROM pg_class
		WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace`, goose.DefaultTablename).Scan(&all, &ours)
	if err != nil || ours == 0 {
		return 0, all > 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+goose.DefaultTablename).Scan(&version)
	return version, all > ours, err
}

// SchemaVersion returns the number of the last migration in the database.
func (d *DB) SchemaVersion(ctx context.Context) (int64, error) {
	db := d.sql()
	v, _, err := schemaVersion(ctx, db)
	return v, errors.Join(err, db.Close())
}
