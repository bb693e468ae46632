package server

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"

	"chartline/internal/api/httpio"
	"chartline/internal/trace"
)

// finish logs a request's event and counts it: by the route's pattern, never by
// the path. The log holds no names, no ids of patients and no queries.
func (s *Server) finish(e *httpio.Event, span *trace.Active) {
	took := s.deps.Now().Sub(e.Start)
	s.metrics.observe(e, took)
	span.Answered(knownMethod(e.Method), e.Route, e.Status, e.Bytes, e.RequestID)
	span.End(nil)
	level := slog.LevelInfo
	if e.ErrorID != "" {
		level = slog.LevelError
	}
	if !s.deps.Log.Enabled(context.Background(), level) {
		return
	}
	attrs := make([]slog.Attr, 0, 16)
	attrs = append(attrs,
		slog.String("request", e.RequestID), slog.String("method", knownMethod(e.Method)), slog.String("route", e.Route), slog.String("action", string(e.Action)),
		slog.String("tenant", e.Tenant), slog.String("actor", e.ActorID), slog.String("address", e.Address),
		slog.Int("status", e.Status), slog.Int64("bytes", e.Bytes), slog.Int64("micros", took.Microseconds()))
	if id := span.ID(); id != "" {
		attrs = append(attrs, slog.String("trace", id))
	}
	if e.ErrorID != "" {
		attrs = append(attrs, slog.String("error", e.ErrorID), slog.Any("cause", e.Cause))
	}
	s.deps.Log.LogAttrs(context.Background(), level, "request", attrs...)
}

// traced begins a request's trace. Those who ask again and again how the server
// is have none.
func (s *Server) traced(r *http.Request) (*http.Request, *trace.Active) {
	switch r.URL.Path {
	case "/healthz", "/readyz", "/metrics":
		return r, nil
	}
	return s.deps.Traces.Request(r)
}

// knownMethod keeps made-up methods out of logs and metrics.
func knownMethod(m string) string {
	switch m {
	case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS":
		return m
	}
	return "other"
}

// requestIDs gives ids that are unique among all nodes without a lock: a random
// beginning a process, a count a request.
type requestIDs struct {
	prefix string
	count  atomic.Uint64
}

func newRequestIDs() *requestIDs { return &requestIDs{prefix: strings.ToLower(rand.Text()[:10]) + "-"} }

func (r *requestIDs) next() string { return r.prefix + strconv.FormatUint(r.count.Add(1), 36) }
