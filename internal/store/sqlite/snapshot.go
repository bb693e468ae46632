package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlstore"
)

// The parts of a copy: the two files.
const (
	partClinic = "clinic"
	partAudit  = "audit"
)

// schemaOf is the name under which a connection has a part's file.
func schemaOf(part string) (string, error) {
	switch part {
	case partClinic:
		return "clinic", nil
	case partAudit:
		return "main", nil
	}
	return "", fmt.Errorf("sqlite: no part %q", part)
}

var _ store.Snapshotter = (*DB)(nil)

// Snapshot implements store.Snapshotter. While fn runs the write-ahead logs grow
// by what others write.
func (d *DB) Snapshot(ctx context.Context, fn func(store.Snapshot) error) error {
	return d.Pinned(ctx, d.connector("PRAGMA query_only = 1"), func(c sqlstore.Conn) error { return d.pin(ctx, c) },
		func(tx store.Tx, c sqlstore.Conn) error { return fn(snapshot{tx, c}) })
}

// pin fixes which state of both files c's transaction reads. They are one state
// because no writer, of any process, is let in between the first look at each.
func (d *DB) pin(ctx context.Context, c sqlstore.Conn) error {
	return d.alone(ctx, func() error { return look(ctx, c) })
}

// look has c's transaction read both files as they are now, from now on.
func look(ctx context.Context, c sqlstore.Conn) error {
	for _, schema := range []string{"clinic", "main"} {
		if _, err := number(ctx, c, "SELECT count(*) FROM "+schema+".sqlite_schema"); err != nil {
			return err
		}
	}
	return nil
}

// alone runs fn while no writer, of any process, is let in.
func (d *DB) alone(ctx context.Context, fn func() error) (err error) {
	gate, err := connect(d.audit, d.setup())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, gate.Close()) }()
	if err := enter(ctx, gate); err != nil {
		return err
	}
	return errors.Join(fn(), gate.run("ROLLBACK"))
}

// entering is how long a busy server's writers may keep a snapshot waiting.
const entering = 30 * time.Second

// enter begins a write as soon as no other runs. SQLite's own waiting looks ever
// less often, and between a busy server's commits there is next to no time.
func enter(ctx context.Context, gate *conn) error {
	if err := gate.run("PRAGMA busy_timeout = 0"); err != nil {
		return err
	}
	for end := time.Now().Add(entering); ; {
		err := gate.run("BEGIN IMMEDIATE")
		if err == nil || sqlFault(err) != sqlstore.FaultUnavailable || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(200 * time.Microsecond):
		}
	}
}

// snapshot implements store.Snapshot.
type snapshot struct {
	tx   store.Tx
	conn sqlstore.Conn
}

func (s snapshot) Tx() store.Tx { return s.tx }

func (s snapshot) Parts() []string { return []string{partClinic, partAudit} }

// Copy writes the pages of a file in their order, which is the file.
func (s snapshot) Copy(ctx context.Context, part string, w io.Writer) error {
	schema, err := schemaOf(part)
	if err != nil {
		return err
	}
	return each(ctx, s.conn, "SELECT data FROM sqlite_dbpage('"+schema+"') ORDER BY pgno", func(r sqlstore.Rows) error {
		_, err := w.Write(r.Bytes(0))
		return err
	})
}

// Size implements store.Snapshot.
func (s snapshot) Size() (int64, error) {
	sum := int64(0)
	for _, schema := range []string{"clinic", "main"} {
		n, err := number(context.Background(), s.conn, "PRAGMA "+schema+".page_count")
		if err != nil {
			return 0, err
		}
		size, err := number(context.Background(), s.conn, "PRAGMA "+schema+".page_size")
		if err != nil {
			return 0, err
		}
		sum += n * size
	}
	return sum, nil
}

// SchemaVersion implements store.Snapshot.
func (s snapshot) SchemaVersion(ctx context.Context) (int64, error) {
	return number(ctx, s.conn, "SELECT MAX(version_id) FROM clinic."+goose.DefaultTablename)
}

// Check implements store.Snapshot: every page is read.
func (s snapshot) Check(ctx context.Context) error {
	for _, schema := range []string{"clinic", "main"} {
		err := each(ctx, s.conn, "PRAGMA "+schema+".quick_check(10)", func(r sqlstore.Rows) error {
			if found := r.Text(0); found != "ok" {
				return fmt.Errorf("quick_check: %q", found)
			}
			return nil
		})
		if err != nil {
			return &care.Error{Kind: care.KindUnavailable, Message: "the database is damaged", Cause: err}
		}
	}
	return nil
}

// each calls fn for each row.
func each(ctx context.Context, c sqlstore.Conn, sql string, fn func(sqlstore.Rows) error) (err error) {
	s, err := c.Prepare(sql)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	rows, err := s.Query(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for {
		more, err := rows.Next()
		if err != nil || !more {
			return err
		}
		if err := fn(rows); err != nil {
			return err
		}
	}
}

// number is the one value that sql gives.
func number(ctx context.Context, c sqlstore.Conn, sql string) (n int64, err error) {
	err = each(ctx, c, sql, func(r sqlstore.Rows) error { n = r.Int(0); return nil })
	return n, err
}

// Unpack makes the files of a database at path of a copy's parts. There must be
// none yet.
func Unpack(path string, open func(part string) (io.ReadCloser, error)) error {
	if err := unpack(AuditPath(path), partAudit, open); err != nil {
		return err
	}
	if err := unpack(path, partClinic, open); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

func unpack(file, part string, open func(part string) (io.ReadCloser, error)) (err error) {
	from, err := open(part)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) // #nosec G304 -- where the operator said
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

// MoveBegan reports whether a Move stopped between the two files.
func MoveBegan(from, to string) bool {
	there := func(path string) bool { _, err := os.Lstat(path); return err == nil }
	return there(from) && !there(AuditPath(from)) && there(AuditPath(to)) && !there(to)
}

// Move puts the closed database at from in to's place, where there must be none,
// or goes on where it stopped. The audit log comes first: what is at to is a
// database only once both are there.
func Move(from, to string) error {
	for _, left := range []string{from + "-wal", AuditPath(from) + "-wal"} {
		if info, err := os.Stat(left); err == nil && info.Size() > 0 {
			return fmt.Errorf("%s is still in use", from)
		}
	}
	files := [][2]string{{AuditPath(from), AuditPath(to)}, {from, to}}
	if MoveBegan(from, to) {
		files = files[1:]
	}
	for _, file := range files {
		if _, err := os.Lstat(file[1]); !errors.Is(err, fs.ErrNotExist) {
			return errors.Join(fmt.Errorf("%s is there already", file[1]), err)
		}
		if err := os.Rename(file[0], file[1]); err != nil {
			return err
		}
	}
	return syncDirectory(filepath.Dir(to))
}

func syncDirectory(dir string) error {
	d, err := os.Open(dir) // #nosec G304 -- the operator's own directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
