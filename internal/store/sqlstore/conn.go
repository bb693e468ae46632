package sqlstore

import (
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"slices"
	"time"
)

// conn is one connection with its prepared statements, used by one transaction
// at a time. It speaks to the driver directly: database/sql would add a
// goroutine, a lock and a reflection step to statements of a few microseconds.
type conn struct {
	driver driver.Conn
	stmts  map[string]driver.Stmt // by SQL text
	args   []driver.NamedValue
	cells  []driver.Value
}

func connect(ctx context.Context, c driver.Connector) (*conn, error) {
	d, err := c.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{driver: d, stmts: map[string]driver.Stmt{}}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return firstError(append(errs, c.driver.Close())...)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) prepare(sql string) (driver.Stmt, error) {
	if s, ok := c.stmts[sql]; ok {
		return s, nil
	}
	p, ok := c.driver.(driver.ConnPrepareContext)
	if !ok {
		return nil, fmt.Errorf("sqlstore: driver %T cannot prepare", c.driver)
	}
	s, err := p.PrepareContext(context.Background(), sql)
	if err != nil {
		return nil, err
	}
	c.stmts[sql] = s
	return s, nil
}

func (c *conn) bind(args []driver.Value) []driver.NamedValue {
	c.args = c.args[:0]
	for i, v := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return c.args
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(sql string, args ...driver.Value) (int64, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, err
	}
	e, ok := s.(driver.StmtExecContext)
	if !ok {
		return 0, fmt.Errorf("sqlstore: statement %T cannot execute", s)
	}
	res, err := e.ExecContext(context.Background(), c.bind(args))
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// query runs a statement that returns rows. A ctx that can end costs a
// goroutine: pass one for long scans only. The rows must be closed before the
// connection runs its next statement.
func (c *conn) query(ctx context.Context, sql string, args ...driver.Value) (*rows, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	q, ok := s.(driver.StmtQueryContext)
	if !ok {
		return nil, fmt.Errorf("sqlstore: statement %T cannot query", s)
	}
	d, err := q.QueryContext(ctx, c.bind(args))
	if err != nil {
		return nil, err
	}
	c.cells = slices.Grow(c.cells[:0], len(d.Columns()))[:len(d.Columns())]
	return &rows{driver: d, cells: c.cells}, nil
}

// rows walks a result. Within a row, each of the typed methods takes the next
// column, so that a struct literal reads a row from left to right.
type rows struct {
	driver driver.Rows
	cells  []driver.Value
	column int
	err    error
}

// next moves to the next row.
func (r *rows) next() bool {
	if r.err != nil {
		return false
	}
	r.column = 0
	err := r.driver.Next(r.cells)
	if err != nil && err != io.EOF {
		r.err = err
	}
	return err == nil
}

// close ends the walk and returns what went wrong in it.
func (r *rows) close() error { return firstError(r.err, r.driver.Close()) }

func (r *rows) cell() driver.Value {
	if r.column >= len(r.cells) {
		r.mismatch(nil)
		return nil
	}
	v := r.cells[r.column]
	r.column++
	return v
}

func (r *rows) mismatch(v driver.Value) {
	if r.err == nil {
		r.err = fmt.Errorf("sqlstore: column %d of %d has unexpected type %T", r.column, len(r.cells), v)
	}
}

func (r *rows) text() string {
	switch v := r.cell().(type) {
	case string:
		return v
	default:
		r.mismatch(v)
		return ""
	}
}

func (r *rows) int() int64 {
	switch v := r.cell().(type) {
	case int64:
		return v
	default:
		r.mismatch(v)
		return 0
	}
}

func (r *rows) bool() bool {
	switch v := r.cell().(type) {
	case bool:
		return v
	case int64: // SQLite has no booleans
		return v != 0
	default:
		r.mismatch(v)
		return false
	}
}

func (r *rows) bytes() []byte {
	switch v := r.cell().(type) {
	case []byte:
		return v
	case nil: // SQLite's driver gives no bytes as none
		return []byte{}
	default:
		r.mismatch(v)
		return nil
	}
}

func (r *rows) hash() (h [32]byte) {
	b := r.bytes()
	if len(b) != len(h) {
		r.mismatch(b)
	}
	copy(h[:], b)
	return h
}

func (r *rows) time() time.Time { return time.UnixMicro(r.int()).UTC() }

func (r *rows) maybeInt() *int64 {
	switch v := r.cell().(type) {
	case nil:
		return nil
	case int64:
		return &v
	default:
		r.mismatch(v)
		return nil
	}
}

func (r *rows) maybeTime() *time.Time {
	n := r.maybeInt()
	if n == nil {
		return nil
	}
	t := time.UnixMicro(*n).UTC()
	return &t
}

// micros is how a time is stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

func maybeMicros(t *time.Time) driver.Value {
	if t == nil {
		return nil
	}
	return t.UnixMicro()
}

func maybeInt(n *int64) driver.Value {
	if n == nil {
		return nil
	}
	return *n
}

func (r *rows) maybeText() string {
	switch v := r.cell().(type) {
	case nil:
		return ""
	case string:
		return v
	default:
		r.mismatch(v)
		return ""
	}
}

// values gathers a statement's parameters.
func values(v ...driver.Value) []driver.Value { return v }
