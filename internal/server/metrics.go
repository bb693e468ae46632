package server

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"chartline/internal/api/httpio"
)

// metrics count by route pattern and status: no names, no ids.
type metrics struct {
	registry       *prometheus.Registry
	requests       *prometheus.CounterVec
	seconds        *prometheus.HistogramVec
	bytes          *prometheus.CounterVec
	inFlight       prometheus.Gauge
	protocolErrors prometheus.Counter
	taskRuns       *prometheus.CounterVec
	jobRuns        *prometheus.CounterVec

	series sync.Map // of seriesKey to series
}

type seriesKey struct {
	route  string
	method string
	status int
}

type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
	bytes    prometheus.Counter
}

func newMetrics(r *prometheus.Registry) *metrics {
	m := &metrics{
		registry: r,
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chartline_http_requests_total", Help: "Requests answered, by route pattern and status."}, []string{"route", "method", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "chartline_http_request_seconds", Help: "Time from a request's header to the end of its answer, in seconds.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1, 5, 30, 120},
		}, []string{"route"}),
		bytes:          prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chartline_http_response_bytes_total", Help: "Bytes of answers' bodies, by route pattern."}, []string{"route"}),
		inFlight:       prometheus.NewGauge(prometheus.GaugeOpts{Name: "chartline_http_requests_in_flight", Help: "Requests being answered now."}),
		protocolErrors: prometheus.NewCounter(prometheus.CounterOpts{Name: "chartline_http_protocol_errors_total", Help: "Connections that net/http complained about."}),
		taskRuns:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chartline_task_runs_total", Help: "Runs of recurring work, by name and outcome."}, []string{"task", "outcome"}),
		jobRuns:        prometheus.NewCounterVec(prometheus.CounterOpts{Name: "chartline_job_runs_total", Help: "Attempts at durable work, by kind and outcome; a dead one waits for a person."}, []string{"kind", "outcome"}),
	}
	r.MustRegister(m.requests, m.seconds, m.bytes, m.inFlight, m.protocolErrors, m.taskRuns, m.jobRuns,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) observe(e *httpio.Event, took time.Duration) {
	key := seriesKey{route: e.Route, method: knownMethod(e.Method), status: e.Status}
	if key.route == "" {
		key.route = "none"
	}
	found, ok := m.series.Load(key)
	if !ok {
		found, _ = m.series.LoadOrStore(key, series{
			requests: m.requests.WithLabelValues(key.route, key.method, strconv.Itoa(key.status)),
			seconds:  m.seconds.WithLabelValues(key.route),
			bytes:    m.bytes.WithLabelValues(key.route),
		})
	}
	s := found.(series)
	s.requests.Inc()
	s.seconds.Observe(took.Seconds())
	s.bytes.Add(float64(e.Bytes))
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// countingWriter counts what is written and drops it.
type countingWriter struct{ c prometheus.Counter }

func (w countingWriter) Write(p []byte) (int, error) {
	w.c.Inc()
	return len(p), nil
}
