package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pressly/goose/v3"

	"chartline/internal/store"
	"chartline/internal/store/sqlstore"
	"chartline/internal/store/transfer"
)

// table is one of either file.
type table struct {
	transfer.Table
	file string // the name under which a connection has it
}

// WriteRows writes every row of one state of the database in the form that
// either engine takes.
func (d *DB) WriteRows(ctx context.Context, to io.Writer) error {
	return d.Pinned(ctx, d.connector("PRAGMA query_only = 1"), func(c sqlstore.Conn) error { return d.pin(ctx, c) },
		func(_ store.Tx, c sqlstore.Conn) error {
			version, err := snapshot{conn: c}.SchemaVersion(ctx)
			if err != nil {
				return err
			}
			tables, err := tablesOf(ctx, c)
			if err != nil {
				return err
			}
			out, err := transfer.NewWriter(to, version)
			if err != nil {
				return err
			}
			for _, t := range tables {
				if err := out.Table(t.Table, func(w io.Writer) (int64, error) { return t.copyTo(ctx, c, w) }); err != nil {
					return err
				}
			}
			return out.Close()
		})
}

// tablesOf lists the tables of both files, but for the lists of migrations.
func tablesOf(ctx context.Context, c sqlstore.Conn) (all []table, err error) {
	for _, file := range []string{"main", "clinic"} {
		sql := "SELECT t.name, i.name, lower(i.type) FROM " + file + ".sqlite_schema t JOIN pragma_table_info(t.name, '" + file + `') i
			WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite~_%' ESCAPE '~' AND t.name <> '` + goose.DefaultTablename + "' ORDER BY t.name, i.cid"
		err := each(ctx, c, sql, func(r sqlstore.Rows) error {
			kind, ok := map[string]transfer.Type{"text": transfer.Text, "integer": transfer.Bigint, "blob": transfer.Bytea}[r.Text(2)]
			if !ok {
				return fmt.Errorf("sqlite: column %s of %s is a %s", r.Text(1), r.Text(0), r.Text(2))
			}
			if len(all) == 0 || all[len(all)-1].Name != r.Text(0) {
				all = append(all, table{transfer.Table{Name: r.Text(0)}, file})
			}
			last := &all[len(all)-1]
			last.Columns = append(last.Columns, transfer.Column{Name: r.Text(1), Type: kind})
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// quoted is a name in a statement.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func columnList(columns []transfer.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = quoted(c.Name)
	}
	return strings.Join(names, ", ")
}

func (t table) copyTo(ctx context.Context, c sqlstore.Conn, w io.Writer) (int64, error) {
	var made transfer.Copy
	var text []byte
	fields := make([][]byte, len(t.Columns))
	sql := "SELECT " + columnList(t.Columns) + " FROM " + t.file + "." + quoted(t.Name)
	err := each(ctx, c, sql, func(r sqlstore.Rows) (err error) {
		for i, column := range t.Columns {
			switch {
			case r.Null(i):
				fields[i] = nil
			case column.Type == transfer.Bigint:
				fields[i] = transfer.AppendInt(fields[i][:0], r.Int(i))
			default:
				fields[i] = r.Bytes(i)
			}
		}
		if text, err = made.Row(text[:0], fields); err == nil {
			_, err = w.Write(text)
		}
		return err
	})
	if err == nil {
		_, err = w.Write(made.End(nil))
	}
	return made.Rows, err
}

// take puts the rows of the table that from is in into t.
func (t table) take(ctx context.Context, c sqlstore.Conn, written transfer.Table, from *transfer.Reader) (err error) {
	fit, err := transfer.NewFit(written, t.Table)
	if err != nil {
		return err
	}
	types := map[string]transfer.Type{}
	for _, column := range t.Columns {
		types[column.Name] = column.Type
	}
	places := make([]string, len(written.Columns))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	s, err := c.Prepare("INSERT INTO " + t.file + "." + quoted(t.Name) + " (" + columnList(written.Columns) + ") VALUES (" + strings.Join(places, ", ") + ")")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	args := make([]any, len(written.Columns))
	for {
		fields, err := from.Row()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = errors.Join(ctx.Err(), fit.Row(fields))
		}
		if err != nil {
			return err
		}
		for i, v := range fields {
			switch kind := types[written.Columns[i].Name]; {
			case v == nil:
				args[i] = nil
			case kind == transfer.Bigint:
				args[i] = transfer.Int(v)
			case kind == transfer.Text:
				args[i] = string(v)
			default:
				args[i] = v
			}
		}
		if _, err := s.Exec(args); err != nil {
			if f := sqlFault(err); f == sqlstore.FaultUnique || f == sqlstore.FaultOther {
				return fmt.Errorf("%w: a row of %q is not one that the schema allows: %w", transfer.ErrForm, t.Name, err)
			}
			return err
		}
	}
}
