package contracttest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// ask is a request made of a route's table, for tests that make one of every
// route. It is served without a socket.
type ask struct {
	route   route
	params  map[string]string // of the path, unescaped
	query   url.Values
	headers []string
	token   string
	body    []byte
	peer    string // the socket's address; empty means this machine
}

// ids are the clinic's own values of path parameters and query parameters.
func (w *world) ids() map[string]string {
	return map[string]string{
		"tenant": "acme-health", "instance": "live", "clientName": w.vars["client"], "recording_id": "1771585033302",
		"patientId": w.vars["patient"], "callId": w.vars["call"], "patient": w.vars["patient"], "provider": w.vars["provider"],
		"encounter": "13356", "session": "65d483a9b7c1e2f3a4b5c6d7", "call": w.vars["call"], "recording": w.vars["recording"],
	}
}

// bodies are good ones, by route.
func (w *world) bodies() map[string]string {
	return map[string]string{
		"POST /api/v1/patients":                                 `{"lastName": "Made"}`,
		"PATCH /api/v1/patients/{patient}":                      `{"middleName": "Changed"}`,
		"POST /api/v1/patients/{patient}/care-team":             `{"providerId": "{{provider2}}"}`,
		"PATCH /api/v1/patients/{patient}/care-team/{provider}": `{"role": "changed"}`,
		"POST /api/v1/providers":                                `{"lastName": "Made"}`,
		"PATCH /api/v1/providers/{provider}":                    `{"title": "Changed"}`,
		"POST /api/v1/encounters":                               `{"patientId": "{{patient}}", "providerId": "{{provider}}"}`,
		"PATCH /api/v1/encounters/{encounter}":                  `{"providerId": "{{provider2}}"}`,
		"POST /api/v1/sessions":                                 `{"encounterId": 13356, "status": "scheduled", "start": "2026-04-01T09:00:00Z"}`,
		"PATCH /api/v1/sessions/{session}":                      `{"status": "failed"}`,
		"POST /api/v1/calls":                                    `{"patientId": "{{patient}}", "encounterId": 13356, "direction": "INBOUND", "status": "BUSY", "calledAt": "2026-03-18T11:00:00Z"}`,
		"PATCH /api/v1/calls/{call}":                            `{"encounterId": 13356}`,
		"PATCH /api/v1/recordings/{recording}":                  `{"duration": 5}`,
		"POST /api/v1/recordings/{recording}/withhold":          `{"reason": "why"}`,
		"POST /api/v1/recordings/{recording}/release":           `{"reason": "why"}`,
		"POST /api/v1/recordings/{recording}/consent":           `{"consent": "given"}`,
		"POST /api/v1/recordings/{recording}/relink":            `{"callId": "{{call}}"}`,
		"POST /api/v1/recordings/{recording}/settle":            `{"decision": "dismiss"}`,
	}
}

var pathParam = regexp.MustCompile(`\{([a-zA-Z_]+)\}`)

// good returns a request that the route answers, as the client that may do
// everything.
func (w *world) good(r route) ask {
	w.t.Helper()
	a := ask{route: r, params: map[string]string{}, query: url.Values{}, token: w.vars["token"]}
	ids := w.ids()
	for _, m := range pathParam.FindAllStringSubmatch(r.pattern, -1) {
		value, ok := ids[m[1]]
		if !ok {
			w.t.Fatalf("%s: no value is known for {%s}", r, m[1])
		}
		a.params[m[1]] = value
	}
	body, ok := w.bodies()[r.String()]
	switch {
	case ok:
		a.body, a.headers = []byte(w.fill(body)), []string{"Content-Type: application/json"}
	case r.String() == "POST /api/v1/recordings":
		a.body, a.headers = mediaFile(w.t, "new.wav").bytes, []string{"Content-Type: audio/wav"}
		a.query = url.Values{"name": {"new"}, "call": {ids["call"]}}
	case r.method == http.MethodPost && r.action != "", r.method == http.MethodPatch:
		w.t.Fatalf("%s: no good body is known", r)
	}
	return a
}

// with returns the request with another value in its path.
func (a ask) with(param, value string) ask {
	params := map[string]string{}
	for k, v := range a.params {
		params[k] = v
	}
	params[param] = value
	a.params = params
	return a
}

// withField returns the request with another value in its body.
func (a ask) withField(t testing.TB, field string, value any) ask {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal(a.body, &body); err != nil {
		t.Fatal(err)
	}
	body[field] = value
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	a.body = text
	return a
}

func (a ask) target() string {
	path := strings.TrimSuffix(a.route.pattern, "{$}")
	path = pathParam.ReplaceAllStringFunc(path, func(m string) string { return escapeAll(a.params[m[1:len(m)-1]]) })
	if len(a.query) > 0 {
		path += "?" + a.query.Encode()
	}
	return path
}

// escapeAll escapes a path segment so that nothing in it has a meaning: dots
// too.
func escapeAll(s string) string {
	if s == "." || s == ".." {
		return strings.ReplaceAll(s, ".", "%2E")
	}
	return url.PathEscape(s)
}

// serve answers a request.
func (w *world) serve(a ask) reply {
	w.t.Helper()
	headers := a.headers
	if a.token != "" {
		headers = append([]string{"Authorization: Bearer " + a.token}, headers...)
	}
	return w.serveRaw(w.request(a.route.method, a.target(), headers, a.body), a.peer)
}

func (w *world) serveRaw(raw []byte, peer string) (got reply) {
	w.t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return reply{status: http.StatusBadRequest} // net/http answers so itself
	}
	if r.RemoteAddr = peer + ":4000"; peer == "" {
		r.RemoteAddr = "127.0.0.1:4000"
	}
	rec := httptest.NewRecorder()
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			w.t.Errorf("%.80q: a panic went through the server: %v", raw, p)
		}
		got = reply{rec.Code, rec.Header(), rec.Body.Bytes()}
	}()
	w.handler.ServeHTTP(rec, r)
	return got
}

var volatile = []*regexp.Regexp{
	regexp.MustCompile(`"(requestURI|date|errorId)":"[^"]*"`),
	regexp.MustCompile(` [a-z2-7]{12}"`),
	regexp.MustCompile(`\([a-z2-7]{12}\)`),
}

// comparable is an answer as text, without what two equal answers may differ in:
// date, requestURI, error and request ids.
func (r reply) comparable() string {
	h := r.header.Clone()
	h.Del("X-Request-Id")
	h.Del("Content-Length")
	h.Del("Date")
	body := string(r.body)
	for _, v := range volatile {
		body = v.ReplaceAllString(body, `"…"`)
	}
	var b strings.Builder
	_ = h.Write(&b) // sorted
	return itoa(r.status) + "\n" + b.String() + body
}
