package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	batchLimit = 256 // updates that share one commit
	retryLimit = 10  // runs of a batch that other transactions come between
)

// writer runs all updates, one after another, on one connection. Updates that
// arrive while others run share their commit: a disk makes thousands of updates
// durable as quickly as one.
type writer struct {
	store     *Store
	connector Connector
	conn      *conn // nil where none is open
	jobs      chan *job
	done      chan struct{} // closed when the writer has stopped
	last      atomic.Int64  // when the last commit succeeded, in Unix nanoseconds; 0 after a failure
	closeErr  error

	commits, updates atomic.Int64 // that succeeded, and the functions that shared them
}

// job is one Update.
type job struct {
	ctx      context.Context
	fn       func(store.Tx) error
	taken    atomic.Bool // by the writer, or by a caller who waits no longer
	running  bool        // fn has begun and not returned
	err      error       // of fn
	answered chan error
}

func startWriter(s *Store, c Connector) *writer {
	w := &writer{store: s, connector: c, jobs: make(chan *job, batchLimit), done: make(chan struct{})}
	go w.run(nil)
	return w
}

// do hands fn to the writer and waits for its commit. It stops waiting when ctx
// ends before fn began.
func (w *writer) do(ctx context.Context, fn func(store.Tx) error) error {
	j := &job{ctx: ctx, fn: fn, answered: make(chan error, 1)}
	select {
	case <-w.store.closing:
		return care.Unavailable(errClosed)
	default:
	}
	select {
	case w.jobs <- j:
	case <-ctx.Done():
		return care.Unavailable(ctx.Err())
	case <-w.done:
		return care.Unavailable(errClosed)
	}
	select {
	case err := <-j.answered:
		return err
	case <-ctx.Done():
		if j.taken.CompareAndSwap(false, true) {
			return care.Unavailable(ctx.Err())
		}
		return <-j.answered
	case <-w.done:
		if j.taken.CompareAndSwap(false, true) {
			return care.Unavailable(errClosed)
		}
		return <-j.answered
	}
}

func (w *writer) committedWithin(d time.Duration) bool {
	return time.Since(time.Unix(0, w.last.Load())) < d
}

// stop lets what was handed in finish and closes the connection.
func (w *writer) stop() error {
	<-w.done
	return w.closeErr
}

// run is the writer's loop; again are jobs to begin with. A function that ends
// its goroutine (runtime.Goexit, as a test's Fatal does) ends this one: another
// takes over what was left.
func (w *writer) run(again []*job) {
	batch := again
	finished := false
	defer func() {
		if !finished {
			go w.run(w.abandon(batch))
		}
	}()
	for {
		if len(batch) == 0 {
			j := w.wait()
			if j == nil {
				break
			}
			batch = append(batch, j)
		}
		w.commit(&batch)
		batch = nil
	}
	if w.conn != nil {
		w.closeErr = w.conn.close()
	}
	finished = true
	close(w.done)
}

// wait returns the next job, or nil when the store closes and none is left.
func (w *writer) wait() *job {
	for {
		select {
		case j := <-w.jobs:
			if j.take() {
				return j
			}
		case <-w.store.closing:
			return w.poll()
		}
	}
}

// poll returns a job that waits already, or nil.
func (w *writer) poll() *job {
	for {
		select {
		case j := <-w.jobs:
			if j.take() {
				return j
			}
		default:
			return nil
		}
	}
}

// take claims j, unless its caller has gone or is about to.
func (j *job) take() bool {
	return j.ctx.Err() == nil && j.taken.CompareAndSwap(false, true)
}

// commit runs the batch, and whoever joins it meanwhile, in one transaction and
// answers all.
func (w *writer) commit(batch *[]*job) {
	fault, err := w.attempt(batch)
	for n := 1; fault == FaultRetry && n < retryLimit; n++ {
		time.Sleep(time.Duration(n) * time.Millisecond)
		fault, err = w.attempt(batch)
	}
	if err != nil {
		w.last.Store(0)
	} else {
		w.last.Store(time.Now().UnixNano())
		w.commits.Add(1)
		w.updates.Add(int64(len(*batch)))
	}
	for _, j := range *batch {
		if err != nil {
			j.answered <- err
		} else {
			j.answered <- j.err
		}
	}
}

// attempt runs the batch once. An error is everybody's.
func (w *writer) attempt(batch *[]*job) (Fault, error) {
	if fault, err := w.begin(); err != nil {
		// Whoever came meanwhile has waited too: waiting in turn would add up.
		for j := w.poll(); j != nil; j = w.poll() {
			*batch = append(*batch, j)
		}
		return fault, err
	}
	runtime.Gosched() // whoever is about to wait joins this commit
	for i := 0; ; i++ {
		if i == len(*batch) {
			j := (*job)(nil)
			if i < batchLimit {
				j = w.poll()
			}
			if j == nil {
				break
			}
			*batch = append(*batch, j)
		}
		if fault, err := w.runOne((*batch)[i]); err != nil {
			w.rollback()
			return fault, err
		}
	}
	if _, err := w.conn.exec("COMMIT"); err != nil {
		w.rollback()
		return w.store.dialect.Fault(err), unavailable(w.store.lift(err))
	}
	return FaultOther, nil
}

func (w *writer) begin() (Fault, error) {
	if w.conn == nil {
		c, err := connect(context.Background(), w.connector)
		if err != nil {
			return w.store.dialect.Fault(err), unavailable(w.store.lift(err))
		}
		w.conn = c
	}
	if _, err := w.conn.exec(w.store.dialect.BeginWrite); err != nil {
		w.rollback() // drops the connection where it is in no known state
		return w.store.dialect.Fault(err), unavailable(w.store.lift(err))
	}
	return FaultOther, nil
}

// runOne runs one function between savepoints. An error means that the whole
// transaction is lost; the function's own is in j.err.
func (w *writer) runOne(j *job) (Fault, error) {
	if _, err := w.conn.exec("SAVEPOINT one", wall(j.ctx)...); err != nil {
		return w.store.dialect.Fault(err), unavailable(w.store.lift(err))
	}
	t := &tx{store: w.store, conn: w.conn, ctx: context.WithoutCancel(j.ctx), writable: true}
	j.running = true
	j.err = call(j.fn, t)
	j.running = false
	t.conn = nil
	if t.fault == FaultRetry {
		return FaultRetry, care.Unavailable(j.err)
	}
	var err error
	if j.err != nil {
		_, err = w.conn.exec("ROLLBACK TO SAVEPOINT one")
	}
	if err == nil {
		_, err = w.conn.exec("RELEASE SAVEPOINT one")
	}
	if err != nil { // the engine has undone more than this function's work
		return FaultUnavailable, care.Unavailable(errors.Join(err, j.err))
	}
	return FaultOther, nil
}

// call runs fn and makes an error of a panic.
func call(fn func(store.Tx) error, t *tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &care.Error{Kind: care.KindInternal, Cause: fmt.Errorf("panic: %v\n%s", p, debug.Stack())}
		}
	}()
	return fn(t)
}

// rollback leaves no transaction open; where that fails, no connection.
func (w *writer) rollback() {
	if w.conn == nil {
		return
	}
	if _, err := w.conn.exec("ROLLBACK"); err != nil {
		w.conn = discard(w.conn)
	}
}

// abandon undoes a batch whose running function ended the goroutine, answers
// that one, and returns the others.
func (w *writer) abandon(batch []*job) []*job {
	if w.conn != nil {
		w.conn = discard(w.conn)
	}
	var left []*job
	for _, j := range batch {
		if j.running {
			j.answered <- &care.Error{Kind: care.KindInternal, Cause: errExited}
			continue
		}
		left = append(left, j)
	}
	return left
}

// unavailable keeps an error's Kind from telling more than "try again" where
// nobody's function is to blame.
func unavailable(err error) error {
	if care.KindOf(err) == care.KindUnavailable {
		return err
	}
	return care.Unavailable(err)
}
