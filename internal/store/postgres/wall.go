package postgres

import (
	"context"
	"fmt"
	"strings"
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
func (a admin) raiseWall(ctx context.Context) error {
	if tables, err := a.withoutWall(ctx); err != nil || len(tables) == 0 {
		return err
	}
	return a.beside(ctx, func() error { return a.wallAll(ctx) }) // where another process did not meanwhile
}

// wallAll raises it in the transaction that is under way.
func (a admin) wallAll(ctx context.Context) error {
	tables, err := a.withoutWall(ctx)
	if err != nil {
		return err
	}
	for _, t := range tables {
		if err := a.exec(ctx, t.wall()); err != nil {
			return fmt.Errorf("row-level security of %s: %w", t.name, err)
		}
	}
	return nil
}

func (a admin) withoutWall(ctx context.Context) ([]wallTable, error) {
	found, err := a.rows(ctx, `
		SELECT quote_ident(c.relname), c.relname NOT IN ('instance', 'practice')
			AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'instance' AND NOT a.attisdropped)
		FROM pg_class c
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
			AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant' AND NOT a.attisdropped)
			AND NOT (c.relrowsecurity AND c.relforcerowsecurity AND EXISTS (
				SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'wall' AND obj_description(p.oid, 'pg_policy') = '`+wallVersion+`'))
		ORDER BY 1`)
	var list []wallTable
	for _, r := range found {
		list = append(list, wallTable{name: r[0], instance: r[1] == "t"})
	}
	return list, err
}

// wallVersion changes when the policy does.
const wallVersion = "1"

// wall returns the statements that raise it. The settings are read once a
// statement, not once a row.
func (t wallTable) wall() string {
	pass := func(column string) string {
		return fmt.Sprintf("((SELECT current_setting('chartline.%[1]s', true)) IN (%[1]s, '%[2]s'))", column, everybody)
	}
	rows := pass("tenant")
	if t.instance {
		rows += " AND " + pass("instance")
	}
	return strings.Join([]string{
		"DROP POLICY IF EXISTS wall ON " + t.name,
		"CREATE POLICY wall ON " + t.name + " USING (" + rows + ")",
		"COMMENT ON POLICY wall ON " + t.name + " IS '" + wallVersion + "'",
		"ALTER TABLE " + t.name + " ENABLE ROW LEVEL SECURITY",
		"ALTER TABLE " + t.name + " FORCE ROW LEVEL SECURITY",
	}, ";")
}
