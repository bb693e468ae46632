package webui_test

import (
	"bytes"
	"net/url"
	"strings"
	"sync"
	"testing"

	"chartline/internal/testkit"
)

// lines is a log that many write to.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func TestTheLogNamesNobodyAndHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var log lines
	s := openWith(t, testkit.Options{Log: &log})
	b := s.browser(t)
	a, sso := s.ssoToken(t, "nadia@example.org", password, "")
	a.is(t, 200)
	s.ssoToken(t, "nadia@example.org", "not a quiet river", "")
	b.get(t, "/sso/login?token="+sso)
	cookie := b.cookie()
	b.get(t, "/portal")
	b.post(t, "/portal/login/acme-health/live", url.Values{"email": {"nadia@example.org"}, "password": {"not a quiet river"}})
	made, err := s.Logins.SetPasswordLink(t.Context(), testkit.Operator(), live, s.patient.ID)
	must(t, err)
	b.get(t, "/portal/set-password?token="+made.Token)
	b.post(t, "/portal/set-password", url.Values{"token": {made.Token}, "password": {"a loud river at dawn"}, "again": {"a loud river at dawn"}})
	log.mu.Lock()
	defer log.mu.Unlock()
	text := log.text.String()
	if n := strings.Count(text, `"msg":"request"`); n < 7 {
		t.Fatalf("the log has %d requests: %s", n, text)
	}
	for _, secret := range []string{"nadia", "Okafor", s.patient.ID, "quiet", "loud", sso, cookie, made.Token, "token="} {
		if secret == "" || strings.Contains(text, secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}
