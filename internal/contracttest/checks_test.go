package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"chartline/internal/care"
	spans "chartline/internal/trace"
)

func itoa(n int) string { return strconv.Itoa(n) }

func keys[K comparable, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}

// outcomes says how the audit must show an answer of a route that needs a token:
// S45. Nothing where it is not told; "none" means that no entry may be there.
func outcomeOf(status int) care.Outcome {
	switch status {
	case http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusPartialContent,
		http.StatusNotModified, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		return care.OutcomeAllowed
	case http.StatusForbidden:
		return care.OutcomeRefused
	case http.StatusNotFound:
		return care.OutcomeNotFound
	case http.StatusUnauthorized, http.StatusMethodNotAllowed:
		return "none"
	}
	return ""
}

// checkAudit proves that a request made exactly the entry that it should: who,
// what, when, where, why, and how it ended.
func (w *world) checkAudit(s sent, a reply) {
	w.t.Helper()
	entries := w.newEntries()
	r, known := rows().find(s.method, s.target)
	say := func(format string, args ...any) {
		w.t.Helper()
		w.t.Errorf("%s %s answered %d: %s\n%+v", s.method, s.target, a.status, fmt.Sprintf(format, args...), entries)
	}
	if r.surface == "portal" {
		w.checkPortalAudit(say, s, r, a, entries)
		return
	}
	want := outcomeOf(a.status)
	switch {
	case !known, r.action == "" && r.surface != "calls" && r.surface != "oauth":
		want = "none"
	case r.action == "":
		r.action, want = "token.issue", tokenOutcome(a.status)
	}
	if r.pattern == "/api/service/v1/graphql" && a.status == http.StatusOK {
		w.checkGraphQLAudit(say, s, a, entries) // one for each resolver that reads
		return
	}
	switch {
	case want == "none":
		if len(entries) != 0 {
			say("there are audit entries")
		}
		return
	case want == "" && len(entries) > 1:
		say("there is more than one audit entry")
		return
	case want == "" && len(entries) == 0:
		return
	case len(entries) != 1:
		say("there are %d audit entries, not one", len(entries))
		return
	}
	e := entries[0]
	if want != "" && e.Outcome != want {
		say("the outcome is %s, not %s", e.Outcome, want)
	}
	address := "127.0.0.1"
	if s.from != "" {
		address = s.from
	}
	if e.Action != r.action || e.Via != r.String() || e.Request != a.header.Get("X-Request-Id") || e.Address != address || !e.At.Equal(s.at) {
		say("the entry is not of this request")
	}
	if client, ok := w.clients[s.token]; ok {
		if e.Actor != care.ActorClient || e.ActorID != client.Name || e.Chain != client.Tenant {
			say("the entry does not say who it was")
		}
	}
	if e.Noun == "" && e.Outcome != care.OutcomeRefused || e.Reason == "" && e.Outcome != care.OutcomeNotFound {
		say("the entry does not say what or why")
	}
}

// checkGraphQLAudit proves that every entry of a query is of this request.
func (w *world) checkGraphQLAudit(say func(string, ...any), s sent, a reply, entries []care.AuditEntry) {
	w.t.Helper()
	var response struct{ Data map[string]json.RawMessage }
	w.must(json.Unmarshal(a.body, &response))
	reads := slices.ContainsFunc(slices.Collect(maps.Values(response.Data)), func(page json.RawMessage) bool {
		return bytes.Contains(page, []byte(`"data":`)) || bytes.Contains(page, []byte(`"paginatorInfo":`))
	})
	told := slices.ContainsFunc(entries, func(e care.AuditEntry) bool {
		return e.Outcome == care.OutcomeAllowed || e.Outcome == care.OutcomeNotFound
	})
	dear := bytes.Contains(a.body, []byte(`"TOO_EXPENSIVE"`)) // what was read until then is not told
	if reads && !told || !reads && !dear && slices.ContainsFunc(entries, func(e care.AuditEntry) bool { return e.Outcome == care.OutcomeAllowed }) {
		say("what was read and what was audited differ")
	}
	for _, e := range entries {
		if e.Request != a.header.Get("X-Request-Id") || e.Via != "POST /api/service/v1/graphql" || e.ActorID != w.clients[s.token].Name || e.Noun == "" {
			say("the entry is not of this request")
		}
	}
}

func tokenOutcome(status int) care.Outcome {
	switch status {
	case http.StatusOK:
		return care.OutcomeAllowed
	case http.StatusUnauthorized, http.StatusTooManyRequests:
		return care.OutcomeRefused
	}
	return "none"
}

// checkAnswer proves what holds of every answer.
func (w *world) checkAnswer(s sent, a reply) {
	w.t.Helper()
	say := func(format string, args ...any) {
		w.t.Helper()
		w.t.Errorf("%s %s answered %d: %s\n%v\n%s", s.method, s.target, a.status, fmt.Sprintf(format, args...), a.header, shorten(a.body))
	}
	r, known := rows().find(s.method, s.target)
	if a.header.Get("X-Request-Id") == "" {
		say("there is no X-Request-Id")
	}
	if a.header.Get("X-Content-Type-Options") != "nosniff" && r.pattern != "/metrics" && a.status != http.StatusNoContent {
		say("it is not nosniff")
	}
	if a.status != http.StatusNoContent && (known && r.action != "" || a.status >= 400) && !strings.Contains(a.header.Get("Cache-Control"), "no-store") {
		say("it may be stored")
	}
	for name, statuses := range map[string][]int{"Www-Authenticate": {401}, "Allow": {405}, "Retry-After": {429, 503, 507}} {
		if slices.Contains(statuses, a.status) != (a.header.Get(name) != "") {
			say("%s is %q", name, a.header.Get(name))
		}
	}
	if wait := a.header.Get("Retry-After"); wait != "" {
		if n, err := strconv.Atoi(wait); err != nil || n < 1 || n > 900 {
			say("Retry-After is %q", wait)
		}
	}
	if a.status >= 400 && s.method != http.MethodHead {
		if err := checkErrorShape(s, r, a); err != nil {
			say("%v", err)
		}
		w.checkErrorIsSilent(say, a)
	}
	if known && r.surface == "native" && strings.Contains(a.header.Get("Content-Type"), "json") && s.method != http.MethodHead {
		if err := checkPromised(r, a); err != nil {
			say("%v", err)
		}
	}
	w.checkForeign(say, s, a)
}

// errorShapes are how a surface's errors begin and end.
var errorShapes = map[string]*regexp.Regexp{
	"calls":      regexp.MustCompile(`(?s)^\[\{"errorCode":"[A-Z_]+","componentType":"(AUTH|PATIENT|VOICE_CALL|REQUEST|SERVER)","message":"[^"]+","details":\{.*\},"date":"[0-9TZ:-]+"\}\]\n$`),
	"oauth":      regexp.MustCompile(`(?s)^\{"error":"[a-z_]+","error_description":"[^"]+"\}\n$`),
	"telehealth": regexp.MustCompile(`(?s)^\{"error":true,"input_data":\{"error_message":"[^"]+"\}\}\n$`),
	"sso":        regexp.MustCompile(`(?s)^\{"error":true,"message":"Request Failed\. [^"]+"\}\n$`),
	"attachment": regexp.MustCompile(`(?s)^\{"error_message":"Request Failed\. [^"]+"\}\n$`),
	"native":     regexp.MustCompile(`(?s)^\{"type":"urn:chartline:problem:[a-z_]+","title":"[^"]+","status":\d+.*\}\n$`),
}

// checkErrorShape compares an error's body with its surface's form. What belongs
// to none is answered by the calls surface, or where its path begins so, by
// another.
func checkErrorShape(s sent, r route, a reply) error {
	if isPage(s.target) {
		return checkPageShape(a)
	}
	surface := r.surface
	if path := strings.ToLower(s.target); surface == "" || surface == "ops" {
		switch {
		case strings.HasPrefix(path, "/api/v1/"), path == "/api/v1":
			surface = "native"
		case strings.HasPrefix(path, "/api/"), path == "/api", strings.HasPrefix(path, "/sso"):
			surface = "telehealth"
		case strings.HasPrefix(path, "/oauth"):
			surface = "oauth"
		default:
			surface = "calls"
		}
	}
	if s.target == "/sso/token" {
		surface = "sso"
	}
	if s.target == "/api/service/v1/patient/form/attachment" {
		surface = "attachment"
	}
	if r.surface == "ops" && a.status == http.StatusServiceUnavailable {
		return nil
	}
	want := "application/json"
	if surface == "native" {
		want = "application/problem+json"
	}
	if got := a.header.Get("Content-Type"); got != want {
		return fmt.Errorf("the content type is %q", got)
	}
	if !errorShapes[surface].Match(a.body) {
		return fmt.Errorf("the body is not an error of %s", surface)
	}
	if surface == "native" && !bytes.Contains(a.body, []byte(`"status":`+itoa(a.status))) {
		return fmt.Errorf("the body tells another status")
	}
	return nil
}

// ownWords are a caller's own, given back to it: what it asked for, and in the
// form to be sent again.
var ownWords = regexp.MustCompile(`"requestURI":"[^"]*"|<input (id="email"|type="hidden")[^>]*>`)

// checkErrorIsSilent proves that an error shows nobody's data and no cause: S43,
// S44.
func (w *world) checkErrorIsSilent(say func(string, ...any), a reply) {
	text := string(ownWords.ReplaceAll(a.body, nil))
	for _, m := range w.everyMark() {
		if strings.Contains(text, m) {
			say("the error shows %q", m)
		}
	}
	for _, word := range []string{"SELECT", "sqlite", "SQLITE", "goroutine", ".go:", "chartline/internal", "/var/lib", "disk I/O", w.kit.Dir} {
		if strings.Contains(text, word) {
			say("the error shows %q", word)
		}
	}
}

func (w *world) everyMark() []string {
	var all []string
	for _, marks := range w.marks {
		all = append(all, marks...)
	}
	return append(all, w.secrets...)
}

// checkForeign proves that nothing of another tenant is in an answer, and no
// path of stored media in any: S9.
func (w *world) checkForeign(say func(string, ...any), s sent, a reply) {
	client, known := w.clients[s.token]
	head := fmt.Sprint(a.header)
	for tenant, marks := range w.marks {
		if !known || tenant == client.Tenant {
			continue
		}
		for _, m := range marks {
			if !slices.Contains(w.marks[client.Tenant], m) && !strings.Contains(s.body, m) && (bytes.Contains(a.body, []byte(m)) || strings.Contains(head, m)) {
				say("it shows %q of %s", m, tenant)
			}
		}
	}
	if known && regexp.MustCompile(`[a-z0-9-]+/(live|sandbox)/[0-9a-f]{2}/[0-9a-f-]{36}`).Match(a.body) {
		say("it shows where media is stored")
	}
}

// checkNothingLeaked searches the whole log, all metrics and all traces for what
// was planted: S43, S28.
func (w *world) checkNothingLeaked() {
	w.t.Helper()
	resp, err := http.Get("http://" + w.addr + "/metrics")
	w.must(err)
	defer resp.Body.Close()
	metrics, err := io.ReadAll(resp.Body)
	w.must(err)
	log, spans := w.log.String(), w.checkSpans()
	ids := []string{}
	for name, value := range w.vars {
		if uuidPattern.MatchString(value) && !strings.Contains(name, "client") {
			ids = append(ids, value)
		}
	}
	for _, m := range append(w.everyMark(), ids...) {
		if strings.Contains(log, m) {
			w.t.Errorf("the log shows %q: %s", m, around(log, m))
		}
		if strings.Contains(spans, m) {
			w.t.Errorf("the traces show %q: %s", m, around(spans, m))
		}
		if bytes.Contains(metrics, []byte(m)) {
			w.t.Errorf("the metrics show %q: %s", m, around(string(metrics), m))
		}
	}
}

// checkSpans proves that there are spans and that they are named by routes and
// steps alone, and returns all that they hold.
func (w *world) checkSpans() string {
	w.t.Helper()
	var text strings.Builder
	all := w.spans.Drain()
	if len(all) == 0 {
		w.t.Error("nothing was traced")
	}
	for _, s := range all {
		fmt.Fprintln(&text, s.Name, s.Attributes)
		method, pattern, _ := strings.Cut(s.Name, " ")
		known := pattern == "" || slices.ContainsFunc(routes(), func(r route) bool { return r.String() == s.Name || pattern == "/" })
		if s.Kind == spans.Server && (!known || strings.ToUpper(method) != method && method != "other") {
			w.t.Errorf("a request is called %q", s.Name)
		}
		if s.Kind != spans.Server && !stepName.MatchString(s.Name) {
			w.t.Errorf("a step is called %q", s.Name)
		}
	}
	return text.String()
}

var stepName = regexp.MustCompile(`^(gate|audit|store|blob)\.[a-z]+$|^(s3|key_service)$`)

func around(text, m string) string {
	i := strings.Index(text, m)
	return text[max(0, i-200):min(len(text), i+200)]
}
