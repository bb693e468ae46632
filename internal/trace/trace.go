package trace

import (
	"context"
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"chartline/internal/care"
)

// Span is a step that has ended.
type Span struct {
	Trace  TraceID
	ID     SpanID
	Parent SpanID // zero: it has none
	Remote bool   // the parent is who sent the request
	Kind   Kind
	Name   string
	Start  time.Time
	End    time.Time
	Failed bool

	Attributes []Attribute
}

// TraceID and SpanID are random, and never all zeros.
type (
	TraceID [16]byte
	SpanID  [8]byte
)

// Kind says on which side of a connection a step was.
type Kind int

// The kinds that occur, with OTLP's numbers.
const (
	Internal Kind = 1
	Server   Kind = 2
	Client   Kind = 3
)

// Attribute is one thing that is known of a step: a text or, where that is
// empty, a number.
type Attribute struct {
	Key    string
	Text   string
	Number int64
}

// Exporter takes spans away.
type Exporter interface {
	// Start begins, and says where to tell what became of how many spans.
	Start(told func(outcome string, spans int))
	// Take must not block, whatever has become of the place that spans go to.
	Take(Span)
	// Close sends what is left, until ctx ends.
	Close(ctx context.Context)
}

// Sampler says of which requests there are traces.
type Sampler struct {
	// Ratio of the requests, from 0 to 1; by the trace's id, so that services
	// that share it agree.
	Ratio float64
	// Parent has a caller who says whether it is traced itself decide instead.
	Parent bool
}

// Tracer begins traces. A nil one begins none.
type Tracer struct {
	out     Exporter
	sampler Sampler
}

// New returns a tracer whose spans go to out.
func New(out Exporter, s Sampler) *Tracer { return &Tracer{out: out, sampler: s} }

// Start begins to take spans away; see Exporter.
func (t *Tracer) Start(told func(outcome string, spans int)) {
	if t != nil {
		t.out.Start(told)
	}
}

// Close sends what is left, until ctx ends.
func (t *Tracer) Close(ctx context.Context) {
	if t != nil {
		t.out.Close(ctx)
	}
}

// Active is a step under way. It is for one goroutine at a time. A nil one is of
// nothing that is traced: all its methods do nothing.
type Active struct {
	tracer *Tracer
	span   Span
}

// Request begins the trace of a request, joining its caller's where that has one.
func (t *Tracer) Request(r *http.Request) (*http.Request, *Active) {
	if t == nil {
		return r, nil
	}
	parent, ok := callerOf(r.Header)
	if !ok {
		parent = caller{trace: newTraceID()}
	}
	sampled := parent.sampled
	if !ok || !t.sampler.Parent {
		sampled = t.sampler.takes(parent.trace)
	}
	if !sampled {
		return r, nil
	}
	a := t.begin(stepRequest, parent.trace, parent.span)
	a.span.Remote = ok
	return r.WithContext(within(r.Context(), a)), a
}

// Root begins a trace of our own.
func (t *Tracer) Root(ctx context.Context, s Step) (context.Context, *Active) {
	if t == nil {
		return ctx, nil
	}
	id := newTraceID()
	if !t.sampler.takes(id) {
		return ctx, nil
	}
	a := t.begin(s, id, SpanID{})
	return within(ctx, a), a
}

// Start begins a step below the one in ctx, and returns a context for what is
// below it.
func Start(ctx context.Context, s Step) (context.Context, *Active) {
	a := Leaf(ctx, s)
	if a == nil {
		return ctx, nil
	}
	return within(ctx, a), a
}

// Leaf begins a step below the one in ctx that has none below itself.
func Leaf(ctx context.Context, s Step) *Active {
	above, _ := ctx.Value(key{}).(*Active)
	if above == nil {
		return nil
	}
	return above.tracer.begin(s, above.span.Trace, above.span.ID)
}

type key struct{}

func within(ctx context.Context, a *Active) context.Context { return context.WithValue(ctx, key{}, a) }

func (t *Tracer) begin(s Step, trace TraceID, parent SpanID) *Active {
	name, kind := s.describe()
	return &Active{tracer: t, span: Span{Trace: trace, ID: newSpanID(), Parent: parent, Kind: kind, Name: name, Start: time.Now()}}
}

// End ends the step. Of err it keeps the kind alone.
func (a *Active) End(err error) {
	if a == nil {
		return
	}
	if err != nil {
		kind := care.KindOf(err)
		a.text("error.type", kind.String())
		a.span.Failed = isFault(kind)
	}
	a.span.End = a.span.Start.Add(time.Since(a.span.Start)) // whatever the clock does
	a.tracer.out.Take(a.span)
}

// isFault tells what is ours to mend from what was rightly refused.
func isFault(k care.Kind) bool {
	switch k {
	case care.KindInternal, care.KindUnavailable, care.KindMediaUnavailable, care.KindStorageFull:
		return true
	}
	return false
}

// Answered says how a request was answered. route is its pattern, such as
// "GET /{tenant}", or empty where no route fits; method is a known one.
func (a *Active) Answered(method, route string, status int, bytes int64, request string) {
	if a == nil {
		return
	}
	a.span.Name, a.span.Failed = method, status >= 500
	if route != "" {
		a.span.Name = route
		_, pattern, _ := strings.Cut(route, " ")
		a.text("http.route", pattern)
	}
	a.text("http.request.method", method)
	a.number("http.response.status_code", int64(status))
	a.number("http.response.body.size", bytes)
	a.text("chartline.request", request)
}

// Asked says what another service was asked, and how it answered.
func (a *Active) Asked(method string, status int) {
	if a == nil {
		return
	}
	a.text("http.request.method", method)
	if status != 0 {
		a.number("http.response.status_code", int64(status))
		a.span.Failed = status >= 500
	}
}

// Decided says which action was decided on, and how.
func (a *Active) Decided(action care.Action, o care.Outcome) {
	if a == nil {
		return
	}
	a.text("chartline.action", string(action))
	a.text("chartline.outcome", string(o))
}

// Worked says which kind of recurring or durable work was done, and how it ended.
func (a *Active) Worked(kind, outcome string) {
	if a == nil {
		return
	}
	a.text("chartline.work", kind)
	a.text("chartline.outcome", outcome)
}

// ID is the trace's, for the log; empty where there is none.
func (a *Active) ID() string {
	if a == nil {
		return ""
	}
	return a.span.Trace.String()
}

func (a *Active) text(key, value string) {
	if value == "" {
		return
	}
	a.span.Attributes = append(a.span.Attributes, Attribute{Key: key, Text: value})
}

func (a *Active) number(key string, n int64) {
	a.span.Attributes = append(a.span.Attributes, Attribute{Key: key, Number: n})
}

func newTraceID() (id TraceID) {
	for id == (TraceID{}) {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id
}

func newSpanID() (id SpanID) {
	for id == (SpanID{}) {
		_, _ = rand.Read(id[:]) // never fails
	}
	return id
}
