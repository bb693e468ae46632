package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"
)

// A check may hang on what takes no notice of a limit. It fails then, in time, and
// no other check fails with it.
func TestReadinessIsToldInTimeAlthoughACheckHangs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		h := newHealth(map[string]func(context.Context) error{
			"database": func(context.Context) error { <-let; return nil },
			"media":    func(ctx context.Context) error { return ctx.Err() },
		}, nil, slog.New(slog.DiscardHandler))
		begun, w := time.Now(), httptest.NewRecorder()
		h.ready(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil))
		if took := time.Since(begun); took != checkLimit || w.Code != http.StatusServiceUnavailable {
			t.Errorf("%d after %v", w.Code, took)
		}
		var got wireHealth
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.Checks["database"] != "failing" || got.Checks["media"] != "ok" {
			t.Errorf("%s, %v", w.Body, err)
		}
		close(let)
	})
}
