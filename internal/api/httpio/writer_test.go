package httpio_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"chartline/internal/api/httpio"
)

// deadlines is a connection that remembers until when it may be written to.
type deadlines struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error { d.until = at; return nil }

// Else a client that asks and never reads would hold its connection for ever.
func TestEveryAnswerHasToBeTakenInTime(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter){
		"a header": func(w http.ResponseWriter) { w.WriteHeader(http.StatusNotFound) },
		"a body":   func(w http.ResponseWriter) { _, _ = w.Write([]byte("text")) },
		"a redirect": func(w http.ResponseWriter) {
			http.Redirect(w, httptest.NewRequest("GET", "/", nil), "/portal", http.StatusSeeOther)
		},
		"JSON": func(w http.ResponseWriter) { httpio.WriteJSONBytes(w, http.StatusOK, []byte("{}")) },
		"a reader": func(w http.ResponseWriter) {
			_, _ = w.(*httpio.Writer).ReadFrom(strings.NewReader("text"))
		},
	} {
		d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		answer(&httpio.Writer{ResponseWriter: d})
		if left := time.Until(d.until); left <= 0 || left > time.Minute {
			t.Errorf("%s may be taken for %v", name, left)
		}
	}
	d := &deadlines{ResponseRecorder: httptest.NewRecorder()}
	(&httpio.Writer{ResponseWriter: d}).WriteHeader(http.StatusContinue)
	if !d.until.IsZero() {
		t.Error("what is not the answer yet has a limit")
	}
}
