package otlp

import (
	"compress/gzip"
	"context"
	"encoding/pem"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"chartline/internal/trace"
)

// collector takes what is sent to it and reads it with the collector's own
// parser.
type collector struct {
	*httptest.Server
	t       *testing.T
	answers func(n int, w http.ResponseWriter) // of the nth request, from 1; nil is 200

	mu       sync.Mutex
	headers  []http.Header
	received []ptrace.Traces
	requests int
}

func newCollector(t *testing.T) *collector {
	t.Helper()
	c := &collector{t: t}
	c.Server = httptest.NewUnstartedServer(http.HandlerFunc(c.take))
	t.Cleanup(func() { c.Close() })
	return c
}

func (c *collector) take(w http.ResponseWriter, r *http.Request) {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "gzip" {
		var err error
		if body, err = gzip.NewReader(r.Body); err != nil {
			c.t.Error(err)
			return
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		c.t.Error(err)
		return
	}
	traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
	if err != nil || r.URL.Path != "/v1/traces" || r.Method != "POST" || r.Header.Get("Content-Type") != "application/json" {
		c.t.Errorf("%s %s (%s): %v\n%s", r.Method, r.URL.Path, r.Header.Get("Content-Type"), err, text)
	}
	c.mu.Lock()
	c.requests++
	n := c.requests
	c.headers = append(c.headers, r.Header)
	c.mu.Unlock()
	answered := &status{ResponseWriter: w, code: 200}
	if c.answers != nil {
		c.answers(n, answered)
	}
	if answered.code == 200 {
		c.mu.Lock()
		c.received = append(c.received, traces)
		c.mu.Unlock()
	}
}

type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

func (c *collector) spans() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.received {
		n += r.SpanCount()
	}
	return n
}

// counts is what became of spans.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) told(outcome string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n != 0 {
		c.of[outcome] += n
	}
}

func (c *counts) want(t *testing.T, want map[string]int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if d := cmp.Diff(want, c.of); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func open(t *testing.T, o Options) (*Exporter, *counts) {
	t.Helper()
	e, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	c := &counts{of: map[string]int{}}
	e.Start(c.told)
	return e, c
}

func someSpan(name string) trace.Span {
	at := time.Date(2026, 3, 18, 15, 0, 0, 123456789, time.UTC)
	return trace.Span{Trace: trace.TraceID{1, 15: 2}, ID: trace.SpanID{3, 7: 4}, Kind: trace.Internal, Name: name, Start: at, End: at.Add(1500)}
}

// within is time enough for anything on the slowest machine.
func within(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestTheCollectorsOwnParserReadsWhatIsSent(t *testing.T) {
	t.Parallel()
	for _, zip := range []bool{false, true} {
		c := newCollector(t)
		c.Start()
		e, n := open(t, Options{
			URL: c.URL + "/v1/traces", Gzip: zip, Version: "1.2.3", Delay: time.Hour,
			Headers: http.Header{"Authorization": {"Bearer hunter2"}}, Resource: map[string]string{"service.name": "care \"north\"", "service.version": "1.2.3"},
		})
		first := someSpan("GET /{tenant}/{instance}")
		first.Parent, first.Remote, first.Kind, first.Failed = trace.SpanID{5, 7: 6}, true, trace.Server, true
		first.Attributes = []trace.Attribute{{Key: "http.route", Text: "GET /{tenant}"}, {Key: "http.response.status_code", Number: 503}, {Key: "http.response.body.size"}}
		e.Take(first)
		e.Take(someSpan("store.view"))
		e.Close(within(t))
		n.want(t, map[string]int{"sent": 2})
		if len(c.received) != 1 || c.headers[0].Get("Authorization") != "Bearer hunter2" || c.headers[0].Get("User-Agent") != "chartline/1.2.3" {
			t.Fatalf("%d came, %v", len(c.received), c.headers)
		}
		resource := c.received[0].ResourceSpans().At(0)
		scope := resource.ScopeSpans().At(0)
		if d := cmp.Diff(map[string]any{"service.name": "care \"north\"", "service.version": "1.2.3"}, resource.Resource().Attributes().AsRaw()); d != "" || scope.Scope().Name() != "chartline" || scope.Scope().Version() != "1.2.3" {
			t.Errorf("scope %s %s, (-want +got)\n%s", scope.Scope().Name(), scope.Scope().Version(), d)
		}
		a, b := scope.Spans().At(0), scope.Spans().At(1)
		if a.TraceID() != [16]byte{1, 15: 2} || a.SpanID() != [8]byte{3, 7: 4} || a.ParentSpanID() != [8]byte{5, 7: 6} || a.Flags() != 0x301 ||
			a.Name() != "GET /{tenant}/{instance}" || a.Kind() != ptrace.SpanKindServer || a.Status().Code() != ptrace.StatusCodeError ||
			a.StartTimestamp().AsTime() != first.Start || a.EndTimestamp().AsTime() != first.End {
			t.Errorf("the first is %v %v %v %x %q %v %v", a.TraceID(), a.SpanID(), a.ParentSpanID(), a.Flags(), a.Name(), a.Kind(), a.Status())
		}
		if d := cmp.Diff(map[string]any{"http.route": "GET /{tenant}", "http.response.status_code": int64(503), "http.response.body.size": int64(0)}, a.Attributes().AsRaw()); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if !b.ParentSpanID().IsEmpty() || b.Kind() != ptrace.SpanKindInternal || b.Status().Code() != ptrace.StatusCodeUnset || b.Flags() != 0x101 || b.Attributes().Len() != 0 {
			t.Errorf("the second is %v %v %v %x", b.ParentSpanID(), b.Kind(), b.Status(), b.Flags())
		}
	}
}

func TestABusyCollectorIsAskedAgainAndOneThatRefusesIsNot(t *testing.T) {
	t.Parallel()
	busy := newCollector(t)
	busy.answers = func(n int, w http.ResponseWriter) {
		if n == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	busy.Start()
	e, n := open(t, Options{URL: busy.URL + "/v1/traces", Batch: 1, Delay: time.Hour})
	e.Take(someSpan("store.view"))
	for end := time.Now().Add(time.Minute); busy.spans() == 0 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
	}
	e.Close(within(t))
	n.want(t, map[string]int{"sent": 1})

	refusing := newCollector(t)
	refusing.answers = func(_ int, w http.ResponseWriter) { w.WriteHeader(http.StatusBadRequest) }
	refusing.Start()
	log := &strings.Builder{}
	e, n = open(t, Options{URL: refusing.URL + "/v1/traces", Delay: time.Hour, Batch: 1, Log: slog.New(slog.NewTextHandler(log, nil))})
	e.Take(someSpan("store.view"))
	e.Take(someSpan("store.view"))
	e.Close(within(t))
	n.want(t, map[string]int{"failed": 2})
	if refusing.requests != 2 || strings.Count(log.String(), "cannot be sent") != 1 || strings.Contains(log.String(), refusing.URL) {
		t.Errorf("%d requests; the log says %s", refusing.requests, log)
	}

	half := newCollector(t)
	half.answers = func(_ int, w http.ResponseWriter) {
		_, _ = io.WriteString(w, `{"partialSuccess":{"rejectedSpans":"1","errorMessage":"x"}}`)
	}
	half.Start()
	e, n = open(t, Options{URL: half.URL + "/v1/traces", Delay: time.Hour})
	e.Take(someSpan("store.view"))
	e.Take(someSpan("store.view"))
	e.Close(within(t))
	n.want(t, map[string]int{"sent": 1, "rejected": 1})
}

// TestNobodyWaitsForACollectorThatHangs proves that a full queue drops at once,
// counts it, and that a stop takes no longer than it may.
func TestNobodyWaitsForACollectorThatHangs(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e, n := open(t, Options{URL: "http://" + l.Addr().String() + "/v1/traces", Timeout: time.Hour, Queue: 10, Batch: 1, Delay: time.Hour})
	begun := time.Now()
	for range 1000 {
		e.Take(someSpan("store.view"))
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("a thousand spans took %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	e.Close(ctx)
	n.mu.Lock()
	total, lost := n.of["failed"]+n.of["dropped"], n.of["dropped"]
	n.mu.Unlock()
	if total != 1000 || lost < 900 {
		t.Errorf("of 1000, %v", n.of)
	}
}

func TestACollectorThatIsNotThereFailsNobody(t *testing.T) {
	t.Parallel()
	// A port that nobody takes: one that was just free may be another test's.
	e, n := open(t, Options{URL: "http://127.0.0.1:1/v1/traces", Delay: time.Millisecond})
	e.Take(someSpan("store.view"))
	e.Close(within(t))
	n.want(t, map[string]int{"failed": 1})
	e.Take(someSpan("store.view")) // after the end it is taken, and goes nowhere
}

func TestTheSecretGoesToTheCollectorAlone(t *testing.T) {
	t.Parallel()
	elsewhere := newCollector(t)
	elsewhere.Start()
	c := newCollector(t)
	c.answers = func(_ int, w http.ResponseWriter) {
		w.Header().Set("Location", elsewhere.URL+"/v1/traces")
		w.WriteHeader(http.StatusTemporaryRedirect)
	}
	c.Start()
	e, n := open(t, Options{URL: c.URL + "/v1/traces", Headers: http.Header{"X-Key": {"hunter2"}}, Delay: time.Hour})
	e.Take(someSpan("store.view"))
	e.Close(within(t))
	n.want(t, map[string]int{"failed": 1})
	if elsewhere.requests != 0 {
		t.Error("a redirect was followed")
	}
}

func TestTheCollectorsCertificateIsChecked(t *testing.T) {
	t.Parallel()
	c := newCollector(t)
	c.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	c.StartTLS()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for ca, want := range map[string]string{file: "sent", "": "failed"} {
		e, n := open(t, Options{URL: c.URL + "/v1/traces", Transport: Transport{CAFile: ca}, Delay: time.Hour})
		e.Take(someSpan("store.view"))
		e.Close(within(t))
		n.want(t, map[string]int{want: 1})
	}
	for _, bad := range []Transport{{CAFile: "/nowhere.pem"}, {CertFile: file, KeyFile: file}} {
		if _, err := New(Options{Transport: bad}); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}
