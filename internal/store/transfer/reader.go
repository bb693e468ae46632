package transfer

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// ErrForm reports rows that are not what a Writer wrote, or that do not fit the
// schema that they say they are of.
var ErrForm = errors.New("the rows are cut, changed or of another schema")

const (
	// fieldLimit is the most that PostgreSQL keeps in a field.
	fieldLimit = 1 << 30
	// step is how much of a field is believed to be there at a time.
	step = 1 << 20
	// lineLimit is more than any line that describes a table.
	lineLimit = 64 << 10
)

// Reader reads what a Writer wrote. It holds a row at a time.
type Reader struct {
	// Schema is the number of the last migration of the database that was written.
	Schema int64

	in      *bufio.Reader
	columns int // of the table that is being read; 0 between tables
	rows    int64
	tables  int
	buffer  []byte
	fields  [][]byte
}

// NewReader reads the beginning.
func NewReader(from io.Reader) (*Reader, error) {
	r := &Reader{in: bufio.NewReaderSize(from, lineLimit), buffer: make([]byte, 0, 4096)} // not nil: an empty field is not NULL
	var head headLine
	if err := r.line(&head); err != nil {
		return nil, err
	}
	if head.Form != form || head.Schema < 1 {
		return nil, fmt.Errorf("%w: they begin as something else", ErrForm)
	}
	r.Schema = head.Schema
	return r, nil
}

// Table goes to the next table, once the rows of the one before were read. It
// returns io.EOF when all was read, to the very end of what it is read from.
func (r *Reader) Table() (Table, error) {
	var next struct {
		Table
		Tables *int `json:"tables"`
	}
	if err := r.line(&next); err != nil {
		return Table{}, err
	}
	if next.Tables != nil {
		return Table{}, r.end(*next.Tables)
	}
	if next.Name == "" || len(next.Columns) == 0 {
		return Table{}, fmt.Errorf("%w: a table without a name or columns", ErrForm)
	}
	head := make([]byte, len(copyHead))
	if err := r.full(head); err != nil {
		return Table{}, err
	}
	if string(head) != copyHead {
		return Table{}, fmt.Errorf("%w: the rows of %q begin as something else", ErrForm, next.Name)
	}
	r.columns, r.rows = len(next.Columns), 0
	r.tables++
	return next.Table, nil
}

func (r *Reader) end(tables int) error {
	if tables != r.tables {
		return fmt.Errorf("%w: %d tables, and there should be %d", ErrForm, r.tables, tables)
	}
	if _, err := r.in.ReadByte(); err != io.EOF {
		return errors.Join(fmt.Errorf("%w: more comes after the end", ErrForm), err)
	}
	return io.EOF
}

// Row returns the next row of the table, whose fields are good until the one
// after; io.EOF after the last. A field that is nil is NULL.
func (r *Reader) Row() ([][]byte, error) {
	var count [2]byte
	if err := r.full(count[:]); err != nil {
		return nil, err
	}
	if string(count[:]) == copyEnd {
		return nil, r.endTable()
	}
	if int(binary.BigEndian.Uint16(count[:])) != r.columns {
		return nil, fmt.Errorf("%w: a row of another number of columns", ErrForm)
	}
	r.buffer, r.fields = r.buffer[:0], r.fields[:0]
	ends := make([]int, 0, 32)
	for range r.columns {
		end, err := r.field()
		if err != nil {
			return nil, err
		}
		ends = append(ends, end)
	}
	begin := 0
	for _, end := range ends { // only now, as the buffer may have moved
		if end < 0 {
			r.fields = append(r.fields, nil)
			continue
		}
		r.fields = append(r.fields, r.buffer[begin:end:end])
		begin = end
	}
	r.rows++
	return r.fields, nil
}

// field reads a field into the buffer and returns where it ends; -1 for NULL.
func (r *Reader) field() (int, error) {
	var size [4]byte
	if err := r.full(size[:]); err != nil {
		return 0, err
	}
	n := int64(int32(binary.BigEndian.Uint32(size[:]))) // #nosec G115 -- -1 is NULL
	if n == -1 {
		return -1, nil
	}
	if n < 0 || n > fieldLimit {
		return 0, fmt.Errorf("%w: a field of %d bytes", ErrForm, n)
	}
	for n > 0 {
		part := min(n, step)
		begin := len(r.buffer)
		r.buffer = append(r.buffer, make([]byte, part)...)
		if err := r.full(r.buffer[begin:]); err != nil {
			return 0, err
		}
		n -= part
	}
	return len(r.buffer), nil
}

func (r *Reader) endTable() error {
	var count countLine
	if err := r.line(&count); err != nil {
		return err
	}
	if count.Rows != r.rows {
		return fmt.Errorf("%w: a table has %d rows and should have %d", ErrForm, r.rows, count.Rows)
	}
	r.columns = 0
	return io.EOF
}

func (r *Reader) line(v any) error {
	text, err := r.in.ReadSlice('\n')
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, bufio.ErrBufferFull):
		return fmt.Errorf("%w: they end before their end", ErrForm)
	case err != nil:
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return fmt.Errorf("%w: a line that cannot be read", ErrForm)
	}
	return nil
}

func (r *Reader) full(p []byte) error {
	_, err := io.ReadFull(r.in, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: they end before their end", ErrForm)
	}
	return err
}
