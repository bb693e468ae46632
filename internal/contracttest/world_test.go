package contracttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"chartline/internal/audit"
	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/testkit"
	"chartline/internal/trace/tracetest"
)

// world is a whole server with the clinic's data and what is known of it.
type world struct {
	t       testing.TB
	kit     *testkit.Kit
	db      store.Store // without faults
	handler http.Handler
	addr    string
	vars    vars
	clients map[string]care.Client // by token
	// marks are the personal data that was planted, by tenant; secrets are
	// tokens and secrets.
	marks   map[string][]string
	secrets []string
	log     *logBuffer
	spans   *tracetest.Recorder // of every request
	faults  *faults
	seen    map[string]int64 // the last audit entry read, by chain
}

// newWorld builds one with the clinic, and more.
func newWorld(t testing.TB, more ...seed) *world {
	t.Helper()
	return newWorldWith(t, testkit.Options{}, more...)
}

func newWorldWith(t testing.TB, o testkit.Options, more ...seed) *world {
	t.Helper()
	return newWorldFrom(t, theClinic(t, o.Plain), o, more...)
}

func newWorldFrom(t testing.TB, kept *keptWorld, o testkit.Options, more ...seed) *world {
	t.Helper()
	o.Dir = t.TempDir()
	for name, content := range kept.files {
		file := filepath.Join(o.Dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, content, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	w := openWorld(t, o)
	if o.Bucket != nil {
		w.fillBucket(kept.files)
	}
	maps.Copy(w.vars, kept.vars)
	maps.Copy(w.clients, kept.clients)
	for tenant, marks := range kept.marks {
		w.marks[tenant] = slices.Clone(marks)
	}
	w.secrets = slices.Clone(kept.secrets)
	for _, s := range more {
		w.plant(s)
	}
	w.newEntries()
	return w
}

func openWorld(t testing.TB, o testkit.Options) *world {
	t.Helper()
	w := &world{
		t: t, vars: vars{}, clients: map[string]care.Client{}, marks: map[string][]string{},
		log: &logBuffer{}, faults: &faults{}, seen: map[string]int64{},
	}
	o.Log = w.log
	if o.Traces == nil {
		o.Traces, w.spans = tracetest.New()
	}
	wrap := o.Store
	o.Store = func(s store.Store) store.Store {
		w.db = s
		if wrap != nil {
			s = wrap(s)
		}
		return brokenStore{s, w.faults}
	}
	o.Media = func(b blob.Store) blob.Store { return brokenMedia{b, w.faults} }
	w.kit = testkit.New(t, o)
	w.handler = w.kit.Server.Handler(true)
	u, err := url.Parse(w.kit.Serve(t))
	w.must(err)
	w.addr = u.Host
	return w
}

// clinicOnce holds the clinic's data as files, for every world to begin with:
// planting it anew takes longer than most conversations. plainOnce is the same
// with its media stored plain.
var clinicOnce, plainOnce keptWorld

type keptWorld struct {
	sync.Once
	world
	files map[string][]byte
}

func theClinic(t testing.TB, plain bool) *keptWorld {
	t.Helper()
	c := &clinicOnce
	if plain {
		c = &plainOnce
	}
	c.Do(func() { c.plant(t, testkit.Options{Plain: plain}) })
	if c.files == nil {
		t.Fatal("the clinic could not be planted")
	}
	return c
}

// plant makes the clinic's data and keeps what it is in files.
func (c *keptWorld) plant(t testing.TB, o testkit.Options) {
	t.Helper()
	w := openWorld(t, o)
	w.plant(clinic(t))
	c.world, c.files = *w, map[string][]byte{}
	w.must(filepath.WalkDir(w.kit.Dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(w.kit.Dir, file)
		if err != nil {
			return err
		}
		c.files[name], err = os.ReadFile(file)
		return err
	}))
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// name keeps a value under a name, if there is one.
func (w *world) name(as, value string) {
	if as != "" {
		w.vars[as] = value
	}
}

// mark notes personal data that no log, metric or error may show. Short words
// could stand there by chance.
func (w *world) mark(tenant string, values ...string) {
	for _, v := range values {
		if len(v) >= 5 {
			w.marks[tenant] = append(w.marks[tenant], v)
		}
	}
}

// newEntries returns the audit entries since it was last called, of all chains.
func (w *world) newEntries() []care.AuditEntry {
	w.t.Helper()
	var found []care.AuditEntry
	err := w.db.View(context.WithoutCancel(w.t.Context()), func(tx store.Tx) error {
		chains, err := tx.AuditChains()
		if err != nil {
			return err
		}
		for _, chain := range chains {
			groups, err := tx.AuditGroups(chain, w.seen[chain], 10_000)
			if err != nil {
				return err
			}
			for _, g := range groups {
				err := audit.Group(g).Walk(func(e care.AuditEntry, _ []byte) bool {
					if e.Seq > w.seen[chain] {
						found = append(found, e)
					}
					return true
				})
				if err != nil {
					return err
				}
				w.seen[chain] = g.Last
			}
		}
		return nil
	})
	w.must(err)
	return found
}

// fill puts values where names stand.
func (w *world) fill(text string) string {
	w.t.Helper()
	out, err := w.vars.fill(text)
	w.must(err)
	return out
}

// request builds the bytes of a request: its target and headers exactly as
// given, and what HTTP needs beside them.
func (w *world) request(method, target string, headers []string, body []byte) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\n", method, target)
	has := func(name string) bool {
		for _, h := range headers {
			if key, _, _ := strings.Cut(h, ":"); strings.EqualFold(key, name) {
				return true
			}
		}
		return false
	}
	if !has("Host") {
		b.WriteString("Host: chartline.example.org\r\n")
	}
	for _, h := range headers {
		b.WriteString(h + "\r\n")
	}
	if !has("Content-Length") && !has("Transfer-Encoding") && (len(body) > 0 || method != "GET" && method != "HEAD") {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return b.Bytes()
}

// dial connects from a local address; "" means any.
func (w *world) dial(from string) net.Conn {
	w.t.Helper()
	var d net.Dialer
	if from != "" {
		d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	conn, err := d.DialContext(w.t.Context(), "tcp", w.addr)
	w.must(err)
	return conn
}

// logBuffer takes a server's log.
type logBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
