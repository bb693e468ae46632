package tracetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"chartline/internal/trace"
)

// Recorder keeps every span. It implements trace.Exporter.
type Recorder struct {
	mu     sync.Mutex
	spans  []trace.Span
	closed bool
}

var _ trace.Exporter = (*Recorder)(nil)

// New returns a tracer of everything, and what keeps its spans.
func New() (*trace.Tracer, *Recorder) {
	r := &Recorder{}
	return trace.New(r, trace.Sampler{Ratio: 1}), r
}

// Start implements trace.Exporter.
func (r *Recorder) Start(func(outcome string, spans int)) {}

// Take implements trace.Exporter.
func (r *Recorder) Take(s trace.Span) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.spans = append(r.spans, s)
}

// Close implements trace.Exporter.
func (r *Recorder) Close(context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
}

// Closed reports whether it was closed.
func (r *Recorder) Closed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.closed
}

// Drain returns the spans that were kept since it was last called.
func (r *Recorder) Drain() []trace.Span {
	r.mu.Lock()
	defer r.mu.Unlock()
	spans := r.spans
	r.spans = nil
	return spans
}

// Tree shows spans a line each, those below another one after it and further in,
// in the order in which they began: "gate.read chartline.action=encounter.read".
func Tree(spans []trace.Span) string {
	slices.SortStableFunc(spans, func(a, b trace.Span) int { return a.Start.Compare(b.Start) })
	known := map[trace.SpanID]bool{}
	for _, s := range spans {
		known[s.ID] = true
	}
	var text strings.Builder
	for _, s := range spans {
		if !known[s.Parent] {
			write(&text, spans, s, "")
		}
	}
	return text.String()
}

func write(to *strings.Builder, all []trace.Span, s trace.Span, indent string) {
	to.WriteString(indent + s.Name)
	for _, a := range s.Attributes {
		if a.Text != "" {
			fmt.Fprintf(to, " %s=%s", a.Key, a.Text)
			continue
		}
		fmt.Fprintf(to, " %s=%d", a.Key, a.Number)
	}
	if s.Failed {
		to.WriteString(" FAILED")
	}
	to.WriteString("\n")
	for _, below := range all {
		if below.Parent == s.ID {
			write(to, all, below, indent+"  ")
		}
	}
}
