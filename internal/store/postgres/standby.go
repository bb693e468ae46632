package postgres

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlstore"
)

// StandbyOptions say where else may be read.
type StandbyOptions struct {
	// URL is a hot standby's, or several's of the same primary.
	URL      string
	Password string
	// Staleness is for how long a read may miss what other processes wrote; 0 has
	// it see everything that was acknowledged before it began.
	Staleness time.Duration
}

const (
	// patience is how long a read waits for the standby to come as far as it must;
	// then it goes to the primary.
	patience = 50 * time.Millisecond
	// standbyEach is how often the standby is looked at.
	standbyEach = time.Second
	// standbyLimit is how long an answer of the standby may take, before the primary
	// is asked instead.
	standbyLimit = 3 * time.Second
	// checkLimit is the same of a check, which is answered from memory.
	checkLimit = time.Second
)

// Why a server cannot be read from in the primary's place.
var (
	errNoStandby = errors.New("it is not a standby")
	errPowerful  = errors.New("its role is a superuser's or has BYPASSRLS, which goes through the wall between tenants")
	errStranger  = errors.New("it does not follow the primary, or not the one of now")
	errBehind    = errors.New("it is behind the primary")
	errNew       = errors.New("it was not looked at yet")
)

// standby is a server that follows the primary, and is read from while it has
// what a read must see.
type standby struct {
	store     *sqlstore.Store
	pilot     *pilot
	staleness time.Duration

	wrote  atomic.Pointer[time.Time] // when this process last wrote what reads look for
	reads  atomic.Int64              // answered by the standby
	turned atomic.Int64              // begun there, and answered by the primary

	mu   sync.Mutex
	use  atomic.Pointer[span] // nil while it is not used
	why  error                // it is not
	tell func(error)          // nil where nobody listens
	told bool                 // that it is not used

	stop    context.CancelFunc
	watched chan struct{} // closed once nobody looks any more
}

// span is a time in which the standby is used. What reads there ends with it, and
// goes to the primary.
type span struct {
	ctx context.Context
	end context.CancelFunc
}

// newStandby begins to look at the standby; it is used once it was seen to be fit.
func (d *DB) newStandby(o Options) (*standby, error) {
	config, err := parse(o.Standby.URL, o.Standby.Password)
	if err != nil {
		return nil, fmt.Errorf("the standby: %w", err)
	}
	o.StatementTimeout = min(o.StatementTimeout, standbyLimit-time.Second)
	settle(config, o)
	config.ConnectTimeout = min(config.ConnectTimeout, standbyLimit)
	config.ValidateConnect = mayStandIn
	asked := d.config.Copy()
	asked.RuntimeParams["statement_timeout"] = fmt.Sprint(pilotLimit.Milliseconds())
	ctx, stop := context.WithCancel(context.Background())
	s := &standby{pilot: &pilot{config: asked}, staleness: o.Standby.Staleness, why: errNew, stop: stop, watched: make(chan struct{})}
	open := func(ctx context.Context) (sqlstore.Conn, error) {
		k, err := connect(ctx, config, standbyLimit, sqlStandby)
		if err != nil {
			return nil, err
		}
		k.before = s.check
		return k.told(o.Statement), nil
	}
	s.store = sqlstore.New(sqlstore.Config{Dialect: dialect(), Readers: o.Connections, Read: open, Write: open})
	go s.watch(ctx)
	return s, nil
}

// mayStandIn refuses servers that are no standbys, and roles that row-level security does
// not bind.
func mayStandIn(ctx context.Context, pg *pgconn.PgConn) error {
	r, err := pg.Exec(ctx, "SELECT pg_is_in_recovery(), rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user").ReadAll()
	switch {
	case err != nil:
		return err
	case len(r) != 1 || len(r[0].Rows) != 1 || string(r[0].Rows[0][0]) != "t":
		return errNoStandby
	case string(r[0].Rows[0][1]) != "f":
		return errPowerful
	}
	return nil
}

// view runs fn on the standby. Where done is false the primary must be asked, also where
// fn ran.
func (s *standby) view(ctx context.Context, fn func(store.Tx) error) (done bool, err error) {
	use := s.use.Load()
	if use == nil {
		return false, nil
	}
	if err := s.pilot.since(ctx, s.need()); err != nil {
		if ctx.Err() == nil {
			s.set(fmt.Errorf("the primary does not say how far it is: %w", err))
		}
		return false, nil
	}
	both, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(use.ctx, cancel)()
	ran := false
	err = s.store.View(both, func(tx store.Tx) error {
		ran = true
		return fn(tx)
	})
	if ran && !failed(err) {
		s.reads.Add(1)
		return true, err
	}
	if !ran && both.Err() == nil {
		s.set(plain(err))
	}
	s.turned.Add(1)
	return false, nil
}

// need is when a position must have been asked for, at the earliest, that a read
// which begins now may be held against.
func (s *standby) need() time.Time {
	need := time.Now().Add(-s.staleness)
	if wrote := s.wrote.Load(); wrote != nil && wrote.After(need) {
		need = *wrote
	}
	return need
}

// noteWrite has later reads see what was written before.
func (s *standby) noteWrite() {
	now := time.Now()
	s.wrote.Store(&now)
}

// plain is what a driver or a check said, without what requests are told.
func plain(err error) error {
	if e, ok := errors.AsType[*care.Error](err); ok && e.Cause != nil {
		return e.Cause
	}
	return err
}

// failed reports whether err is of the standby, so that the primary may know better.
func failed(err error) bool {
	e, ok := errors.AsType[*care.Error](err)
	return ok && (e.Kind == care.KindUnavailable || e.Kind == care.KindInternal)
}

const sqlStandby = `
	SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn() >= $1::text::pg_lsn, EXISTS (SELECT FROM heartbeat WHERE id = $2::text::bigint)`

// check has a connection's server come as far as the newest position; the reader has
// seen to it that this one is new enough. What is read after it is at
// least as new. A number means little without its mark.
func (s *standby) check(k *conn) error {
	at := s.pilot.latest.Load()
	if at == nil {
		return errBehind
	}
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		err := k.reached(at)
		if !errors.Is(err, errBehind) && !errors.Is(err, errStranger) || time.Now().After(end) {
			return err
		}
	}
}

// reached reports whether the server has what the primary had at a position.
func (k *conn) reached(at *position) error {
	ctx, cancel := context.WithTimeout(context.Background(), checkLimit)
	defer cancel()
	r := k.pg.ExecPrepared(ctx, sqlStandby, [][]byte{[]byte(at.lsn), []byte(at.mark)}, nil, nil).Read()
	k.used = time.Now()
	if r.Err != nil {
		if k.pg.IsClosed() {
			return errors.Join(errBroken, r.Err)
		}
		return r.Err
	}
	is := func(column int) bool { return len(r.Rows) == 1 && string(r.Rows[0][column]) == "t" }
	switch {
	case !is(0):
		return errNoStandby
	case !is(1):
		return errBehind
	case !is(2):
		return errStranger
	}
	return nil
}

// watch looks at the standby now and then, so that it is used again once it can be,
// and no request has to find out that it is gone.
func (s *standby) watch(ctx context.Context) {
	defer close(s.watched)
	tick := time.NewTicker(standbyEach)
	defer tick.Stop()
	for {
		if err := s.look(ctx); ctx.Err() == nil {
			s.set(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look asks the standby for what the primary has now.
func (s *standby) look(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, standbyLimit)
	defer cancel()
	if err := s.pilot.since(ctx, time.Now()); err != nil {
		return fmt.Errorf("the primary does not say how far it is: %w", err)
	}
	return plain(s.store.View(ctx, func(store.Tx) error { return nil }))
}

// set begins to use the standby, or ends it with a reason.
func (s *standby) set(why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	use := s.use.Load()
	s.why = why
	switch {
	case why == nil && use == nil:
		n := &span{}
		n.ctx, n.end = context.WithCancel(context.Background())
		s.use.Store(n)
	case why != nil && use != nil:
		s.use.Store(nil)
		use.end()
	case why == nil || s.told:
		return // nothing new
	}
	s.report()
}

// report tells whoever listens how it is now. It is called with mu held.
func (s *standby) report() {
	if s.tell != nil && s.why != errNew {
		s.told = s.why != nil
		s.tell(s.why)
	}
}

func (s *standby) close() error {
	s.stop()
	<-s.watched
	s.mu.Lock()
	if use := s.use.Swap(nil); use != nil {
		use.end()
	}
	s.mu.Unlock()
	err := s.store.Close()
	s.pilot.close()
	return err
}

// StandbyState says how reading from the standby goes.
type StandbyState struct {
	// Why it is not used; nil while it is.
	Why error
	// Reads were answered by it; Turned were begun there and answered by the primary.
	Reads, Turned int64
}

// Standby returns the state of the standby; nil where there is none.
func (d *DB) Standby() *StandbyState {
	s := d.standby
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &StandbyState{Why: s.why, Reads: s.reads.Load(), Turned: s.turned.Load()}
}

// TellStandby has tell told when reading from the standby begins (nil), and why it
// ends or cannot begin. It must not wait.
func (d *DB) TellStandby(tell func(error)) {
	s := d.standby
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tell = tell
	s.report()
}

// LookAtStandby says whether the standby can be used now.
func (d *DB) LookAtStandby(ctx context.Context) error { return d.standby.look(ctx) }
