package sqlstore

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/trace"
)

// Config says what a Store runs on.
type Config struct {
	Dialect Dialect
	// Read opens connections for View, Write the one for Update. Statements on
	// a connection of Read that write fail.
	Read, Write Connector
	// Readers bounds the connections for View; 0 is one for each processor.
	Readers int
}

// Store implements store.Store but for Verify, which is an engine's own.
type Store struct {
	dialect Dialect
	reading Connector
	readers chan *conn // one entry a connection; nil for one that is not open
	writer  *writer
	pages   *pageMemory
	damaged atomic.Bool
	closing chan struct{}
	close   sync.Once
}

// New starts a Store; its connections open when they are first needed.
func New(c Config) *Store {
	if c.Readers <= 0 {
		c.Readers = runtime.NumCPU()
	}
	s := &Store{
		dialect: c.Dialect,
		reading: c.Read,
		readers: make(chan *conn, c.Readers),
		pages:   newPageMemory(),
		closing: make(chan struct{}),
	}
	for range c.Readers {
		s.readers <- nil
	}
	s.writer = startWriter(s, c.Write)
	return s
}

// View runs fn on a consistent snapshot.
func (s *Store) View(ctx context.Context, fn func(store.Tx) error) (err error) {
	span := trace.Leaf(ctx, trace.StoreView)
	defer func() { span.End(err) }()
	c, err := s.borrow(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- c }()
	if store.LikelyAlone(ctx) {
		if another, err := s.read(ctx, &c, s.dialect.BeginAlone, true, fn); !another {
			return err
		}
	}
	_, err = s.read(ctx, &c, s.dialect.BeginRead, false, fn)
	return err
}

// read runs fn on *c, which it opens where it is nil, and leaves nil where it broke.
// Alone there is no transaction, and it reports whether fn needs one.
func (s *Store) read(ctx context.Context, c **conn, begin string, alone bool, fn func(store.Tx) error) (another bool, err error) {
	if *c == nil {
		if *c, err = connect(context.WithoutCancel(ctx), s.reading); err != nil {
			return false, s.lift(err)
		}
	}
	if *c, err = s.begin(ctx, *c, begin); err != nil {
		return false, s.lift(err)
	}
	t := &tx{store: s, conn: *c, ctx: ctx, alone: alone}
	returned := false
	defer func() { // also when fn panics
		t.conn = nil
		if begin == "" && returned {
			return
		}
		if _, end := (*c).exec("ROLLBACK"); end != nil {
			*c = discard(*c)
		}
	}()
	err = fn(t)
	returned = true
	return t.another, err
}

// begin begins to read; an empty statement begins nothing. A connection that broke while it
// rested is replaced once.
func (s *Store) begin(ctx context.Context, c *conn, begin string) (*conn, error) {
	if begin == "" {
		return c, nil
	}
	_, err := c.exec(begin, wall(ctx)...)
	if err == nil {
		return c, nil
	}
	discard(c)
	if s.dialect.Fault(err) != FaultRetry {
		return nil, err
	}
	if c, err = connect(context.WithoutCancel(ctx), s.reading); err != nil {
		return nil, err
	}
	if _, err := c.exec(begin, wall(ctx)...); err != nil {
		return discard(c), err
	}
	return c, nil
}

// wall is the tenant and the instance whose rows a transaction is for, where the
// engine keeps them apart too; "*" is all.
func wall(ctx context.Context) []any {
	scope := store.ScopeOf(ctx)
	return []any{cmp.Or(scope.Tenant, "*"), cmp.Or(scope.Instance, "*")}
}

// Pinned runs fn on a connection that open opens, in a transaction that sees one
// state. pin is called once the transaction has begun, and must read of all that
// the state is to hold. Unlike View it may last: it keeps no reader's place.
func (s *Store) Pinned(ctx context.Context, open Connector, pin func(Conn) error, fn func(store.Tx, Conn) error) (err error) {
	select {
	case <-s.closing:
		return care.Unavailable(errClosed)
	default:
	}
	c, err := connect(ctx, open)
	if err != nil {
		return s.lift(err)
	}
	defer func() { err = errors.Join(err, c.close()) }()
	if _, err := c.exec(s.dialect.BeginRead, wall(ctx)...); err != nil {
		return s.lift(err)
	}
	if err := pin(c.engine); err != nil {
		return s.lift(err)
	}
	return fn(&tx{store: s, conn: c, ctx: ctx}, c.engine)
}

// borrow waits for a connection's turn.
func (s *Store) borrow(ctx context.Context) (*conn, error) {
	select {
	case <-s.closing:
		return nil, care.Unavailable(errClosed)
	default:
	}
	if err := ctx.Err(); err != nil {
		return nil, care.Unavailable(err)
	}
	select {
	case c := <-s.readers:
		return c, nil
	default:
	}
	select {
	case c := <-s.readers:
		return c, nil
	case <-ctx.Done():
		return nil, care.Unavailable(ctx.Err())
	case <-s.closing:
		return nil, care.Unavailable(errClosed)
	}
}

// discard closes a connection whose state is not known.
func discard(c *conn) *conn {
	_ = c.close() // it is of no use any more, whatever this says
	return nil
}

// Update runs fn on the writer, together with others that wait.
func (s *Store) Update(ctx context.Context, fn func(store.Tx) error) (err error) {
	span := trace.Leaf(ctx, trace.StoreUpdate)
	defer func() { span.End(err) }()
	if s.damaged.Load() {
		return care.Unavailable(errDamaged)
	}
	return s.writer.do(ctx, fn)
}

const sqlHeartbeat = `
	INSERT INTO heartbeat (id, beat_at) VALUES (1, $1)
	ON CONFLICT (id) DO UPDATE SET beat_at = excluded.beat_at`

// checkFresh is how long a commit proves that writing works.
const checkFresh = time.Second

// Check reads, and writes a heartbeat where nothing was committed just now.
func (s *Store) Check(ctx context.Context) error {
	if s.damaged.Load() {
		return care.Unavailable(errDamaged)
	}
	err := s.View(ctx, func(t store.Tx) error {
		_, err := t.Tenants("", 1)
		return err
	})
	if err != nil || s.writer.committedWithin(checkFresh) {
		return err
	}
	return s.Update(ctx, func(t store.Tx) error {
		_, err := t.(*tx).exec(sqlHeartbeat, micros(time.Now()))
		return err
	})
}

// Writes counts the commits that succeeded, and the updates that shared them.
func (s *Store) Writes() (commits, updates int64) {
	return s.writer.commits.Load(), s.writer.updates.Load()
}

// MarkDamaged stops all writing until the store is opened again.
func (s *Store) MarkDamaged() { s.damaged.Store(true) }

// Close waits for what runs, then closes all connections.
func (s *Store) Close() error {
	var errs []error
	s.close.Do(func() {
		close(s.closing)
		errs = append(errs, s.writer.stop())
		for range cap(s.readers) {
			if c := <-s.readers; c != nil {
				errs = append(errs, c.close())
			}
		}
	})
	return errors.Join(errs...)
}
