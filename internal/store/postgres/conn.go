package postgres

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"chartline/internal/store/sqlstore"
)

// restless is how long a connection may rest before it is looked at: the server
// may have gone meanwhile.
const restless = 100 * time.Millisecond

var errBroken = errors.New("the connection is broken")

// conn implements sqlstore.Conn. What opens, divides and ends a transaction needs
// no answer of its own: it is queued and travels with the next statement, so
// that a transaction costs as many round trips as it has statements. A statement
// that reads alone is one flight and nothing more.
type conn struct {
	pg     *pgconn.PgConn
	queue  []message
	ending *pgconn.Pipeline // a ROLLBACK that was sent and not answered yet
	stop   context.CancelFunc
	used   time.Time
	count  int // of prepared statements

	// limit is how long a statement may take, its rows included. The server has a
	// limit of its own below it; this one is for servers that no longer answer.
	limit time.Duration
	// before, where not nil, is run before a transaction begins, which it may refuse.
	before func(*conn) error
	era    int64         // in which it was made
	now    *atomic.Int64 // the era of now; connections of an earlier one are replaced
	spent  bool          // its prepared statements do not fit the tables any more
}

// message is a prepared statement with its arguments.
type message struct {
	name    string
	args    [][]byte
	formats []int16
	results []int16
}

// warned is where a connection keeps a warning that came.
const warned = "warned"

func noteWarning(pg *pgconn.PgConn, n *pgconn.Notice) {
	if n.SeverityUnlocalized == "WARNING" {
		pg.CustomData()[warned] = n.Message
	}
}

// The statements that every connection has from the start.
const (
	setScope = "SELECT set_config('chartline.tenant', $1, true), set_config('chartline.instance', $2, true)"
	takeTurn = "SELECT pg_advisory_xact_lock(7166185170218120)" // any number that nothing else takes
)

// connect opens a connection and prepares those statements, and more, in one flight.
func connect(ctx context.Context, config *pgconn.Config, limit time.Duration, more ...string) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, config.ConnectTimeout+limit)
	defer cancel()
	pg, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	k := &conn{pg: pg, used: time.Now(), limit: limit}
	p := pg.StartPipeline(ctx)
	for _, sql := range append([]string{beginRead, beginWrite, savepoint, release, rollbackTo, commit, rollback, setScope, takeTurn}, more...) {
		p.SendPrepare(sql, sql, nil)
	}
	if err := errors.Join(p.Sync(), drain(p)); err != nil {
		return nil, k.failed(errors.Join(err, k.Close())) // it is closed, whatever went wrong
	}
	return k, nil
}

// told returns k, and has tell told of its statements where it is not nil.
func (k *conn) told(tell func(string)) sqlstore.Conn {
	if tell == nil {
		return k
	}
	return sqlstore.Told(k, tell)
}

// Close implements sqlstore.Conn.
func (k *conn) Close() error {
	if k.pg.IsClosed() {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if k.ending != nil {
		_ = k.settle() // it is closed anyway
	}
	return k.pg.Close(ctx)
}

// Prepare implements sqlstore.Conn.
func (k *conn) Prepare(sql string) (sqlstore.Stmt, error) {
	switch sql {
	case beginRead, beginAlone, beginWrite, savepoint, release, rollbackTo, commit, rollback:
		return control{k, sql}, nil
	}
	if err := k.settle(); err != nil {
		return nil, err
	}
	if k.pg.TxStatus() != 'I' { // else what is queued begins something, and travels with the statement
		if _, err := k.flush(); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), k.limit)
	defer cancel()
	k.count++
	d, err := k.pg.Prepare(ctx, "s"+strconv.Itoa(k.count), sql, nil)
	if err != nil {
		return nil, k.failed(err)
	}
	return newStmt(k, d), nil
}

// failed marks errors that left no usable connection.
func (k *conn) failed(err error) error {
	e, told := errors.AsType[*pgconn.PgError](err)
	switch {
	case told:
		k.heed(e.Code)
	case err != nil && k.pg.IsClosed():
		return errors.Join(errBroken, err)
	}
	return err
}

// heed has connections replaced that are of no use any more, though they are
// whole: all of them where the server does not take writes, as another may be
// the primary now, and this one where its tables changed under a statement.
func (k *conn) heed(code string) {
	switch code {
	case "25006":
		if k.now != nil {
			k.now.CompareAndSwap(k.era, k.era+1)
		}
	case "0A000":
		k.spent = true
	}
}

// flush sends what is queued, if anything, and reads its answers. It returns the
// last one's tag.
func (k *conn) flush() (pgconn.CommandTag, error) {
	if err := k.settle(); err != nil || len(k.queue) == 0 {
		return pgconn.CommandTag{}, err
	}
	r, err := k.send(context.Background())
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return r.finish()
}

// settle reads the answer of a ROLLBACK that was not waited for.
func (k *conn) settle() error {
	if k.ending == nil {
		return nil
	}
	p := k.ending
	k.ending = nil
	err := drain(p)
	k.stop()
	return k.failed(err)
}

func drain(p *pgconn.Pipeline) error {
	var first error
	for {
		r, err := p.GetResults()
		if err == nil && r == nil {
			break
		}
		if rr, ok := r.(*pgconn.ResultReader); ok && err == nil {
			_, err = rr.Close()
		}
		if _, end := r.(*pgconn.PipelineSync); end {
			break
		}
		if first == nil {
			first = err
		}
		if _, told := errors.AsType[*pgconn.PgError](err); err != nil && !told {
			break // nothing more comes
		}
	}
	return errors.Join(first, p.Close())
}

// send writes the queue as one flight and reads up to the last one's rows.
func (k *conn) send(ctx context.Context) (*answer, error) {
	ctx, cancel := context.WithTimeout(ctx, k.limit)
	a := &answer{conn: k, ctx: ctx, stop: cancel}
	queue := k.queue
	k.queue = k.queue[:0]
	k.used = time.Now()
	if len(queue) == 1 {
		m := queue[0]
		a.rows = k.pg.ExecPrepared(ctx, m.name, m.args, m.formats, m.results)
		return a, nil
	}
	a.pipe = k.pg.StartPipeline(ctx)
	for _, m := range queue {
		a.pipe.SendQueryPrepared(m.name, m.args, m.formats, m.results)
	}
	err := a.pipe.Sync()
	for i := 0; err == nil && i < len(queue); i++ {
		var r any
		if r, err = a.pipe.GetResults(); err != nil {
			break
		}
		rows, ok := r.(*pgconn.ResultReader)
		if !ok {
			err = fmt.Errorf("postgres: a %T where rows were expected", r)
			break
		}
		if i < len(queue)-1 {
			_, err = rows.Close()
		}
		a.rows = rows
	}
	if err != nil {
		if rest := drain(a.pipe); k.pg.IsClosed() {
			err = errors.Join(err, rest)
		}
		cancel()
		return nil, k.failed(err)
	}
	return a, nil
}

// answer is what a flight's last statement returned.
type answer struct {
	conn *conn
	ctx  context.Context
	stop context.CancelFunc
	pipe *pgconn.Pipeline // nil where the flight was of one
	rows *pgconn.ResultReader
}

// finish reads to the end and leaves the connection ready for the next flight.
func (a *answer) finish() (pgconn.CommandTag, error) {
	tag, err := a.rows.Close()
	if a.pipe != nil {
		if rest := drain(a.pipe); err == nil {
			err = rest
		}
	}
	if err != nil && a.ctx.Err() != nil {
		err = errors.Join(a.ctx.Err(), err)
	}
	a.stop()
	return tag, a.conn.failed(err)
}

// control is a statement about the transaction.
type control struct {
	conn *conn
	sql  string
}

// Exec implements sqlstore.Stmt. Where a transaction or a part of it begins, the
// arguments are the tenant and the instance that the wall lets through.
func (c control) Exec(args []any) (int64, error) {
	k := c.conn
	switch c.sql {
	case beginRead, beginAlone, beginWrite:
		return 0, k.begin(c.sql, args)
	case savepoint:
		k.queue = append(k.queue, message{name: c.sql})
		return 0, k.within(args)
	case release:
		// A function that went on after a failed statement has nothing to keep.
		if _, err := k.flush(); err != nil {
			return 0, err
		}
		if k.pg.TxStatus() != 'T' {
			return 0, errors.New("postgres: a failed statement was passed over")
		}
		k.queue = append(k.queue, message{name: c.sql})
		return 0, nil
	case rollbackTo:
		k.queue = append(k.queue, message{name: c.sql})
		return 0, nil
	case commit:
		return 0, k.commit()
	}
	return 0, k.rollback()
}

func (k *conn) begin(sql string, args []any) error {
	if k.spent || k.now != nil && k.now.Load() != k.era {
		return errors.Join(errBroken, k.Close())
	}
	if k.before != nil {
		if err := k.settle(); err != nil {
			return err
		}
		if err := k.before(k); errors.Is(err, errBroken) {
			return err
		} else if err != nil {
			return &refused{err}
		}
	} else if time.Since(k.used) > restless {
		if err := k.settle(); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(context.Background(), k.limit)
		defer cancel()
		if err := k.pg.Ping(ctx); err != nil {
			return errors.Join(errBroken, err)
		}
	}
	k.queue = k.queue[:0]
	if sql == beginAlone { // what goes in one flight is one transaction
		return k.within(args)
	}
	k.queue = append(k.queue, message{name: sql})
	if sql == beginWrite {
		k.queue = append(k.queue, message{name: takeTurn})
		return nil // each savepoint says for whom
	}
	return k.within(args)
}

// within tells the wall whose rows may pass.
func (k *conn) within(args []any) error {
	if len(args) != 2 {
		return fmt.Errorf("postgres: a transaction began with %d arguments", len(args))
	}
	tenant, instance := args[0].(string), args[1].(string)
	k.queue = append(k.queue, message{name: setScope, args: [][]byte{[]byte(tenant), []byte(instance)}})
	return nil
}

func (k *conn) commit() error {
	if k.ending != nil {
		return errBroken
	}
	k.queue = append(k.queue, message{name: commit})
	delete(k.pg.CustomData(), warned)
	tag, err := k.flush()
	// A warning says that the wait for the standbys was broken off: it is committed
	// here, and perhaps not there.
	if text, given := k.pg.CustomData()[warned]; given && err == nil {
		return &lost{fmt.Errorf("the server warned: %v", text)}
	}
	// An ERROR undid it for certain. A FATAL came from a server that was ending,
	// perhaps after it had committed.
	if e, told := errors.AsType[*pgconn.PgError](err); err != nil && (!told || e.Severity != "ERROR") {
		return &lost{err}
	}
	if err == nil && tag.String() != "COMMIT" {
		return fmt.Errorf("postgres: COMMIT answered %s", tag)
	}
	return err
}

// rollback ends the transaction and does not wait for it. What was queued and not
// sent never happened.
func (k *conn) rollback() error {
	k.queue = k.queue[:0]
	if k.pg.IsClosed() {
		return errBroken
	}
	if k.ending != nil || k.pg.TxStatus() == 'I' {
		return nil // nothing was sent since it began
	}
	ctx, cancel := context.WithTimeout(context.Background(), k.limit)
	p := k.pg.StartPipeline(ctx)
	p.SendQueryPrepared(rollback, nil, nil, nil)
	if err := p.Sync(); err != nil {
		cancel()
		return k.failed(errors.Join(err, p.Close()))
	}
	k.ending, k.stop, k.used = p, cancel, time.Now()
	return nil
}

// Query implements sqlstore.Stmt.
func (c control) Query(context.Context, []any) (sqlstore.Rows, error) {
	return nil, fmt.Errorf("postgres: %s has no rows", c.sql)
}

// Close implements sqlstore.Stmt.
func (c control) Close() error { return nil }
