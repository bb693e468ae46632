package contracttest

import (
	"fmt"
	"testing"

	"chartline/internal/care"
	"chartline/internal/testkit"
)

// TestNobodysAddressIsAWrongPassword asks with an address that nobody has, a
// wrong password, the right one of somebody who is disabled, and one for a log-in
// that has none yet: S26. The answers, the statements that they take and what is
// audited are the same, again and again until nobody is let in.
func TestNobodysAddressIsAWrongPassword(t *testing.T) {
	t.Parallel()
	w, tr := tracedWorld(t)
	w.plantLogins(care.Scope{Tenant: "acme-health", Instance: "live"}, seedLogins{Logins: []seedLogin{
		{Role: care.RoleAuditor, Email: "disabled@portal.example.org", Password: "a lantern over the marsh", Disabled: true},
		{Role: care.RoleAuditor, Email: "unset@portal.example.org"},
	}})
	var token route
	for _, r := range gated() {
		if r.pattern == "/sso/token" {
			token = r
		}
	}
	ask := func(email string) [3]string {
		a := w.good(token)
		a.body = fmt.Appendf(nil, `{"username": %q, "password": "a lantern over the march"}`, email)
		if email == "disabled@portal.example.org" {
			a.body = fmt.Appendf(nil, `{"username": %q, "password": "a lantern over the marsh"}`, email)
		}
		answer, statements, entries := w.look(a, tr)
		return [3]string{answer, statements, entries}
	}
	for i := range 12 {
		want := ask("rosalind@portal.example.org")
		for _, email := range []string{"nobody@portal.example.org", "disabled@portal.example.org", "unset@portal.example.org", "tarquin@portal.example.org"} {
			if got := ask(email); got != want {
				t.Errorf("time %d: %s answers\n%s\nnot\n%s", i+1, email, got, want)
			}
		}
	}
	if _, err := w.kit.Logins.Login(t.Context(), testkit.Operator(), care.Scope{Tenant: "acme-health", Instance: "live"}, "nobody@portal.example.org"); !care.IsNotFound(err) {
		t.Errorf("asking made somebody: %v", err)
	}
}
