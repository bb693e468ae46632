package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// admin is a connection for what is not sqlstore's: migrations and checks. It
// sees all tenants' rows, and its statements have no limit of time.
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

// migrating is the lock of who changes the schema; who copies it shares it. It is
// tried for and not waited for, as a transaction that waits would hold up CREATE
// INDEX CONCURRENTLY.
const migrating = "7166185170218121"

// alone runs fn in a transaction, one process at a time.
func (a admin) alone(ctx context.Context, fn func() error) error {
	err := a.turn(ctx, func() (bool, error) {
		had, err := a.tried(ctx, "BEGIN; SELECT pg_try_advisory_xact_lock("+migrating+")")
		if !had {
			err = errors.Join(err, a.exec(context.WithoutCancel(ctx), "ROLLBACK"))
		}
		return had, err
	})
	if err != nil {
		return err
	}
	if err := fn(); err != nil {
		return errors.Join(err, a.exec(context.WithoutCancel(ctx), "ROLLBACK"))
	}
	return a.exec(ctx, "COMMIT")
}

// apart runs fn one process at a time and outside of a transaction.
func (a admin) apart(ctx context.Context, fn func() error) error {
	err := a.turn(ctx, func() (bool, error) { return a.tried(ctx, "SELECT pg_try_advisory_lock("+migrating+")") })
	if err != nil {
		return err
	}
	return errors.Join(fn(), a.exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock("+migrating+")"))
}

// turn tries until it is this process's.
func (a admin) turn(ctx context.Context, try func() (bool, error)) error {
	for {
		had, err := try()
		if had || err != nil {
			return err
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}

func (a admin) tried(ctx context.Context, sql string) (bool, error) {
	r, err := a.row(ctx, sql)
	return err == nil && r[0] == "t", err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Migrations beside nodes that serve: a step that waits for a table holds up all
// who come after it, so it waits for a moment only, lets them through, and tries
// again. A process that hangs must not keep tables locked either.
const (
	briefly      = "SET LOCAL lock_timeout = '500ms'; SET LOCAL idle_in_transaction_session_timeout = '60s'"
	lockPause    = time.Second
	lockPatience = 2 * time.Minute
)

// beside is alone for what changes tables that others use. fn may be run again.
func (a admin) beside(ctx context.Context, fn func() error) error {
	return patiently(ctx, func() error {
		return a.alone(ctx, func() error {
			if err := a.exec(ctx, briefly); err != nil {
				return err
			}
			return fn()
		})
	})
}

// patiently runs fn again while others keep what it needs.
func patiently(ctx context.Context, fn func() error) error {
	for end := time.Now().Add(lockPatience); ; {
		err := fn()
		e, ok := errors.AsType[*pgconn.PgError](err)
		if !ok || e.Code != "55P03" && e.Code != "40P01" {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%w: others keep a table locked; pg_stat_activity says who, and the next start tries again", err)
		}
		if err := pause(ctx, lockPause); err != nil {
			return err
		}
	}
}
