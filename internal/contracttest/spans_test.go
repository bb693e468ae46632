package contracttest

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"chartline/internal/blob/s3/s3test"
	"chartline/internal/testkit"
	spans "chartline/internal/trace"
	"chartline/internal/trace/otlp"
	"chartline/internal/trace/tracetest"
)

const caller = "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// lookUp is the look-up of an encounter by its recording.
func (w *world) lookUp(headers ...string) ask {
	w.t.Helper()
	for _, r := range gated() {
		if strings.HasSuffix(r.pattern, "encounter-from-recording/{recording_id}") {
			a := w.good(r)
			a.headers = append(a.headers, headers...)
			return a
		}
	}
	w.t.Fatal("there is no look-up")
	return ask{}
}

// TestATraceShowsTheStepsOfARequest pins what a look-up and a refusal show.
func TestATraceShowsTheStepsOfARequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.spans.Drain()
	id := regexp.MustCompile(`chartline\.request=\S+|http\.response\.body\.size=\d+`)
	for name, c := range map[string]struct {
		change func(*ask)
		want   string
	}{
		"a look-up": {func(*ask) {}, `GET /api/service/v1/encounter-from-recording/{recording_id} http.route=/api/service/v1/encounter-from-recording/{recording_id} http.request.method=GET http.response.status_code=200 SIZE REQUEST
  store.view
  gate.read chartline.action=encounter.look_up chartline.outcome=allowed
    store.view
    audit.wait
`},
		"a token that is wrong": {func(a *ask) { a.token = "chl_wrong" }, `GET /api/service/v1/encounter-from-recording/{recording_id} http.route=/api/service/v1/encounter-from-recording/{recording_id} http.request.method=GET http.response.status_code=401 SIZE REQUEST
`},
	} {
		a := w.lookUp(caller)
		c.change(&a)
		w.serve(a)
		all := w.spans.Drain()
		for _, s := range all {
			if s.Trace.String() != "0af7651916cd43dd8448eb211c80319c" {
				t.Errorf("%s: %s is of trace %s", name, s.Name, s.Trace)
			}
		}
		got := id.ReplaceAllStringFunc(tracetest.Tree(all), func(s string) string {
			return map[bool]string{true: "SIZE", false: "REQUEST"}[strings.Contains(s, "size")]
		})
		if got != c.want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
	if !strings.Contains(w.log.String(), `"trace":"0af7651916cd43dd8448eb211c80319c"`) {
		t.Error("the log does not name the trace")
	}
}

// TestATraceShowsWhatTheBucketWasAsked looks at a download whose bytes lie in S3.
func TestATraceShowsWhatTheBucketWasAsked(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	bucket := server.Bucket(t)
	w := newWorldWith(t, testkit.Options{Bucket: &bucket, BucketDir: server.File(bucket.Bucket, bucket.Prefix)})
	for _, r := range gated() {
		if r.String() != "GET /api/v1/recordings/{recording}/content" {
			continue
		}
		w.spans.Drain()
		if got := w.serve(w.good(r)); got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		tree := tracetest.Tree(w.spans.Drain())
		if !regexp.MustCompile(`(?m)^  blob\.open\n(    \S.*\n)*    s3 http\.request\.method=GET http\.response\.status_code=20[06]$`).MatchString(tree) {
			t.Errorf("the bucket is not below the opening:\n%s", tree)
		}
		return
	}
	t.Fatal("there is no download")
}

// TestACollectorIsToldAndNobodyWaitsForOne sends traces to a collector that is
// there, and to one that takes connections and never answers.
func TestACollectorIsToldAndNobodyWaitsForOne(t *testing.T) {
	t.Parallel()
	var (
		mu    sync.Mutex
		names []string
	)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		traces, err := (&ptrace.JSONUnmarshaler{}).UnmarshalTraces(text)
		if err != nil {
			t.Errorf("%v in %s", err, text)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		spans := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
		for i := range spans.Len() {
			names = append(names, spans.At(i).Name()+" "+spans.At(i).TraceID().String())
		}
	}))
	defer collector.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for place, url := range map[string]string{"there": collector.URL, "silent": "http://" + silent.Addr().String()} {
		out, err := otlp.New(otlp.Options{URL: url + "/v1/traces", Queue: 64, Batch: 16, Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		traces := spans.New(out, spans.Sampler{Ratio: 1})
		w := newWorldWith(t, testkit.Options{Traces: traces})
		begun := time.Now()
		for range 100 {
			if got := w.serve(w.lookUp(caller)); got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", place, got.status, got.body)
			}
		}
		if took := time.Since(begun); took > 50*time.Minute/100 {
			t.Errorf("%s: a hundred requests took %v", place, took)
		}
		stop, cancel := t.Context(), func() {}
		if place == "silent" {
			stop, cancel = context.WithTimeout(t.Context(), 10*time.Millisecond)
		}
		traces.Close(stop)
		cancel()
		metrics := string(w.serveRaw([]byte("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), "").body)
		lost := strings.Contains(metrics, `chartline_trace_spans_total{outcome="dropped"}`) && strings.Contains(metrics, `chartline_trace_spans_total{outcome="failed"}`)
		if place == "silent" && !lost || !strings.Contains(metrics, "chartline_trace_spans_total{") {
			t.Errorf("%s: the metrics do not tell\n%s", place, metrics)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	for _, want := range []string{"GET /api/service/v1/encounter-from-recording/{recording_id}", "gate.read", "store.view", "audit.wait"} {
		if !strings.Contains(strings.Join(names, "\n"), want+" 0af7651916cd43dd8448eb211c80319c") {
			t.Errorf("the collector was not told of %s", want)
		}
	}
}

// BenchmarkTraces is what a look-up costs without traces and with them, a durable
// audit entry included.
func BenchmarkTraces(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(map[bool]string{false: "off", true: "on"}[on], func(b *testing.B) {
			o := testkit.Options{Traces: spans.New(&tracetest.Recorder{}, spans.Sampler{})}
			if on {
				o.Traces, _ = tracetest.New()
			}
			w := newWorldWith(b, o)
			a := w.lookUp()
			b.ReportAllocs()
			for b.Loop() {
				if got := w.serve(a); got.status != http.StatusOK {
					b.Fatal(got.status)
				}
			}
		})
	}
}
