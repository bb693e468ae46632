package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/blob"
	"chartline/internal/care"
)

// checkLimit bounds one readiness check.
const checkLimit = 3 * time.Second

type health struct {
	checks  map[string]func(context.Context) error
	standby func() Standby // nil where there is none
	log     *slog.Logger
	stopped atomic.Bool
}

func newHealth(checks map[string]func(context.Context) error, standby func() Standby, log *slog.Logger) *health {
	return &health{checks: checks, standby: standby, log: log}
}

func (h *health) stopping() { h.stopped.Store(true) }

type wireHealth struct {
	Status string            `json:"status"`
	Checks map[string]string `json:"checks,omitempty"`
}

// ready answers 200 while requests can be served, 503 while not, and says which
// part fails; the cause goes to the log. A media store without room for uploads
// is "full": reads go on, so that alone is not a failure. Nor is a copy of the
// database that is "unused": the primary answers.
func (h *health) ready(w http.ResponseWriter, r *http.Request) {
	out, status := wireHealth{Status: "ok", Checks: map[string]string{}}, http.StatusOK
	for name, err := range h.check(r.Context()) {
		switch {
		case err == nil:
			out.Checks[name] = "ok"
		case errors.Is(err, blob.ErrFull):
			out.Checks[name] = "full"
		default:
			out.Checks[name], out.Status, status = "failing", "unavailable", http.StatusServiceUnavailable
			h.log.Error("readiness check failed", "check", name, "cause", err.Error())
		}
	}
	if h.standby != nil {
		out.Checks["replica"] = "unused"
		if h.standby().Used {
			out.Checks["replica"] = "ok"
		}
	}
	if h.stopped.Load() {
		out.Status, status = "stopping", http.StatusServiceUnavailable
	}
	if status != http.StatusOK {
		w.Header().Set("Retry-After", "1")
	}
	_ = httpio.WriteJSON(w, status, out)
}

// check runs all checks at once. One that has not ended within the limit fails,
// although what it waits for may take no notice of that: a database of which
// nothing is heard must not keep those waiting who ask whether it is there.
func (h *health) check(ctx context.Context) map[string]error {
	ctx, cancel := context.WithTimeout(ctx, checkLimit)
	defer cancel()
	type result struct {
		name string
		err  error
	}
	results, found := make(chan result, len(h.checks)), map[string]error{}
	for name, check := range h.checks {
		found[name] = context.DeadlineExceeded
		go func() { results <- result{name, checked(ctx, check)} }()
	}
	for range h.checks {
		select {
		case r := <-results:
			found[r.name] = r.err
		case <-ctx.Done():
			for left := len(results); left > 0; left-- { // what has been said by now counts, however late it is heard here
				r := <-results
				found[r.name] = r.err
			}
			return found
		}
	}
	return found
}

// checked makes an error of a panic: on a check's own goroutine nobody else would.
func checked(ctx context.Context, check func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return check(ctx)
}

// opsHandler serves what says how the server is: /, /healthz, /readyz, /metrics.
func (s *Server) opsHandler(withMetrics bool) http.Handler {
	about := map[string]any{
		"name": "chartline", "version": s.deps.Version, "description": "The open, self-hosted server for recorded care.",
		"links": map[string]string{"openapi": "/api/v1/openapi.json", "health": "/healthz", "readiness": "/readyz"},
	}
	serve := map[string]http.HandlerFunc{
		"/": func(w http.ResponseWriter, _ *http.Request) { _ = httpio.WriteJSON(w, http.StatusOK, about) },
		"/healthz": func(w http.ResponseWriter, _ *http.Request) {
			_ = httpio.WriteJSON(w, http.StatusOK, wireHealth{Status: "ok"})
		},
		"/readyz": s.health.ready,
		"/metrics": func(w http.ResponseWriter, r *http.Request) {
			if !withMetrics || !fromLoopback(r) {
				s.calls.NotFound(w, r)
				return
			}
			s.metrics.registry.ServeHTTP(w, r)
		},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, ok := serve[r.URL.Path]
		switch {
		case !ok:
			s.calls.NotFound(w, r)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			w.Header().Set("Allow", "GET, HEAD")
			s.calls.Fail(w, r, &care.Error{Kind: care.KindMethodNotAllowed})
		default:
			httpio.EventOf(w).Route = "GET " + r.URL.Path
			h(w, r)
		}
	})
}

// fromLoopback reports whether the peer is this machine itself. What a proxy
// passes on is not.
func fromLoopback(r *http.Request) bool {
	ip := net.ParseIP(httpio.PeerAddress(r))
	return ip != nil && ip.IsLoopback() && r.Header.Get("X-Forwarded-For") == "" && r.Header.Get("Forwarded") == ""
}
