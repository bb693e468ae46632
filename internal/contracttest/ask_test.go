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
		"login": w.vars["login"], "encounter": "13356", "session": "65d483a9b7c1e2f3a4b5c6d7", "call": w.vars["call"], "recording": w.vars["recording"],
		"service": "1", "appointment": "1", "assignment": w.vars["assignment"], "date": "2026-03-25",
		"file": w.vars["file"], "form": w.vars["form"], "definition": w.vars["definition"], "report": w.vars["report"], "note": w.vars["note"],
		"analysis": w.vars["analysis"], "analysis_id": w.vars["analysis"],
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
		"POST /api/v1/logins":                                   `{"role": "patient", "person": "{{patient2}}", "email": "made@example.org"}`,
		"PATCH /api/v1/logins/{login}":                          `{"enabled": true}`,
		"POST /api/v1/logins/{login}/set-password-link":         ``,
		"POST /sso/token":                                       `{"username": "rosalind@portal.example.org", "password": "a lantern over the marsh"}`,
		"POST /api/v1/recordings/{recording}/withhold":          `{"reason": "why"}`,
		"POST /api/v1/recordings/{recording}/release":           `{"reason": "why"}`,
		"POST /api/v1/recordings/{recording}/consent":           `{"consent": "given"}`,
		"POST /api/v1/recordings/{recording}/relink":            `{"callId": "{{call}}"}`,
		"POST /api/v1/recordings/{recording}/settle":            `{"decision": "dismiss"}`,

		"PATCH /api/v1/practice":                                 `{"noticeMinutes": 30}`,
		"POST /api/v1/services":                                  `{"name": "Made", "minutes": 15}`,
		"PATCH /api/v1/services/{service}":                       `{"bufferMinutes": 5}`,
		"PATCH /api/v1/providers/{provider}/schedule":            `{"services": [1]}`,
		"PUT /api/v1/providers/{provider}/schedule/days/{date}":  `{"note": "away"}`,
		"POST /api/v1/appointments":                              `{"patientId": "{{patient}}", "providerId": "{{provider}}", "serviceId": 1, "start": "2026-03-20T15:00:00Z"}`,
		"POST /api/v1/appointments/{appointment}/cancel":         `{"reason": "a cold"}`,
		"POST /api/v1/appointments/{appointment}/reschedule":     `{"providerId": "{{provider}}", "start": "2026-03-20T16:00:00Z"}`,
		"POST /api/v1/appointments/{appointment}/check-in":       ``,
		"POST /api/v1/appointments/{appointment}/no-show":        ``,
		"POST /api/v1/appointments/{appointment}/start":          ``,
		"POST /api/v1/patients/{patient}/services":               `{"serviceId": 1, "providerId": "{{provider}}"}`,
		"PATCH /api/v1/patients/{patient}/services/{assignment}": `{"endDate": "2026-12-31"}`,
		"PATCH /api/v1/patients/{patient}/details":               `{"city": "Albany"}`,
		"PATCH /api/v1/providers/{provider}/details":             `{"city": "Albany"}`,

		"POST /api/v1/form-definitions":               `{"name": "Made", "questions": [{"text": "Well?", "type": "text"}]}`,
		"PATCH /api/v1/form-definitions/{definition}": `{"name": "Changed"}`,
		"POST /api/v1/analyses/{analysis}/sign":       `{"providerId": "{{provider}}"}`,

		"POST /api/service/v1/patient/form": `{"patient_id": 202300001111, "patient_form_name": "Made",
			"form_responses": [{"question_type": "text", "text": "Well?", "answer": {"text": "made up"}}]}`,
		"POST /api/service/v1/patient/lab-reports": `{"patient_id": 202300001111, "resourceType": "DiagnosticReport", "observations": [
			{"id": "made-1", "resourceType": "Observation", "bioMarker": "Made", "result": 1.50, "unit": "g", "flag": "N",
			"referenceRangeHigh": 2.0, "referenceRangeLow": "1.0", "effectiveDateTime": "2026-03-17T08:00:00Z"}]}`,
		"POST /api/service/v1/patient/readings": `{"patient_id": 202300001111, "readings": [{"type": "steps", "id": "made-1", "recorded_date": "2026-03-17", "steps": 5}]}`,
		"POST /api/service/v1/patient/chart-note": `{"patient_id": 202300001111, "provider_email": "octavia.brightwater@example.org", "note": "made up",
			"encounter_id": 13356, "amends": "{{note}}"}`,
		"POST /api/service/v1/graphql":       `{"query": "{ users(first: 1) { paginatorInfo { total } } }"}`,
		"POST /api/service/v1/aria-analysis": `{"recording_id": "1771585033302", "analysis": {"engine": "made", "summary": "made up"}}`,

		"POST /api/service/v1/patient/register": `{"first_name": "Made", "last_name": "Up", "date_of_birth": "1990-01-02", "email": "made@example.org",
			"phone_number": "2125550101", "country_code": "+1", "customer_code": "ACME", "provider_email": "octavia.brightwater@example.org", "service_id": 1}`,
		"POST /api/service/v1/patient/assign-service": `{"patient_id": 202300001111, "service_id": 1, "provider_email": "octavia.brightwater@example.org"}`,
		"POST /api/service/v1/appointment-slots":      `{"provider_email": "octavia.brightwater@example.org", "service_id": 1, "date": "2026-03-19"}`,
		"POST /api/service/v1/provider/register":      `{"signup_code": "{{signupCode}}", "first_name": "Made", "email_id": "made.up@example.org", "password": "seven ducks on a pond"}`,
		"POST /api/service/v1/provider/signup":        `{"signup_code": "{{signupCode}}", "first_name": "Made", "email_id": "made.up2@example.org", "password": "seven ducks on a pond"}`,
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
	case ok && body == "":
	case r.String() == "GET /api/v1/slots":
		a.query = url.Values{"provider": {ids["provider"]}, "service": {"1"}, "date": {"2026-03-19"}}
	case ok:
		a.body, a.headers = []byte(w.fill(body)), []string{"Content-Type: application/json"}
	case r.String() == "POST /api/v1/recordings":
		a.body, a.headers = mediaFile(w.t, "new.wav").bytes, []string{"Content-Type: audio/wav"}
		a.query = url.Values{"name": {"new"}, "call": {ids["call"]}}
	case r.String() == "POST /api/service/v1/patient/form/attachment":
		body, contentType := multipartOf(w.t, []upload{{field: "attachments[]", file: "new.png"}})
		a.body, a.headers = body, []string{"Content-Type: " + contentType}
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
