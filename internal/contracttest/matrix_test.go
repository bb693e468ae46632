package contracttest

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"chartline/internal/care"
)

// TestNoRouteAnswersWithoutAGoodToken asks every route with every bad
// credential: S1, and S29 for tokens that are opaque. All answer as none does.
func TestNoRouteAnswersWithoutAGoodToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	token := w.vars["token"]
	bad := map[string][]string{
		"nothing":              nil,
		"an empty header":      {"Authorization:"},
		"a scheme alone":       {"Authorization: Bearer"},
		"a scheme and a space": {"Authorization: Bearer "},
		"no scheme":            {"Authorization: " + token},
		"another scheme":       {"Authorization: Basic " + token},
		"a token twice":        {"Authorization: Bearer " + token, "Authorization: Bearer " + token},
		"a good one and a bad": {"Authorization: Bearer " + token, "Authorization: Bearer x"},
		"a list":               {"Authorization: Bearer " + token + ", Bearer " + token},
		"one letter less":      {"Authorization: Bearer " + token[:len(token)-1]},
		"one letter more":      {"Authorization: Bearer " + token + "A"},
		"one letter changed":   {"Authorization: Bearer " + flip(token, 10)},
		"its last changed":     {"Authorization: Bearer " + flip(token, len(token)-1)},
		"another case":         {"Authorization: Bearer " + strings.ToUpper(token)},
		"without its prefix":   {"Authorization: Bearer " + strings.TrimPrefix(token, "chl_")},
		"quoted":               {`Authorization: Bearer "` + token + `"`},
		"the secret":           {"Authorization: Bearer " + w.vars["secret"]},
		"the client's name":    {"Authorization: Bearer " + w.vars["client"]},
		"no algorithm":         {"Authorization: Bearer eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJhZG1pbiJ9."},
		"a JSON web token":     {"Authorization: Bearer eyJhbGciOiJIUzI1NiIsImtpZCI6Ii4uLy4uL2V0Yy9wYXNzd2QifQ.eyJpc3MiOiJjaGFydGxpbmUifQ.c2lnbmF0dXJl"},
		"SQL":                  {"Authorization: Bearer ' OR '1'='1' --aaaaaaaaaaaaaaaaaaaaaaaa"},
		"40 KB":                {"Authorization: Bearer chl_" + strings.Repeat("A", 40<<10)},
		"a cookie":             {"Cookie: token=" + token + "; Authorization=Bearer " + token},
		"other headers":        {"X-Api-Key: " + token, "X-Auth-Token: " + token, "Proxy-Authorization: Bearer " + token, "X-User-Id: admin", "X-Forwarded-User: admin"},
	}
	for _, r := range gated() {
		a := w.good(r)
		a.token = ""
		want := w.serve(a)
		if want.status != http.StatusUnauthorized || want.header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s answers %d %v", r, want.status, want.header)
		}
		for what, headers := range bad {
			b := a
			b.headers = append(slices.Clone(a.headers), headers...)
			if got := w.serve(b); got.comparable() != want.comparable() {
				t.Errorf("%s with %s answers\n%s\nnot\n%s", r, what, got.comparable(), want.comparable())
			}
		}
		b := a
		b.query = map[string][]string{"access_token": {token}, "token": {token}}
		if got := w.serve(b); got.comparable() != want.comparable() {
			t.Errorf("%s with the token in the query answers %s", r, got.comparable())
		}
	}
	if entries := w.newEntries(); len(entries) != 0 {
		t.Errorf("there are audit entries of nobody: %+v", entries[0])
	}
}

func flip(s string, at int) string {
	c := byte('A')
	if s[at] == c {
		c = 'B'
	}
	return s[:at] + string(c) + s[at+1:]
}

// documentedGrants returns which grants admit to a route, any of them, as the
// pages in docs/api have it.
func documentedGrants(t *testing.T) map[string][]care.GrantName {
	t.Helper()
	name := regexp.MustCompile("`([a-z_]+)`")
	found := map[string][]care.GrantName{}
	for page, prefix := range map[string]string{"calls.md": "", "telehealth.md": "", "native.md": "/api/v1"} {
		text, err := os.ReadFile(filepath.Join(root, "docs", "api", page))
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range docRow.FindAllStringSubmatch(string(text), -1) {
			for _, g := range name.FindAllStringSubmatch(m[3], -1) {
				key := m[1] + " " + prefix + m[2]
				found[key] = append(found[key], care.GrantName(g[1]))
			}
		}
	}
	return found
}

// TestEveryRouteAdmitsTheGrantsOfItsPageAndNoOther asks every route with every
// grant alone: S2. What is not granted is refused.
func TestEveryRouteAdmitsTheGrantsOfItsPageAndNoOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	grants := documentedGrants(t)
	tokens := map[care.GrantName]string{}
	for _, g := range care.GrantNames() {
		w.plantClient(seedClient{As: string(g), Tenant: "acme-health", Home: "live", Grants: []care.GrantName{g}})
		tokens[g] = w.vars[string(g)+".token"]
	}
	for _, r := range gated() {
		admitted := grants[r.method+" "+strings.TrimSuffix(r.pattern, "{$}")]
		if len(admitted) == 0 {
			t.Errorf("%s: docs/api names no grant", r)
		}
		for g, token := range tokens {
			a := w.good(r)
			a.token = token
			got := w.serve(a)
			if want := slices.Contains(admitted, g); want == (got.status == http.StatusForbidden) || got.status == http.StatusUnauthorized || got.status >= 500 {
				t.Errorf("%s with %s alone answers %d %s", r, g, got.status, got.body)
			}
		}
	}
}

// TestWhatIsTakenAwayIsGoneFromEveryRoute takes grants, tokens and clients away:
// S33. The command that takes them waits for auth.Freshness; then no route
// answers any more.
func TestWhatIsTakenAwayIsGoneFromEveryRoute(t *testing.T) {
	t.Parallel()
	takings := []struct {
		name   string
		take   func(w *world, client string)
		status int
	}{
		{"tokens", func(w *world, c string) { w.administer("revoke-tokens", []string{c}) }, http.StatusUnauthorized},
		{"the client", func(w *world, c string) { w.administer("disable", []string{c}) }, http.StatusUnauthorized},
		{"the secret", func(w *world, c string) { w.administer("rotate", []string{c}) }, http.StatusUnauthorized},
		{"every grant", func(w *world, c string) {
			for _, g := range care.GrantNames() {
				w.administer("revoke", []string{c, "live", string(g)})
			}
		}, http.StatusForbidden},
	}
	for _, taking := range takings {
		t.Run(taking.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, seed{Clients: []seedClient{{As: "doomed", Tenant: "acme-health", Home: "live", Grants: []care.GrantName{"*"}}}})
			ask := func(r route) int {
				a := w.good(r)
				a.token = w.vars["doomed.token"]
				return w.serve(a).status
			}
			for _, r := range gated() {
				if r.method == http.MethodGet && ask(r) >= 400 && !strings.Contains(r.pattern, "encounter-from-recording") {
					t.Errorf("%s answers %d before", r, ask(r))
				}
			}
			taking.take(w, w.vars["doomed.client"])
			for _, r := range gated() {
				if got := ask(r); got != taking.status {
					t.Errorf("%s answers %d afterwards", r, got)
				}
			}
		})
	}
}

// methods of HTTP, WebDAV and nobody.
var methods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "QUERY", "BREW", "get", "Post"}

// TestOtherMethodsAre405WithTheOnesThatThereAre asks every path with every
// method: S37. Headers that name another method count for nothing.
func TestOtherMethodsAre405WithTheOnesThatThereAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	allowed := map[string][]string{}
	for _, r := range routes() {
		allowed[r.pattern] = append(allowed[r.pattern], r.method)
		if r.method == http.MethodGet {
			allowed[r.pattern] = append(allowed[r.pattern], http.MethodHead)
		}
	}
	for _, r := range routes() {
		a := w.good(r)
		list := slices.Sorted(slices.Values(allowed[r.pattern]))
		for _, method := range methods {
			if slices.Contains(list, method) {
				continue
			}
			a.route.method, a.headers = method, []string{"X-HTTP-Method-Override: " + r.method, "X-Method-Override: " + r.method, "X-HTTP-Method: " + r.method}
			got := w.serve(a)
			if got.status != http.StatusMethodNotAllowed || got.header.Get("Allow") != strings.Join(list, ", ") {
				t.Errorf("%s %s answers %d with Allow %q, not %v", method, r.pattern, got.status, got.header.Get("Allow"), list)
			}
		}
	}
	if entries := w.newEntries(); len(entries) != 0 {
		t.Errorf("there are audit entries: %+v", entries[0])
	}
}

// TestFaultsOfOursAreSilentOnEveryRoute breaks the database under every route:
// S44. The answer has the surface's form and an error id, the log has the cause
// under it, and nothing else is told.
func TestFaultsOfOursAreSilentOnEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.serve(w.good(gated()[0])) // so that the token is known
	for mode, status := range map[string]int{"fails": 500, "panics": 500, "unavailable": 503, "cannot-write": 503} {
		w.do("store", []string{mode})
		for _, r := range gated() {
			a := w.good(r)
			got := w.serve(a)
			if got.status != status {
				t.Errorf("%s with a store that %s answers %d %s", r, mode, got.status, got.body)
				continue
			}
			say := func(format string, args ...any) { t.Errorf("%s, %s: %s", r, mode, fmt.Sprintf(format, args...)) }
			if err := checkErrorShape(sent{method: r.method, target: a.target()}, r, got); err != nil {
				say("%v: %s", err, got.body)
			}
			w.checkErrorIsSilent(say, got)
			id := regexp.MustCompile(`\b[a-z2-7]{12}\b`).FindString(string(errorID.Find(got.body)))
			if id == "" || !strings.Contains(w.log.String(), `"error":"`+id+`"`) {
				say("the log has nothing under the error id %q of %s", id, got.body)
			}
		}
	}
	if !strings.Contains(w.log.String(), "secret_column") {
		t.Error("the log has no cause")
	}
	w.do("store", []string{"works"})
	w.checkNothingLeaked()
}

var errorID = regexp.MustCompile(`("errorId":"|(failed\.|unavailable) )[a-z2-7]{12}`)

// TestHEADAnswersAsGETWithoutTheBody asks every route that can be read, and none
// that is there.
func TestHEADAnswersAsGETWithoutTheBody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	asked := 0
	for _, r := range routes() {
		if r.method != http.MethodGet || r.pattern == "/metrics" { // whose numbers move
			continue
		}
		a := w.good(r)
		for _, token := range []string{w.vars["token"], ""} {
			headers := []string{"Authorization: Bearer " + token}
			get, errGet := w.exchange("GET", w.request("GET", a.target(), headers, nil), "")
			head, errHead := w.exchange("HEAD", w.request("HEAD", a.target(), headers, nil), "")
			if errGet != nil || errHead != nil {
				t.Fatalf("%s: %v, %v", a.target(), errGet, errHead)
			}
			if r.pattern == "/api/v1/audit" {
				get.header.Del("Content-Length") // the question before is in the answer
				head.header.Del("Content-Length")
			}
			length := get.header.Get("Content-Length")
			if len(head.body) != 0 || head.header.Get("Content-Length") != length {
				t.Errorf("HEAD %s has %d bytes and the length %s, not %s", a.target(), len(head.body), head.header.Get("Content-Length"), length)
			}
			get.body, head.body = nil, nil
			if get.comparable() != head.comparable() {
				t.Errorf("HEAD %s answers\n%s\nand GET\n%s", a.target(), head.comparable(), get.comparable())
			}
			asked++
		}
	}
	if asked < 40 {
		t.Errorf("only %d were asked", asked)
	}
}

// TestParametersThatAreNotKnownAreRefusedByTheNativeSurface asks each of its
// routes: what is not understood is not left out of account.
func TestParametersThatAreNotKnownAreRefusedByTheNativeSurface(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, r := range routes() {
		if r.surface != "native" {
			continue
		}
		a := w.good(r)
		query := map[string][]string{"tenant": {"birch-clinic"}, "Limit": {"1"}, "$where": {"1"}}
		for name, values := range a.query {
			query[name] = values
		}
		a.query = query
		got := w.serve(a)
		for _, name := range []string{"tenant", "Limit", "$where"} {
			if got.status != http.StatusBadRequest || !strings.Contains(string(got.body), `"field":"`+name+`"`) {
				t.Errorf("%s with %s answers %d %s", r, name, got.status, got.body)
			}
		}
	}
}
