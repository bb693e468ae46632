package contracttest

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// jsonRoutes are those that take a JSON body.
func (w *world) jsonRoutes() []ask {
	var all []ask
	for _, r := range routes() {
		a := w.good(r)
		switch {
		case r.pattern == "/auth/token", strings.HasSuffix(r.pattern, "/api_clients/{clientName}"):
			a.token, a.body = "", []byte(`{"apiClient": "a", "secret": "b"}`)
			all = append(all, a)
		case len(a.body) > 0 && a.body[0] == '{':
			all = append(all, a)
		}
	}
	return all
}

// TestJSONThatBreaksParsersIsRefusedOnEveryRoute sends what takes memory or is
// read in two ways: S22, S18. Nothing of it is stored, nothing fails.
func TestJSONThatBreaksParsersIsRefusedOnEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.everythingOf(w.vars["token"])
	routes := w.jsonRoutes()
	if len(routes) < 15 {
		t.Fatalf("only %d routes take JSON", len(routes))
	}
	deep := strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)
	for what, c := range map[string]struct {
		body   string
		status []int
	}{
		"objects 10,000 deep":     {deep, []int{400, 413}},
		"lists 10,000 deep":       {`{"a":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}", []int{400, 413}},
		"2 MB":                    {`{"a": "` + strings.Repeat("x", 2<<20) + `"}`, []int{413}},
		"the same name twice":     {`{"reason": "a", "reason": "b", "secret": "a", "lastName": "a", "role": "a", "lastName": "b", "secret": "b", "role": "b"}`, []int{400}},
		"NaN":                     {`{"duration": NaN}`, []int{400}},
		"a number beyond all":     {`{"duration": 1e999999999, "number": 99999999999999999999999, "apiClient": 1e400, "secret": 1e400}`, []int{400}},
		"bytes that are no text":  {"{\"lastName\": \"\xff\xfe\", \"secret\": \"\xff\"}", []int{400}},
		"half a surrogate":        {`{"lastName": "\ud800", "duration": "\ud800", "secret": 5}`, []int{400}},
		"more after the end":      {`{} {}`, []int{400}},
		"nothing":                 {"", []int{400}},
		"a byte order mark":       {"\ufeff{}", []int{400}},
		"a prototype":             {`{"__proto__": {"admin": true}, "constructor": {"prototype": {}}, "secret": 1}`, []int{400}},
		"a name a thousand times": {"{" + strings.Repeat(`"x":1,`, 1<<10) + `"y":1}`, []int{400, 413}},
		"an escape without end":   {`{"lastName": "\u12`, []int{400}},
		"only an opening bracket": {"{", []int{400}},
	} {
		for _, a := range routes {
			a.body, a.headers = []byte(c.body), []string{"Content-Type: application/json"}
			if c.body == "" && mayBeEmpty(a.route) {
				continue
			}
			got := w.serve(a)
			if !strings.Contains(fmt.Sprint(c.status), itoa(got.status)) {
				t.Errorf("%s: %s answers %d %s", what, a.route, got.status, shorten(got.body))
			}
		}
	}
	for _, a := range routes {
		a.headers = []string{"Content-Type: text/plain"}
		if got := w.serve(a); got.status != http.StatusUnsupportedMediaType && a.route.pattern != "/sso/token" { // JSON whatever it says
			t.Errorf("%s with another content type answers %d", a.route, got.status)
		}
		a.headers = []string{"Content-Type: application/json", "Transfer-Encoding: chunked"}
		a.body = chunked(bytes.Repeat([]byte(" "), 2<<20))
		if got := w.serve(a); got.status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s with chunks without end answers %d", a.route, got.status)
		}
	}
	if after := w.everythingOf(w.vars["token"]); after != before {
		t.Error("something was stored")
	}
}

// mayBeEmpty reports whether a route takes no body for an empty one: nothing to
// change, no reason, a day off without a note.
func mayBeEmpty(r route) bool {
	return r.method == http.MethodPatch || slices.ContainsFunc([]string{"/release", "/cancel", "/days/{date}"}, func(end string) bool {
		return strings.HasSuffix(r.pattern, end)
	})
}

func chunked(body []byte) []byte {
	return append(fmt.Appendf(nil, "%x\r\n%s\r\n", len(body), body), "0\r\n\r\n"...)
}
