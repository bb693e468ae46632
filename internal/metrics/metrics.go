package metrics

import (
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Registry holds families of metrics and shows them.
type Registry struct {
	mu       sync.Mutex
	families []*family
	others   []func(*page)
}

// NewRegistry returns one with the runtime's and the process's own metrics.
func NewRegistry() *Registry {
	return &Registry{others: []func(*page){showRuntime, showProcess}}
}

// family is all metrics of one name, one for each combination of its labels'
// values.
type family struct {
	name, help, kind string
	labels           []string
	bounds           []float64 // of histograms
	members          sync.Map  // of the values, joined, to *member
}

// member is one metric. A counter and a gauge use value alone.
type member struct {
	values []string
	value  atomic.Int64
	// Of a histogram: how often a bound was the first that held what was observed,
	// with one beyond the last, and the bits of the sum.
	buckets []atomic.Uint64
	sum     atomic.Uint64
}

func (r *Registry) add(f *family) *family {
	r.mu.Lock()
	defer r.mu.Unlock()
	if slices.ContainsFunc(r.families, func(o *family) bool { return o.name == f.name }) {
		panic("metrics: " + f.name + " is there twice")
	}
	r.families = append(r.families, f)
	return f
}

// with returns the member that has these values, making it at first.
func (f *family) with(values []string) *member {
	if len(values) != len(f.labels) {
		panic("metrics: " + f.name + " has other labels")
	}
	key := strings.Join(values, "\xff")
	if m, ok := f.members.Load(key); ok {
		return m.(*member)
	}
	m, _ := f.members.LoadOrStore(key, &member{values: slices.Clone(values), buckets: make([]atomic.Uint64, f.size())})
	return m.(*member)
}

func (f *family) size() int {
	if f.bounds == nil {
		return 0
	}
	return len(f.bounds) + 1
}

// CounterOf and GaugeOf show a value that is kept elsewhere, as it is when
// somebody asks. They are added before anybody does.
func (r *Registry) CounterOf(name, help string, value func() int64) {
	r.others = append(r.others, func(p *page) { p.one(name, "counter", help, float64(value())) })
}

// GaugeOf: see CounterOf.
func (r *Registry) GaugeOf(name, help string, value func() int64) {
	r.others = append(r.others, func(p *page) { p.one(name, "gauge", help, float64(value())) })
}

// Counters are counters of one name.
type Counters struct{ f *family }

// Counters adds a family of counters, which appear as they are first used.
func (r *Registry) Counters(name, help string, labels ...string) Counters {
	return Counters{r.add(&family{name: name, help: help, kind: "counter", labels: labels})}
}

// With returns the counter whose labels have these values, in their order.
func (c Counters) With(values ...string) Counter { return Counter{c.f.with(values)} }

// Counter only goes up.
type Counter struct{ m *member }

// Counter adds a counter without labels.
func (r *Registry) Counter(name, help string) Counter { return r.Counters(name, help).With() }

// Inc adds one.
func (c Counter) Inc() { c.m.value.Add(1) }

// Add adds n, which is not negative.
func (c Counter) Add(n int64) { c.m.value.Add(n) }

// Gauge goes up and down.
type Gauge struct{ m *member }

// Gauge adds a gauge.
func (r *Registry) Gauge(name, help string) Gauge {
	return Gauge{r.add(&family{name: name, help: help, kind: "gauge"}).with(nil)}
}

// Add adds n, which may be negative.
func (g Gauge) Add(n int64) { g.m.value.Add(n) }

// Set makes it n.
func (g Gauge) Set(n int64) { g.m.value.Store(n) }

// Histograms are histograms of one name.
type Histograms struct{ f *family }

// Histograms adds a family of histograms with these bounds, which rise.
func (r *Registry) Histograms(name, help string, bounds []float64, labels ...string) Histograms {
	return Histograms{r.add(&family{name: name, help: help, kind: "histogram", labels: labels, bounds: slices.Clone(bounds)})}
}

// With returns the histogram whose labels have these values, in their order.
func (h Histograms) With(values ...string) Histogram {
	return Histogram{bounds: h.f.bounds, m: h.f.with(values)}
}

// Histogram counts what is observed by size.
type Histogram struct {
	bounds []float64
	m      *member
}

// Observe counts v.
func (h Histogram) Observe(v float64) {
	i := 0
	for i < len(h.bounds) && v > h.bounds[i] {
		i++
	}
	h.m.buckets[i].Add(1)
	for {
		was := h.m.sum.Load()
		if h.m.sum.CompareAndSwap(was, math.Float64bits(math.Float64frombits(was)+v)) {
			return
		}
	}
}
