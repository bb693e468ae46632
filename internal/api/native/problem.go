package native

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"chartline/internal/care"
)

// problem is an error's body (RFC 9457).
type problem struct {
	Type    string        `json:"type" doc:"urn:chartline:problem: and the kind of the failure" example:"urn:chartline:problem:invalid"`
	Title   string        `json:"title" doc:"The kind of the failure in words" example:"A value is missing or wrong"`
	Status  int           `json:"status" doc:"The HTTP status" example:"400"`
	Detail  string        `json:"detail,omitempty" doc:"What it is about. Never holds personal data"`
	Errors  []faultyField `json:"errors,omitempty" nullable:"false" doc:"Every faulty field, by name"`
	ErrorID string        `json:"errorId,omitempty" doc:"Under which the server's log holds the cause"`
}

type faultyField struct {
	Field  string `json:"field" doc:"The field or parameter, as in participants[0]" example:"birthDate"`
	Reason string `json:"reason" doc:"What it must be; never repeats the value" example:"must be YYYY-MM-DD"`
}

// shape is how a Kind looks on this surface.
type shape struct {
	status int
	title  string
}

// shapeOf is the one table of Kinds.
func shapeOf(k care.Kind) shape {
	switch k {
	case care.KindInvalid:
		return shape{http.StatusBadRequest, "A value is missing or wrong"}
	case care.KindUnauthenticated:
		return shape{http.StatusUnauthorized, "A valid bearer token is required"}
	case care.KindExpired:
		return shape{http.StatusUnauthorized, "The token has expired"}
	case care.KindBadSecret:
		return shape{http.StatusUnauthorized, "Client name and secret do not fit"}
	case care.KindForbidden:
		return shape{http.StatusForbidden, "Access is restricted"}
	case care.KindNotFound:
		return shape{http.StatusNotFound, "Not found"}
	case care.KindAmbiguous:
		return shape{http.StatusConflict, "More than one thing fits"}
	case care.KindConflict:
		return shape{http.StatusConflict, "In conflict with what is there"}
	case care.KindMismatch:
		return shape{http.StatusUnprocessableEntity, "The body does not fit its digest or key"}
	case care.KindNoRoute:
		return shape{http.StatusNotFound, "No such route"}
	case care.KindMethodNotAllowed:
		return shape{http.StatusMethodNotAllowed, "Method not allowed"}
	case care.KindPrecondition:
		return shape{http.StatusPreconditionFailed, "A precondition does not hold"}
	case care.KindRange:
		return shape{http.StatusRequestedRangeNotSatisfiable, "None of the ranges can be satisfied"}
	case care.KindTooLarge:
		return shape{http.StatusRequestEntityTooLarge, "The body is too large"}
	case care.KindUnsupportedMedia:
		return shape{http.StatusUnsupportedMediaType, "The content type is not taken here"}
	case care.KindTimeout:
		return shape{http.StatusRequestTimeout, "The body came too slowly"}
	case care.KindRateLimited:
		return shape{http.StatusTooManyRequests, "Too many requests"}
	case care.KindStorageFull:
		return shape{http.StatusInsufficientStorage, "No room for new recordings"}
	case care.KindUnavailable:
		return shape{http.StatusServiceUnavailable, "Temporarily unavailable"}
	case care.KindMediaUnavailable:
		return shape{http.StatusServiceUnavailable, "The stored recording cannot be delivered now"}
	case care.KindInternal:
	}
	return shape{http.StatusInternalServerError, "Something went wrong on our side"}
}

// writeError renders e; see httpio.Surface.
func writeError(w http.ResponseWriter, _ *http.Request, e *care.Error, id string) {
	sh := shapeOf(e.Kind)
	out := problem{
		Type: "urn:chartline:problem:" + e.Kind.String(), Title: sh.title, Status: sh.status,
		Detail: e.Message, Errors: faultyFields(e), ErrorID: id,
	}
	if e.Kind == care.KindInternal {
		out.Detail = "" // whatever it says is for the log
	}
	if e.Kind == care.KindNotFound && e.Noun != "" && out.Detail == "" {
		out.Detail = "No such " + strings.ReplaceAll(e.Noun, "_", " ") + "."
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // strings and a number: always encodes
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(body.Len()))
	w.WriteHeader(sh.status)
	_, _ = w.Write(body.Bytes())
}

func faultyFields(e *care.Error) []faultyField {
	var out []faultyField
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		out = append(out, faultyField{Field: field, Reason: e.Fields[field]})
	}
	return out
}
