package calls

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
)

// codes is what calls.md says of each Kind: status and errorCode.
var codes = map[care.Kind]string{
	care.KindInternal:         "500 INTERNAL_ERROR",
	care.KindInvalid:          "400 VALIDATION_ERROR",
	care.KindUnauthenticated:  "401 NOT_VALID_JSON_WEB_TOKEN",
	care.KindExpired:          "401 TOKEN_EXPIRED",
	care.KindBadSecret:        "401 INVALID_CREDENTIALS",
	care.KindForbidden:        "403 ACCESS_FOR_API_CLIENT_RESTRICTED",
	care.KindNotFound:         "404 NOT_FOUND",
	care.KindAmbiguous:        "409 CONFLICT",
	care.KindConflict:         "409 CONFLICT",
	care.KindMismatch:         "422 MISMATCH",
	care.KindNoRoute:          "404 ROUTE_NOT_FOUND",
	care.KindMethodNotAllowed: "405 METHOD_NOT_ALLOWED",
	care.KindPrecondition:     "412 PRECONDITION_FAILED",
	care.KindRange:            "416 RANGE_NOT_SATISFIABLE",
	care.KindTooLarge:         "413 PAYLOAD_TOO_LARGE",
	care.KindUnsupportedMedia: "415 UNSUPPORTED_MEDIA_TYPE",
	care.KindTimeout:          "408 REQUEST_TIMEOUT",
	care.KindRateLimited:      "429 TOO_MANY_REQUESTS",
	care.KindStorageFull:      "507 INSUFFICIENT_STORAGE",
	care.KindUnavailable:      "503 SERVICE_UNAVAILABLE",
	care.KindMediaUnavailable: "503 RECORDING_UNAVAILABLE",
}

const shownDate = "2026-03-18T15:00:00Z"

func testSurface() *Surface {
	return &Surface{Now: func() time.Time { return time.Date(2026, 3, 18, 16, 0, 0, 123, time.FixedZone("", 3600)) }}
}

// failing answers an error of kind k through serve.
func failing(k care.Kind, fail func(http.ResponseWriter, *http.Request, error)) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	err := &care.Error{
		Kind: k, Message: "said to the client", Fields: map[string]string{"page": "must be a number"},
		RetryAfter: 1500 * time.Millisecond, Cause: errors.New("secret cause"),
	}
	fail(w, httptest.NewRequest(http.MethodGet, "/acme/live/patients/x/calls?page=no", nil), err)
	return w
}

func TestEveryKindIsAnArrayOfOneErrorWithItsOwnCode(t *testing.T) {
	t.Parallel()
	components := []string{"AUTH", "PATIENT", "VOICE_CALL", "REQUEST", "SERVER"}
	for _, k := range care.Kinds() {
		w := failing(k, testSurface().Fail)
		var got []map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || len(got) != 1 {
			t.Errorf("%s: not an array of one: %s", k, w.Body)
			continue
		}
		e := got[0]
		if answered := itoa(w.Code) + " " + e["errorCode"].(string); answered != codes[k] {
			t.Errorf("%s: %s, not %q", k, answered, codes[k])
		}
		if len(e) != 5 || !slices.Contains(components, e["componentType"].(string)) || e["message"] == "" || e["date"] != shownDate {
			t.Errorf("%s: %s", k, w.Body)
		}
		checkHead(t, k, w)
	}
	if len(codes) != len(care.Kinds()) {
		t.Error("the table and the Kinds are not the same")
	}
}

func TestWhatIsNotFoundIsNamedByItsNoun(t *testing.T) {
	t.Parallel()
	for noun, code := range map[string]string{
		"patient": "PATIENT_NOT_FOUND", "voice_call": "VOICE_CALL_NOT_FOUND", "recording": "VOICE_CALL_RECORDING_NOT_FOUND",
	} {
		w := httptest.NewRecorder()
		testSurface().Fail(w, httptest.NewRequest(http.MethodGet, "/", nil), care.NotFound(noun))
		if w.Code != http.StatusNotFound || !strings.Contains(w.Body.String(), `"errorCode":"`+code+`"`) {
			t.Errorf("%s: %d %s", noun, w.Code, w.Body)
		}
	}
}

func TestEveryKindIsAnErrorOfRFC6749UnderOAuth(t *testing.T) {
	t.Parallel()
	names := []string{"invalid_request", "invalid_client", "unauthorized_client", "unsupported_grant_type", "temporarily_unavailable", "server_error"}
	for _, k := range care.Kinds() {
		w := failing(k, testSurface().oauth().Fail)
		var got map[string]string
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Errorf("%s: not an object of texts: %s", k, w.Body)
			continue
		}
		if len(got) != 2 || !slices.Contains(names, got["error"]) || got["error_description"] == "" {
			t.Errorf("%s: %s", k, w.Body)
		}
		if itoa(w.Code) != codes[k][:3] {
			t.Errorf("%s: status %d", k, w.Code)
		}
		checkHead(t, k, w)
	}
}

// checkHead compares what must come with an error, and that no cause does.
func checkHead(t *testing.T, k care.Kind, w *httptest.ResponseRecorder) {
	t.Helper()
	if strings.Contains(w.Body.String(), "secret cause") {
		t.Errorf("%s shows its cause: %s", k, w.Body)
	}
	if w.Header().Get("Content-Type") != "application/json" || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		t.Errorf("%s: %v", k, w.Header())
	}
	if (w.Code == http.StatusUnauthorized) != (w.Header().Get("WWW-Authenticate") != "") {
		t.Errorf("%s: WWW-Authenticate %q", k, w.Header().Get("WWW-Authenticate"))
	}
	wait := w.Code == http.StatusTooManyRequests || w.Code == http.StatusServiceUnavailable || w.Code == http.StatusInsufficientStorage
	if (w.Header().Get("Retry-After") == "2") != wait {
		t.Errorf("%s: Retry-After %q", k, w.Header().Get("Retry-After"))
	}
}
