package pgtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"chartline/internal/store/postgres"
)

// Cluster is a PostgreSQL server that ends with its test.
type Cluster struct {
	dir      string // of the socket; the data is below
	attr     *syscall.SysProcAttr
	binaries string
	options  []string

	mu      sync.Mutex
	server  *exec.Cmd
	cloning sync.Mutex // a template is copied by one at a time
	free    []string   // databases that a test has left
	made    bool
	count   atomic.Int64
}

// Start runs a server. What it is told is not on disk before it answers, unless
// options say otherwise ("fsync=on"): tests of power cuts need that, others speed.
func Start(t testing.TB, options ...string) *Cluster {
	t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		t.Fatalf("PostgreSQL is needed: make install installs it (%v)", err)
	}
	slices.Sort(found)
	c := newCluster(t, filepath.Dir(found[len(found)-1]), options)
	initdb := c.command("initdb", "-D", c.data(), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	if out, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	c.begin(t)
	c.admin(t, "postgres", "CREATE ROLE chartline LOGIN")
	return c
}

func newCluster(t testing.TB, binaries string, options []string) *Cluster {
	t.Helper()
	dir, err := os.MkdirTemp(inMemory(), "pg") // not t.TempDir: a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return &Cluster{dir: dir, attr: unprivileged(t, dir), binaries: binaries,
		options: append([]string{"listen_addresses=", "fsync=off", "max_connections=300", "shared_buffers=64MB"}, options...)}
}

// begin runs the server until the test ends.
func (c *Cluster) begin(t testing.TB) {
	t.Helper()
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Stop(syscall.SIGQUIT) })
}

// inMemory is a place in memory with room for some servers, or "" where there is
// none: removing their files takes a disk minutes.
func inMemory() string {
	const place, room = "/dev/shm", 2 << 30
	var st syscall.Statfs_t
	if err := syscall.Statfs(place, &st); err != nil || st.Bavail*uint64(st.Bsize) < room { // #nosec G115 -- a block's size is positive
		return ""
	}
	return place
}

func (c *Cluster) data() string { return filepath.Join(c.dir, "data") }

func (c *Cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.binaries, name), args...) // #nosec G204 -- PostgreSQL's own programs
	cmd.Dir, cmd.SysProcAttr = c.dir, c.attr
	return cmd
}

// Run starts the server, again after a Stop, and waits until it answers.
func (c *Cluster) Run() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	args := []string{"-D", c.data(), "-k", c.dir}
	for _, o := range c.options {
		args = append(args, "-c", o)
	}
	server := c.command("postgres", args...)
	if err := server.Start(); err != nil {
		return err
	}
	c.server = server
	db, err := sql.Open("pgx", c.url("test", "postgres"))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	for err = db.PingContext(ctx); err != nil && ctx.Err() == nil; err = db.PingContext(ctx) {
		time.Sleep(10 * time.Millisecond)
	}
	return errors.Join(err, db.Close())
}

// Stop ends the server: SIGQUIT at once, as a crash would; SIGINT in good order.
func (c *Cluster) Stop(s syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.server == nil {
		return nil
	}
	err := c.server.Process.Signal(s)
	_ = c.server.Wait() // a server that was told to crash says so
	c.server = nil
	return err
}

func (c *Cluster) url(role, database string) string {
	q := url.Values{"host": {c.dir}, "user": {role}}
	return "postgres:///" + database + "?" + q.Encode()
}

// Database lends the test an empty, migrated database and returns its URL. What
// the test leaves in it is deleted after it: a new one for each takes the disk
// seconds.
func (c *Cluster) Database(t testing.TB) string {
	t.Helper()
	c.cloning.Lock()
	defer c.cloning.Unlock()
	if !c.made {
		c.admin(t, "postgres", "CREATE DATABASE pattern OWNER chartline")
		db, err := postgres.Open(context.Background(), c.url("chartline", "pattern"), "", postgres.Options{Connections: 1})
		if err == nil {
			err = db.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		c.made = true
	}
	var name string
	if n := len(c.free); n > 0 {
		name, c.free = c.free[n-1], c.free[:n-1]
	} else {
		name = fmt.Sprintf("test%d", c.count.Add(1))
		c.admin(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE pattern OWNER chartline")
	}
	t.Cleanup(func() {
		c.admin(t, name, emptied)
		c.cloning.Lock()
		defer c.cloning.Unlock()
		c.free = append(c.free, name)
	})
	return c.url("chartline", name)
}

// Copy returns a database that holds what the one at url does, whose connections
// it ends. It goes with the test.
func (c *Cluster) Copy(t testing.TB, url string) string {
	t.Helper()
	from, name := nameIn(t, url), fmt.Sprintf("test%d", c.count.Add(1))
	c.cloning.Lock()
	defer c.cloning.Unlock()
	c.admin(t, "postgres", "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '"+from+"'")
	c.admin(t, "postgres", "CREATE DATABASE "+name+" TEMPLATE "+from+" OWNER chartline")
	t.Cleanup(func() {
		c.cloning.Lock()
		defer c.cloning.Unlock()
		c.admin(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)")
	})
	return c.url("chartline", name)
}

// emptied deletes all rows but the list of migrations, whatever refers to what.
const emptied = `
	SET session_replication_role = replica;
	DO $$
	DECLARE name text;
	BEGIN
		FOR name IN SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> 'goose_db_version' LOOP
			EXECUTE 'DELETE FROM ' || name;
		END LOOP;
	END $$`

// Empty makes a database that nothing has migrated.
func (c *Cluster) Empty(t testing.TB) string {
	t.Helper()
	name := fmt.Sprintf("test%d", c.count.Add(1))
	c.admin(t, "postgres", "CREATE DATABASE "+name+" OWNER chartline TEMPLATE template0")
	return c.url("chartline", name)
}

// Drop destroys a database, whoever uses it.
func (c *Cluster) Drop(t testing.TB, at string) {
	t.Helper()
	name := nameIn(t, at)
	c.admin(t, "postgres", "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '"+name+"'")
	c.admin(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)")
}

// Admin is where the superuser reaches the database that url names.
func (c *Cluster) Admin(t testing.TB, at string) string {
	t.Helper()
	return c.url("test", nameIn(t, at))
}

// nameIn is the database that a URL is of.
func nameIn(t testing.TB, at string) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	return u.Path[1:]
}

func (c *Cluster) admin(t testing.TB, database, statement string) {
	t.Helper()
	db, err := sql.Open("pgx", c.url("test", database))
	if err == nil {
		_, err = db.Exec(statement)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// unprivileged has a process run as nobody where the test is root, which
// PostgreSQL refuses, and gives dir to that user.
func unprivileged(t testing.TB, dir string) *syscall.SysProcAttr {
	t.Helper()
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		return attr
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, errU := strconv.ParseUint(u.Uid, 10, 32)
	gid, errG := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(errU, errG, os.Chown(dir, int(uid), int(gid))); err != nil {
		t.Fatal(err)
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr
}
