package telehealth

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"chartline/internal/care"
)

type taken struct {
	Name, Email, Secret, Height, Zone, Word, Left, Right string
	Number                                               int64
	Raw                                                  json.RawMessage
	Inner                                                string
	Items                                                []takenItem
}

type takenItem struct{ ID, Result string }

func (t *taken) body() body {
	return body{limit: 2000, rows: []row{
		text("name", &t.Name).must(),
		text("email", &t.Email, isEmail()).with("zone"),
		exactText("secret", &t.Secret, 8),
		decimal("height", &t.Height),
		text("zone", &t.Zone, isZone()),
		text("word", &t.Word, among("cm", "inch")),
		integer("number", &t.Number),
		verbatim("raw", &t.Raw),
		nested("soap", longText("plan", &t.Inner, 10).must()),
		list("items", &t.Items, 2, func(i *takenItem) []row {
			return []row{text("id", &i.ID).must(), decimal("result", &i.Result)}
		}),
		text("left", &t.Left), text("right", &t.Right), oneOf{"left", "right"},
	}}
}

func decodeText(text, contentType string) (taken, error) {
	var t taken
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(text))
	r.Header.Set("Content-Type", contentType)
	err := decode(httptest.NewRecorder(), r, t.body())
	return t, err
}

func TestABodyIsReadByItsTable(t *testing.T) {
	t.Parallel()
	got, err := decodeText(`{"name":" Ada ","email":"ada@example.org","zone":"Asia/Kolkata","secret":" x ","height":"1.80","word":"cm",
		"number":202600000001,"raw":{"b":1 ,"a":2},"soap":{"plan":"a\nb"},"items":[{"id":"1","result":5.50},{"id":"2"}],
		"left":null,"right":"r","more":"is ignored","Name":"Eve"}`, "application/json; charset=utf-8")
	if err != nil {
		t.Fatal(err)
	}
	want := taken{
		Name: "Ada", Email: "ada@example.org", Zone: "Asia/Kolkata", Secret: " x ", Height: "1.80", Word: "cm", Number: 202600000001,
		Raw: json.RawMessage(`{"b":1 ,"a":2}`), Inner: "a\nb", Items: []takenItem{{"1", "5.50"}, {"2", ""}}, Right: "r",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestEveryFaultyFieldIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := decodeText(`{"name":7,"email":"nobody","secret":"123456789","height":"tall","zone":"Mars/Olympus","word":"mile","number":"1",
		"soap":{"plan":"a plan that is too long"},"items":[{"result":1e3},"x"]}`, "application/json")
	e, ok := err.(*care.Error)
	if !ok || e.Kind != care.KindInvalid {
		t.Fatalf("got %v", err)
	}
	want := map[string]string{
		"name": "must be a string", "email": "must be one e-mail address", "secret": "must be at most 8 characters",
		"height": "must be a decimal number", "zone": "must be an IANA zone name", "word": "must be one of cm, inch",
		"number":      "must be a positive integer",
		"soap.plan":   "must be at most 10 characters without control characters",
		"items[0].id": "is required", "items[0].result": "must be a decimal number", "items[1]": "must be an object",
		"left": "is required, or right",
	}
	if diff := cmp.Diff(want, e.Fields); diff != "" {
		t.Error(diff)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]map[string]string{
		`{"left":"l"}`:                                    {"name": "is required"},
		`{"left":"l","name":null}`:                        {"name": "is required"},
		`{"left":"l","name":" \t "}`:                      {"name": "is required"},
		`{"left":"l","name":"a","email":"a@example.org"}`: {"zone": "is required with email"},
		`{"left":"l","name":"a","soap":{}}`:               {"soap.plan": "is required"},
		`{"left":"l","name":"a","soap":[]}`:               {"soap": "must be an object"},
		`{"left":"l","name":"a","items":{}}`:              {"items": "must be an array"},
		`{"left":"l","name":"a","items":[]}`:              {"items": "must have 1 to 2 items"},
		`{"left":"l","name":"a","number":true}`:           {"number": "must be a positive integer"},
		`{"left":"l","name":"a","number":1.0}`:            {"number": "must be a positive integer"},
		`{"name":"a","left":"","right":null}`:             {"left": "is required, or right"},
		`{}`:                                              {"name": "is required", "left": "is required, or right"},
		``:                                                {"body": "must be a JSON object"},
		`[]`:                                              {"body": "must be a JSON object"},
		`{"name":"a"`:                                     {"body": "must be well-formed JSON"},
		`{"name":"a","name":"b"}`:                         {"body": "must not repeat a name in an object"},
	} {
		_, err := decodeText(text, "application/json")
		e, ok := err.(*care.Error)
		if !ok || e.Kind != care.KindInvalid {
			t.Errorf("%s: got %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, e.Fields); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
}

func TestABodyIsOfTheRightTypeAndSize(t *testing.T) {
	t.Parallel()
	for _, contentType := range []string{"", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"} {
		if _, err := decodeText(`{}`, contentType); care.KindOf(err) != care.KindUnsupportedMedia {
			t.Errorf("%q: got %v", contentType, err)
		}
	}
	if _, err := decodeText(`{"name":"`+strings.Repeat("a", 3000)+`"}`, "application/json"); care.KindOf(err) != care.KindTooLarge {
		t.Errorf("too large: got %v", err)
	}
}
