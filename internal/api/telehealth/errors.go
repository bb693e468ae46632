package telehealth

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// wireError is the error body of all endpoints but /sso/token and the form
// attachment (telehealth.md, Three error bodies).
type wireError struct {
	Error     bool             `json:"error"`
	InputData wireErrorMessage `json:"input_data"`
}

type wireErrorMessage struct {
	Message string `json:"error_message"`
}

// wireSSOError is the error body of /sso/token.
type wireSSOError struct {
	Error   bool   `json:"error"`
	Message string `json:"message"`
}

// shapeOf is the one table of Kinds: status and text. What is not found is 400
// here, as published.
func shapeOf(k care.Kind) (int, string) {
	switch k {
	case care.KindInvalid:
		return http.StatusBadRequest, ""
	case care.KindUnauthenticated, care.KindBadSecret:
		return http.StatusUnauthorized, "Unauthorized: a valid bearer token is required"
	case care.KindExpired:
		return http.StatusUnauthorized, "Unauthorized: the token has expired"
	case care.KindForbidden:
		return http.StatusForbidden, "Access denied"
	case care.KindNotFound:
		return http.StatusBadRequest, "No record found"
	case care.KindAmbiguous:
		return http.StatusBadRequest, "Recording name matches more than one encounter"
	case care.KindConflict, care.KindMismatch, care.KindPrecondition, care.KindRange:
		return http.StatusBadRequest, "Request conflicts with what is stored"
	case care.KindNoRoute:
		return http.StatusNotFound, "No such route"
	case care.KindMethodNotAllowed:
		return http.StatusMethodNotAllowed, "Method not allowed"
	case care.KindTooLarge:
		return http.StatusRequestEntityTooLarge, "Request body too large"
	case care.KindUnsupportedMedia:
		return http.StatusUnsupportedMediaType, "Unsupported content type"
	case care.KindTimeout:
		return http.StatusRequestTimeout, "Request timed out"
	case care.KindRateLimited:
		return http.StatusTooManyRequests, "Too many requests"
	case care.KindStorageFull, care.KindUnavailable, care.KindMediaUnavailable:
		return http.StatusServiceUnavailable, "Service temporarily unavailable"
	case care.KindInternal:
	}
	return http.StatusInternalServerError, "Request failed."
}

func writeError(w http.ResponseWriter, r *http.Request, e *care.Error, id string) {
	status, text := shapeOf(e.Kind)
	if text == "" {
		text = faults(e)
	}
	if id != "" {
		text += " " + id
	}
	// Strings only: it always encodes.
	_ = httpio.WriteJSON(w, status, errorBody(r.URL.Path, text))
}

// errorBody is the error body of the endpoint at path.
func errorBody(path, text string) any {
	switch path {
	case ssoTokenPath:
		return wireSSOError{Error: true, Message: "Request Failed. " + text}
	case attachmentPath:
		return wireErrorMessage{Message: "Request Failed. " + text}
	}
	return wireError{Error: true, InputData: wireErrorMessage{Message: text}}
}

// faults names every faulty field in one sentence.
func faults(e *care.Error) string {
	if len(e.Fields) == 0 {
		return cmp.Or(e.Message, "Invalid request")
	}
	parts := make([]string, 0, len(e.Fields))
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, field+" "+e.Fields[field])
	}
	return "Invalid request: " + strings.Join(parts, "; ")
}
