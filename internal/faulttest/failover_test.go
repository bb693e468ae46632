package faulttest

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"chartline/internal/store/postgres/pgtest"
)

// newSiteAt makes an installation with two tenants in a database of PostgreSQL's.
func newSiteAt(t testing.TB, database string) *site {
	t.Helper()
	s := &site{dir: t.TempDir(), places: []string{"--database", database}, env: map[string]string{"CHARTLINE_FREE_DISK_FLOOR": "0"}}
	clients, err := s.populate()
	must(t, err)
	for _, c := range clients {
		s.tenants = append(s.tenants, newTenant(c))
	}
	return s
}

// F22: the primary crashes under load and its standby, which reads went to, takes
// its place. What was acknowledged is there, and the server, which nobody
// restarts, serves it.
func TestAFailoverOfTheDatabaseLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	primary := pgtest.Start(t)
	at := primary.Empty(t)
	standby := primary.Standby(t, "second")
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = 'second'", "SELECT pg_reload_conf()"} {
		primary.Do(t, at, statement)
	}
	s := newSiteAt(t, primary.At(t, at, standby))
	p := s.startUnder(t, nil, "--database-replica", standby.At(t, at))
	if p.url == "" {
		t.Fatalf("the server ended before it was ready: %v\n%s", p.err, p.log)
	}
	clinics := []clinic{s.tenants[0].open(t), s.tenants[1].open(t)}

	var refused atomic.Int64
	away := func(status int) bool {
		refused.Add(1)
		time.Sleep(20 * time.Millisecond) // as a client would
		return status == http.StatusServiceUnavailable
	}
	l := begin(t, rng, 2, away, clinics...)
	l.more(30, 0)
	eventually(t, "the replica answers no reads", func() bool { return metric(t, p.url, "chartline_replica_reads_total") > "0" })
	must(t, primary.Stop(syscall.SIGQUIT))
	eventually(t, "nobody notices that the primary is gone", func() bool { return refused.Load() > 0 && status(p.url+"/readyz", "") == http.StatusServiceUnavailable })
	standby.Promote(t)
	eventually(t, "service does not come back", func() bool { return status(p.url+"/readyz", "") == http.StatusOK })
	before := l.end()
	l = begin(t, rng, 2, none, clinics...)
	l.more(30, 0)
	t.Logf("%d requests answered before, %d refused, %d answered after", before.done, before.refused, l.end().done)
	if strings.Contains(body(t, p.url+"/readyz"), `"replica":"ok"`) {
		t.Error("the primary of now is read from as a replica")
	}
	s.verify(t)
	s.command(t, "audit", "verify")
	p.stop()
}

func body(t testing.TB, url string) string {
	t.Helper()
	answer, err := http.Get(url) // #nosec G107 -- the test's own server
	must(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	must(t, err)
	return string(text)
}

// metric is the value of one without labels; empty where it is not there.
func metric(t testing.TB, url, name string) string {
	t.Helper()
	for line := range strings.Lines(body(t, url+"/metrics")) {
		if value, ok := strings.CutPrefix(line, name+" "); ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
