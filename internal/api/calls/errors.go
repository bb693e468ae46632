package calls

import (
	"net/http"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// wireError is one element of the error array.
type wireError struct {
	ErrorCode     string         `json:"errorCode"`
	ComponentType string         `json:"componentType"`
	Message       string         `json:"message"`
	Details       map[string]any `json:"details"`
	Date          string         `json:"date"`
}

// shape is how a Kind looks on this surface.
type shape struct {
	status    int
	code      string
	component string // where the error names no noun of its own
}

// shapeOf is the one table of Kinds (calls.md, Envelopes).
func shapeOf(k care.Kind) shape {
	switch k {
	case care.KindInvalid:
		return shape{http.StatusBadRequest, "VALIDATION_ERROR", "REQUEST"}
	case care.KindUnauthenticated:
		return shape{http.StatusUnauthorized, "NOT_VALID_JSON_WEB_TOKEN", "AUTH"}
	case care.KindExpired:
		return shape{http.StatusUnauthorized, "TOKEN_EXPIRED", "AUTH"}
	case care.KindBadSecret:
		return shape{http.StatusUnauthorized, "INVALID_CREDENTIALS", "AUTH"}
	case care.KindForbidden:
		return shape{http.StatusForbidden, "ACCESS_FOR_API_CLIENT_RESTRICTED", "AUTH"}
	case care.KindNotFound:
		return shape{http.StatusNotFound, "NOT_FOUND", "REQUEST"}
	case care.KindAmbiguous, care.KindConflict:
		return shape{http.StatusConflict, "CONFLICT", "REQUEST"}
	case care.KindMismatch:
		return shape{http.StatusUnprocessableEntity, "MISMATCH", "REQUEST"}
	case care.KindNoRoute:
		return shape{http.StatusNotFound, "ROUTE_NOT_FOUND", "REQUEST"}
	case care.KindMethodNotAllowed:
		return shape{http.StatusMethodNotAllowed, "METHOD_NOT_ALLOWED", "REQUEST"}
	case care.KindPrecondition:
		return shape{http.StatusPreconditionFailed, "PRECONDITION_FAILED", "REQUEST"}
	case care.KindRange:
		return shape{http.StatusRequestedRangeNotSatisfiable, "RANGE_NOT_SATISFIABLE", "REQUEST"}
	case care.KindTooLarge:
		return shape{http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "REQUEST"}
	case care.KindUnsupportedMedia:
		return shape{http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", "REQUEST"}
	case care.KindTimeout:
		return shape{http.StatusRequestTimeout, "REQUEST_TIMEOUT", "REQUEST"}
	case care.KindRateLimited:
		return shape{http.StatusTooManyRequests, "TOO_MANY_REQUESTS", "REQUEST"}
	case care.KindStorageFull:
		return shape{http.StatusInsufficientStorage, "INSUFFICIENT_STORAGE", "SERVER"}
	case care.KindUnavailable:
		return shape{http.StatusServiceUnavailable, "SERVICE_UNAVAILABLE", "SERVER"}
	case care.KindMediaUnavailable:
		return shape{http.StatusServiceUnavailable, "RECORDING_UNAVAILABLE", "VOICE_CALL"}
	case care.KindInternal:
	}
	return shape{http.StatusInternalServerError, "INTERNAL_ERROR", "SERVER"}
}

// missing names what was not found.
var missing = map[string]shape{
	"patient":    {http.StatusNotFound, "PATIENT_NOT_FOUND", "PATIENT"},
	"voice_call": {http.StatusNotFound, "VOICE_CALL_NOT_FOUND", "VOICE_CALL"},
	"recording":  {http.StatusNotFound, "VOICE_CALL_RECORDING_NOT_FOUND", "VOICE_CALL"},
}

var messages = map[string]string{
	"VALIDATION_ERROR":                 "The request has faulty values; details names each.",
	"NOT_VALID_JSON_WEB_TOKEN":         "A valid bearer token is required.",
	"TOKEN_EXPIRED":                    "The token has expired.",
	"INVALID_CREDENTIALS":              "Client name and secret do not fit.",
	"ACCESS_FOR_API_CLIENT_RESTRICTED": "Access for this API client is restricted.",
	"PATIENT_NOT_FOUND":                "No such patient.",
	"VOICE_CALL_NOT_FOUND":             "No such voice call.",
	"VOICE_CALL_RECORDING_NOT_FOUND":   "No such recording.",
	"ROUTE_NOT_FOUND":                  "No such route.",
	"METHOD_NOT_ALLOWED":               "This method is not allowed here.",
	"RANGE_NOT_SATISFIABLE":            "None of the ranges can be satisfied.",
	"PRECONDITION_FAILED":              "A precondition does not hold.",
	"TOO_MANY_REQUESTS":                "Too many requests; try again after Retry-After.",
	"SERVICE_UNAVAILABLE":              "Temporarily unavailable; try again after Retry-After.",
	"RECORDING_UNAVAILABLE":            "The stored recording cannot be delivered now.",
	"INTERNAL_ERROR":                   "Something went wrong on our side; quote the error id.",
}

func (s *Surface) writeError(w http.ResponseWriter, r *http.Request, e *care.Error, id string) {
	sh := shapeOf(e.Kind)
	if named, ok := missing[e.Noun]; ok && e.Kind == care.KindNotFound {
		sh = named
	}
	out := wireError{ErrorCode: sh.code, ComponentType: sh.component, Message: messages[sh.code], Details: map[string]any{}, Date: s.Now().UTC().Format(time.RFC3339)}
	if out.Message == "" {
		out.Message = e.Message
	}
	for field, reason := range e.Fields {
		out.Details[field] = reason
	}
	if e.Kind == care.KindForbidden {
		who := httpio.EventOf(w)
		out.Details["clientId"] = who.ActorID
		out.Details["clientName"] = who.ActorID
		out.Details["clientType"] = "API_CLIENT"
		out.Details["organizationName"] = who.Tenant
		out.Details["requestURI"] = r.URL.EscapedPath()
	}
	if id != "" {
		out.Details["errorId"] = id
	}
	// The error array always encodes: it holds strings only.
	_ = httpio.WriteJSON(w, sh.status, []wireError{out})
}
