package transfer

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
)

// Type is what a column holds. A schema has these four.
type Type string

// The types, by the names that PostgreSQL has for them. SQLite keeps booleans as
// integers, and Fit knows.
const (
	Text    Type = "text"
	Bigint  Type = "bigint"
	Bytea   Type = "bytea"
	Boolean Type = "boolean"
)

// Column is a column of a table.
type Column struct {
	Name string `json:"name"`
	Type Type   `json:"type"`
}

// Table is a table and its columns, in the order in which its rows have them.
type Table struct {
	Name    string   `json:"table"`
	Columns []Column `json:"columns"`
}

const form = "chartline-rows/1"

type headLine struct {
	Form   string `json:"form"`
	Schema int64  `json:"schema"` // the number of the last migration
}

type countLine struct {
	Rows int64 `json:"rows"`
}

type endLine struct {
	Tables int `json:"tables"`
}

// What PostgreSQL's binary COPY begins with (signature, no flags, no extension)
// and ends with.
const (
	copyHead = "PGCOPY\n\xff\r\n\x00" + "\x00\x00\x00\x00" + "\x00\x00\x00\x00"
	copyEnd  = "\xff\xff"
)

// Writer writes a database's rows.
type Writer struct {
	to     *bufio.Writer
	tables int
}

// NewWriter begins the rows of a database of a schema.
func NewWriter(to io.Writer, schema int64) (*Writer, error) {
	w := &Writer{to: bufio.NewWriterSize(to, 64<<10)}
	return w, w.line(headLine{form, schema})
}

// Table writes a table, whose rows fill writes as a binary COPY and counts.
func (w *Writer) Table(t Table, fill func(io.Writer) (int64, error)) error {
	if err := w.line(t); err != nil {
		return err
	}
	n, err := fill(w.to)
	if err != nil {
		return err
	}
	w.tables++
	return w.line(countLine{n})
}

// Close ends the rows: without it they are not whole. It does not close what
// they were written to.
func (w *Writer) Close() error {
	return errors.Join(w.line(endLine{w.tables}), w.to.Flush())
}

func (w *Writer) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.to.Write(append(text, '\n'))
	return err
}

// Copy makes a binary COPY of rows. The zero value is ready.
type Copy struct {
	begun bool
	Rows  int64
}

// Row appends a row to a buffer; a field that is nil is NULL.
func (c *Copy) Row(to []byte, fields [][]byte) ([]byte, error) {
	to = c.head(to)
	if len(fields) > math.MaxInt16 {
		return to, fmt.Errorf("transfer: %d columns", len(fields))
	}
	to = binary.BigEndian.AppendUint16(to, uint16(len(fields))) // #nosec G115 -- checked
	for _, f := range fields {
		if f == nil {
			to = append(to, 0xff, 0xff, 0xff, 0xff)
			continue
		}
		if len(f) > fieldLimit {
			return to, fmt.Errorf("transfer: a field of %d bytes", len(f))
		}
		to = append(binary.BigEndian.AppendUint32(to, uint32(len(f))), f...) // #nosec G115 -- checked
	}
	c.Rows++
	return to, nil
}

// End appends the end.
func (c *Copy) End(to []byte) []byte { return append(c.head(to), copyEnd...) }

func (c *Copy) head(to []byte) []byte {
	if c.begun {
		return to
	}
	c.begun = true
	return append(to, copyHead...)
}
