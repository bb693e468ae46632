package main

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"chartline/bench/proc"
)

// cluster is a PostgreSQL server of our own, with two databases: ours with a
// million encounters, and pgbench's with a million accounts. It runs on all cores
// and is set as it comes, but for a quarter of a gigabyte of buffers.
type cluster struct {
	server   *proc.Server
	addr     netip.AddrPort
	dir      string // of our server's files; the cluster's are below
	binaries string
	as       *syscall.Credential
}

const (
	pgSchema   = "../internal/store/postgres/migrations/*.sql"
	pgAccounts = 10 // times 100,000
)

func (c *cluster) files() string { return filepath.Join(c.dir, "postgres") }

// startPostgres starts it, and has our commands and servers use it.
func (b *bench) startPostgres(d dataset) (*cluster, error) {
	dir, err := b.cached("postgres-"+d.name, pgSchema, func(dir string) error { return b.fillPostgres(dir, d) })
	if err != nil {
		return nil, err
	}
	return b.openPostgres(dir)
}

func (b *bench) openPostgres(dir string) (*cluster, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(found) == 0 {
		return nil, fmt.Errorf("the PostgreSQL case needs PostgreSQL: %w", errors.Join(err, exec.ErrNotFound))
	}
	slices.Sort(found)
	c := &cluster{dir: dir, binaries: filepath.Dir(found[len(found)-1])}
	if err := c.unprivileged(b.cache); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(c.files(), "PG_VERSION")); err != nil {
		if err := c.run("initdb", "-D", c.files(), "-U", "bench", "-A", "trust", "-E", "UTF8", "--no-locale"); err != nil {
			return nil, err
		}
	}
	if c.addr, err = proc.FreeAddr(); err != nil {
		return nil, err
	}
	c.server, err = b.startAndWait(proc.Spec{
		Name: "postgres", Path: filepath.Join(c.binaries, "postgres"), Addr: c.addr, Core: proc.AllCores, As: c.as,
		Args: []string{"-D", c.files(), "-h", "127.0.0.1", "-p", strconv.Itoa(int(c.addr.Port())), "-c", "unix_socket_directories=", "-c", "shared_buffers=256MB",
			"-c", fmt.Sprintf("commit_delay=%d", b.opt.Delay.Microseconds()), "-c", "commit_siblings=0"},
	})
	if err != nil {
		return nil, err
	}
	b.database = fmt.Sprintf("postgres://chartline@%v/chartline?sslmode=disable", c.addr)
	for range 300 { // it listens before it lets anybody in
		if err = c.sql("postgres", "SELECT 1"); err == nil {
			return c, nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.stop(b)
	return nil, err
}

func (c *cluster) stop(b *bench) {
	b.database = ""
	c.server.Stop()
}

// unprivileged has PostgreSQL run as nobody where we are root, which it refuses.
func (c *cluster) unprivileged(cache string) error {
	if err := os.MkdirAll(c.files(), 0o700); err != nil || os.Geteuid() != 0 {
		return err
	}
	u, err := user.Lookup("nobody")
	if err != nil {
		return err
	}
	uid, errU := strconv.ParseUint(u.Uid, 10, 32)
	gid, errG := strconv.ParseUint(u.Gid, 10, 32)
	if err := errors.Join(errU, errG, os.Chown(c.files(), int(uid), int(gid))); err != nil {
		return err
	}
	c.as = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	for _, dir := range []string{cache, filepath.Dir(c.dir), c.dir} { // it must get there
		if err := os.Chmod(dir, 0o711); err != nil { // #nosec G302 -- benchmark data
			return err
		}
	}
	return nil
}

// run runs one of PostgreSQL's programs.
func (c *cluster) run(name string, args ...string) error {
	_, err := c.output(name, args...)
	return err
}

func (c *cluster) output(name string, args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(c.binaries, name), args...) // #nosec G204 -- PostgreSQL's own programs
	cmd.Dir, cmd.SysProcAttr = c.files(), &syscall.SysProcAttr{Credential: c.as}
	var text strings.Builder
	cmd.Stderr = &text
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", name, err, text.String())
	}
	return string(out), nil
}

// at is how PostgreSQL's programs find the server.
func (c *cluster) at(args ...string) []string {
	return append([]string{"-h", c.addr.Addr().String(), "-p", strconv.Itoa(int(c.addr.Port())), "-U", "bench"}, args...)
}

func (c *cluster) sql(database string, statements ...string) error {
	args := c.at("-qX", "-v", "ON_ERROR_STOP=1", "-d", database)
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	return c.run("psql", args...)
}

// fillPostgres makes both databases.
func (b *bench) fillPostgres(dir string, d dataset) error {
	c, err := b.openPostgres(dir)
	if err != nil {
		return err
	}
	defer c.stop(b)
	if err := c.sql("postgres", "CREATE ROLE chartline LOGIN", "CREATE DATABASE chartline OWNER chartline TEMPLATE template0", "CREATE DATABASE pgbench"); err != nil {
		return err
	}
	scale := pgAccounts
	if b.opt.Quick {
		scale = 1
	}
	if err := c.run("pgbench", c.at("-i", "-q", "-s", strconv.Itoa(scale), "pgbench")...); err != nil {
		return err
	}
	if err := b.chartlineTenant(dir); err != nil {
		return err
	}
	if err := b.firstRows(dir); err != nil {
		return err
	}
	return c.fillVisits(d)
}

// fillVisits copies the rows that the server has made, as fillChartline does.
func (c *cluster) fillVisits(d dataset) error {
	hex := func(width int) string { return fmt.Sprintf("lpad(to_hex(i), %d, '0')", width) }
	of := fmt.Sprintf("(1 + (i - 1) / %d)", d.encounters/d.patients)
	patientOf := strings.ReplaceAll(hex(8)+" || '-0000-4000-8000-' || "+hex(12), "(i)", "("+of+")")
	uuidOf := hex(8) + " || '-0000-4000-8000-' || " + hex(12)
	name := fmt.Sprintf("(%d + i::bigint * %d)::text", nameFirst, nameStep)
	statements := []string{"SET session_replication_role = replica"} // no check of references
	for _, t := range []struct {
		table, which string
		last         int
		set          map[string]string
	}{
		{"person", "kind = 'patient'", d.patients, map[string]string{"number": fmt.Sprint(patientNumber, " + i")}},
		{"person", "kind = 'provider'", providers, map[string]string{"number": fmt.Sprint(providerNumber, " + i")}},
		{"patient", "true", d.patients, map[string]string{
			"id": uuidOf, "number": fmt.Sprint(patientNumber, " + i"), "mrn": "'MRN' || " + hex(8), "external_id": "'X' || " + hex(8), "last_name": "'Example' || i"}},
		{"provider", "true", providers, map[string]string{
			"id": strings.Replace(uuidOf, "-8000-", "-9000-", 1), "number": fmt.Sprint(providerNumber, " + i"), "email": "'v' || i || '@example.org'"}},
		{"encounter", "true", d.encounters, map[string]string{
			"id": fmt.Sprint(encounterFirst, " + i"), "patient": fmt.Sprint(patientNumber, " + ", of), "provider": fmt.Sprintf("%d + 1 + i %% %d", providerNumber, providers)}},
		{"video_session", "true", d.encounters, map[string]string{
			"id": hex(24), "sid": uuidOf, "encounter": fmt.Sprint(encounterFirst, " + i")}},
		{"recording", "owner_kind = 'session'", d.encounters, map[string]string{
			"id": uuidOf, "name": name, "form": "replace(t.form, t.name, " + name + ")", "owner_id": hex(24), "patient": patientOf,
			"encounter": fmt.Sprint(encounterFirst, " + i"), "created_at": "(1700000000 + i::bigint) * 1000000"}},
	} {
		var pairs []string
		for column, value := range t.set {
			pairs = append(pairs, "'"+column+"', "+value)
		}
		statements = append(statements, fmt.Sprintf(`INSERT INTO %[1]s SELECT r.* FROM generate_series(1, %[2]d) i, %[1]s t, LATERAL jsonb_populate_record(t, jsonb_build_object(%[3]s)) r
			WHERE t.ctid = (SELECT ctid FROM %[1]s WHERE %[4]s LIMIT 1)`, t.table, t.last, strings.Join(pairs, ", "), t.which))
	}
	return c.sql("chartline", append(statements, "VACUUM ANALYZE", "CHECKPOINT")...)
}
