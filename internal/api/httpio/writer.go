package httpio

import (
	"io"
	"net/http"
	"time"

	"chartline/internal/care"
)

// Event is what is logged of one request, once, at its end. It is filled in as
// the request is handled and never holds names, ids of patients, or queries.
type Event struct {
	RequestID string
	Method    string
	Route     string // the pattern, never the path
	Action    care.Action
	Tenant    string
	Instance  string
	ActorKind care.ActorKind
	ActorID   string
	Address   string
	Status    int
	Bytes     int64
	ErrorID   string
	Cause     error
	Start     time.Time
}

// Writer is a ResponseWriter that fills in the Event. It passes files on to the
// kernel (ReadFrom) and lets http.ResponseController through (Unwrap).
type Writer struct {
	http.ResponseWriter
	Event Event
	// ReadLimit is how long a short body may take; 0 means 30 seconds.
	ReadLimit time.Duration
}

// WriteHeader notes the status.
func (w *Writer) WriteHeader(status int) {
	w.begin(status)
	w.ResponseWriter.WriteHeader(status)
}

// begin bounds how long the client may take to take the answer: one that reads
// nothing would hold its connection for ever. What is long sets its own bound.
func (w *Writer) begin(status int) {
	if w.Event.Status == 0 && status >= 200 {
		w.Event.Status = status
		_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(writeLimit))
	}
}

// Write counts the bytes.
func (w *Writer) Write(p []byte) (int, error) {
	w.begin(http.StatusOK)
	n, err := w.ResponseWriter.Write(p)
	w.Event.Bytes += int64(n)
	return n, err
}

// ReadFrom counts the bytes and keeps sendfile possible.
func (w *Writer) ReadFrom(r io.Reader) (int64, error) {
	w.begin(http.StatusOK)
	n, err := readFrom(w.ResponseWriter, r)
	w.Event.Bytes += n
	return n, err
}

// readFrom is io.Copy that asks the writer first, which leads to the connection.
func readFrom(w io.Writer, r io.Reader) (int64, error) {
	if direct, ok := w.(io.ReaderFrom); ok {
		return direct.ReadFrom(r)
	}
	return io.Copy(w, r)
}

// Unwrap returns the ResponseWriter inside.
func (w *Writer) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// EventOf returns the Event of the request that w answers. Where no Writer is
// inside it returns one that nobody reads.
func EventOf(w http.ResponseWriter) *Event {
	if inside := writerOf(w); inside != nil {
		return &inside.Event
	}
	return &Event{}
}

// writerOf is the Writer inside w, or nil.
func writerOf(w http.ResponseWriter) *Writer {
	for {
		switch v := w.(type) {
		case *Writer:
			return v
		case interface{ Unwrap() http.ResponseWriter }:
			w = v.Unwrap()
		default:
			return nil
		}
	}
}

func readLimitOf(w http.ResponseWriter) time.Duration {
	if inside := writerOf(w); inside != nil && inside.ReadLimit > 0 {
		return inside.ReadLimit
	}
	return readLimit
}
