package native_test

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"chartline/internal/api/native"
	"chartline/internal/care"
	"chartline/internal/policy"
	"chartline/internal/testkit"
)

// pathOf fills a pattern's ids in.
func pathOf(pattern string, ids map[string]string) string {
	path := strings.TrimPrefix(pattern, "/api/v1")
	for name, id := range ids {
		path = strings.ReplaceAll(path, "{"+name+"}", id)
	}
	return path
}

// nobody are ids that nothing has.
func nobody() map[string]string {
	return map[string]string{
		"patient": "00000000-0000-4000-8000-000000000000", "provider": "00000000-0000-4000-8000-000000000001", "encounter": "999999",
		"session": "000000000000000000000000", "call": "00000000-0000-4000-8000-000000000002", "recording": "00000000-0000-4000-8000-000000000003",
		"service": "999999", "appointment": "999999", "assignment": "00000000-0000-4000-8000-000000000004", "date": "2026-03-25", // a day is anybody's
	}
}

func TestEveryRouteNamesAnActionThatPolicyKnows(t *testing.T) {
	t.Parallel()
	p := policy.New()
	for _, r := range (&native.Surface{}).Routes() {
		if r.Action == "" && r.Pattern != "/api/v1/openapi.json" {
			t.Errorf("%s %s needs no token", r.Method, r.Pattern)
		}
		if r.Action != "" && !p.Known(r.Action) {
			t.Errorf("%s %s: policy does not know %q", r.Method, r.Pattern, r.Action)
		}
	}
}

// Whatever else is wrong with a request, the first check that fails answers.
func TestChecksComeInTheirOrderOnEveryRoute(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	_, ungranted := w.Client(t, live)
	garbage := ask{body: "{not json", header: map[string]string{"Content-Type": "text/html", "Idempotency-Key": "\u00e9", "Repr-Digest": "sha-256=x"}}
	routes := w.Native().Routes()
	each(len(routes), func(i int) {
		r := routes[i]
		path := pathOf(r.Pattern, nobody()) + "?nonsense=1&cursor=!"
		if r.Action == "" {
			w.do(t, r.Method, path, ask{token: "none"}).is(http.StatusBadRequest)
			return
		}
		for _, bad := range []string{"none", "chl_0000000000000000000000000000000000000000000", strings.Repeat("x", 100_00)} {
			a := garbage
			a.token = bad
			if got := w.do(t, r.Method, path, a).is(http.StatusUnauthorized); got.header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: no WWW-Authenticate", got.about)
			}
		}
		for _, instance := range []string{"nowhere", foreign.Instance + "x", "../live"} {
			a := ask{header: map[string]string{"Instance": instance}}
			w.do(t, r.Method, path, a).is(http.StatusForbidden)
		}
		a := garbage
		a.token = ungranted
		w.do(t, r.Method, path, a).is(http.StatusForbidden)
		a = garbage
		a.token = ""
		if got := w.do(t, r.Method, path, a); got.status != http.StatusBadRequest && got.status != http.StatusUnsupportedMediaType {
			t.Errorf("%s: got %d for garbage from one who may", got.about, got.status)
		}
	})
}

func TestOneGrantOpensItsRoutesAndNoOthers(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	p := policy.New()
	for _, grant := range care.GrantNames() {
		_, token := w.Client(t, live, grant)
		routes := w.Native().Routes()
		each(len(routes), func(i int) {
			r := routes[i]
			if r.Action == "" {
				return
			}
			may := slices.Contains(p.GrantsFor(r.Action), grant)
			got := w.do(t, r.Method, pathOf(r.Pattern, nobody())+"?nonsense=1", ask{token: token})
			want := []int{http.StatusForbidden}
			if may { // the query is looked at, and refused
				want = []int{http.StatusBadRequest, http.StatusUnsupportedMediaType}
			}
			if !slices.Contains(want, got.status) {
				t.Errorf("%s with %s: got %d", got.about, grant, got.status)
			}
		})
	}
}

func TestPathsAndMethodsThatAreNotThereAreProblems(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	for _, path := range []string{"", "/", "/nothing", "/patients/", "/patients/a/b", "//patients", "/./patients", "/patients/../providers", "/PATIENTS", "/recordings/x/contents", "/patients%2f"} {
		got := w.do(t, "GET", path, ask{token: "none"}).want(http.StatusNotFound)
		if ct := got.header.Get("Content-Type"); ct != "application/problem+json" || got.text("type") != "urn:chartline:problem:no_route" {
			t.Errorf("%s: %s %s", got.about, ct, got.body)
		}
	}
	for path, allow := range map[string]string{
		"/patients": "GET, HEAD, POST", "/patients/x": "GET, HEAD, PATCH", "/recordings/x": "DELETE, GET, HEAD, PATCH", "/recordings/x/settle": "POST", "/openapi.json": "GET, HEAD",
	} {
		for _, method := range []string{"PUT", "TRACE", "OPTIONS", "PROPFIND"} {
			got := w.do(t, method, path, ask{token: "none", header: map[string]string{"X-HTTP-Method-Override": "GET"}}).want(http.StatusMethodNotAllowed)
			if got.header.Get("Allow") != allow || got.text("type") != "urn:chartline:problem:method_not_allowed" {
				t.Errorf("%s: Allow %q, %s", got.about, got.header.Get("Allow"), got.body)
			}
		}
	}
}

// bookings makes a service, an appointment and an assignment, and notes their
// ids. The client has no others.
func (w *world) bookings(t *testing.T, token string, of clinic, ids map[string]string) {
	t.Helper()
	made := func(path string, body object, status int) answer {
		t.Helper()
		return w.do(t, "POST", path, ask{token: token, body: body}).want(status)
	}
	service := made("/services", object{"name": "Physiotherapy", "minutes": 30}, 201).number("id")
	ids["service"] = strconv.FormatInt(service, 10)
	w.do(t, "PATCH", "/providers/"+of.provider, ask{token: token, body: object{"timezone": "UTC"}}).want(200)
	appointment := made("/appointments", object{"patientId": of.patient, "providerId": of.provider, "serviceId": service, "start": "2026-03-25T10:00:00Z"}, 201).number("id")
	ids["appointment"] = strconv.FormatInt(appointment, 10)
	ids["assignment"] = made("/patients/"+of.patient+"/services", object{"serviceId": service}, 200).text("id")
}

// Another tenant's things, in paths, queries and bodies, answer exactly as
// things that do not exist.
func TestAnotherTenantsThingsAreNotThere(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	_, theirToken := w.Client(t, foreign, care.GrantNames()...)
	own, theirs := w.clinic(t, ""), w.clinic(t, theirToken)
	recording := w.upload(t, upload{token: theirToken, owner: "call=" + theirs.call, name: "theirs"}).want(201).text("id")
	ids := map[string]string{
		"patient": theirs.patient, "provider": theirs.provider, "encounter": "2", "session": theirs.session, "call": theirs.call, "recording": recording,
		"date": "2026-03-25",
	}
	w.bookings(t, theirToken, theirs, ids)
	w.do(t, "POST", "/encounters", ask{token: theirToken, body: object{"id": 2, "patientId": theirs.patient, "providerId": theirs.provider}}).want(201)
	bodies := map[string]object{
		"withhold": {"reason": "x"}, "consent": {"consent": "given"}, "relink": {"callId": own.call}, "settle": {"decision": "take"}, "care-team": {"providerId": own.provider},
		"reschedule": {"start": "2026-03-25T15:00:00Z"}, "services": {"serviceId": 1}, "sign": {"providerId": own.provider},
	}
	same := func(method, unknown, foreignPath string, unknownBody, foreignBody any) {
		t.Helper()
		a, b := w.do(t, method, unknown, ask{body: unknownBody}), w.do(t, method, foreignPath, ask{body: foreignBody})
		if a.want(http.StatusNotFound); a.status != b.status || string(a.body) != string(b.body) {
			t.Errorf("%s: unknown %d %s, another tenant's %d %s", b.about, a.status, a.body, b.status, b.body)
		}
		for _, h := range []string{"Content-Type", "Content-Length", "Cache-Control", "Etag"} {
			if a.header.Get(h) != b.header.Get(h) {
				t.Errorf("%s: %s differs", b.about, h)
			}
		}
	}
	routes := 0
	for _, r := range w.Native().Routes() {
		if !strings.Contains(r.Pattern, "{") {
			continue
		}
		var body any
		if r.Method == "PATCH" {
			body = object{}
			if strings.Contains(r.Pattern, "care-team") {
				body = object{"role": "x"}
			}
			if strings.HasSuffix(r.Pattern, "{assignment}") {
				body = object{"endDate": "2026-12-31"}
			}
		}
		if b, ok := bodies[r.Pattern[strings.LastIndexByte(r.Pattern, '/')+1:]]; ok && r.Method == "POST" {
			body = b
		}
		same(r.Method, pathOf(r.Pattern, nobody()), pathOf(r.Pattern, ids), body, body)
		routes++
	}
	if routes < 40 {
		t.Errorf("only %d routes with ids", routes)
	}
	unknown := nobody()
	same("GET", "/encounters?patient="+unknown["patient"], "/encounters?patient="+theirs.patient, nil, nil)
	same("GET", "/sessions?encounter=999999", "/sessions?encounter=2", nil, nil)
	same("GET", "/calls?patient="+unknown["patient"], "/calls?patient="+theirs.patient, nil, nil)
	same("GET", "/recordings?patient="+unknown["patient"], "/recordings?patient="+theirs.patient, nil, nil)
	same("GET", "/recordings?session="+unknown["session"], "/recordings?session="+theirs.session, nil, nil)
	same("GET", "/recordings?call="+unknown["call"], "/recordings?call="+theirs.call, nil, nil)
	same("POST", "/encounters", "/encounters", object{"patientId": unknown["patient"], "providerId": own.provider}, object{"patientId": theirs.patient, "providerId": own.provider})
	same("POST", "/encounters", "/encounters", object{"patientId": own.patient, "providerId": unknown["provider"]}, object{"patientId": own.patient, "providerId": theirs.provider})
	same("POST", "/sessions", "/sessions", object{"encounterId": 999999, "status": "missed", "start": "2026-03-18T14:22:00Z"}, object{"encounterId": 2, "status": "missed", "start": "2026-03-18T14:22:00Z"})
	booking := func(patient, provider, service string) object {
		id, _ := strconv.ParseInt(service, 10, 64)
		return object{"patientId": patient, "providerId": provider, "serviceId": id, "start": "2026-03-25T15:00:00Z"}
	}
	for _, b := range [][2]object{
		{booking(unknown["patient"], own.provider, "1"), booking(theirs.patient, own.provider, "1")},
		{booking(own.patient, unknown["provider"], "1"), booking(own.patient, theirs.provider, "1")},
		{booking(own.patient, own.provider, unknown["service"]), booking(own.patient, own.provider, ids["service"])},
	} {
		same("POST", "/appointments", "/appointments", b[0], b[1])
	}
	same("GET", "/appointments?patient="+unknown["patient"], "/appointments?patient="+theirs.patient, nil, nil)
	same("GET", "/appointments?provider="+unknown["provider"], "/appointments?provider="+theirs.provider, nil, nil)
	call := func(patient string, encounter int) object {
		return object{"patientId": patient, "direction": "INBOUND", "status": "BUSY", "calledAt": "2026-03-18T14:22:00Z", "encounterId": encounter}
	}
	same("POST", "/calls", "/calls", call(unknown["patient"], 1), call(theirs.patient, 1))
	same("POST", "/calls", "/calls", call(own.patient, 999999), call(own.patient, 2))
	mine := w.upload(t, upload{owner: "call=" + own.call, name: "mine"}).want(201).text("id")
	relink := "/recordings/" + mine + "/relink"
	same("POST", relink, relink, object{"sessionId": unknown["session"]}, object{"sessionId": theirs.session})
	same("POST", relink, relink, object{"callId": unknown["call"]}, object{"callId": theirs.call})
	for _, list := range []string{"/patients", "/providers", "/encounters", "/sessions", "/calls", "/recordings"} {
		if body := w.do(t, "GET", list, ask{}).want(200).body; containsFold(body, theirs.patient) || containsFold(body, theirs.session) || containsFold(body, recording) {
			t.Errorf("%s shows another tenant's", list)
		}
	}
}

func TestMalformedIdsAnswerAsUnknownOnes(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	for _, noun := range []string{"patients", "providers", "encounters", "sessions", "calls", "recordings"} {
		want := w.do(t, "GET", "/"+noun+"/"+nobody()[strings.TrimSuffix(noun, "s")], ask{}).want(404)
		for _, id := range []string{"x", "0", "-1", "1e3", "+1", "%2e%2e%2fetc%2fpasswd", "%00", "%0d%0aX-Injected:%20a", "' or 1=1", "%F0%9F%8F%A5", strings.Repeat("9", 300), "null"} {
			got := w.do(t, "GET", "/"+noun+"/"+strings.ReplaceAll(id, " ", "%20"), ask{})
			if got.status != 404 || string(got.body) != string(want.body) || got.header.Get("X-Injected") != "" {
				t.Errorf("%s: %d %s, want %s", got.about, got.status, got.body, want.body)
			}
		}
	}
}
