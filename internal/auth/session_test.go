package auth_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/store"
)

// begin stores a session that lives for life, and returns its token.
func (d *door) begin(t *testing.T, token string, life time.Duration) string {
	t.Helper()
	now := d.clock()
	d.update(t, func(tx store.Tx) error {
		return tx.CreateWebSession(care.WebSession{Scope: live, Hash: sha256.Sum256([]byte(token)), Login: d.login.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(life)})
	})
	return token
}

func (d *door) inBy(t *testing.T, token string) string {
	t.Helper()
	actor, w, err := d.logins.Session(t.Context(), token)
	if err != nil {
		return care.KindOf(err).String()
	}
	if actor.Kind != care.ActorPerson || actor.ID != d.login.ID || actor.Patient != d.login.ID || w.Login != d.login.ID {
		t.Errorf("got %+v, %+v", actor, w)
	}
	return "in"
}

func TestASessionIsBelievedWhileItIsUsedAndNotPastItsEnd(t *testing.T) {
	t.Parallel()
	d := open(t)
	token := d.begin(t, "session one", time.Hour)
	for _, step := range []struct {
		pass time.Duration
		want string
	}{
		{0, "in"}, {14 * time.Minute, "in"}, {14*time.Minute + 59*time.Second, "in"}, {15*time.Minute - time.Microsecond, "in"}, {15 * time.Minute, "expired"}, {0, "expired"},
	} {
		d.move(step.pass)
		if got := d.inBy(t, token); got != step.want {
			t.Errorf("after %s: %s, want %s", step.pass, got, step.want)
		}
	}
	token = d.begin(t, "session two", time.Hour)
	for range 4 {
		if got := d.inBy(t, token); got != "in" {
			t.Error(got)
		}
		d.move(14 * time.Minute)
	}
	d.inBy(t, token)
	d.move(4 * time.Minute)
	if got := d.inBy(t, token); got != "expired" {
		t.Errorf("past its end: %s", got)
	}
}

func TestASessionInUseIsWrittenOnceAMinute(t *testing.T) {
	t.Parallel()
	d := open(t)
	token := d.begin(t, "session", time.Hour)
	seen := func() time.Time {
		var w care.WebSession
		must(t, d.store.View(t.Context(), func(tx store.Tx) (err error) {
			w, err = tx.WebSession(sha256.Sum256([]byte(token)))
			return err
		}))
		return w.SeenAt
	}
	began := d.clock()
	d.move(59 * time.Second)
	d.inBy(t, token)
	if got := seen(); !got.Equal(began) {
		t.Errorf("seen at %v", got)
	}
	d.move(time.Second)
	d.inBy(t, token)
	if got := seen(); !got.Equal(d.clock()) {
		t.Errorf("seen at %v", got)
	}
}

func TestNoOtherTokenIsASession(t *testing.T) {
	t.Parallel()
	d := open(t)
	token := d.begin(t, "session", time.Hour)
	for _, other := range []string{"", "Session", token + " ", strings.Repeat("x", 5000)} {
		if got := d.inBy(t, other); got != "unauthenticated" {
			t.Errorf("%.20q: %s", other, got)
		}
	}
	disabled := d.login
	disabled.Enabled = false
	d.update(t, func(tx store.Tx) error { return tx.UpdateLogin(disabled) })
	if got := d.inBy(t, token); got != "unauthenticated" {
		t.Errorf("a disabled log-in's: %s", got)
	}
}

func TestTheIdleLimitCanBeSet(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.logins = auth.NewLogins(auth.LoginOptions{Store: d.store, Passwords: d.passwords, Now: d.clock, Wait: d.wait, Idle: 2 * time.Minute})
	token := d.begin(t, "session", time.Hour)
	d.move(2 * time.Minute)
	if got := d.inBy(t, token); got != "expired" {
		t.Error(got)
	}
}

func TestALinkIsForOnePurposeAndOneTime(t *testing.T) {
	t.Parallel()
	d := open(t)
	now := d.clock()
	link := func(token string, purpose care.LinkPurpose, used *time.Time) {
		d.update(t, func(tx store.Tx) error {
			return tx.CreateLoginLink(care.LoginLink{Scope: live, Hash: sha256.Sum256([]byte(token)), Login: d.login.ID, Purpose: purpose, UsedAt: used, IssuedAt: now, ExpiresAt: now.Add(5 * time.Minute)})
		})
	}
	link("good", care.LinkSSO, nil)
	link("used", care.LinkSSO, &now)
	link("other", care.LinkSetPassword, nil)
	try := func(token string) string {
		_, l, err := d.logins.Link(t.Context(), token, care.LinkSSO)
		if err != nil {
			return care.KindOf(err).String()
		}
		return l.Email
	}
	for token, want := range map[string]string{"good": nadia, "used": "expired", "other": "unauthenticated", "": "unauthenticated", "forged": "unauthenticated", strings.Repeat("x", 5000): "unauthenticated"} {
		if got := try(token); got != want {
			t.Errorf("%.20q: %s", token, got)
		}
	}
	d.move(5 * time.Minute)
	if got := try("good"); got != "expired" {
		t.Errorf("at its end: %s", got)
	}
	disabled := d.login
	disabled.Enabled = false
	d.update(t, func(tx store.Tx) error { return tx.UpdateLogin(disabled) })
	if got := try("good"); got != "unauthenticated" {
		t.Errorf("a disabled log-in's: %s", got)
	}
}
