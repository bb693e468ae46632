package sqlstore

import (
	"context"

	"chartline/internal/care"
)

// tx is one transaction on one connection.
type tx struct {
	store    *Store
	conn     *conn           // nil once the transaction has ended
	ctx      context.Context // for long scans only
	writable bool
	fault    Fault // the first one that ends more than a statement

	head auditHead // of the chain that was looked at last; zero where that may have changed

	alone   bool // no transaction is around it, so that there can be one statement only
	asked   bool // a statement was run
	another bool // and another came
}

// fail notes and lifts a driver's error.
func (t *tx) fail(err error) error {
	if f := t.store.dialect.Fault(err); t.fault == FaultOther {
		t.fault = f
	}
	return t.store.lift(err)
}

// ready is an error where no statement, or no more of them, can be run.
func (t *tx) ready(read bool) error {
	switch {
	case t.conn == nil:
		return &care.Error{Kind: care.KindInternal, Cause: errEnded}
	case t.alone && (t.asked || !read):
		t.another = true
		return &care.Error{Kind: care.KindInternal, Cause: errAnother}
	}
	t.asked = true
	return nil
}

// exec runs a statement and returns how many rows it changed.
func (t *tx) exec(sql string, args ...any) (int64, error) {
	if err := t.ready(false); err != nil {
		return 0, err
	}
	n, err := t.conn.exec(sql, args...)
	if err != nil {
		return 0, t.fail(err)
	}
	return n, nil
}

// change is exec for a statement that must find its row.
func (t *tx) change(noun, sql string, args ...any) error {
	n, err := t.exec(sql, args...)
	if err == nil && n == 0 {
		return care.NotFound(noun)
	}
	return err
}

// insert is exec for a statement ON CONFLICT DO NOTHING on a table with one key.
func (t *tx) insert(noun, field, sql string, args ...any) error {
	n, err := t.exec(sql, args...)
	if err == nil && n == 0 {
		return care.Conflict(noun, field)
	}
	return err
}

// admit runs a statement of booleans that says whether a row may be written:
// first, for each of refs, that what the row refers to is there, then, for each
// of keys, that another row has that key already. Asking beforehand says which
// key collides, on every engine, and leaves the transaction whole.
func (t *tx) admit(noun string, refs, keys []string, sql string, args ...any) error {
	return t.walk(t.background(), sql, args, func(r *row) error {
		for _, ref := range refs {
			if !r.bool() {
				return care.NotFound(ref)
			}
		}
		for _, key := range keys {
			if r.bool() {
				return care.Conflict(noun, key)
			}
		}
		return nil
	})
}

func (t *tx) background() context.Context { return context.Background() }

// walk calls each for every row until it returns an error.
func (t *tx) walk(ctx context.Context, sql string, args []any, each func(*row) error) error {
	if err := t.ready(true); err != nil {
		return err
	}
	rows, err := t.conn.query(ctx, sql, args...)
	if err != nil {
		return t.fail(err)
	}
	r := row{rows: rows}
	more, err := rows.Next()
	var stop error
	for more && err == nil && stop == nil {
		r.column = 0
		if stop = firstError(each(&r), r.err); stop == nil {
			more, err = rows.Next()
		}
	}
	if err := firstError(err, rows.Close()); err != nil {
		return t.fail(err)
	}
	if stop != nil && stop == r.err {
		return t.fail(stop)
	}
	return stop
}

// one returns the only row, or NotFound about noun; also where a row that is
// written on the way refers to one that is not there.
func one[T any](t *tx, noun string, scan func(*row) T, sql string, args ...any) (T, error) {
	var v T
	found := false
	err := t.walk(t.background(), sql, args, func(r *row) error {
		v, found = scan(r), true
		return nil
	})
	if err == nil && !found || care.IsNotFound(err) {
		err = care.NotFound(noun)
	}
	return v, err
}

// all returns every row.
func all[T any](t *tx, scan func(*row) T, sql string, args ...any) ([]T, error) {
	var list []T
	err := t.walk(t.background(), sql, args, func(r *row) error {
		list = append(list, scan(r))
		return nil
	})
	return list, err
}
