package metrics

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// figure is a metric that is the sum of some of package runtime/metrics.
type figure struct {
	name, help string
	counter    bool
	of         []string
}

// figures are named as Prometheus's own client names them.
func figures() []figure {
	const heap, meta = "/memory/classes/heap/", "/memory/classes/metadata/"
	return []figure{
		{name: "go_gc_gogc_percent", help: "Growth of the heap between collections (GOGC).", of: []string{"/gc/gogc:percent"}},
		{name: "go_gc_gomemlimit_bytes", help: "Limit of the runtime's memory (GOMEMLIMIT).", of: []string{"/gc/gomemlimit:bytes"}},
		{name: "go_sched_gomaxprocs_threads", help: "Threads that run Go code at once (GOMAXPROCS).", of: []string{"/sched/gomaxprocs:threads"}},
		{name: "go_memstats_alloc_bytes", help: "Bytes of objects on the heap.", of: []string{heap + "objects:bytes"}},
		{name: "go_memstats_alloc_bytes_total", help: "Bytes ever allocated on the heap.", counter: true, of: []string{"/gc/heap/allocs:bytes"}},
		{name: "go_memstats_sys_bytes", help: "Bytes that the runtime has of the system.", of: []string{"/memory/classes/total:bytes"}},
		{name: "go_memstats_mallocs_total", help: "Objects ever allocated.", counter: true, of: []string{"/gc/heap/allocs:objects", "/gc/heap/tiny/allocs:objects"}},
		{name: "go_memstats_frees_total", help: "Objects ever freed.", counter: true, of: []string{"/gc/heap/frees:objects", "/gc/heap/tiny/allocs:objects"}},
		{name: "go_memstats_heap_alloc_bytes", help: "Bytes of objects on the heap.", of: []string{heap + "objects:bytes"}},
		{name: "go_memstats_heap_sys_bytes", help: "Bytes of the heap that the runtime has of the system.", of: []string{heap + "objects:bytes", heap + "unused:bytes", heap + "released:bytes", heap + "free:bytes"}},
		{name: "go_memstats_heap_idle_bytes", help: "Bytes of the heap that nothing uses.", of: []string{heap + "released:bytes", heap + "free:bytes"}},
		{name: "go_memstats_heap_inuse_bytes", help: "Bytes of spans of the heap in use.", of: []string{heap + "objects:bytes", heap + "unused:bytes"}},
		{name: "go_memstats_heap_released_bytes", help: "Bytes of the heap given back to the system.", of: []string{heap + "released:bytes"}},
		{name: "go_memstats_heap_objects", help: "Objects on the heap.", of: []string{"/gc/heap/objects:objects"}},
		{name: "go_memstats_stack_inuse_bytes", help: "Bytes of stacks.", of: []string{heap + "stacks:bytes"}},
		{name: "go_memstats_stack_sys_bytes", help: "Bytes of stacks that the runtime has of the system.", of: []string{heap + "stacks:bytes", "/memory/classes/os-stacks:bytes"}},
		{name: "go_memstats_mspan_inuse_bytes", help: "Bytes of mspan structures in use.", of: []string{meta + "mspan/inuse:bytes"}},
		{name: "go_memstats_mspan_sys_bytes", help: "Bytes of mspan structures.", of: []string{meta + "mspan/inuse:bytes", meta + "mspan/free:bytes"}},
		{name: "go_memstats_mcache_inuse_bytes", help: "Bytes of mcache structures in use.", of: []string{meta + "mcache/inuse:bytes"}},
		{name: "go_memstats_mcache_sys_bytes", help: "Bytes of mcache structures.", of: []string{meta + "mcache/inuse:bytes", meta + "mcache/free:bytes"}},
		{name: "go_memstats_buck_hash_sys_bytes", help: "Bytes of the profiler's table.", of: []string{"/memory/classes/profiling/buckets:bytes"}},
		{name: "go_memstats_gc_sys_bytes", help: "Bytes of the collector's own data.", of: []string{meta + "other:bytes"}},
		{name: "go_memstats_other_sys_bytes", help: "Bytes of the runtime's other data.", of: []string{"/memory/classes/other:bytes"}},
		{name: "go_memstats_next_gc_bytes", help: "Size of the heap at which the next collection ends.", of: []string{"/gc/heap/goal:bytes"}},
	}
}

// showRuntime adds the Go runtime's metrics. None of them stops the program.
func showRuntime(p *page) {
	for _, f := range figures() {
		kind := "gauge"
		if f.counter {
			kind = "counter"
		}
		p.one(f.name, kind, f.help, f.read())
	}
	p.one("go_goroutines", "gauge", "Goroutines that there are.", float64(runtime.NumGoroutine()))
	threads, _ := runtime.ThreadCreateProfile(nil)
	p.one("go_threads", "gauge", "Threads of the operating system that were made.", float64(threads))
	p.head("go_info", "gauge", "The Go that this was built with.").line("", []label{{"version", runtime.Version()}}, 1)
	showCollector(p)
}

func (f figure) read() (sum float64) {
	samples := make([]metrics.Sample, len(f.of))
	for i, name := range f.of {
		samples[i].Name = name
	}
	metrics.Read(samples)
	for _, s := range samples {
		if s.Value.Kind() == metrics.KindUint64 { // else this runtime does not know it
			sum += float64(s.Value.Uint64())
		}
	}
	return sum
}

func showCollector(p *page) {
	stats := debug.GCStats{PauseQuantiles: make([]time.Duration, 5)}
	debug.ReadGCStats(&stats)
	at := p.head("go_gc_duration_seconds", "summary", "Pauses of the garbage collector.")
	for i, quantile := range []string{"0", "0.25", "0.5", "0.75", "1"} {
		at.line("", []label{{"quantile", quantile}}, stats.PauseQuantiles[i].Seconds())
	}
	at.line("_sum", nil, stats.PauseTotal.Seconds())
	at.line("_count", nil, float64(stats.NumGC))
	last := math.Max(0, float64(stats.LastGC.UnixNano()))
	if stats.LastGC.IsZero() {
		last = 0
	}
	p.one("go_memstats_last_gc_time_seconds", "gauge", "When the collector last ended, in seconds since 1970.", last/1e9)
}
