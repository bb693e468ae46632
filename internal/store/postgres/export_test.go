package postgres

import (
	"context"
	"io/fs"
)

// MigrateWith does to a database what a start of a program with these migrations
// does.
func (d *DB) MigrateWith(ctx context.Context, files fs.FS) error {
	return d.with(ctx, func(a admin) error {
		now, err := a.schema(ctx)
		if err != nil {
			return err
		}
		return a.migrate(ctx, files, now.version)
	})
}

// Migrations are those of this program.
func Migrations() fs.FS { return migrationFiles }

// Unopened is a database that nobody prepared.
func Unopened(url string) (*DB, error) {
	config, err := parse(url, "")
	return &DB{config: config}, err
}
