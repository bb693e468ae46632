package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	modernc "modernc.org/sqlite"

	"chartline/internal/care"
	"chartline/internal/store/sqlstore"
)

// Options are for tests and unusual machines; the zero value is right.
type Options struct {
	// Readers bounds the connections that read; 0 is one for each processor.
	// More than there are processors makes all of them slower.
	Readers int
	// BusyTimeout is how long a writer waits for another process's write; 0 is
	// five seconds.
	BusyTimeout time.Duration
	// Statement, where not nil, is told each of sqlstore's statements when it runs.
	Statement func(sql string)
}

// DB is an open database. It implements store.Store.
type DB struct {
	*sqlstore.Store
	path, audit string
	settings    []string
	statement   func(sql string)
}

// Open opens the database at path, making it where there is none, and brings
// its schema up to date. It refuses data that a newer program wrote. Several
// processes may open one database.
func Open(ctx context.Context, path string, o Options) (*DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if o.Readers <= 0 {
		o.Readers = runtime.NumCPU()
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	d := &DB{path: path, audit: AuditPath(path), settings: settings(o), statement: o.Statement}
	if err := d.prepare(ctx); err != nil {
		return nil, fmt.Errorf("open database %s: %w", path, err)
	}
	d.Store = sqlstore.New(sqlstore.Config{
		Dialect: dialect(), Readers: o.Readers,
		Read:  d.connector("PRAGMA query_only = 1", "PRAGMA clinic.cache_size = -"+strconv.Itoa(max(readCache/o.Readers, 2048))),
		Write: d.connector("PRAGMA main.cache_size = -8192"), // the index by patient writes all over the audit log
	})
	return d, nil
}

// readCache is how many KiB of the clinic's file all readers together may keep
// of what lies beyond the 2 GiB that SQLite can map. It is taken as it is used.
const readCache = 192 << 10

// settings are what every connection is set to. A commit is on disk before it
// is answered. Reads go through the system's page cache by mmap; what SQLite
// itself keeps is small.
func settings(o Options) []string {
	return []string{
		"busy_timeout = " + strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10), "journal_mode = wal", "synchronous = full",
		"foreign_keys = 1", "trusted_schema = 0", "cache_size = -2048", "mmap_size = 2147418112",
		"journal_size_limit = 67108864", "temp_store = memory",
	}
}

// AuditPath returns where the audit log of the database at path is. It has a
// file of its own because every read that is answered writes to it, and a write
// to a file has every reader of that file begin with an empty page cache.
func AuditPath(path string) string { return strings.TrimSuffix(path, ".db") + "-audit.db" }

// connector opens both files as one database. The audit log comes first: SQLite
// commits a transaction file by file in that order, so that a power cut between
// the two leaves an entry without its change, which nobody was told of, and
// never a change without its entry.
func (d *DB) connector(more ...string) sqlstore.Connector {
	setup := append(d.setup(), more...)
	return func(context.Context) (sqlstore.Conn, error) {
		k, err := connect(d.audit, setup)
		if err != nil || d.statement == nil {
			return k, err
		}
		return sqlstore.Told(k, d.statement), nil
	}
}

// setup is what a connection begins with.
func (d *DB) setup() []string {
	setup := []string{"ATTACH DATABASE '" + literal(d.path) + "' AS clinic"}
	for _, s := range d.settings {
		setup = append(setup, "PRAGMA "+s)
		if perFile(s) {
			setup = append(setup, "PRAGMA clinic."+s)
		}
	}
	return setup
}

// literal is what stands for s between quotes.
func literal(s string) string { return strings.ReplaceAll(s, "'", "''") }

// perFile reports whether a setting is one file's and not the connection's.
func perFile(setting string) bool {
	name, _, _ := strings.Cut(setting, " ")
	return slices.Contains([]string{"journal_mode", "synchronous", "cache_size", "mmap_size", "journal_size_limit"}, name)
}

// sql opens the database for what is not sqlstore's: migrations and checks.
func (d *DB) sql(path string) (*sql.DB, error) {
	query := url.Values{"_txlock": {"immediate"}}
	for _, s := range d.settings {
		name, value, _ := strings.Cut(s, " = ")
		query.Add("_pragma", name+"("+value+")")
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	connector, err := modernc.NewConnector(u.String())
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// prepare makes the file where there is none and migrates it, while no other
// process does.
func (d *DB) prepare(ctx context.Context) (err error) {
	unlock, err := lockDirectory(ctx, filepath.Dir(d.path))
	if err != nil {
		return err
	}
	defer unlock()
	return errors.Join(d.prepareFile(ctx, d.path, "migrations"), d.prepareFile(ctx, d.audit, "auditlog"))
}

func (d *DB) prepareFile(ctx context.Context, path, migrations string) (err error) {
	// An existing file is not opened here: closing it would release the locks
	// that SQLite holds on it in this process.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600) // #nosec G304 -- where the operator said
	switch {
	case err == nil:
		err = f.Close()
	case errors.Is(err, fs.ErrExist):
		err = nil
	}
	if err != nil {
		return err
	}
	db, err := d.sql(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return migrate(ctx, db, migrations)
}

// Path returns where the database is.
func (d *DB) Path() string { return d.path }

// SchemaVersion returns the number of the last migration in the database.
func (d *DB) SchemaVersion(ctx context.Context) (int64, error) {
	db, err := d.sql(d.path)
	if err != nil {
		return 0, err
	}
	v, _, err := schemaVersion(ctx, db)
	return v, errors.Join(err, db.Close())
}

// Verify reads the whole database: every page, every index against its table,
// every reference. After damage was found nothing more is written.
func (d *DB) Verify(ctx context.Context) error {
	return errors.Join(d.verifyFile(ctx, d.path), d.verifyFile(ctx, d.audit))
}

func (d *DB) verifyFile(ctx context.Context, path string) (err error) {
	db, err := d.sql(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for query, good := range map[string]string{"PRAGMA integrity_check(10)": "ok", "PRAGMA foreign_key_check": ""} {
		found, err := firstColumn(ctx, db, query)
		switch {
		case err != nil && sqlFault(err) == sqlstore.FaultDamaged:
			found = []string{err.Error()}
		case err != nil:
			return care.Unavailable(err)
		}
		if len(found) > 0 && found[0] != good {
			d.MarkDamaged()
			return &care.Error{
				Kind: care.KindUnavailable, Message: "the database is damaged",
				Cause: fmt.Errorf("%s: %q", query, found),
			}
		}
	}
	return nil
}

func firstColumn(ctx context.Context, db *sql.DB, query string) (list []string, err error) {
	r, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	columns, err := r.Columns()
	if err != nil {
		return nil, err
	}
	row := make([]any, len(columns))
	for i := range row {
		row[i] = new(any)
	}
	for r.Next() {
		if err := r.Scan(row...); err != nil {
			return nil, err
		}
		list = append(list, fmt.Sprint(*row[0].(*any)))
	}
	return list, r.Err()
}
