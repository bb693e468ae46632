package contracttest

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"chartline/internal/care"
	"chartline/internal/testkit"
)

var acmeLive = care.Scope{Tenant: "acme-health", Instance: "live"}

// routeOf returns the route of a method and a pattern.
func routeOf(t testing.TB, name string) route {
	t.Helper()
	for _, r := range routes() {
		if r.String() == name {
			return r
		}
	}
	t.Fatalf("there is no route %s", name)
	return route{}
}

// loginBy returns a request that logs somebody in with a password: by the form,
// or by a partner's hand.
func (w *world) loginBy(r route, email, password string) ask {
	if r.surface != "portal" {
		a := w.good(r)
		a.body = fmt.Appendf(nil, `{"username": %q, "password": %q}`, email, password)
		return a
	}
	return ask{
		route: r, params: map[string]string{"tenant": acmeLive.Tenant, "instance": acmeLive.Instance}, headers: []string{"Content-Type: application/x-www-form-urlencoded"},
		body: []byte(url.Values{"email": {email}, "password": {password}}.Encode()),
	}
}

// TestNobodysAddressIsAWrongPassword asks with an address that nobody has, a
// wrong password, the right one of somebody who is disabled, and one for a log-in
// that has none yet: S26. The answers, the statements that they take and what is
// audited are the same, again and again until nobody is let in.
func TestNobodysAddressIsAWrongPassword(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"POST /sso/token", "POST /portal/login/{tenant}/{instance}"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, tr := tracedWorld(t)
			w.plantLogins(acmeLive, seedLogins{Logins: []seedLogin{
				{Role: care.RoleAuditor, Email: "disabled@portal.example.org", Password: "a lantern over the marsh", Disabled: true},
				{Role: care.RoleAuditor, Email: "unset@portal.example.org"},
			}})
			by := routeOf(t, name)
			look := func(email, password string) [3]string {
				answer, statements, entries := w.look(w.loginBy(by, email, password), tr)
				return [3]string{ownWords.ReplaceAllString(answer, ""), statements, entries}
			}
			for i := range 12 {
				want := look("rosalind@portal.example.org", "a lantern over the march")
				for email, password := range map[string]string{
					"nobody@portal.example.org": "a lantern over the marsh", "disabled@portal.example.org": "a lantern over the marsh",
					"unset@portal.example.org": "a lantern over the marsh", "tarquin@portal.example.org": "seven crows in a birch",
				} {
					if got := look(email, password); got != want {
						t.Errorf("time %d: %s answers\n%s\nnot\n%s", i+1, email, got, want)
					}
				}
			}
			if _, err := w.kit.Logins.Login(t.Context(), testkit.Operator(), acmeLive, "nobody@portal.example.org"); !care.IsNotFound(err) {
				t.Errorf("asking made somebody: %v", err)
			}
		})
	}
}

// TestWhatLetsAPersonInLetsNobodyInElsewhere tries a session, as a cookie and as a
// bearer token, and links of both sorts, on every route for programs: S6, S34. A
// patient who is in reads nothing there, their own neither.
func TestWhatLetsAPersonInLetsNobodyInElsewhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	in := w.serve(w.loginBy(routeOf(t, "POST /portal/login/{tenant}/{instance}"), "rosalind@portal.example.org", "a lantern over the marsh"))
	session := personSecret.FindString(in.header.Get("Set-Cookie"))
	sso := personSecret.FindString(string(w.serve(w.good(routeOf(t, "POST /sso/token"))).body))
	made, err := w.kit.Logins.SetPasswordLink(t.Context(), testkit.Operator(), acmeLive, "rosalind@portal.example.org")
	w.must(err)
	if session == "" || sso == "" {
		t.Fatalf("the patient is not in: %d", in.status)
	}
	for _, r := range gated() {
		for what, token := range map[string]string{"no token": "", "a session": session, "a single sign-on token": sso, "a set-password link": made.Token} {
			a := w.good(r)
			a.token, a.headers = token, append(a.headers, "Cookie: chartline="+session)
			if got := w.serve(a); got.status != http.StatusUnauthorized {
				t.Errorf("%s answers %s and a cookie %d", r, what, got.status)
			}
		}
	}
	for _, token := range []string{w.vars["token"], sso, made.Token} {
		got := w.serve(ask{route: routeOf(t, "GET /portal"), headers: []string{"Cookie: chartline=" + token, "Authorization: Bearer " + w.vars["token"]}})
		if got.status != http.StatusUnauthorized {
			t.Errorf("a token that is no session opens the portal: %d", got.status)
		}
	}
}
