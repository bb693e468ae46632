package trace

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartline/internal/care"
)

// kept keeps what is taken.
type kept struct {
	mu    sync.Mutex
	spans []Span
}

func (k *kept) Start(func(string, int)) {}
func (k *kept) Close(context.Context)   {}
func (k *kept) Take(s Span) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.spans = append(k.spans, s)
}

func request(headers ...string) *http.Request {
	r := httptest.NewRequest("GET", "/acme/live", nil)
	for _, h := range headers {
		r.Header.Add("traceparent", h)
	}
	return r
}

const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

func TestStepsLieBelowTheRequestAndItsCaller(t *testing.T) {
	t.Parallel()
	k := &kept{}
	tracer := New(k, Sampler{Ratio: 1, Parent: true})
	r, root := tracer.Request(request(good))
	ctx, read := Start(r.Context(), GateRead)
	view := Leaf(ctx, StoreView)
	view.End(nil)
	wait := Leaf(ctx, AuditWait)
	wait.End(care.Unavailable(errors.New("rosa.lindqvist@example.org")))
	read.Decided("encounter.read", care.OutcomeFailed)
	read.End(errors.New("rosa.lindqvist@example.org"))
	root.Answered("GET", "GET /{tenant}/{instance}", 503, 12, "abc-1")
	root.End(nil)
	type row struct {
		Name, Below string
		Kind        Kind
		Failed      bool
		Attributes  []Attribute
	}
	names := map[SpanID]string{{0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31}: "caller"}
	for _, s := range k.spans {
		names[s.ID] = s.Name
		if s.Trace.String() != "0af7651916cd43dd8448eb211c80319c" || s.End.Before(s.Start) || s.Remote != (s.Name == "GET /{tenant}/{instance}") {
			t.Errorf("%+v", s)
		}
	}
	var got []row
	for _, s := range k.spans {
		got = append(got, row{s.Name, names[s.Parent], s.Kind, s.Failed, s.Attributes})
	}
	want := []row{
		{"store.view", "gate.read", Internal, false, nil},
		{"audit.wait", "gate.read", Internal, true, []Attribute{{Key: "error.type", Text: "unavailable"}}},
		{"gate.read", "GET /{tenant}/{instance}", Internal, true, []Attribute{{Key: "chartline.action", Text: "encounter.read"}, {Key: "chartline.outcome", Text: "failed"}, {Key: "error.type", Text: "internal"}}},
		{"GET /{tenant}/{instance}", "caller", Server, true, []Attribute{{Key: "http.route", Text: "/{tenant}/{instance}"}, {Key: "http.request.method", Text: "GET"},
			{Key: "http.response.status_code", Number: 503}, {Key: "http.response.body.size", Number: 12}, {Key: "chartline.request", Text: "abc-1"}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestWhatWasRightlyRefusedIsNoFailure(t *testing.T) {
	t.Parallel()
	for _, kind := range care.Kinds() {
		k := &kept{}
		_, a := New(k, Sampler{Ratio: 1}).Root(t.Context(), Job)
		a.End(&care.Error{Kind: kind})
		want := kind == care.KindInternal || kind == care.KindUnavailable || kind == care.KindMediaUnavailable || kind == care.KindStorageFull
		if k.spans[0].Failed != want || k.spans[0].Attributes[0].Text != kind.String() {
			t.Errorf("%v: %+v", kind, k.spans[0])
		}
	}
}

func TestOnlyATraceparentToTheLetterIsHeeded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		good: true,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00":       true,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff":       true,
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later": true,
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":       true,
		"": false,
		"cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01later":        false,
		"ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":             false,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x":           false,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331":                false,
		"00-0AF7651916CD43DD8448EB211C80319C-B7AD6B7169203331-01":             false,
		"00-00000000000000000000000000000000-b7ad6b7169203331-01":             false,
		"00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01":             false,
		"0x-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":             false,
		"00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01":             false,
		"00-0af7651916cd43dd8448eb211c80319'-b7ad6b7169203331-01":             false,
		"00-Rosa Lindqvist, 555-0143, asthma-b7ad6b7169203331-01":             false,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0g":             false,
		strings.Repeat("0", 8000):                                             false,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\x00":         false,
		" 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01":            false,
		"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01, 00-0af7651": false,
	} {
		k := &kept{}
		_, a := New(k, Sampler{Ratio: 1}).Request(request(text))
		if joined := a.ID() == "0af7651916cd43dd8448eb211c80319c"; joined != want || a.span.Remote != want || (a.span.Parent != SpanID{}) != want || a.span.Trace == (TraceID{}) {
			t.Errorf("%q: joined %v, %+v", text, joined, a.span)
		}
	}
	if _, a := New(&kept{}, Sampler{Ratio: 1}).Request(request(good, good)); a.span.Remote {
		t.Error("two headers are heeded")
	}
}

func FuzzTraceparent(f *testing.F) {
	f.Add(good)
	f.Add("cc" + good[2:] + "-x")
	f.Fuzz(func(t *testing.T, text string) {
		c, ok := callerOf(http.Header{"Traceparent": {text}})
		if !ok {
			return
		}
		if again := text[:3] + c.trace.String() + "-" + c.span.String() + text[52:]; again != text {
			t.Errorf("%q was read as %q", text, again)
		}
	})
}

func TestTheSamplerDecides(t *testing.T) {
	t.Parallel()
	unsampled := good[:53] + "00"
	for name, c := range map[string]struct {
		sampler Sampler
		caller  string
		want    bool
	}{
		"always":                     {Sampler{Ratio: 1}, "", true},
		"never":                      {Sampler{}, "", false},
		"never, whatever is said":    {Sampler{}, good, false},
		"always, whatever is said":   {Sampler{Ratio: 1}, unsampled, true},
		"the caller says yes":        {Sampler{Parent: true}, good, true},
		"the caller says no":         {Sampler{Ratio: 1, Parent: true}, unsampled, false},
		"no caller":                  {Sampler{Ratio: 1, Parent: true}, "", true},
		"a caller that is not heard": {Sampler{Parent: true}, good + "x", false},
		"by the id, above":           {Sampler{Ratio: .03}, good, false}, // 0x8448eb211c80319c is 0.52 of the way
		"by the id, below":           {Sampler{Ratio: .53}, good, true},
	} {
		var headers []string
		if c.caller != "" {
			headers = []string{c.caller}
		}
		r, a := New(&kept{}, c.sampler).Request(request(headers...))
		if got := a != nil; got != c.want || Leaf(r.Context(), GateRead) != nil != got {
			t.Errorf("%s: %v", name, got)
		}
	}
	taken, tracer := 0, New(&kept{}, Sampler{Ratio: .25, Parent: true})
	for range 4000 {
		if _, a := tracer.Root(t.Context(), Task); a != nil {
			taken++
		}
	}
	if taken < 800 || taken > 1200 {
		t.Errorf("of 4000, a quarter is %d", taken)
	}
}

func TestWithoutTracesNothingIsDoneAndNothingAllocated(t *testing.T) { // not beside others: it counts allocations
	var none *Tracer
	r := request(good)
	ctx := context.WithValue(r.Context(), http.ServerContextKey, 1)
	n := testing.AllocsPerRun(100, func() {
		same, a := none.Request(r)
		inner, read := Start(ctx, GateRead)
		leaf := Leaf(inner, StoreView)
		leaf.End(nil)
		read.Decided("encounter.read", care.OutcomeAllowed)
		read.Asked("GET", 200)
		read.Worked("x", "y")
		read.End(nil)
		a.Answered("GET", "GET /", 200, 1, "x")
		a.End(nil)
		if same != r || inner != ctx || a.ID() != "" {
			t.Error("something was done")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
	if same, a := none.Root(t.Context(), Job); a != nil || same != t.Context() {
		t.Error("a trace was begun")
	}
	none.Start(nil)
	none.Close(t.Context())
}

func TestEveryStepHasAName(t *testing.T) {
	t.Parallel()
	seen := map[string]Step{}
	for s := stepRequest; s <= KeyService; s++ {
		name, kind := s.describe()
		if other, twice := seen[name]; twice || name == "step" || kind == 0 {
			t.Errorf("%d is %q, as %d", s, name, other)
		}
		seen[name] = s
	}
	if name, _ := (KeyService + 1).describe(); name != "step" {
		t.Errorf("beyond the last is %q", name)
	}
}

func BenchmarkOff(b *testing.B) {
	r := request()
	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), http.ServerContextKey, 1))
	defer cancel()
	b.ReportAllocs()
	for b.Loop() {
		Leaf(ctx, StoreView).End(nil)
	}
}

type nowhere struct{}

func (nowhere) Start(func(string, int)) {}
func (nowhere) Close(context.Context)   {}
func (nowhere) Take(Span)               {}

func BenchmarkOn(b *testing.B) {
	r, _ := New(nowhere{}, Sampler{Ratio: 1}).Request(request())
	b.ReportAllocs()
	for b.Loop() {
		Leaf(r.Context(), StoreView).End(nil)
	}
}
