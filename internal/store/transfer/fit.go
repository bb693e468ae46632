package transfer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Fit is how rows of one table become rows of another that has the same columns
// in any order and, where SQLite keeps a boolean as an integer, of another type.
type Fit struct {
	table    string
	from, to []Type
}

// NewFit compares the columns of a table that was written with those of the
// table that takes its rows. The fields of a row keep their order.
func NewFit(written, taking Table) (*Fit, error) {
	types := map[string]Type{}
	for _, c := range taking.Columns {
		types[c.Name] = c.Type
	}
	f := &Fit{table: written.Name}
	for _, c := range written.Columns {
		to, ok := types[c.Name]
		if delete(types, c.Name); !ok || to != c.Type && !(to == Boolean && c.Type == Bigint) && !(to == Bigint && c.Type == Boolean) {
			return nil, fmt.Errorf("%w: column %q of %q is not of this schema", ErrForm, c.Name, written.Name)
		}
		f.from, f.to = append(f.from, c.Type), append(f.to, to)
	}
	if len(types) > 0 {
		return nil, fmt.Errorf("%w: %q lacks columns", ErrForm, written.Name)
	}
	return f, nil
}

// Row changes the fields of a row in place, and sees that each is of its type.
func (f *Fit) Row(fields [][]byte) error {
	for i, v := range fields {
		if v == nil {
			continue
		}
		if !shaped(v, f.from[i]) {
			return fmt.Errorf("%w: a field of %q is no %s", ErrForm, f.table, f.from[i])
		}
		switch {
		case f.from[i] == f.to[i]:
		case f.to[i] == Boolean:
			n := binary.BigEndian.Uint64(v)
			if n > 1 {
				return fmt.Errorf("%w: a field of %q is no %s", ErrForm, f.table, Boolean)
			}
			fields[i] = []byte{byte(n)} // #nosec G115 -- 0 or 1
		default:
			fields[i] = []byte{0, 0, 0, 0, 0, 0, 0, v[0]}
		}
	}
	return nil
}

func shaped(v []byte, t Type) bool {
	switch t {
	case Bigint:
		return len(v) == 8
	case Boolean:
		return len(v) == 1 && v[0] <= 1
	case Text:
		return utf8.Valid(v)
	}
	return true
}

// Int is the number in a field of type Bigint.
func Int(v []byte) int64 { return int64(binary.BigEndian.Uint64(v)) } // #nosec G115 -- two's complement

// AppendInt appends a field of type Bigint.
func AppendInt(to []byte, n int64) []byte {
	return binary.BigEndian.AppendUint64(to, uint64(n)) // #nosec G115 -- two's complement
}

// Copy is the rest of the table that r is in, as a binary COPY that f made fit.
func (r *Reader) Copy(f *Fit) io.Reader { return &copied{from: r, fit: f} }

type copied struct {
	from  *Reader
	fit   *Fit
	copy  Copy
	text  []byte // what was made and not read yet begins at begin
	begin int
	err   error
}

func (c *copied) Read(p []byte) (int, error) {
	if c.begin == len(c.text) {
		c.text, c.begin = c.text[:0], 0
		for c.err == nil && len(c.text) < len(p) {
			c.err = c.more()
		}
	}
	n := copy(p, c.text[c.begin:])
	if c.begin += n; n == 0 && len(p) > 0 {
		return 0, c.err
	}
	return n, nil
}

func (c *copied) more() error {
	fields, err := c.from.Row()
	if errors.Is(err, io.EOF) {
		c.text = c.copy.End(c.text)
		return io.EOF
	}
	if err == nil {
		err = c.fit.Row(fields)
	}
	if err == nil {
		c.text, err = c.copy.Row(c.text, fields)
	}
	return err
}
