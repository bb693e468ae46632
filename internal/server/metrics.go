package server

import (
	"strconv"
	"sync"
	"time"

	"chartline/internal/api/httpio"
	meter "chartline/internal/metrics"
)

// metrics count by route pattern and status: no names, no ids.
type metrics struct {
	registry       *meter.Registry
	requests       meter.Counters
	seconds        meter.Histograms
	bytes          meter.Counters
	inFlight       meter.Gauge
	protocolErrors meter.Counter
	taskRuns       meter.Counters
	jobRuns        meter.Counters
	spans          meter.Counters

	series sync.Map // of seriesKey to series
}

type seriesKey struct {
	route  string
	method string
	status int
}

type series struct {
	requests meter.Counter
	seconds  meter.Histogram
	bytes    meter.Counter
}

func newMetrics(standby func() Standby, writes func() (commits, updates int64)) *metrics {
	r := meter.NewRegistry()
	if writes != nil {
		showWrites(r, writes)
	}
	if standby != nil {
		showStandby(r, standby)
	}
	return &metrics{
		registry: r,
		requests: r.Counters("chartline_http_requests_total", "Requests answered, by route pattern and status.", "method", "route", "status"),
		seconds: r.Histograms("chartline_http_request_seconds", "Time from a request's header to the end of its answer, in seconds.",
			[]float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30, 120}, "route"),
		bytes:          r.Counters("chartline_http_response_bytes_total", "Bytes of answers' bodies, by route pattern.", "route"),
		inFlight:       r.Gauge("chartline_http_requests_in_flight", "Requests being answered now."),
		protocolErrors: r.Counter("chartline_http_protocol_errors_total", "Connections that net/http complained about."),
		taskRuns:       r.Counters("chartline_task_runs_total", "Runs of recurring work, by name and outcome.", "outcome", "task"),
		jobRuns:        r.Counters("chartline_job_runs_total", "Attempts at durable work, by kind and outcome; a dead one waits for a person.", "kind", "outcome"),
		spans:          r.Counters("chartline_trace_spans_total", "Spans of traces, by what became of them.", "outcome"),
	}
}

func showWrites(r *meter.Registry, writes func() (commits, updates int64)) {
	r.CounterOf("chartline_store_commits_total", "Transactions that this server has committed.", func() int64 {
		commits, _ := writes()
		return commits
	})
	r.CounterOf("chartline_store_updates_total", "Changes, and groups of audit entries, that shared those commits.", func() int64 {
		_, updates := writes()
		return updates
	})
}

func showStandby(r *meter.Registry, standby func() Standby) {
	r.GaugeOf("chartline_replica_used", "1 while reads may go to the database's replica, 0 while all go to the primary.", func() int64 {
		if standby().Used {
			return 1
		}
		return 0
	})
	r.CounterOf("chartline_replica_reads_total", "Reads that the database's replica answered.", func() int64 { return standby().Reads })
	r.CounterOf("chartline_replica_turned_total", "Reads that were begun on the replica, which failed or was behind, and answered by the primary.",
		func() int64 { return standby().Turned })
}

func (m *metrics) observe(e *httpio.Event, took time.Duration) {
	key := seriesKey{route: e.Route, method: knownMethod(e.Method), status: e.Status}
	if key.route == "" {
		key.route = "none"
	}
	found, ok := m.series.Load(key)
	if !ok {
		found, _ = m.series.LoadOrStore(key, series{
			requests: m.requests.With(key.method, key.route, strconv.Itoa(key.status)),
			seconds:  m.seconds.With(key.route),
			bytes:    m.bytes.With(key.route),
		})
	}
	s := found.(series)
	s.requests.Inc()
	s.seconds.Observe(took.Seconds())
	s.bytes.Add(e.Bytes)
}

// countingWriter counts what is written and drops it.
type countingWriter struct{ c meter.Counter }

func (w countingWriter) Write(p []byte) (int, error) {
	w.c.Inc()
	return len(p), nil
}
