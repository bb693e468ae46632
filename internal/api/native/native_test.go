package native_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/google/go-cmp/cmp"

	"chartline/internal/api/native"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/oversight"
	"chartline/internal/testkit"
)

var (
	live    = care.Scope{Tenant: "acme-health", Instance: "live"}
	sandbox = care.Scope{Tenant: "acme-health", Instance: "sandbox"}
	foreign = care.Scope{Tenant: "birch-clinic", Instance: "live"}
)

// world is a served Chartline with two tenants. Every conversation with it is
// checked against the OpenAPI document.
type world struct {
	*testkit.Kit
	url    string
	token  string // a client of live with every grant
	router routers.Router
	seen   sync.Map // of refusals that were checked: "method pattern status"
}

func open(t *testing.T, o testkit.Options) *world {
	t.Helper()
	w := &world{Kit: testkit.New(t, o)}
	w.Tenant(t, live.Tenant, live.Instance, sandbox.Instance)
	w.Tenant(t, foreign.Tenant, foreign.Instance)
	_, w.token = w.Client(t, live, care.GrantNames()...)
	w.url = w.Serve(t)
	var err error
	if w.router, err = routerOnce(); err != nil {
		t.Fatal(err)
	}
	return w
}

// routerOnce reads the document: to do so for each world takes longer than most
// tests.
var routerOnce = sync.OnceValues(func() (routers.Router, error) {
	text, err := (&native.Surface{}).Document()
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc)
})

// ask is a request; a body that is no string or bytes is sent as JSON.
type ask struct {
	token  string // empty: the world's; "none": none
	header map[string]string
	body   any
}

// answer is what came back.
type answer struct {
	t      *testing.T
	about  string
	status int
	header http.Header
	body   []byte
}

func (w *world) do(t *testing.T, method, path string, a ask) answer {
	t.Helper()
	var body []byte
	switch b := a.body.(type) {
	case nil:
	case string:
		body = []byte(b)
	case []byte:
		body = b
	default:
		var err error
		if body, err = json.Marshal(b); err != nil {
			t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, w.url+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if a.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if a.token == "" {
		a.token = w.token
	}
	if a.token != "none" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	for name, value := range a.header {
		r.Header.Set(name, value)
	}
	got := answer{t: t, about: method + " " + path}
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Errorf("%s: %v", got.about, err)
		return got
	}
	defer resp.Body.Close()
	got.status, got.header = resp.StatusCode, resp.Header
	if got.body, err = io.ReadAll(resp.Body); err != nil {
		t.Errorf("%s: %v", got.about, err)
	}
	w.check(t, r, body, got)
	return got
}

// check holds a conversation against the document: a request that succeeded
// must be one that the document allows, and every answer one that it promises.
func (w *world) check(t *testing.T, r *http.Request, body []byte, a answer) {
	t.Helper()
	again := r.Clone(context.Background())
	again.Body = io.NopCloser(bytes.NewReader(body))
	again.URL.Scheme, again.URL.Host = "", ""
	route, params, err := w.router.FindRoute(again)
	if err != nil {
		return // no such route: the answer is checked by whoever asks so
	}
	if _, seen := w.seen.LoadOrStore(fmt.Sprint(route.Method, route.Path, a.status), true); seen && a.status >= 400 {
		return // one refusal of a kind is like the next, and the check is slow
	}
	in := &openapi3filter.RequestValidationInput{Request: again, PathParams: params, Route: route, Options: &openapi3filter.Options{
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, ExcludeRequestBody: !strings.Contains(r.Header.Get("Content-Type"), "json"),
	}}
	if a.status < 300 {
		if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil {
			t.Errorf("%s: the request was taken, but the document does not allow it: %v", a.about, err)
		}
	}
	if !strings.Contains(a.header.Get("Content-Type"), "json") {
		return
	}
	err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: a.status, Header: a.header, Body: io.NopCloser(bytes.NewReader(a.body)), Options: in.Options,
	})
	if err != nil {
		t.Errorf("%s: the document does not promise this answer: %v\n%s", a.about, err, a.body)
	}
}

// want fails the test unless the status is as said, and returns the answer.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got %d, want %d\n%s", a.about, a.status, status, a.body)
	}
	return a
}

// is fails the test unless the status is as said, and goes on: for use beside
// the test's own goroutine.
func (a answer) is(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Errorf("%s: got %d, want %d\n%s", a.about, a.status, status, a.body)
	}
	return a
}

// json is the answer's object.
func (a answer) json() map[string]any {
	a.t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.body, &v); err != nil {
		a.t.Fatalf("%s: %v\n%s", a.about, err, a.body)
	}
	return v
}

func (a answer) text(field string) string {
	a.t.Helper()
	s, ok := a.json()[field].(string)
	if !ok {
		a.t.Fatalf("%s: no text %q in %s", a.about, field, a.body)
	}
	return s
}

func (a answer) number(field string) int64 {
	a.t.Helper()
	n, ok := a.json()[field].(float64)
	if !ok {
		a.t.Fatalf("%s: no number %q in %s", a.about, field, a.body)
	}
	return int64(n)
}

// has compares the named fields of the answer.
func (a answer) has(fields map[string]any) answer {
	a.t.Helper()
	got := a.json()
	for name, want := range fields {
		if n, ok := want.(int); ok {
			want = float64(n)
		}
		if diff := cmp.Diff(want, got[name]); diff != "" {
			a.t.Errorf("%s: %s: %s", a.about, name, diff)
		}
	}
	return a
}

// faults returns the faulty fields that a problem names.
func (a answer) faults() map[string]string {
	a.t.Helper()
	var p struct {
		Errors []struct{ Field, Reason string }
	}
	if err := json.Unmarshal(a.body, &p); err != nil {
		a.t.Fatal(err)
	}
	out := map[string]string{}
	for _, e := range p.Errors {
		out[e.Field] = e.Reason
	}
	return out
}

// clinic is a patient with a provider, an encounter, a session and a call.
type clinic struct {
	patient, provider, session, call string
	number, providerNumber           int64
	encounter                        int64
}

type object = map[string]any

// clinic makes one in the token's home.
func (w *world) clinic(t *testing.T, token string) clinic {
	t.Helper()
	made := func(path string, body object) answer {
		t.Helper()
		return w.do(t, "POST", path, ask{token: token, body: body}).want(201)
	}
	var c clinic
	p := made("/patients", object{"firstName": "Rosa", "lastName": "Quill"})
	c.patient, c.number = p.text("id"), p.number("number")
	d := made("/providers", object{"firstName": "Ansel", "title": "MD"})
	c.provider, c.providerNumber = d.text("id"), d.number("number")
	c.encounter = made("/encounters", object{"patientNumber": c.number, "providerId": c.provider}).number("id")
	c.session = made("/sessions", object{"encounterId": c.encounter, "status": "completed", "start": "2026-03-18T14:22:00Z", "end": "2026-03-18T14:23:41Z"}).text("id")
	c.call = made("/calls", object{"patientId": c.patient, "direction": "INBOUND", "status": "COMPLETED", "duration": 63, "calledAt": "2026-03-18T14:22:00.75Z"}).text("id")
	return c
}

// entries counts the entries of a tenant's audit log.
func (w *world) entries(t *testing.T, tenant string) []care.AuditEntry {
	t.Helper()
	var all []care.AuditEntry
	page, err := w.Oversight.List(t.Context(), testkit.Operator(), care.AuditFilter{Chain: tenant}, allOfIt())
	if err != nil {
		t.Fatal(err)
	}
	for {
		all = append(all, page.Entries...)
		if page.Next == nil {
			return all
		}
		if page, err = w.Oversight.List(t.Context(), testkit.Operator(), care.AuditFilter{Chain: tenant}, *page.Next); err != nil {
			t.Fatal(err)
		}
	}
}

// each runs fn for every item at once and waits.
func each(n int, fn func(i int)) {
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { fn(i) })
	}
	all.Wait()
}

func containsFold(b []byte, s string) bool {
	return strings.Contains(strings.ToLower(string(b)), strings.ToLower(s))
}

func allOfIt() oversight.Page { return oversight.Page{Limit: oversight.MaxLimit} }

// Native is the surface as the server has it.
func (w *world) Native() *native.Surface {
	return &native.Surface{Auth: w.Auth, Access: w.Access, People: w.People, Visits: w.Visits, Voice: w.Voice, Recordings: w.Recordings, Oversight: w.Oversight}
}

// upload is a recording to send; what is empty is filled in.
type upload struct {
	token, owner, name, query string
	contentType               string
	header                    map[string]string
	bytes                     []byte
}

// sound is something that begins like an MP3, and differs with its seed.
func sound(seed string) []byte {
	return append([]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), strings.Repeat(seed+"\n", 2000)...)
}

func (w *world) upload(t *testing.T, u upload) answer {
	t.Helper()
	if u.bytes == nil {
		u.bytes = sound(u.name)
	}
	if u.contentType == "" {
		u.contentType = "audio/mpeg"
	}
	header := map[string]string{"Content-Type": u.contentType}
	maps.Copy(header, u.header)
	return w.do(t, "POST", "/recordings?name="+url.QueryEscape(u.name)+"&"+u.owner+u.query, ask{token: u.token, header: header, body: u.bytes})
}

// both gives a token of a client that is at home in live and may use sandbox,
// with every grant in each.
func (w *world) both(t *testing.T) string {
	t.Helper()
	c, err := w.Access.CreateClient(t.Context(), testkit.Operator(), access.NewClient{Tenant: live.Tenant, Home: live.Instance, Instances: []string{sandbox.Instance}, Grants: care.GrantNames()})
	if err != nil {
		t.Fatal(err)
	}
	actor, err := w.Auth.Secret(t.Context(), "", c.Client.Name, c.Secret, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	issued, err := w.Access.IssueToken(t.Context(), actor)
	if err != nil {
		t.Fatal(err)
	}
	return issued.Token
}
