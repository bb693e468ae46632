package postgres

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"chartline/internal/store/sqlstore"
)

// The types that columns and arguments have (pg_type), and the two forms in which
// they travel.
const (
	typeBool    = 16
	typeBytea   = 17
	typeInt8    = 20
	typeInt2    = 21
	typeInt4    = 23
	typeText    = 25
	typeVarchar = 1043
	typeNumeric = 1700

	inText   = 0
	inBinary = 1
)

// stmt implements sqlstore.Stmt.
type stmt struct {
	conn    *conn
	name    string
	params  []uint32 // types
	columns []uint32
	formats []int16 // of arguments
	results []int16
	args    [][]byte // of the last run: the next one's are written over them
	rows    rows
}

func newStmt(k *conn, d *pgconn.StatementDescription) *stmt {
	s := &stmt{conn: k, name: d.Name, params: d.ParamOIDs, formats: make([]int16, len(d.ParamOIDs)), args: make([][]byte, len(d.ParamOIDs))}
	for i, t := range d.ParamOIDs {
		s.formats[i] = format(t)
	}
	for _, f := range d.Fields {
		s.columns, s.results = append(s.columns, f.DataTypeOID), append(s.results, format(f.DataTypeOID))
	}
	return s
}

// format is binary for what is read here in that form; sums are numeric and
// come as text.
func format(t uint32) int16 {
	switch t {
	case typeInt2, typeInt4, typeInt8, typeBool, typeBytea:
		return inBinary
	}
	return inText
}

func (s *stmt) bind(args []any) error {
	if len(args) < len(s.params) {
		return fmt.Errorf("postgres: argument $%d is missing", len(args)+1)
	}
	for i, t := range s.params {
		b, err := encode(s.args[i][:0], args[i], t)
		if err != nil {
			return fmt.Errorf("postgres: argument $%d: %w", i+1, err)
		}
		s.args[i] = b
	}
	return nil
}

// askable makes a text that PostgreSQL cannot hold (not UTF-8, or with a NUL) one
// that is like no other: whoever asks for it finds nothing. It is never stored.
func (s *stmt) askable() {
	for i, t := range s.params {
		if t != typeText && t != typeVarchar {
			continue
		}
		if b := s.args[i]; bytes.IndexByte(b, 0) >= 0 || !utf8.Valid(b) {
			s.args[i] = bytes.ReplaceAll(bytes.ToValidUTF8(b, []byte("\uFFFE")), []byte{0}, []byte("\uFFFE"))
		}
	}
}

// encode appends v in the form of type t; nil stays nil.
func encode(to []byte, v any, t uint32) ([]byte, error) {
	if to == nil {
		to = []byte{}
	}
	switch v := v.(type) {
	case nil:
		return nil, nil
	case int64:
		switch t {
		case typeInt8:
			return binary.BigEndian.AppendUint64(to, uint64(v)), nil // #nosec G115 -- two's complement
		case typeInt4:
			if int64(int32(v)) != v { // #nosec G115 -- this is the check
				return nil, errors.New("does not fit a 32-bit column")
			}
			return binary.BigEndian.AppendUint32(to, uint32(int32(v))), nil // #nosec G115 -- checked
		case typeNumeric:
			return strconv.AppendInt(to, v, 10), nil
		}
	case bool:
		if t == typeBool {
			if v {
				return append(to, 1), nil
			}
			return append(to, 0), nil
		}
	case string:
		if t == typeText || t == typeVarchar {
			return append(to, v...), nil
		}
	case []byte:
		if t == typeBytea {
			return append(to, v...), nil
		}
	}
	return nil, fmt.Errorf("a %T for a parameter of type %d", v, t)
}

// Exec implements sqlstore.Stmt.
func (s *stmt) Exec(args []any) (int64, error) {
	a, err := s.run(context.Background(), args, nil)
	if err != nil {
		return 0, err
	}
	tag, err := a.finish()
	return tag.RowsAffected(), err
}

// Query implements sqlstore.Stmt.
func (s *stmt) Query(ctx context.Context, args []any) (sqlstore.Rows, error) {
	a, err := s.run(ctx, args, s.askable)
	if err != nil {
		return nil, err
	}
	s.rows = rows{answer: a, columns: s.columns}
	return &s.rows, nil
}

func (s *stmt) run(ctx context.Context, args []any, bound func()) (*answer, error) {
	if err := s.bind(args); err != nil {
		return nil, err
	}
	if bound != nil {
		bound()
	}
	if err := s.conn.settle(); err != nil {
		return nil, err
	}
	s.conn.queue = append(s.conn.queue, message{s.name, s.args, s.formats, s.results})
	return s.conn.send(ctx)
}

// Close implements sqlstore.Stmt: it goes with its connection.
func (s *stmt) Close() error { return nil }

// rows implements sqlstore.Rows.
type rows struct {
	answer  *answer
	columns []uint32
	values  [][]byte
	ended   bool
	err     error
}

// Next implements sqlstore.Rows.
func (r *rows) Next() (bool, error) {
	if r.answer.rows.NextRow() {
		r.values = r.answer.rows.Values()
		return true, nil
	}
	return false, r.finish()
}

func (r *rows) finish() error {
	if !r.ended {
		r.ended = true
		_, r.err = r.answer.finish()
	}
	return r.err
}

// Null implements sqlstore.Rows.
func (r *rows) Null(column int) bool { return r.values[column] == nil }

// Int implements sqlstore.Rows.
func (r *rows) Int(column int) int64 {
	v := r.values[column]
	switch r.columns[column] {
	case typeInt8:
		if len(v) == 8 {
			return int64(binary.BigEndian.Uint64(v)) // #nosec G115 -- two's complement
		}
	case typeInt4:
		if len(v) == 4 {
			return int64(int32(binary.BigEndian.Uint32(v))) // #nosec G115 -- two's complement
		}
	case typeInt2:
		if len(v) == 2 {
			return int64(int16(binary.BigEndian.Uint16(v))) // #nosec G115 -- two's complement
		}
	case typeBool:
		if len(v) == 1 {
			return int64(v[0])
		}
	default: // a sum
		n, err := strconv.ParseInt(string(v), 10, 64)
		if err == nil {
			return n
		}
	}
	return 0
}

// Bool implements sqlstore.Rows.
func (r *rows) Bool(column int) bool { return r.Int(column) != 0 }

// Text implements sqlstore.Rows.
func (r *rows) Text(column int) string { return string(r.values[column]) }

// Bytes implements sqlstore.Rows.
func (r *rows) Bytes(column int) []byte { return append([]byte{}, r.values[column]...) }

// Close implements sqlstore.Rows.
func (r *rows) Close() error { return r.finish() }
