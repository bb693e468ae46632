package otlp

import (
	"maps"
	"slices"
	"strconv"

	"chartline/internal/trace"
)

// The document is OTLP's ExportTraceServiceRequest in its JSON form: names in
// lowerCamelCase, ids in hexadecimal digits, 64-bit numbers as texts, enumerations
// as numbers.

type wireRequest struct {
	ResourceSpans []wireResourceSpans `json:"resourceSpans"`
}

type wireResourceSpans struct {
	Resource   wireResource     `json:"resource"`
	ScopeSpans []wireScopeSpans `json:"scopeSpans"`
}

type wireResource struct {
	Attributes []wireAttribute `json:"attributes"`
}

type wireScopeSpans struct {
	Scope wireScope  `json:"scope"`
	Spans []wireSpan `json:"spans"`
}

type wireScope struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

type wireSpan struct {
	TraceID      string          `json:"traceId"`
	SpanID       string          `json:"spanId"`
	ParentSpanID string          `json:"parentSpanId,omitempty"`
	Flags        uint32          `json:"flags"`
	Name         string          `json:"name"`
	Kind         int             `json:"kind"`
	Start        string          `json:"startTimeUnixNano"`
	End          string          `json:"endTimeUnixNano"`
	Attributes   []wireAttribute `json:"attributes,omitempty"`
	Status       *wireStatus     `json:"status,omitempty"`
}

type wireStatus struct {
	Code int `json:"code"`
}

type wireAttribute struct {
	Key   string    `json:"key"`
	Value wireValue `json:"value"`
}

type wireValue struct {
	Text   *string `json:"stringValue,omitempty"`
	Number string  `json:"intValue,omitempty"`
}

// The bits of a span's flags.
const (
	flagSampled      = 1
	flagParentKnown  = 1 << 8 // that the next one is true
	flagParentRemote = 1 << 9
)

const statusError = 2

func (e *Exporter) document(batch []trace.Span) wireRequest {
	resource := wireResource{Attributes: []wireAttribute{}}
	for _, name := range slices.Sorted(maps.Keys(e.o.Resource)) {
		resource.Attributes = append(resource.Attributes, text(name, e.o.Resource[name]))
	}
	spans := make([]wireSpan, len(batch))
	for i, s := range batch {
		spans[i] = spanOf(s)
	}
	return wireRequest{[]wireResourceSpans{{
		Resource:   resource,
		ScopeSpans: []wireScopeSpans{{Scope: wireScope{Name: "chartline", Version: e.o.Version}, Spans: spans}},
	}}}
}

func spanOf(s trace.Span) wireSpan {
	w := wireSpan{
		TraceID: s.Trace.String(), SpanID: s.ID.String(), Flags: flagSampled | flagParentKnown, Name: s.Name, Kind: int(s.Kind),
		Start: strconv.FormatInt(s.Start.UnixNano(), 10), End: strconv.FormatInt(s.End.UnixNano(), 10),
	}
	if s.Parent != (trace.SpanID{}) {
		w.ParentSpanID = s.Parent.String()
	}
	if s.Remote {
		w.Flags |= flagParentRemote
	}
	if s.Failed {
		w.Status = &wireStatus{statusError}
	}
	for _, a := range s.Attributes {
		if a.Text != "" {
			w.Attributes = append(w.Attributes, text(a.Key, a.Text))
			continue
		}
		w.Attributes = append(w.Attributes, wireAttribute{a.Key, wireValue{Number: strconv.FormatInt(a.Number, 10)}})
	}
	return w
}

func text(key, value string) wireAttribute { return wireAttribute{key, wireValue{Text: &value}} }
