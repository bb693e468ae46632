package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"golang.org/x/sys/unix"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlstore"
)

// Options are for unusual machines and tests; the zero value is right.
type Options struct {
	// Connections bounds those that read; one more writes. 0 is four for each
	// processor, and 16 at least.
	Connections int
	// StatementTimeout is when the server ends a statement; 0 is 15 seconds.
	StatementTimeout time.Duration
	// Existing has Open refuse an empty database with ErrEmpty.
	Existing bool
	// Standby, where not nil, is read from where store.Elsewhere allows it.
	Standby *StandbyOptions
	// Statement, where not nil, is told each of sqlstore's statements when it runs.
	Statement func(sql string)
}

// DB is an open database. It implements store.Store.
type DB struct {
	*sqlstore.Store
	config  *pgconn.Config
	limit   time.Duration // of an answer
	era     atomic.Int64  // goes up when the server takes no writes any more
	standby *standby      // nil where there is none
	begun   bool
}

// ErrEmpty is returned by Open for an empty database that was to hold data.
var ErrEmpty = errors.New("the database is empty")

// Begun reports whether Open found the database empty.
func (d *DB) Begun() bool { return d.begun }

// ErrUnfit is returned by Open for a server that cannot keep Chartline's promises.
var ErrUnfit = errors.New("this PostgreSQL server cannot be used")

// Open connects to the database at url (postgres://user@host:port/name, with
// the parameters of libpq), brings its schema up to date and raises the wall
// between tenants. A password comes from libpq's places (PGPASSWORD,
// PGPASSFILE) or from password. Several processes on several machines may open
// one database.
func Open(ctx context.Context, url, password string, o Options) (*DB, error) {
	d, err := reach(url, password, &o)
	if err != nil {
		return nil, err
	}
	if err := d.prepare(ctx, o.Existing); err != nil {
		return nil, fmt.Errorf("open database %s: %w", d.Place(), err)
	}
	d.start(o)
	if o.Standby != nil {
		if d.standby, err = d.newStandby(o); err != nil {
			return nil, errors.Join(err, d.Store.Close())
		}
	}
	return d, nil
}

// reach says where the database is, and completes o; nothing is opened yet.
func reach(url, password string, o *Options) (*DB, error) {
	config, err := parse(url, password)
	if err != nil {
		return nil, err
	}
	if o.Connections <= 0 {
		o.Connections = max(4*runtime.NumCPU(), 16)
	}
	if o.StatementTimeout <= 0 {
		o.StatementTimeout = 15 * time.Second
	}
	settle(config, *o)
	// Of several servers, and of one that changes its role, the primary is meant,
	// whatever the URL says.
	config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	return &DB{config: config, limit: o.StatementTimeout * 4 / 3}, nil
}

func (d *DB) start(o Options) {
	d.Store = sqlstore.New(sqlstore.Config{
		Dialect: dialect(), Readers: o.Connections,
		Read: d.connector(false, o.Statement), Write: d.connector(true, o.Statement),
	})
}

func parse(url, password string) (*pgconn.Config, error) {
	config, err := pgconn.ParseConfig(url)
	if fault := faultOfTLS(url, err); fault != nil {
		return nil, fault
	}
	if err != nil {
		return nil, errors.New("the database's URL is not one of PostgreSQL's: postgres://user@host:port/name") // the error may repeat a password
	}
	if password != "" {
		config.Password = password
	}
	return config, nil
}

// View implements store.Store: on the standby where ctx allows it and it has what
// must be seen.
func (d *DB) View(ctx context.Context, fn func(store.Tx) error) error {
	if d.standby != nil && store.MayReadElsewhere(ctx) {
		if done, err := d.standby.view(ctx, fn); done {
			return err
		}
	}
	return d.Store.View(ctx, fn)
}

// Update implements store.Store.
func (d *DB) Update(ctx context.Context, fn func(store.Tx) error) error {
	err := d.Store.Update(ctx, fn)
	if d.standby != nil && !store.OnlyEntries(ctx) {
		d.standby.noteWrite() // also where it failed: it may have happened
	}
	return err
}

// Close implements store.Store.
func (d *DB) Close() error {
	if d.standby == nil {
		return d.Store.Close()
	}
	return errors.Join(d.standby.close(), d.Store.Close())
}

// settle sets what every connection has. Times are those of the server, and
// below DB.limit, so that the server ends a statement before we give it up.
func settle(c *pgconn.Config, o Options) {
	if c.ConnectTimeout == 0 {
		c.ConnectTimeout = 5 * time.Second
	}
	ms := func(d time.Duration) string { return fmt.Sprint(d.Milliseconds()) }
	maps.Copy(c.RuntimeParams, map[string]string{
		"application_name": "chartline", "client_encoding": "UTF8", "TimeZone": "UTC", "jit": "off",
		"statement_timeout": ms(o.StatementTimeout), "lock_timeout": ms(max(o.StatementTimeout-time.Second, o.StatementTimeout/2)),
		// For so long a node that is cut off in the middle of a write keeps all others
		// from writing. Requests wait for theirs for ten seconds (package gate).
		"idle_in_transaction_session_timeout": ms(max(5*time.Second, o.StatementTimeout/3)),
	})
	c.OnNotice = noteWarning
	dial := &net.Dialer{Timeout: c.ConnectTimeout, KeepAlive: 5 * time.Second, Control: unacknowledged}
	c.DialFunc = dial.DialContext
}

// unacknowledged ends a connection to a machine that went away without a word.
func unacknowledged(network, _ string, raw syscall.RawConn) (err error) {
	if network == "unix" {
		return nil
	}
	control := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int((10 * time.Second).Milliseconds())) // #nosec G115 -- a descriptor is small
	})
	return errors.Join(control, err)
}

// Place says where the database is, without user or password.
func (d *DB) Place() string {
	return fmt.Sprintf("%s on %s:%d", d.config.Database, d.config.Host, d.config.Port)
}

func (d *DB) connector(writes bool, tell func(string)) sqlstore.Connector {
	return func(ctx context.Context) (sqlstore.Conn, error) {
		config := d.config.Copy()
		config.AfterConnect = readOnly
		if writes {
			// Whatever the server's default: what is acknowledged is on its disk.
			config.AfterConnect = durable
		}
		era := d.era.Load()
		k, err := connect(ctx, config, d.limit)
		if err != nil {
			return nil, err
		}
		k.era, k.now = era, &d.era
		return k.told(tell), nil
	}
}

// readOnly has what reads alone write nothing, as what reads in a transaction.
func readOnly(ctx context.Context, pg *pgconn.PgConn) error {
	_, err := pg.Exec(ctx, `SET default_transaction_read_only = on`).ReadAll()
	return err
}

// durable waits for the disk at each commit, and for the standbys that the
// server is told to wait for.
func durable(ctx context.Context, pg *pgconn.PgConn) error {
	_, err := pg.Exec(ctx, `SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') IN ('off', 'local')`).ReadAll()
	return err
}

// Verify has the server read the whole database: every row, and with the
// extension amcheck every index against its rules. After damage was found
// nothing more is written.
func (d *DB) Verify(ctx context.Context) error {
	err := d.with(ctx, func(a admin) error { return a.verify(ctx) })
	if err != nil && faultOf(err) == sqlstore.FaultDamaged {
		d.MarkDamaged()
		return &care.Error{Kind: care.KindUnavailable, Message: "the database is damaged", Cause: err}
	}
	if err != nil {
		return care.Unavailable(err)
	}
	return nil
}

func (a admin) verify(ctx context.Context) error {
	tables, err := a.rows(ctx, `SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace ORDER BY 1`)
	if err != nil {
		return err
	}
	for _, t := range tables {
		// Every column of every row, so that what lies beside the row is read too.
		if err := a.exec(ctx, "SELECT count(*) FROM "+t[0]+" t WHERE length(t::text) < 0"); err != nil {
			return err
		}
	}
	installed, err := a.rows(ctx, `SELECT FROM pg_extension WHERE extname = 'amcheck'`)
	if err != nil || len(installed) == 0 {
		return err
	}
	return a.exec(ctx, `SELECT count(bt_index_check(c.oid)) FROM pg_class c JOIN pg_am a ON a.oid = c.relam
		WHERE a.amname = 'btree' AND c.relkind = 'i' AND c.relnamespace = current_schema()::regnamespace`)
}
