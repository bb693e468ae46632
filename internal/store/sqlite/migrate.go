package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql auditlog/*.sql
var migrationFiles embed.FS

// ErrNewer is returned by Open for data that a newer program wrote.
var ErrNewer = errors.New("the data is newer than this program")

// ErrForeign is returned by Open for a SQLite file that is something else's.
var ErrForeign = errors.New("this is not a Chartline database")

// Newest is the number of the last migration that this program knows, on either
// engine.
func Newest() (int64, error) {
	files, err := fs.Sub(migrationFiles, "migrations")
	if err != nil {
		return 0, err
	}
	return newestOf(files)
}

// migrate runs the migrations that the database lacks, each in a transaction.
func migrate(ctx context.Context, db *sql.DB, dir string) error {
	files, err := fs.Sub(migrationFiles, dir)
	if err != nil {
		return err
	}
	return migrateTo(ctx, db, files)
}

// newestOf is the number of the last of the migrations.
func newestOf(files fs.FS) (newest int64, err error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	for _, n := range names {
		v, err := goose.NumericComponent(n)
		if err != nil {
			return 0, err
		}
		newest = max(newest, v)
	}
	return newest, nil
}

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
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// schemaVersion returns the number of the last migration that ran, 0 for none,
// and whether the database has tables beside the list of migrations.
func schemaVersion(ctx context.Context, db *sql.DB) (version int64, others bool, err error) {
	var ours, all int
	err = db.QueryRowContext(ctx, `SELECT count(*), COALESCE(SUM(name = $1), 0) FROM sqlite_master
		WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'`, goose.DefaultTablename).Scan(&all, &ours)
	if err != nil || ours == 0 {
		return 0, all > 0, err
	}
	err = db.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+goose.DefaultTablename).Scan(&version)
	return version, all > ours, err
}
