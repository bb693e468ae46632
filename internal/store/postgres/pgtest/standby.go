package pgtest

import (
	"net/url"
	"strings"
	"testing"
)

// Standby makes and runs a hot standby of c, which ends with the test. Its name
// is what c's synchronous_standby_names may say.
func (c *Cluster) Standby(t testing.TB, name string, options ...string) *Cluster {
	t.Helper()
	s := newCluster(t, c.binaries, options)
	s.run(t, "pg_basebackup", "-D", s.data(), "-d", "host="+c.dir+" user=test application_name="+name, "-R", "-X", "stream", "-c", "fast", "--no-sync")
	s.begin(t)
	return s
}

// Promote makes a standby a primary.
func (c *Cluster) Promote(t testing.TB) {
	t.Helper()
	c.run(t, "pg_ctl", "promote", "-D", c.data(), "-w", "-t", "60")
}

func (c *Cluster) run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := c.command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// At is where the database that url names is reached on this server; on further ones,
// in this order, where the first is not a primary.
func (c *Cluster) At(t testing.TB, at string, further ...*Cluster) string {
	t.Helper()
	u, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{c.dir}
	for _, f := range further {
		hosts = append(hosts, f.dir)
	}
	q := u.Query()
	q.Set("host", strings.Join(hosts, ","))
	u.RawQuery = q.Encode()
	return u.String()
}

// Do runs a statement as the superuser, in the database that url names.
func (c *Cluster) Do(t testing.TB, at, statement string) {
	t.Helper()
	c.admin(t, nameIn(t, at), statement)
}
