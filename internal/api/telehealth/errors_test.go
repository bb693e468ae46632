package telehealth

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// texts is what telehealth.md says of each Kind: status and how error_message
// begins.
var texts = map[care.Kind]string{
	care.KindInternal:         "500 Request failed. ",
	care.KindInvalid:          "400 Invalid request: page must be a number; size must be one",
	care.KindUnauthenticated:  "401 Unauthorized",
	care.KindExpired:          "401 Unauthorized: the token has expired",
	care.KindBadSecret:        "401 Unauthorized",
	care.KindForbidden:        "403 Access denied",
	care.KindNotFound:         "400 No record found",
	care.KindAmbiguous:        "400 Recording name matches more than one encounter",
	care.KindConflict:         "400 Request conflicts",
	care.KindMismatch:         "400 Request conflicts",
	care.KindNoRoute:          "404 No such route",
	care.KindMethodNotAllowed: "405 Method not allowed",
	care.KindPrecondition:     "400 Request conflicts",
	care.KindRange:            "400 Request conflicts",
	care.KindTooLarge:         "413 Request body too large",
	care.KindUnsupportedMedia: "415 Unsupported content type",
	care.KindTimeout:          "408 Request timed out",
	care.KindRateLimited:      "429 Too many requests",
	care.KindStorageFull:      "503 Service temporarily unavailable ",
	care.KindUnavailable:      "503 Service temporarily unavailable ",
	care.KindMediaUnavailable: "503 Service temporarily unavailable ",
}

var endsInID = regexp.MustCompile(` [a-z2-7]{12}$`)

func TestEveryKindIsTheObjectWithOneMessage(t *testing.T) {
	t.Parallel()
	shared := httpio.Surface{WriteError: writeError}
	for _, k := range care.Kinds() {
		w := httptest.NewRecorder()
		shared.Fail(w, httptest.NewRequest(http.MethodGet, lookUpPath+"/x", nil), &care.Error{
			Kind: k, Message: "not for this surface", Fields: map[string]string{"size": "must be one", "page": "must be a number"},
			RetryAfter: 90 * time.Second, Cause: errors.New("secret cause"),
		})
		var got struct {
			Error     *bool `json:"error"`
			InputData *struct {
				Message string `json:"error_message"`
			} `json:"input_data"`
		}
		dec := json.NewDecoder(w.Body)
		dec.DisallowUnknownFields()
		if err := dec.Decode(&got); err != nil || got.Error == nil || !*got.Error || got.InputData == nil {
			t.Errorf("%s: %v", k, err)
			continue
		}
		answered := fmt.Sprintf("%d %s", w.Code, got.InputData.Message)
		if want := texts[k]; want == "" || !strings.HasPrefix(answered, want) {
			t.Errorf("%s: %q, not %q", k, answered, want)
		}
		if strings.Contains(got.InputData.Message, "secret") || strings.Contains(got.InputData.Message, "not for") {
			t.Errorf("%s shows too much: %q", k, got.InputData.Message)
		}
		if (w.Code == 500 || w.Code == 503) != endsInID.MatchString(answered) {
			t.Errorf("%s: %q", k, answered)
		}
		if (w.Code == http.StatusUnauthorized) != (w.Header().Get("WWW-Authenticate") == "Bearer") {
			t.Errorf("%s: WWW-Authenticate %q", k, w.Header().Get("WWW-Authenticate"))
		}
		if wait := w.Code == 429 || w.Code == 503; wait != (w.Header().Get("Retry-After") == "90") {
			t.Errorf("%s: Retry-After %q", k, w.Header().Get("Retry-After"))
		}
	}
	if len(texts) != len(care.Kinds()) {
		t.Error("the table and the Kinds are not the same")
	}
}
