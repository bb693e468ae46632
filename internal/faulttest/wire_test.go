package faulttest

import (
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"chartline/internal/blob/s3/s3test"
	"chartline/internal/config"
	"chartline/internal/store/postgres/pgtest"
)

// wire is the network between a server and something that it needs. It can be
// cut, and it can hold what is sent, as when packets are lost and sent again.
type wire struct {
	address string
	to      func() (net.Conn, error)

	mu     sync.Mutex
	whole  chan struct{} // closed while nothing is held
	away   bool          // nobody is let through
	ends   map[net.Conn]bool
	pieces int // that came, either way
	// before, where not nil, is told the number of each piece before it goes on.
	before func(n int)
}

func newWire(t testing.TB, host string, to func() (net.Conn, error)) *wire {
	t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	must(t, err)
	w := &wire{address: l.Addr().String(), to: to, whole: make(chan struct{}), ends: map[net.Conn]bool{}}
	close(w.whole)
	t.Cleanup(func() { _ = l.Close(); w.release(); w.cut() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return // at the test's end
			}
			go w.carry(near)
		}
	}()
	return w
}

func (w *wire) carry(near net.Conn) {
	defer near.Close()
	w.await()
	far, err := w.to()
	if err != nil {
		return
	}
	defer far.Close()
	w.mu.Lock()
	away := w.away
	w.ends[near], w.ends[far] = true, true
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.ends, near)
		delete(w.ends, far)
	}()
	if away {
		return
	}
	back := make(chan struct{})
	go func() {
		w.copy(near, far)
		close(back)
	}()
	w.copy(far, near)
	<-back
}

// copy carries pieces until either end is gone, and then ends both.
func (w *wire) copy(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 {
			w.pass()
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (w *wire) pass() {
	w.mu.Lock()
	w.pieces++
	n, before := w.pieces, w.before
	w.mu.Unlock()
	if before != nil {
		before(n)
	}
	w.await()
}

func (w *wire) await() {
	w.mu.Lock()
	whole := w.whole
	w.mu.Unlock()
	<-whole
}

// hold keeps back what is sent, either way, until release.
func (w *wire) hold() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.whole = make(chan struct{})
}

func (w *wire) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.whole:
	default:
		close(w.whole)
	}
}

// cut ends all connections.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.ends {
		_ = c.Close()
	}
}

// leave has nobody come through, or all again.
func (w *wire) leave(away bool) {
	w.mu.Lock()
	w.away = away
	w.mu.Unlock()
	w.cut()
}

// count has f told the number of each piece from now on; nil ends it. It returns
// how many there were until then.
func (w *wire) count(f func(n int)) (until int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	until, w.pieces, w.before = w.pieces, 0, f
	return until
}

// farSite is a site on PostgreSQL and S3, which its servers reach over wires.
// Commands beside them reach both without.
type farSite struct {
	*site
	cluster  *pgtest.Cluster
	server   *s3test.Server
	db, s3   *wire
	overWire []string
}

func newFarSite(t testing.TB) *farSite {
	t.Helper()
	return newFarSiteAt(t, "127.0.0.1", "127.0.0.1")
}

// newFarSiteAt makes one whose wires begin at these addresses.
func newFarSiteAt(t testing.TB, database, host string) *farSite {
	t.Helper()
	f := &farSite{cluster: pgtest.Start(t), server: s3test.Start(t)}
	bucket := f.server.Bucket(t)
	media := config.S3{Endpoint: bucket.Endpoint, Region: bucket.Region, Bucket: bucket.Bucket, Prefix: bucket.Prefix, PathStyle: true}
	at := f.cluster.Empty(t)
	f.site = &site{dir: t.TempDir(), unswept: true, places: []string{"--database", at, "--media", media.String()}, env: map[string]string{
		"CHARTLINE_S3_ACCESS_KEY": s3test.AccessKey, "CHARTLINE_S3_SECRET_KEY": s3test.SecretKey,
		"CHARTLINE_AUDIT_KEY": newKey(), "CHARTLINE_MASTER_KEY": newKey(),
	}}
	clients, err := f.populate()
	must(t, err)
	for _, c := range clients {
		f.tenants = append(f.tenants, newTenant(c))
	}
	u, err := url.Parse(at)
	must(t, err)
	socket := u.Query().Get("host") + "/.s.PGSQL.5432"
	f.db = newWire(t, database, func() (net.Conn, error) { return net.Dial("unix", socket) })
	f.s3 = newWire(t, host, func() (net.Conn, error) { return net.Dial("tcp", strings.TrimPrefix(bucket.Endpoint, "http://")) })
	media.Endpoint = "http://" + f.s3.address
	f.overWire = []string{"--database", "postgres://" + u.Query().Get("user") + "@" + f.db.address + u.Path + "?sslmode=disable", "--media", media.String()}
	return f
}

// begin starts the site's server.
func (f *farSite) begin(t testing.TB) *process {
	t.Helper()
	return f.start(t, f.overWire...)
}
