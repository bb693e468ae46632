package webui_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/testkit"
	"chartline/internal/webui"
)

func TestAPartnersUserComesInOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	a, token := s.ssoToken(t, " Nadia@Example.org ", password, "/portal?from=partner")
	a.is(t, 200)
	in := b.get(t, "/sso/login?token="+token)
	in.is(t, 302)
	if in.Header.Get("Location") != "/portal?from=partner" || in.Header.Get("Cache-Control") != "no-store" || in.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("got %v", in.Header)
	}
	cookie := in.Header.Get("Set-Cookie")
	for _, part := range []string{"chartline=chw_", "; Path=/", "; HttpOnly", "; SameSite=Lax"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("the cookie is %q", cookie)
		}
	}
	b.get(t, "/portal").is(t, 200, "Nadia Okafor", "nadia@example.org")

	second := s.browser(t)
	again := second.get(t, "/sso/login?token="+token)
	again.is(t, 400, "has been used")
	if second.cookie() != "" || again.Header.Get("Location") != "" {
		t.Error("a used token lets somebody in")
	}
	b.get(t, "/portal").is(t, 200) // whose session is another matter
}

func TestATokenThatIsForgedOrExpiredLetsNobodyIn(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, token := s.ssoToken(t, "nadia@example.org", password, "")
	made, err := s.Logins.SetPasswordLink(t.Context(), testkit.Operator(), live, s.patient.ID)
	must(t, err)
	s.Clock.Move(5 * time.Minute)
	for name, value := range map[string]string{
		"none": "", "forged": "chs_" + strings.Repeat("A", 43), "expired": token, "for something else": made.Token, "changed": token + "A", "long": strings.Repeat("x", 5000),
	} {
		b := s.browser(t)
		a := b.get(t, "/sso/login?token="+url.QueryEscape(value))
		a.is(t, 400, "This link does not work")
		if b.cookie() != "" || len(a.Header.Values("Set-Cookie")) > 0 {
			t.Errorf("%s: a session begins", name)
		}
	}
	s.browser(t).get(t, "/portal/set-password?token="+made.Token).is(t, 200)
}

func TestATokenLivesToItsLastMoment(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, token := s.ssoToken(t, "nadia@example.org", password, "")
	s.Clock.Move(5*time.Minute - time.Microsecond)
	s.browser(t).get(t, "/sso/login?token="+token).is(t, 302)
}

func TestAHeadRequestUsesNothingUp(t *testing.T) {
	t.Parallel()
	s := open(t)
	_, token := s.ssoToken(t, "nadia@example.org", password, "")
	b := s.browser(t)
	head := b.do(t, http.MethodHead, "/sso/login?token="+token, "", "", nil)
	if head.StatusCode != 302 || head.Header.Get("Location") != "/portal" || b.cookie() != "" {
		t.Errorf("HEAD: %d, %v", head.StatusCode, head.Header)
	}
	b.get(t, "/sso/login?token="+token).is(t, 302)
}

func TestSingleSignOnLeadsNowhereElse(t *testing.T) {
	t.Parallel()
	s := open(t)
	for _, target := range []string{
		"//evil.example", `/\evil.example`, "/%2f/evil.example", "/%2fevil.example", `\\evil.example`, "https://evil.example", "https:evil.example", "HTTPS://evil.example",
		"javascript:alert(1)", "data:text/html,x", "/portal/../x", "/portal//evil.example", "/portal/%2e%2e/x", "/por\ttal", "/portal\r\nSet-Cookie: a=b", "/portalx", "/", "portal", "/sso/login?token=x",
		testkit.SSOTarget + "&x", testkit.SSOTarget + "/", "https://partner.example.org", "https://partner.example.org.evil.example/welcome?from=chartline", "https://partner.example.org@evil.example/",
		"/portal/" + strings.Repeat("x", 2000), "/portal/%00", "/portal/ü", "https://partner.example.org%2f@evil.example", "///evil.example", "/portal/./x", "/ portal",
	} {
		a, token := s.ssoToken(t, "nadia@example.org", password, target)
		a.is(t, 400, "Request Failed. ", "redirectParam")
		if token != "" {
			t.Errorf("%q gets a token", target)
		}
	}
	for _, target := range []string{"", "/portal", "/portal/", "/portal/forms", "/portal?a=b%2F/#c", testkit.SSOTarget} {
		a, token := s.ssoToken(t, "nadia@example.org", password, target)
		a.is(t, 200)
		want := target
		if target == "" {
			want = "/portal"
		}
		in := s.browser(t).get(t, "/sso/login?token="+token)
		in.is(t, 302)
		if got := in.Header.Get("Location"); got != want {
			t.Errorf("%q leads to %q", target, got)
		}
	}
}

func TestWhoComesInGetsANewSessionAndTheOldOneEnds(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	u, err := url.Parse(s.url)
	must(t, err)
	planted := "chw_" + strings.Repeat("B", 43)
	b.Jar.SetCookies(u, []*http.Cookie{{Name: "chartline", Value: planted, Path: "/"}})
	s.enter(t, b).is(t, 302)
	first := b.cookie()
	if first == planted || first == "" {
		t.Fatalf("the session is %q", first)
	}
	s.enter(t, b).is(t, 302)
	if b.cookie() == first {
		t.Error("the session's id did not change")
	}
	b.get(t, "/portal").is(t, 200)
	old := s.browser(t)
	old.Jar.SetCookies(u, []*http.Cookie{{Name: "chartline", Value: first, Path: "/"}})
	old.get(t, "/portal").is(t, 401)
}

func TestASessionEndsAtLogOutWhenUnusedAndInAnyCase(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	s.enter(t, b)
	out := b.post(t, "/portal/logout", nil)
	out.is(t, 303)
	if out.Header.Get("Location") != "/portal/login/acme-health/live" || b.cookie() != "" {
		t.Errorf("got %v", out.Header)
	}
	b.post(t, "/portal/logout", nil).is(t, 401, "not logged in")

	s.enter(t, b)
	for range 8 { // in use, for longer than it may lie unused
		s.Clock.Move(13 * time.Minute)
		b.get(t, "/portal").is(t, 200)
	}
	s.Clock.Move(15 * time.Minute)
	b.get(t, "/portal").is(t, 401, "logged out", `action="/portal/login/acme-health/live"`)
	b.get(t, "/portal").is(t, 401)

	s.enter(t, b)
	for range 72 {
		s.Clock.Move(10*time.Minute - time.Second)
		b.get(t, "/portal").is(t, 200)
	}
	s.Clock.Move(72 * time.Second)
	b.get(t, "/portal").is(t, 401)
}

func TestACopiedCookieIsWorthNothingAfterLogOut(t *testing.T) {
	t.Parallel()
	s := open(t)
	b, thief := s.browser(t), s.browser(t)
	s.enter(t, b)
	thief.Jar = nil
	header := http.Header{"Cookie": {"chartline=" + b.cookie()}}
	thief.do(t, http.MethodGet, "/portal", "", "", header).is(t, 200)
	b.post(t, "/portal/logout", nil).is(t, 303)
	thief.do(t, http.MethodGet, "/portal", "", "", header).is(t, 401)
}

func TestADisabledLogInIsOutAtOnce(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	s.enter(t, b)
	_, token := s.ssoToken(t, "nadia@example.org", password, "")
	_, err := s.Logins.SetEnabled(t.Context(), testkit.Operator(), live, "nadia@example.org", false)
	must(t, err)
	b.get(t, "/portal").is(t, 401)
	b.get(t, "/sso/login?token="+token).is(t, 400)
	a, _ := s.ssoToken(t, "nadia@example.org", password, "")
	a.is(t, 400, "Invalid username or password")
	_, err = s.Logins.SetEnabled(t.Context(), testkit.Operator(), live, "nadia@example.org", true)
	must(t, err)
	b.get(t, "/portal").is(t, 401)
	s.enter(t, b).is(t, 302)
}

func TestNoOtherSiteCanActForWhoIsIn(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	s.enter(t, b)
	for name, header := range map[string]http.Header{
		"another site":             {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"https://evil.example"}},
		"a sibling":                {"Sec-Fetch-Site": {"same-site"}, "Origin": {"https://sibling.example.org"}},
		"an old browser":           {"Origin": {"https://evil.example"}},
		"a sandboxed page":         {"Origin": {"null"}},
		"a host that begins alike": {"Origin": {s.url + ".evil.example"}},
	} {
		a := b.do(t, http.MethodPost, "/portal/logout", "application/x-www-form-urlencoded", "", header)
		a.is(t, 403)
		if a.Header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s may read the answer", name)
		}
		login := b.do(t, http.MethodPost, "/portal/login/acme-health/live", "application/x-www-form-urlencoded", "email=eve%40example.org&password=x", header)
		login.is(t, 403)
	}
	b.get(t, "/portal").is(t, 200)
	a := b.do(t, http.MethodGet, "/portal", "", "", http.Header{"Origin": {"https://evil.example"}})
	if a.Header.Get("Access-Control-Allow-Origin") != "" || a.Header.Get("Cross-Origin-Resource-Policy") != "same-origin" {
		t.Errorf("got %v", a.Header)
	}
	b.do(t, http.MethodPost, "/portal/logout", "", "", http.Header{"Origin": {s.url}}).is(t, 303)
}

func TestTheCookieIsForTLSOnlyWhereTheSiteIs(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	_, token := s.ssoToken(t, "nadia@example.org", password, "")
	cookie := viaTLS(t, s, "/sso/login?token="+token).Header.Get("Set-Cookie")
	if !strings.HasPrefix(cookie, "__Host-chartline=") || !strings.Contains(cookie, "; Secure") || !strings.Contains(cookie, "; Path=/;") || strings.Contains(cookie, "Domain") {
		t.Errorf("the cookie is %q", cookie)
	}
	s.enter(t, b)
	if strings.Contains(b.get(t, "/portal").Header.Get("Set-Cookie"), "Secure") {
		t.Error("a page sets a cookie")
	}
}

// TestBehindAProxyTheCookieIsAsForTLS is a proxy that speaks TLS for a site whose
// public-url says so, and talks to the server without.
func TestBehindAProxyTheCookieIsAsForTLS(t *testing.T) {
	t.Parallel()
	s := open(t)
	pages := webui.New(webui.Options{People: s.Entry, Logins: s.Logins, Chart: s.Chart, Passwords: s.Passwords, PublicURL: "https://care.example.org"})
	server := httptest.NewServer(pages.Handler())
	t.Cleanup(server.Close)
	s.url = server.URL
	b := s.browser(t)
	b.Jar = nil // which cookie is sent is said below
	form := url.Values{"email": {"nadia@example.org"}, "password": {password}}.Encode()
	send := func(path string, header http.Header) answer {
		return b.do(t, http.MethodPost, path, "application/x-www-form-urlencoded", form, header)
	}
	in := send("/portal/login/acme-health/live", http.Header{"Origin": {"https://care.example.org"}})
	in.is(t, 303)
	cookie := in.Header.Get("Set-Cookie")
	value, ok := strings.CutPrefix(cookie, "__Host-chartline=")
	if !ok || !strings.Contains(cookie, "; Secure") || !strings.Contains(cookie, "; HttpOnly") || strings.Contains(cookie, "Domain") {
		t.Fatalf("the cookie is %q", cookie)
	}
	value, _, _ = strings.Cut(value, ";")
	b.do(t, http.MethodGet, "/portal", "", "", http.Header{"Cookie": {"__Host-chartline=" + value}}).is(t, 200, "Nadia Okafor")
	b.do(t, http.MethodGet, "/portal", "", "", http.Header{"Cookie": {"chartline=" + value}}).is(t, 401) // a name that a sibling site can set
	for _, origin := range []string{"http://care.example.org", "https://evil.example", "https://care.example.org.evil.example", "null"} {
		send("/portal/logout", http.Header{"Origin": {origin}, "Cookie": {"__Host-chartline=" + value}}).is(t, 403)
	}
}

func TestAPageShowsTextAndNothingElse(t *testing.T) {
	t.Parallel()
	s := open(t)
	const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>{{.}}`
	s.person(t, hostile, "=cmd|' /C calc'!A0", "eve@example.org", password)
	b := s.browser(t)
	_, token := s.ssoToken(t, "eve@example.org", password, "")
	b.get(t, "/sso/login?token="+token).is(t, 302)
	page := b.get(t, "/portal")
	page.is(t, 200, "&lt;script&gt;alert(1)&lt;/script&gt;")
	if strings.Contains(page.body, "<script") || strings.Contains(page.body, "<img") {
		t.Errorf("the page has markup of a name: %s", page.body)
	}
	form := b.post(t, "/portal/login/acme-health/live", url.Values{"email": {hostile}, "password": {"x"}})
	form.is(t, 400, "do not fit")
	if strings.Contains(form.body, "script") {
		t.Error("the form has what was sent")
	}
}

func TestEveryPageIsGuardedByItsHeaders(t *testing.T) {
	t.Parallel()
	s := open(t)
	b := s.browser(t)
	s.enter(t, b)
	for _, path := range []string{"/portal", "/portal/nothing", "/portal/login/acme-health/live", "/portal/login/nobody-here/live", "/sso/login", "/portal/set-password", "/portal//x"} {
		h := b.get(t, path).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"Content-Type":            "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
			"X-Frame-Options": "DENY", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
		} {
			if got := h.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	b.get(t, "/portal/style.css").is(t, 200, "body {")
	b.get(t, "/portal/nothing").is(t, 404, "no such page")
	b.do(t, http.MethodPost, "/portal", "", "", nil).is(t, 405)
	b.get(t, "/portal/logout").is(t, 405)
}

func TestEachSeesTheirOwnPage(t *testing.T) {
	t.Parallel()
	s := open(t)
	s.person(t, "Omar", "Haddad", "omar@example.org", password)
	pr, err := s.People.CreateProvider(t.Context(), testkit.Operator(), care.Provider{Scope: live, FirstName: "Ines", LastName: "Brandt", Title: "MD", Email: "ines@example.org"}, nil)
	must(t, err)
	s.staff(t, care.RoleProvider, care.PersonRef{Number: pr.Number}, "")
	s.staff(t, care.RoleAuditor, care.PersonRef{}, "audit@example.org")
	names := map[string]string{"nadia@example.org": "Nadia Okafor", "omar@example.org": "Omar Haddad", "ines@example.org": "Ines Brandt MD", "audit@example.org": "auditor"}
	for email, own := range names {
		if email == "ines@example.org" || email == "audit@example.org" {
			s.setPassword(t, email, password)
		}
		b := s.browser(t)
		b.post(t, "/portal/login/acme-health/live", url.Values{"email": {email}, "password": {password}}).is(t, 303)
		page := b.get(t, "/portal")
		page.is(t, 200, own)
		for other, name := range names {
			if other != email && strings.Contains(page.body, name) {
				t.Errorf("%s sees %s", email, name)
			}
		}
	}
}
