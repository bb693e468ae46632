package metrics

import (
	"bytes"
	"maps"
	"math"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

func parse(t *testing.T, text []byte) map[string]*dto.MetricFamily {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return families
}

func TestPrometheusReadsWhatIsShown(t *testing.T) {
	t.Parallel()
	r := NewRegistry()
	answers := r.Counters("answers_total", "Answers, \"of all\" kinds:\na \\ too.", "method", "route")
	odd := "GET /{a}\\\"\n\xff"
	answers.With("GET", odd).Add(3)
	answers.With("PUT", "none").Inc()
	r.Counters("unused_total", "Never used.", "why")
	r.Counter("none_total", "Stays nothing.")
	r.Gauge("under_way", "What is being done.").Add(-2)
	took := r.Histograms("took_seconds", "How long.", []float64{.005, 1, 30}, "route").With("x")
	for _, v := range []float64{.005, .006, 1, 30.5, math.SmallestNonzeroFloat64} {
		took.Observe(v)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if got := w.Header().Get("Content-Type"); !strings.HasPrefix(got, "text/plain; version=0.0.4") {
		t.Errorf("the content type is %q", got)
	}
	problems, err := promlint.New(bytes.NewReader(w.Body.Bytes())).Lint()
	for _, p := range problems {
		if !strings.HasPrefix(p.Metric, "go_") { // older than the lint
			t.Errorf("%s: %s", p.Metric, p.Text)
		}
	}
	families := parse(t, w.Body.Bytes())
	if err != nil || families["unused_total"] != nil || families["none_total"].Metric[0].Counter.GetValue() != 0 || families["under_way"].Metric[0].Gauge.GetValue() != -2 {
		t.Errorf("%v\n%s", err, w.Body)
	}
	if f := families["answers_total"]; f.GetHelp() != "Answers, \"of all\" kinds:\na \\ too." || f.GetType() != dto.MetricType_COUNTER {
		t.Errorf("answers: %v", f)
	}
	got := map[string]float64{}
	for _, m := range families["answers_total"].Metric {
		got[m.Label[0].GetName()+"="+m.Label[0].GetValue()+" "+m.Label[1].GetName()+"="+m.Label[1].GetValue()] = m.Counter.GetValue()
	}
	if d := cmp.Diff(map[string]float64{"method=GET route=GET /{a}\\\"\n\ufffd": 3, "method=PUT route=none": 1}, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	h := families["took_seconds"].Metric[0].Histogram
	buckets := map[float64]uint64{}
	for _, b := range h.Bucket {
		buckets[b.GetUpperBound()] = b.GetCumulativeCount()
	}
	if d := cmp.Diff(map[float64]uint64{.005: 2, 1: 4, 30: 4, math.Inf(1): 5}, buckets); d != "" || h.GetSampleCount() != 5 || math.Abs(h.GetSampleSum()-31.511) > 1e-9 {
		t.Errorf("count %d, sum %v, (-want +got)\n%s", h.GetSampleCount(), h.GetSampleSum(), d)
	}
}

// TestTheRuntimeIsNamedAsElsewhere holds our metrics of the runtime and the
// process to those that Prometheus's own client shows, which dashboards know.
func TestTheRuntimeIsNamedAsElsewhere(t *testing.T) {
	t.Parallel()
	runtime.GC() // there was a collection, whoever looks first
	theirs := prometheus.NewRegistry()
	theirs.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	families, err := theirs.Gather()
	if err != nil {
		t.Fatal(err)
	}
	describe := func(f *dto.MetricFamily) string {
		labels := []string{f.GetType().String()}
		for _, l := range f.Metric[0].Label {
			labels = append(labels, l.GetName()+"="+l.GetValue())
		}
		return strings.Join(labels, " ")
	}
	value := func(m *dto.Metric) float64 {
		return m.GetGauge().GetValue() + m.GetCounter().GetValue() + m.GetSummary().GetSampleSum()
	}
	want, got := map[string]string{}, map[string]string{}
	ours := parse(t, NewRegistry().text())
	for name, f := range ours {
		got[name] = describe(f)
	}
	for _, f := range families {
		want[f.GetName()] = describe(f)
		if ours[f.GetName()] == nil {
			continue
		}
		a, b := value(f.Metric[0]), value(ours[f.GetName()].Metric[0])
		lasting := f.GetType() == dto.MetricType_COUNTER || strings.HasPrefix(f.GetName(), "process_") || strings.HasSuffix(f.GetName(), "_sys_bytes")
		if lasting && a > 0 && b == 0 || f.GetName() == "process_start_time_seconds" && math.Abs(a-b) > 2 || strings.Contains(f.GetName(), "_max_") && a != b {
			t.Errorf("%s is %v here and %v there", f.GetName(), b, a)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-theirs +ours)\n%s", d)
	}
	if len(want) < 30 {
		t.Errorf("only %v were compared", maps.Keys(want))
	}
}

func TestManyCountAtOnceAndNothingIsLost(t *testing.T) {
	t.Parallel()
	r := NewRegistry()
	counters := r.Counters("things_total", "Things.", "which")
	sizes := r.Histograms("size_bytes", "Sizes.", []float64{1, 10}, "which")
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 1000 {
				counters.With("xy"[i%2 : i%2+1]).Inc()
				sizes.With("a").Observe(float64(i % 20))
				if i%250 == 0 {
					r.text()
				}
			}
		})
	}
	all.Wait()
	families := parse(t, r.text())
	h := families["size_bytes"].Metric[0].Histogram
	if m := families["things_total"].Metric; len(m) != 2 || m[0].Counter.GetValue() != 4000 || m[1].Counter.GetValue() != 4000 {
		t.Errorf("counters: %v", m)
	}
	if h.GetSampleCount() != 8000 || h.GetSampleSum() != 8*1000/20*190 {
		t.Errorf("histogram: %v", h)
	}
}

func TestOneNameIsOneFamily(t *testing.T) {
	t.Parallel()
	r := NewRegistry()
	c := r.Counters("things_total", "Things.", "which")
	for what, wrong := range map[string]func(){
		"a name twice":     func() { r.Gauge("things_total", "Things.") },
		"a label too much": func() { c.With("a", "b") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s is taken", what)
				}
			}()
			wrong()
		}()
	}
}

func BenchmarkObserve(b *testing.B) {
	r := NewRegistry()
	h := r.Histograms("took_seconds", "How long.", []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30, 120}, "route").With("x")
	theirs := prometheus.NewHistogram(prometheus.HistogramOpts{Buckets: h.bounds})
	for name, observe := range map[string]func(float64){"ours": h.Observe, "theirs": theirs.Observe} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				observe(.003)
			}
		})
	}
}
