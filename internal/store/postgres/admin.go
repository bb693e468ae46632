package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5/pgconn"
)

// admin is a connection for what is not sqlstore's: migrations and checks. It
// sees all tenants' rows and has no limit of time.
type admin struct{ pg *pgconn.PgConn }

func (d *DB) admin(ctx context.Context) (admin, error) {
	pg, err := pgconn.ConnectConfig(ctx, d.unhurried())
	return admin{pg}, err
}

func (d *DB) unhurried() *pgconn.Config {
	c := d.config.Copy()
	maps.Copy(c.RuntimeParams, map[string]string{
		"chartline.tenant": everybody, "chartline.instance": everybody, "statement_timeout": "0", "lock_timeout": "0",
		"idle_in_transaction_session_timeout": "0",
	})
	return c
}

// with runs fn on such a connection.
func (d *DB) with(ctx context.Context, fn func(admin) error) error {
	a, err := d.admin(ctx)
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.pg.Close(context.WithoutCancel(ctx)))
}

// rows returns the rows of a statement's last result as text. Statements may be
// several, divided by semicolons; they hold nothing from outside.
func (a admin) rows(ctx context.Context, sql string) ([][]string, error) {
	results, err := a.pg.Exec(ctx, sql).ReadAll()
	if err != nil || len(results) == 0 {
		return nil, err
	}
	var list [][]string
	for _, r := range results[len(results)-1].Rows {
		row := make([]string, len(r))
		for i, v := range r {
			row[i] = string(v)
		}
		list = append(list, row)
	}
	return list, nil
}

// row returns a statement's one row.
func (a admin) row(ctx context.Context, sql string) ([]string, error) {
	list, err := a.rows(ctx, sql)
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("postgres: %d rows where one was expected", len(list))
	}
	if err != nil {
		return nil, err
	}
	return list[0], nil
}

func (a admin) exec(ctx context.Context, sql string) error {
	_, err := a.rows(ctx, sql)
	return err
}

// migrating is the lock of who changes the schema; who copies it shares it.
const migrating = "7166185170218121"

// alone runs fn in a transaction, one process at a time.
func (a admin) alone(ctx context.Context, fn func() error) error {
	err := a.exec(ctx, "BEGIN; SELECT pg_advisory_xact_lock("+migrating+")")
	if err == nil {
		err = fn()
	}
	if err != nil {
		return errors.Join(err, a.exec(context.WithoutCancel(ctx), "ROLLBACK"))
	}
	return a.exec(ctx, "COMMIT")
}
