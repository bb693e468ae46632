package sqlite

import (
	"context"
	"fmt"

	"modernc.org/libc"
	c "modernc.org/sqlite/lib"

	"chartline/internal/store/sqlstore"
)

// stmt implements sqlstore.Stmt.
type stmt struct {
	conn  *conn
	stmt  uintptr // sqlite3_stmt*
	order []int   // of each parameter, which argument it is
	rows  rows    // of the query that runs: there is one at a time
}

// rows implements sqlstore.Rows.
type rows struct {
	tls  *libc.TLS
	stmt uintptr
	conn *conn
	ctx  context.Context
	stop func() // ends the watch on ctx; nil where there is none
}

// Close implements sqlstore.Stmt.
func (s *stmt) Close() error {
	if rc := c.Xsqlite3_finalize(s.conn.tls, s.stmt); rc != c.SQLITE_OK {
		return s.conn.fail(rc)
	}
	return nil
}

// bind gives the statement its arguments. What they point to is copied to the
// connection's scratch and stays until the next statement is bound.
func (s *stmt) bind(args []any) error {
	k, n := s.conn, 0
	for _, v := range args {
		switch v := v.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
	}
	if err := k.reserve(n + 1); err != nil { // one more: empty bytes are not null
		return err
	}
	free := memory(k.scratch, k.size)
	for i, arg := range s.order {
		if arg >= len(args) {
			return fmt.Errorf("sqlite: argument $%d is missing", arg+1)
		}
		at := k.scratch + uintptr(k.size-len(free))
		rc, i := int32(c.SQLITE_OK), int32(i+1)
		switch v := args[arg].(type) {
		case int64:
			rc = c.Xsqlite3_bind_int64(k.tls, s.stmt, i, v)
		case bool:
			n := int64(0)
			if v {
				n = 1
			}
			rc = c.Xsqlite3_bind_int64(k.tls, s.stmt, i, n)
		case string:
			free = free[copy(free, v):]
			rc = c.Xsqlite3_bind_text(k.tls, s.stmt, i, at, int32(len(v)), 0)
		case []byte:
			free = free[copy(free, v):]
			rc = c.Xsqlite3_bind_blob(k.tls, s.stmt, i, at, int32(len(v)), 0)
		case nil:
			rc = c.Xsqlite3_bind_null(k.tls, s.stmt, i)
		default:
			return fmt.Errorf("sqlite: argument $%d is a %T", arg+1, v)
		}
		if rc != c.SQLITE_OK {
			return k.fail(rc)
		}
	}
	return nil
}

// Exec implements sqlstore.Stmt.
func (s *stmt) Exec(args []any) (int64, error) {
	if err := s.bind(args); err != nil {
		return 0, err
	}
	rc := int32(c.SQLITE_ROW)
	for rc == c.SQLITE_ROW {
		rc = c.Xsqlite3_step(s.conn.tls, s.stmt)
	}
	if rc != c.SQLITE_DONE {
		err := s.conn.fail(rc)
		c.Xsqlite3_reset(s.conn.tls, s.stmt) // says the same again
		return 0, err
	}
	c.Xsqlite3_reset(s.conn.tls, s.stmt)
	return c.Xsqlite3_changes64(s.conn.tls, s.conn.db), nil
}

// Query implements sqlstore.Stmt.
func (s *stmt) Query(ctx context.Context, args []any) (sqlstore.Rows, error) {
	if err := s.bind(args); err != nil {
		return nil, err
	}
	s.rows = rows{tls: s.conn.tls, stmt: s.stmt, conn: s.conn, ctx: ctx}
	if ctx.Done() != nil {
		s.rows.stop = s.conn.interruptAfter(ctx)
	}
	return &s.rows, nil
}

// interruptAfter interrupts what runs when ctx ends, until the function that it
// returns was called.
func (k *conn) interruptAfter(ctx context.Context) (stop func()) {
	done := make(chan struct{})
	db := k.db
	cancel := context.AfterFunc(ctx, func() {
		defer close(done)
		tls := libc.NewTLS() // the connection's own is in use
		defer tls.Close()
		c.Xsqlite3_interrupt(tls, db)
	})
	return func() {
		if !cancel() {
			<-done
		}
	}
}

// Next implements sqlstore.Rows.
func (r *rows) Next() (bool, error) {
	switch rc := c.Xsqlite3_step(r.tls, r.stmt); rc {
	case c.SQLITE_ROW:
		return true, nil
	case c.SQLITE_DONE:
		return false, nil
	default:
		if rc == c.SQLITE_INTERRUPT && r.ctx.Err() != nil {
			return false, r.ctx.Err()
		}
		return false, r.conn.fail(rc)
	}
}

// Null implements sqlstore.Rows.
func (r *rows) Null(column int) bool {
	return c.Xsqlite3_column_type(r.tls, r.stmt, int32(column)) == c.SQLITE_NULL
}

// Int implements sqlstore.Rows.
func (r *rows) Int(column int) int64 {
	return c.Xsqlite3_column_int64(r.tls, r.stmt, int32(column))
}

// Bool implements sqlstore.Rows.
func (r *rows) Bool(column int) bool { return r.Int(column) != 0 }

// Text implements sqlstore.Rows.
func (r *rows) Text(column int) string {
	p := c.Xsqlite3_column_text(r.tls, r.stmt, int32(column))
	n := c.Xsqlite3_column_bytes(r.tls, r.stmt, int32(column))
	return string(memory(p, int(n)))
}

// Bytes implements sqlstore.Rows.
func (r *rows) Bytes(column int) []byte {
	p := c.Xsqlite3_column_blob(r.tls, r.stmt, int32(column))
	n := c.Xsqlite3_column_bytes(r.tls, r.stmt, int32(column))
	return append([]byte{}, memory(p, int(n))...)
}

// Close implements sqlstore.Rows.
func (r *rows) Close() error {
	if r.stop != nil {
		r.stop()
	}
	c.Xsqlite3_reset(r.tls, r.stmt) // says again what the last step said
	return nil
}
