package trace

import (
	"encoding/binary"
	"encoding/hex"
	"net/http"
)

// caller is what a request's traceparent says (W3C Trace Context). Nothing else
// that callers send along is read: no tracestate and no baggage.
type caller struct {
	trace   TraceID
	span    SpanID
	sampled bool
}

// callerOf reads the header strictly; whatever is not to the letter of the
// standard counts as none.
func callerOf(h http.Header) (c caller, ok bool) {
	values := h["Traceparent"]
	if len(values) != 1 {
		return c, false
	}
	text := values[0] // 00-32 digits-16 digits-2 digits
	switch {
	case len(text) < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-':
		return c, false
	case len(text) > 55 && (text[:2] == "00" || text[55] != '-'): // later versions may have more
		return c, false
	}
	var version, flags [1]byte
	for _, part := range []struct {
		to   []byte
		from string
	}{{version[:], text[:2]}, {c.trace[:], text[3:35]}, {c.span[:], text[36:52]}, {flags[:], text[53:55]}} {
		if !lowerHex(part.from) {
			return c, false
		}
		if _, err := hex.Decode(part.to, []byte(part.from)); err != nil {
			return c, false
		}
	}
	c.sampled = flags[0]&1 != 0
	return c, version[0] != 0xff && c.trace != TraceID{} && c.span != SpanID{}
}

func lowerHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// takes decides by the second half of the id, as OpenTelemetry's own
// TraceIdRatioBased does in other services.
func (s Sampler) takes(id TraceID) bool {
	switch {
	case s.Ratio >= 1:
		return true
	case s.Ratio <= 0:
		return false
	}
	return float64(binary.BigEndian.Uint64(id[8:])>>1) < s.Ratio*(1<<63)
}

// String is the id in hexadecimal digits.
func (t TraceID) String() string { return hex.EncodeToString(t[:]) }

// String is the id in hexadecimal digits.
func (s SpanID) String() string { return hex.EncodeToString(s[:]) }
