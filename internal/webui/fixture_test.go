package webui_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
	"chartline/internal/testkit"
)

var live = care.Scope{Tenant: "acme-health", Instance: "live"}

const password = "a quiet river at dawn"

// site is a whole server with one patient who can log in.
type site struct {
	*testkit.Kit
	url     string
	partner string // a client that may ask for sso
	patient care.Patient
}

func open(t *testing.T) *site {
	t.Helper()
	return openWith(t, testkit.Options{})
}

func openWith(t *testing.T, o testkit.Options) *site {
	t.Helper()
	k := testkit.New(t, o)
	k.Tenant(t, live.Tenant, live.Instance)
	s := &site{Kit: k}
	partner, _ := k.Client(t, live, care.GrantSSO)
	s.partner = partner.Client.Name
	s.patient = s.person(t, "Nadia", "Okafor", "nadia@example.org", password)
	s.url = k.Serve(t)
	return s
}

// person registers a patient with a log-in.
func (s *site) person(t *testing.T, first, last, email, secret string) care.Patient {
	t.Helper()
	p, err := s.People.CreatePatient(t.Context(), testkit.Operator(), care.Patient{Scope: live, FirstName: first, LastName: last, Email: email}, nil)
	must(t, err)
	_, err = s.Logins.Create(t.Context(), testkit.Operator(), logins.NewLogin{Scope: live, Role: care.RolePatient, Person: care.PersonRef{ID: p.ID}}, nil)
	must(t, err)
	if secret != "" {
		s.setPassword(t, email, secret)
	}
	return p
}

func (s *site) setPassword(t *testing.T, email, secret string) {
	t.Helper()
	made, err := s.Logins.SetPasswordLink(t.Context(), testkit.Operator(), live, email)
	must(t, err)
	link, l, err := s.Entry.Link(t.Context(), made.Token, care.LinkSetPassword)
	must(t, err)
	must(t, s.Logins.SetPassword(t.Context(), care.Origin{}, link, l, secret))
}

// browser keeps cookies and follows nothing by itself.
type browser struct {
	*http.Client
	site string
}

func (s *site) browser(t *testing.T) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &browser{site: s.url, Client: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// answer is a response with its body read.
type answer struct {
	*http.Response
	body string
}

func (b *browser) do(t *testing.T, method, path, contentType, body string, header http.Header) answer {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), method, b.site+path, strings.NewReader(body))
	must(t, err)
	for name, values := range header {
		q.Header[name] = values
	}
	if contentType != "" {
		q.Header.Set("Content-Type", contentType)
	}
	r, err := b.Do(q)
	must(t, err)
	text, err := io.ReadAll(r.Body)
	must(t, err)
	must(t, r.Body.Close())
	return answer{r, string(text)}
}

func (b *browser) get(t *testing.T, path string) answer {
	t.Helper()
	return b.do(t, http.MethodGet, path, "", "", nil)
}

// post sends a form as a page of this site would.
func (b *browser) post(t *testing.T, path string, form url.Values) answer {
	t.Helper()
	return b.do(t, http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode(), http.Header{"Sec-Fetch-Site": {"same-origin"}})
}

func (b *browser) cookie() string {
	u, _ := url.Parse(b.site)
	for _, c := range b.Jar.Cookies(u) {
		return c.Value
	}
	return ""
}

// ssoToken asks for a token as a partner does.
func (s *site) ssoToken(t *testing.T, email, secret, target string) (answer, string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"username": email, "password": secret, "redirectParam": target})
	must(t, err)
	bearer, err := s.Access.MintToken(t.Context(), testkit.Operator(), live.Tenant, s.partner)
	must(t, err)
	a := s.browser(t).do(t, http.MethodPost, "/sso/token", "text/plain", string(body), http.Header{"Authorization": {"Bearer " + bearer.Token}})
	var out struct {
		UserAccessToken string `json:"userAccessToken"`
	}
	must(t, json.Unmarshal([]byte(a.body), &out))
	return a, out.UserAccessToken
}

// enter comes in by single sign-on.
func (s *site) enter(t *testing.T, b *browser) answer {
	t.Helper()
	_, token := s.ssoToken(t, s.patient.Email, password, "")
	return b.get(t, "/sso/login?token="+token)
}

func (a answer) is(t *testing.T, status int, contains ...string) {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s %s: %d, want %d: %s", a.Request.Method, a.Request.URL.Path, a.StatusCode, status, a.body)
	}
	for _, text := range contains {
		if !strings.Contains(a.body, text) {
			t.Errorf("%s %s does not say %q: %s", a.Request.Method, a.Request.URL.Path, text, a.body)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
