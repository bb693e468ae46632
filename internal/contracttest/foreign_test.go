package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"chartline/internal/api/native"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

// strangers are ids that exist and are not the client's to know of, by what they
// are ids of; unknown ones stand beside them.
type strangers struct {
	unknown string
	exist   map[string]string // by whose they are
}

func (w *world) strangers() map[string]strangers {
	v := w.vars
	uuid := "00000000-0000-4000-8000-00000000dead"
	person := func(noun string, theirs, theirNumber, sandbox, sandboxNumber string) strangers {
		return strangers{uuid, map[string]string{
			"another tenant's " + noun: theirs, "another tenant's, by number": theirNumber,
			"another instance's " + noun: sandbox, "another instance's, by number": sandboxNumber,
		}}
	}
	call := strangers{uuid, map[string]string{
		"another tenant's call": v["birch.call"], "another instance's call": v["sandbox.call"],
	}}
	nested := strangers{uuid, maps.Clone(call.exist)}
	nested.exist["another patient's call"] = v["patient2.call"]
	return map[string]strangers{
		"patient":   person("patient", v["birch.patient"], "202400000017", v["sandbox.patient"], "202500000002"),
		"provider":  person("provider", v["birch.provider"], "202100000003", v["sandbox.provider"], "202500000001"),
		"patientId": {uuid, map[string]string{"another tenant's patient": v["birch.patient"], "another instance's patient": v["sandbox.patient"]}},
		"login":     person("log-in", v["birch.login"], "202400000017", v["sandbox.patient"], "202500000002"),
		"call":      call,
		"callId":    nested,
		"encounter": {"987654", map[string]string{"another tenant's encounter": "31", "another instance's encounter": "21"}},
		"session": {"00000000000000000000dead", map[string]string{
			"another tenant's session": "65d483a9b7c1e2f3a4b5c6f1", "another instance's session": "65d483a9b7c1e2f3a4b5c6e1",
		}},
		"recording": {uuid, map[string]string{
			"another tenant's recording": v["birch.recording"], "another instance's recording": v["sandbox.recording"],
		}},
		"service":     {"987654", map[string]string{"another tenant's service": "31", "another instance's service": "41"}},
		"service_id":  {"987654", map[string]string{"another tenant's service": "31", "another instance's service": "41"}},
		"appointment": {"987654", map[string]string{"another tenant's appointment": "3", "another instance's appointment": "2"}},
		"assignment":  {uuid, map[string]string{"another tenant's assignment": v["birch.assignment"], "another instance's assignment": v["sandbox.assignment"]}},
		"patient_id":  {"202499999999", map[string]string{"another tenant's patient": "202400000017", "another instance's patient": "202500000002"}},
		"provider_email": {"nobody@example.org", map[string]string{
			"another tenant's provider": "isidora.hawksmoor@example.org", "another instance's provider": "sandpiper.trialwright@example.org",
		}},
		"customer_code": {"NOBODY", map[string]string{"another tenant's practice": "BIRCH"}},
		"file":          {uuid, map[string]string{"another tenant's file": v["birch.file"], "another instance's file": v["sandbox.file"]}},
		"form":          {uuid, map[string]string{"another tenant's form": v["birch.form"], "another instance's form": v["sandbox.form"]}},
		"definition":    {uuid, map[string]string{"another tenant's definition": v["birch.definition"], "another instance's definition": v["sandbox.definition"]}},
		"report":        {uuid, map[string]string{"another tenant's report": v["birch.report"], "another instance's report": v["sandbox.report"]}},
		"note":          {uuid, map[string]string{"another tenant's note": v["birch.note"], "another instance's note": v["sandbox.note"]}},
		"analysis":      {uuid, map[string]string{"another tenant's analysis": v["birch.analysis"], "another instance's analysis": v["sandbox.analysis"]}},
		"analysis_id":   {uuid, map[string]string{"another tenant's analysis": v["birch.analysis"], "another instance's analysis": v["sandbox.analysis"]}},
		"encounter_id":  {"987654", map[string]string{"another tenant's encounter": "31", "another instance's encounter": "21"}},
		"amends":        {uuid, map[string]string{"another tenant's note": v["birch.note"], "another instance's note": v["sandbox.note"]}},
		"recording_id": {"nobody-has-it", map[string]string{
			"another tenant's name": "1772544615090", "another instance's name": "sandbox-visit-55", "another tenant's call's name": "RE-birch-one",
		}},
	}
}

// like returns an id that nobody has, in the form of another: people have two.
func (s strangers) like(id string) string {
	if len(id) == 12 && strings.Trim(id, "0123456789") == "" {
		return "202499999999"
	}
	return s.unknown
}

// malformed are no ids of any kind.
var malformed = []string{
	"x", "0", "-1", "..", ".", "../../etc/passwd", "..\\..\\windows", "C:\\x", "/etc/passwd", "%2e%2e", "a\x00b", "a\r\nSet-Cookie: x=1", "' OR 1=1 --",
	";rm -rf /", "${jndi:ldap://x}", "b1000000-0000-4000-8000-00000000111", "b1000000-0000-4000-8000-0000000011110", "{b1000000-0000-4000-8000-000000001111}",
	"ｂ1000000-0000-4000-8000-000000001111", "２０２３００００１１１１", "99999999999999999999", "+13356", " 13356", "13356.0", "1e4", "\u202e6533", "\xff\xfe",
	strings.Repeat("a", 300), strings.Repeat("9", 300),
}

// tracedWorld notes what is asked of the store.
func tracedWorld(t *testing.T) (*world, *trace) {
	t.Helper()
	tr := &trace{}
	w := newWorldWith(t, testkit.Options{Store: func(s store.Store) store.Store { return tracedStore{s, tr} }})
	for _, token := range []string{"token", "none.token", "birch.token"} { // so that they are known
		first := w.good(gated()[0])
		first.token = w.vars[token]
		w.serve(first)
	}
	tr.take()
	w.newEntries()
	return w, tr
}

// look returns all that an answer leaves: itself, the statements it took, and its
// audit entries but for what is each entry's own.
func (w *world) look(a ask, tr *trace) (answer, statements, entries string) {
	w.t.Helper()
	tr.take()
	w.newEntries()
	r := w.serve(a)
	calls := tr.take()
	var log strings.Builder
	for _, e := range w.newEntries() {
		e.Seq, e.Request, e.Asked = 0, "", strings.Repeat("h", len(e.Asked))
		fmt.Fprintf(&log, "%+v\n", e)
	}
	// A thing that was to be made and was not has an id of its own too.
	return r.comparable(), strings.Join(calls, " "), madeID.ReplaceAllString(log.String(), "…")
}

var madeID = regexp.MustCompile(`ID:[0-9a-f]{8}-[0-9a-f-]{27}`)

// TestWhatIsAnothersAnswersAsWhatIsNotThere asks every route for things of
// another tenant, another instance and another patient, in its path, its query
// and its body, and for things that nobody has: S3, S6, S7, S58. Answers are the
// same bytes, by the same statements, with the same audit entries.
func TestWhatIsAnothersAnswersAsWhatIsNotThere(t *testing.T) {
	t.Parallel()
	w, tr := tracedWorld(t)
	before := w.everythingOf(w.vars["birch.token"])
	compared := 0
	compare := func(what string, unknown, theirs ask) {
		t.Helper()
		compared++
		a1, s1, e1 := w.look(unknown, tr)
		a2, s2, e2 := w.look(theirs, tr)
		if a1 != a2 {
			t.Errorf("%s: %s answers\n%s\nand what is not there\n%s", unknown.route, what, a2, a1)
		}
		if s1 != s2 {
			t.Errorf("%s: %s takes the statements\n%s\nand what is not there\n%s", unknown.route, what, s2, s1)
		}
		if e1 != e2 {
			t.Errorf("%s: %s leaves the entries\n%s\nand what is not there\n%s", unknown.route, what, e2, e1)
		}
		if strings.HasPrefix(a1, "20") && !isList(unknown) || strings.HasPrefix(a1, "5") || strings.HasPrefix(a1, "403") {
			t.Errorf("%s: what is not there answers\n%s", unknown.route, a1)
		}
	}
	all, inQueries := w.strangers(), queryIDs(t)
	for _, r := range gated() {
		good := w.good(r)
		for param := range good.params {
			for what, id := range all[param].exist {
				compare(what, good.with(param, all[param].like(id)), good.with(param, id))
			}
		}
		for _, param := range inQueries[r.String()] {
			for what, id := range all[param].exist {
				unknown, theirs := good, good
				unknown.query, theirs.query = maps.Clone(good.query), maps.Clone(good.query)
				unknown.query.Set(param, all[param].like(id))
				theirs.query.Set(param, id)
				if r.String() == "POST /api/v1/recordings" && param == "session" {
					unknown.query.Del("call")
					theirs.query.Del("call")
				}
				compare(what, unknown, theirs)
			}
		}
		for field, noun := range bodyIDs(t, good.body) {
			for what, id := range all[noun].exist {
				if strings.Contains(what, "by number") {
					continue
				}
				compare(what, good.withField(t, field, bodyValue(noun, all[noun].unknown)), good.withField(t, field, bodyValue(noun, id)))
			}
		}
	}
	if compared < 120 {
		t.Errorf("only %d comparisons were made", compared)
	}
	if after := w.everythingOf(w.vars["birch.token"]); after != before {
		t.Error("the other tenant's things have changed")
	}
}

// isList reports whether a route answers those that fit, none among them.
func isList(a ask) bool { return a.query.Has("number") }

// queryIDs returns the query parameters that are ids, by route, from the OpenAPI
// document. The audit's are left out: a question about a person is about that
// person in the log, whoever it is.
func queryIDs(t *testing.T) map[string][]string {
	t.Helper()
	text, err := (&native.Surface{}).Document()
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct{ Name, In string }
		}
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	found := map[string][]string{}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			for _, p := range op.Parameters {
				if p.In == "query" && path != "/api/v1/audit" && slices.Contains([]string{"patient", "provider", "service", "session", "call", "encounter"}, p.Name) {
					key := strings.ToUpper(method) + " " + path
					found[key] = append(found[key], p.Name)
				}
			}
		}
	}
	if len(found) < 4 {
		t.Fatalf("only %d routes have ids in their queries", len(found))
	}
	return found
}

// bodyIDs returns a body's fields that are ids of things, and of which.
func bodyIDs(t *testing.T, body []byte) map[string]string {
	t.Helper()
	found := map[string]string{}
	if len(body) == 0 || body[0] != '{' {
		return found
	}
	var fields map[string]any
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	for field := range fields {
		if noun, ok := strings.CutSuffix(field, "Id"); ok {
			found[field] = noun
		}
		if slices.Contains([]string{"patient_id", "service_id", "provider_email", "encounter_id", "recording_id", "amends", "customer_code"}, field) { // the telehealth surface's
			found[field] = field
		}
	}
	return found
}

func bodyValue(noun, id string) any {
	counted := []string{"encounter", "encounter_id", "service", "service_id", "patient_id"}
	if n, err := strconv.ParseInt(id, 10, 64); slices.Contains(counted, noun) && err == nil {
		return n
	}
	return id
}

// everythingOf reads all that a client may read, as text.
func (w *world) everythingOf(token string) string {
	w.t.Helper()
	var b strings.Builder
	for _, target := range []string{"patients", "providers", "encounters", "sessions", "calls", "recordings?includeDeleted=true", "services", "appointments", "practice",
		"forms", "form-definitions", "lab-reports", "notes", "analyses"} {
		r := w.serveRaw(w.request("GET", "/api/v1/"+target, []string{"Authorization: Bearer " + token}, nil), "")
		if r.status != 200 {
			w.t.Fatalf("%s answers %d", target, r.status)
		}
		b.Write(r.body)
	}
	return b.String()
}

// TestMalformedIDsAnswerAsUnknownOnes asks every route for what cannot be an id
// in any of its places: S10. No media is opened, nothing fails on our side.
func TestMalformedIDsAnswerAsUnknownOnes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	opened := w.faults.opens.Load()
	all := w.strangers()
	for _, r := range gated() {
		good := w.good(r)
		for param := range good.params {
			if all[param].unknown == "" {
				continue
			}
			want := w.serve(good.with(param, all[param].unknown)).comparable()
			for _, id := range malformed {
				if got := w.serve(good.with(param, id)).comparable(); got != want {
					t.Errorf("%s with {%s} %q answers\n%s\nnot\n%s", r, param, id, got, want)
				}
			}
		}
	}
	if n := w.faults.opens.Load() - opened; n != 0 {
		t.Errorf("media was opened %d times", n)
	}
}

// TestTenantsAndInstancesAnswerAlikeWhetherTheyExistOrNot is the 403 of calls.md.
func TestTenantsAndInstancesAnswerAlikeWhetherTheyExistOrNot(t *testing.T) {
	t.Parallel()
	w, tr := tracedWorld(t)
	for _, r := range gated() {
		good := w.good(r)
		good.token = w.vars["none.token"]
		nowhere := good
		if _, inPath := good.params["tenant"]; inPath {
			nowhere = good.with("tenant", "no-such-tenant")
		} else {
			nowhere.headers = append(slices.Clone(good.headers), "Instance: no-such-instance")
		}
		answer, statements, entries := w.look(nowhere, tr)
		if !strings.HasPrefix(answer, "403") {
			t.Errorf("%s answers\n%s", r, answer)
		}
		var others []ask
		if _, inPath := good.params["tenant"]; inPath {
			for _, tenant := range []string{"birch-clinic", "BIRCH-CLINIC", "x", "birch-clinic/live", "..", "a\x00b"} {
				others = append(others, good.with("tenant", tenant), good.with("tenant", tenant).with("instance", "nowhere"))
			}
			others = append(others, good.with("instance", "sandbox"), good.with("instance", "nowhere"), good.with("instance", "admin"))
		} else {
			for _, instance := range []string{"sandbox", "nowhere", "admin", "../live", "birch-clinic/live"} {
				other := good
				other.headers = append(slices.Clone(good.headers), "Instance: "+instance)
				others = append(others, other)
			}
		}
		for _, other := range others {
			a, s, e := w.look(other, tr)
			if a != answer || s != statements || blankInstance(e) != blankInstance(entries) {
				t.Errorf("%s %v answers\n%s%s\n%s\nnot\n%s%s\n%s", other.target(), other.headers, a, s, e, answer, statements, entries)
			}
		}
	}
}

// blankInstance leaves out which instance an entry is about.
func blankInstance(entries string) string {
	before, rest, _ := strings.Cut(entries, "Instance:")
	_, after, _ := strings.Cut(rest, " Action:")
	return before + after
}

// TestAnotherTenantsClientGetsNothingUnderItsOwnPath proves that nothing in a
// token but its own tenant and instances counts.
func TestAnotherTenantsClientGetsNothingUnderAnothersPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t, seed{Data: []seedData{{In: "acme-health/live", seedBookings: seedBookings{Appointments: []seedAppointment{
		{Patient: 202300001111, Provider: 202200000834, Service: 1, Start: time.Date(2026, 3, 23, 14, 0, 0, 0, time.UTC), Series: 4},
	}}}}})
	for _, r := range gated() {
		a := w.good(r)
		a.token = w.vars["birch.token"]
		if a.params["appointment"] != "" {
			a = a.with("appointment", "5") // they are counted in each instance, and birch has three
		}
		got := w.serve(a)
		want := []int{403}
		if _, inPath := a.params["tenant"]; !inPath {
			want = []int{404, 400} // its own home, where these ids are not
		}
		listed := r.method == "GET" && !strings.Contains(r.pattern, "{") || r.method == "POST" && strings.HasSuffix(r.pattern, "s")
		namesNothing := len(a.params) == 0 && len(bodyIDs(t, a.body)) == 0
		if !listed && !namesNothing && !slices.Contains(want, got.status) {
			t.Errorf("%s answers birch's client %d %s", r, got.status, got.body)
		}
		for _, m := range w.marks["acme-health"] {
			if strings.Contains(string(got.body), m) {
				t.Errorf("%s shows birch's client %q", r, m)
			}
		}
	}
}
