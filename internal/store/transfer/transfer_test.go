package transfer_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"chartline/internal/store/transfer"
)

var things = transfer.Table{Name: "thing", Columns: []transfer.Column{{Name: "id", Type: transfer.Bigint}, {Name: "name", Type: transfer.Text}, {Name: "on", Type: transfer.Bigint}, {Name: "raw", Type: transfer.Bytea}}}

// written is a table of three rows, with a field of a size, and one of none.
func written(t testing.TB, size int) []byte {
	t.Helper()
	var to bytes.Buffer
	w, err := transfer.NewWriter(&to, 7)
	must(t, err)
	must(t, w.Table(things, func(w io.Writer) (int64, error) {
		var c transfer.Copy
		var text []byte
		for i, raw := range [][]byte{nil, {}, bytes.Repeat([]byte{0xff}, size)} {
			var err error
			if text, err = c.Row(text, [][]byte{transfer.AppendInt(nil, int64(i)), []byte("Ünïcode"), transfer.AppendInt(nil, 1), raw}); err != nil {
				return 0, err
			}
		}
		_, err := w.Write(c.End(text))
		return c.Rows, err
	}))
	must(t, w.Table(transfer.Table{Name: "none", Columns: things.Columns[:1]}, func(w io.Writer) (int64, error) {
		var c transfer.Copy
		_, err := w.Write(c.End(nil))
		return 0, err
	}))
	must(t, w.Close())
	return to.Bytes()
}

// read reads all and returns the fields, each as text, NULL as "-".
func read(from io.Reader) (found []string, err error) {
	r, err := transfer.NewReader(from)
	if err != nil {
		return nil, err
	}
	for {
		t, err := r.Table()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		f, err := transfer.NewFit(t, t)
		if err != nil {
			return nil, err
		}
		found = append(found, t.Name)
		for {
			fields, err := r.Row()
			if errors.Is(err, io.EOF) {
				break
			}
			if err == nil {
				err = f.Row(fields)
			}
			if err != nil {
				return nil, err
			}
			for _, v := range fields {
				if v == nil {
					found = append(found, "-")
					continue
				}
				found = append(found, string(v))
			}
		}
	}
}

func TestWhatWasWrittenIsRead(t *testing.T) {
	t.Parallel()
	found, err := read(bytes.NewReader(written(t, 3<<20)))
	must(t, err)
	if len(found) != 2+3*4 || found[4] != "-" || found[8] != "" || len(found[12]) != 3<<20 || found[2] != "Ünïcode" {
		t.Errorf("%d fields", len(found))
	}
}

// An integer of 0 or 1 becomes a boolean where the taking table has one, and back.
func TestRowsFitTheOtherEnginesTypes(t *testing.T) {
	t.Parallel()
	taking := transfer.Table{Name: "thing", Columns: []transfer.Column{{Name: "raw", Type: transfer.Bytea}, {Name: "on", Type: transfer.Boolean}, {Name: "id", Type: transfer.Bigint}, {Name: "name", Type: transfer.Text}}}
	f, err := transfer.NewFit(things, taking)
	must(t, err)
	fields := [][]byte{transfer.AppendInt(nil, 5), []byte("x"), transfer.AppendInt(nil, 1), nil}
	must(t, f.Row(fields))
	if !bytes.Equal(fields[2], []byte{1}) {
		t.Errorf("a boolean is %v", fields[2])
	}
	if err := f.Row([][]byte{transfer.AppendInt(nil, 5), []byte("x"), transfer.AppendInt(nil, 2), nil}); !errors.Is(err, transfer.ErrForm) {
		t.Errorf("2 as a boolean: %v", err)
	}
	if err := f.Row([][]byte{transfer.AppendInt(nil, 5), []byte("\xff"), nil, nil}); !errors.Is(err, transfer.ErrForm) {
		t.Errorf("a text that is none: %v", err)
	}
	for what, other := range map[string]transfer.Table{
		"a column less": {Name: "thing", Columns: taking.Columns[1:]},
		"another type":  {Name: "thing", Columns: append([]transfer.Column{{Name: "raw", Type: transfer.Text}}, taking.Columns[1:]...)},
		"a column more": {Name: "thing", Columns: append([]transfer.Column{{Name: "new", Type: transfer.Text}}, taking.Columns...)},
	} {
		if _, err := transfer.NewFit(things, other); !errors.Is(err, transfer.ErrForm) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestACopyOfATableIsWhatWasWritten(t *testing.T) {
	t.Parallel()
	from, err := transfer.NewReader(bytes.NewReader(written(t, 2000)))
	must(t, err)
	table, err := from.Table()
	must(t, err)
	f, err := transfer.NewFit(table, table)
	must(t, err)
	made, err := io.ReadAll(from.Copy(f))
	must(t, err)
	if !bytes.Contains(written(t, 2000), made) || !bytes.HasPrefix(made, []byte("PGCOPY\n")) {
		t.Errorf("%d bytes are another table", len(made))
	}
}

// Whatever is read, a cut is never taken for the end.
func TestCutRowsAreRefused(t *testing.T) {
	t.Parallel()
	whole := written(t, 2000)
	for n := range len(whole) {
		if _, err := read(bytes.NewReader(whole[:n])); !errors.Is(err, transfer.ErrForm) {
			t.Fatalf("cut to %d of %d bytes: %v", n, len(whole), err)
		}
	}
	if _, err := read(bytes.NewReader(append(whole, 'x'))); !errors.Is(err, transfer.ErrForm) {
		t.Errorf("with more: %v", err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("{\"form\":\"chartline-rows/1\",\"schema\":7}\n{\"tables\":0}\n"))
	f.Add(written(f, 2000)[:400])
	f.Fuzz(func(t *testing.T, text []byte) {
		if _, err := read(bytes.NewReader(text)); err != nil && !errors.Is(err, transfer.ErrForm) {
			t.Errorf("%v", err)
		}
	})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
