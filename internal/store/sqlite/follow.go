package sqlite

import (
	"context"
	"errors"
	"slices"
	"time"

	"chartline/internal/store"
)

const (
	// resetAfter is how long a log may be before it is begun again, and followedLimit
	// how long before who follows is left behind.
	resetAfter    = 16 << 20
	followedLimit = 2 << 30
	// leaving is what readers who began before a reset are given to end.
	leaving = 5 * time.Millisecond
)

// parts of a database, in the order in which a commit reaches them.
var parts = []string{partAudit, partClinic}

var _ store.Followed = (*DB)(nil)

// follower implements store.Follower. Between two calls of Next a transaction of
// its own still reads the state that was given last, which keeps what came after
// it: a reader of a log keeps the log from being begun again, and a reader of the
// file alone keeps the file from being written to, without which a log is begun
// again only while nothing is in it that the file has not.
type follower struct {
	db      *DB
	conn    *conn // whose transaction reads the state; nil where there is none any more
	marks   map[string]mark
	rows    map[string]lastRow
	carried map[string]map[uint32][]byte // what changed between that state and a reset

	resetAfter, limit int64
}

// Follow implements store.Followed.
func (d *DB) Follow(ctx context.Context) (store.Follower, error) {
	k, marks, err := d.state(ctx, nil)
	if err != nil {
		return nil, err
	}
	f := &follower{db: d, conn: k, marks: marks, resetAfter: resetAfter, limit: followedLimit}
	if f.rows, err = lastRows(ctx, k); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// Close implements store.Follower.
func (f *follower) Close() (err error) {
	if f.conn != nil {
		err = f.conn.Close()
	}
	f.conn = nil
	return err
}

// state begins a transaction that reads one state of both files, and says where
// in their logs that is. first, where not nil, is called before it, while no
// writer of any process is let in.
func (d *DB) state(ctx context.Context, first func() error) (_ *conn, _ map[string]mark, err error) {
	k, err := connect(d.audit, append(d.setup(), "PRAGMA query_only = 1"))
	if err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, k.Close())
		}
	}()
	var marks map[string]mark
	err = d.alone(ctx, func() (err error) {
		if first != nil {
			if err := first(); err != nil {
				return err
			}
		}
		if err := k.run("BEGIN"); err != nil {
			return err
		}
		marks, err = k.marks(ctx)
		return err
	})
	return k, marks, err
}

// marks is where the transaction of k reads, which it does from now on.
func (k *conn) marks(ctx context.Context) (map[string]mark, error) {
	if err := look(ctx, k); err != nil {
		return nil, err
	}
	marks := map[string]mark{}
	for _, part := range parts {
		schema, err := schemaOf(part)
		if err != nil {
			return nil, err
		}
		if marks[part], err = k.markOf(schema); err != nil {
			return nil, err
		}
	}
	return marks, nil
}

// Next implements store.Follower.
func (f *follower) Next(ctx context.Context, fn func(store.Changes) error) error {
	if f.conn == nil {
		return store.ErrTooFarBehind
	}
	now, marks, err := f.db.state(ctx, nil)
	if err != nil {
		return err
	}
	rows, err := f.give(ctx, now, marks, fn)
	if err != nil {
		err = errors.Join(err, now.Close())
		if longest(marks) > f.limit {
			err = errors.Join(store.ErrTooFarBehind, err, f.Close())
		}
		return err
	}
	err = f.conn.Close()
	f.conn, f.marks, f.rows, f.carried = now, marks, rows, nil
	if err == nil && longest(marks) > f.resetAfter {
		err = f.reset(ctx)
	}
	return err
}

// give calls fn with what lies between the last state and now's.
func (f *follower) give(ctx context.Context, now *conn, marks map[string]mark, fn func(store.Changes) error) (map[string]lastRow, error) {
	given := changes{files: map[string]delta{}}
	for _, part := range parts {
		d, err := changed(f.db.log(part), f.marks[part], marks[part])
		if err != nil {
			return nil, err
		}
		d.held = f.carried[part]
		given.files[part] = d
	}
	if len(given.Parts()) == 0 {
		return f.rows, nil
	}
	rows, err := lastRows(ctx, now)
	if err != nil {
		return nil, err
	}
	if given.objects, err = newObjects(ctx, now, f.rows); err != nil {
		return nil, err
	}
	return rows, fn(given)
}

// log is where the write-ahead log of a part is.
func (d *DB) log(part string) string {
	if part == partAudit {
		return d.audit + "-wal"
	}
	return d.path + "-wal"
}

func longest(marks map[string]mark) (n int64) {
	for _, m := range marks {
		n = max(n, m.bytes())
	}
	return n
}

// reset has the logs begun again by who writes next. While no writer is let in,
// what came since the last state is kept in memory, both logs are written to
// their files whole, and the next state is one that is in those alone. Where a
// reader of an older state prevents that, it is tried again after the next Next.
func (f *follower) reset(ctx context.Context) error {
	now, marks, err := f.db.state(ctx, func() (err error) {
		if f.carried, err = f.tail(ctx); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		return f.db.writeBack()
	})
	if err == nil {
		f.conn, f.marks = now, marks
		return nil
	}
	if f.conn == nil {
		err = errors.Join(store.ErrTooFarBehind, err)
	}
	return err
}

// tail reads what came since the last state. No writer is let in.
func (f *follower) tail(ctx context.Context) (_ map[string]map[uint32][]byte, err error) {
	now, err := connect(f.db.audit, append(f.db.setup(), "PRAGMA query_only = 1", "BEGIN"))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, now.Close()) }()
	marks, err := now.marks(ctx)
	if err != nil {
		return nil, err
	}
	kept := map[string]map[uint32][]byte{}
	for _, part := range parts {
		d, err := changed(f.db.log(part), f.marks[part], marks[part])
		if err != nil {
			return nil, err
		}
		kept[part] = map[uint32][]byte{}
		err = d.each(func(n uint32, page []byte) error { kept[part][n] = slices.Clone(page); return nil })
		if err != nil {
			return nil, err
		}
	}
	return kept, nil
}

// writeBack writes the logs to their files, as far as readers allow, and waits
// for those who read the logs.
func (d *DB) writeBack() (err error) {
	k, err := connect(d.audit, d.setup())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, k.Close()) }()
	for _, part := range parts {
		schema, err := schemaOf(part)
		if err != nil {
			return err
		}
		if err := k.run("PRAGMA " + schema + ".wal_checkpoint(PASSIVE)"); err != nil {
			return err
		}
	}
	time.Sleep(leaving)
	return nil
}
