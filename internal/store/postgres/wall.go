package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// everybody lets all tenants' rows through: for what works on the whole
// installation. A connection that says nothing sees none.
const everybody = "*"

// wallTable is a table whose rows are somebody's.
type wallTable struct {
	name     string
	instance bool // and of an instance
}

// raiseWall has the server itself keep tenants and instances apart, in every
// table that has them: a second wall behind each statement's own WHERE. Which
// instances and practices a tenant has, and by what code, is asked across them.
// It looks first, as raising waits for all who read.
func raiseWall(ctx context.Context, db *sql.DB) (err error) {
	if tables, err := withoutWall(ctx, db); err != nil || len(tables) == 0 {
		return err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	// Another process may be raising it: one at a time, and each looks again.
	if _, err := tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(7166185170218121)"); err != nil {
		return err
	}
	tables, err := withoutWall(ctx, tx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		for _, statement := range t.wall() {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("row-level security of %s: %w", t.name, err)
			}
		}
	}
	return tx.Commit()
}

func withoutWall(ctx context.Context, db interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}) (list []wallTable, err error) {
	r, err := db.QueryContext(ctx, `
		SELECT quote_ident(c.relname), c.relname NOT IN ('instance', 'practice')
			AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'instance' AND NOT a.attisdropped)
		FROM pg_class c
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
			AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped)
			AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
				SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'wall' AND obj_description(p.oid, 'pg_policy') = $1))
		ORDER BY 1`, wallVersion)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for r.Next() {
		var t wallTable
		if err := r.Scan(&t.name, &t.instance); err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, r.Err()
}

// wallVersion changes when the policy does.
const wallVersion = "1"

// wall returns the statements that raise it. The settings are read once a
// statement, not once a row.
func (t wallTable) wall() []string {
	pass := func(column string) string {
		return fmt.Sprintf("((SELECT current_setting('chartline.%[1]s', true)) IN (%[1]s, '%[2]s'))", column, everybody)
	}
	rows := pass("tenant")
	if t.instance {
		rows += " AND " + pass("instance")
	}
	return []string{
		"DROP POLICY IF EXISTS wall ON " + t.name,
		"CREATE POLICY wall ON " + t.name + " USING (" + rows + ")",
		"COMMENT ON POLICY wall ON " + t.name + " IS '" + wallVersion + "'",
		"ALTER TABLE " + t.name + " ENABLE ROW LEVEL SECURITY",
		"ALTER TABLE " + t.name + " FORCE ROW LEVEL SECURITY",
	}
}
