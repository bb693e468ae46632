package webui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
	"chartline/internal/testkit"
)

func (s *site) staff(t *testing.T, role care.Role, person care.PersonRef, email string) care.Login {
	t.Helper()
	l, err := s.Logins.Create(t.Context(), testkit.Operator(), logins.NewLogin{Scope: live, Role: role, Person: person, Email: email}, nil)
	must(t, err)
	return l
}

func viaTLS(t *testing.T, s *site, path string) *http.Response {
	t.Helper()
	server := httptest.NewTLSServer(s.Server.Handler(true))
	t.Cleanup(server.Close)
	client := server.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
	must(t, err)
	r, err := client.Do(q)
	must(t, err)
	must(t, r.Body.Close())
	return r
}

func TestASetPasswordLinkSetsAPasswordOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	s.enter(t, b) // with the old one
	_, sso := s.ssoToken(t, "nadia@example.org", password, "")
	made, err := s.Logins.SetPasswordLink(t.Context(), testkit.Operator(), live, "nadia@example.org")
	must(t, err)
	visitor := s.browser(t)
	for range 3 { // looking uses nothing up
		visitor.get(t, "/portal/set-password?token="+made.Token).is(t, 200, "At least 15 characters", `value="nadia@example.org"`)
	}
	send := func(password, again string) answer {
		return visitor.post(t, "/portal/set-password", url.Values{"token": {made.Token}, "password": {password}, "again": {again}})
	}
	send("fourteen chars", "fourteen chars").is(t, 400, "is too short")
	send("passwordpassword", "passwordpassword").is(t, 400, "too easy to guess")
	send("nadia nadia nadia", "nadia nadia nadia").is(t, 400, "too easy to guess")
	send("a quiet river at dusk", "a quiet river at dawn").is(t, 400, "not the same")
	send(strings.Repeat("x", 5000), strings.Repeat("x", 5000)).is(t, 413)
	done := send("a quiet river at dusk", "a quiet river at dusk")
	done.is(t, 303)
	visitor.get(t, done.Header.Get("Location")).is(t, 200, "Your password is set")
	send("a quiet river at noon", "a quiet river at noon").is(t, 400, "has been used")
	b.get(t, "/portal").is(t, 401)
	b.get(t, "/sso/login?token="+sso).is(t, 400)
	old, _ := s.ssoToken(t, "nadia@example.org", password, "")
	old.is(t, 400)
	now, _ := s.ssoToken(t, "nadia@example.org", "a quiet river at dusk", "")
	now.is(t, 200)
}

func TestASetPasswordLinkEndsWithTimeOrWithTheNext(t *testing.T) {
	t.Parallel()
	s := open(t)
	first, err := s.Logins.SetPasswordLink(t.Context(), testkit.Operator(), live, s.patient.ID)
	must(t, err)
	second, err := s.Logins.SetPasswordLink(t.Context(), testkit.Operator(), live, s.patient.ID)
	must(t, err)
	b := s.browser(t)
	b.get(t, "/portal/set-password?token="+first.Token).is(t, 400)
	b.get(t, "/portal/set-password?token="+second.Token).is(t, 200)
	_, sso := s.ssoToken(t, "nadia@example.org", password, "")
	b.get(t, "/portal/set-password?token="+sso).is(t, 400)
	s.Clock.Move(24 * time.Hour)
	b.get(t, "/portal/set-password?token="+second.Token).is(t, 400)
	b.post(t, "/portal/set-password", url.Values{"token": {second.Token}, "password": {"a quiet river at dusk"}, "again": {"a quiet river at dusk"}}).is(t, 400)
}

func TestTheFormLetsInAndSlowsDownGuesses(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	send := func(email, password string) answer {
		return b.post(t, "/portal/login/acme-health/live", url.Values{"email": {email}, "password": {password}})
	}
	b.get(t, "/portal/login/acme-health/live").is(t, 200, "acme-health")
	b.get(t, "/portal/login/acme-health/nowhere").is(t, 404)
	b.get(t, "/portal/login/nobody-at-all/live").is(t, 404)
	send("NADIA@example.org", password).is(t, 303)
	valid := b.cookie()
	for i := range 10 {
		unknown, wrong := send("nobody@example.org", password), send("nadia@example.org", "wrong")
		unknown.is(t, 400, "do not fit")
		wrong.is(t, 400, "do not fit")
		if a, b := strings.ReplaceAll(unknown.body, "nobody@", ""), strings.ReplaceAll(wrong.body, "nadia@", ""); a != b {
			t.Fatalf("%d: the answers differ:\n%s\n%s", i, a, b)
		}
	}
	full := send("nadia@example.org", password)
	full.is(t, 429, "Too many attempts")
	if full.Header.Get("Retry-After") == "" {
		t.Error("when to come again is not said")
	}
	send("nobody@example.org", password).is(t, 429)
	if b.cookie() != valid {
		t.Error("the session changed")
	}
	b.get(t, "/portal").is(t, 200)
	s.Clock.Move(15 * time.Minute)
	send("nadia@example.org", password).is(t, 303)
	b.do(t, http.MethodPost, "/portal/login/acme-health/live", "application/json", "{}", http.Header{"Sec-Fetch-Site": {"same-origin"}}).is(t, 415)
	b.post(t, "/portal/login/acme-health/live", url.Values{"email": {strings.Repeat("x", 40_000)}}).is(t, 413)
}
