package sqlstore

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// conn is a connection with its prepared statements, used by one transaction at
// a time.
type conn struct {
	engine Conn
	stmts  map[string]Stmt // by SQL text
}

func connect(ctx context.Context, open Connector) (*conn, error) {
	c, err := open(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{engine: c, stmts: map[string]Stmt{}}, nil
}

func (c *conn) close() error {
	var errs []error
	for _, s := range c.stmts {
		errs = append(errs, s.Close())
	}
	return firstError(append(errs, c.engine.Close())...)
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *conn) prepare(sql string) (Stmt, error) {
	if s, ok := c.stmts[sql]; ok {
		return s, nil
	}
	s, err := c.engine.Prepare(sql)
	if err == nil {
		c.stmts[sql] = s
	}
	return s, err
}

// exec runs a statement and returns how many rows it changed.
func (c *conn) exec(sql string, args ...any) (int64, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return 0, err
	}
	return s.Exec(args)
}

// query runs a statement that returns rows.
func (c *conn) query(ctx context.Context, sql string, args ...any) (Rows, error) {
	s, err := c.prepare(sql)
	if err != nil {
		return nil, err
	}
	return s.Query(ctx, args)
}

// row reads a row from left to right: each method takes the next column, so
// that a struct literal reads a struct.
type row struct {
	rows   Rows
	column int
	err    error // the first value that was not as it was written
}

func (r *row) next() int {
	r.column++
	return r.column - 1
}

func (r *row) text() string    { return r.rows.Text(r.next()) }
func (r *row) int() int64      { return r.rows.Int(r.next()) }
func (r *row) bool() bool      { return r.rows.Bool(r.next()) }
func (r *row) bytes() []byte   { return r.rows.Bytes(r.next()) }
func (r *row) time() time.Time { return time.UnixMicro(r.int()).UTC() }

func (r *row) hash() (h [32]byte) {
	if b := r.bytes(); copy(h[:], b) != len(h) || len(b) != len(h) {
		r.fail(fmt.Errorf("sqlstore: a hash of %d bytes", len(b)))
	}
	return h
}

func (r *row) maybeInt() *int64 {
	i := r.next()
	if r.rows.Null(i) {
		return nil
	}
	n := r.rows.Int(i)
	return &n
}

func (r *row) maybeTime() *time.Time {
	n := r.maybeInt()
	if n == nil {
		return nil
	}
	t := time.UnixMicro(*n).UTC()
	return &t
}

// listOf reads what listText wrote.
func listOf[T any](r *row) []T {
	s := r.text()
	if s == "" {
		return nil
	}
	var v []T
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		r.fail(err)
	}
	return v
}

func (r *row) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// micros is how a time is stored.
func micros(t time.Time) int64 { return t.UnixMicro() }

func maybeMicros(t *time.Time) any {
	if t == nil {
		return nil
	}
	return t.UnixMicro()
}

func maybeInt(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func maybeText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// placeOf is a place in a list that is newest first; nil is its beginning.
func placeOf(p *store.Place) (at int64, id string) {
	if p == nil {
		return math.MaxInt64, lastID
	}
	return micros(p.CreatedAt), p.ID
}

// listText is how a short list is stored: JSON, or empty where there is none.
func listText[T any](v []T) (string, error) {
	if len(v) == 0 {
		return "", nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return "", &care.Error{Kind: care.KindInternal, Cause: err}
	}
	return string(b), nil
}

// blob keeps bytes that are not there from being NULL.
func blob(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// values gathers a statement's arguments.
func values(v ...any) []any { return v }
