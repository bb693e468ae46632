package webui_test

import (
	"testing"
	"time"

	"chartline/internal/testkit"
)

const loginForm = "/portal/login/acme-health/live"

// comeIn logs in by the form that the browser shows, with the keyboard alone.
func (c *chromium) comeIn(email, secret string) {
	c.t.Helper()
	if at := c.value(`document.activeElement.id`); at != "email" {
		c.t.Errorf("the form begins at %q", at)
	}
	c.write(email)
	c.press("Tab")
	c.write(secret)
	c.to(func() { c.press("Enter") })
}

// TestAPersonUsesThePortalInABrowser is a patient in a real browser: in by the
// form, their own page and form, out, back, and in again after having been away.
func TestAPersonUsesThePortalInABrowser(t *testing.T) {
	t.Parallel()
	s := open(t)
	omar := s.person(t, "Omar", "Haddad", "omar@example.org", password)
	s.booked(t, s.patient, omar)
	own := s.sent(t, s.patient, "Intake", `[{"question_type": "text", "text": "Do you sleep well?", "answer": {"text": "mostly, yes"}}]`)
	others := s.sent(t, omar, "Checkup", `[{"question_type": "text", "text": "Well?", "answer": {"text": "Omar is well"}}]`)
	c := startChromium(t)

	c.open(s.url + "/portal")
	c.is("/portal", "You are not logged in")
	c.open(s.url + loginForm)
	c.comeIn("nadia@example.org", "not a quiet river")
	c.is(loginForm, "That e-mail address and password do not fit.")
	if at := c.value(`document.activeElement.id + " " + document.activeElement.getAttribute("aria-describedby") + " " + document.getElementById("email").value`); at != "password wrong nadia@example.org" {
		t.Errorf("after a wrong password the focus is at %q", at)
	}
	c.write(password)
	c.to(func() { c.press("Enter") })

	c.is("/portal", "Nadia Okafor", "Friday 20 March 2026, 10:00 AM – 10:30 AM EDT", "Consultation with Ines Brandt MD", "America/New_York", "Intake", "not", "Omar", "Haddad", "20 March 2026, 11:00 AM", "Checkup")
	if got := c.value(`document.cookie`); got != "" {
		t.Errorf("a script reads the cookie %q", got)
	}
	if got := c.value(`getComputedStyle(document.querySelector("section")).borderTopStyle`); got != "solid" {
		t.Errorf("the style sheet does not count: a border is %s", got)
	}
	c.to(func() { c.click(`a[href^="/portal/forms/"]`) })
	c.is("/portal/forms/"+own.ID, "Do you sleep well?", "mostly, yes")
	c.open(s.url + "/portal/forms/" + others.ID)
	c.is("/portal/forms/"+others.ID, "Not found", "not", "Omar", "Well?")
	c.open(s.url + "/portal/forms/" + own.ID)

	c.to(func() { c.click(`header button`) })
	c.is(loginForm, "Log in", "not", "Nadia", "sleep")
	c.to(func() { c.value(`history.back()`) })
	c.is("/portal/forms/"+own.ID, "You are not logged in", "not", "sleep")

	c.open(s.url + loginForm)
	c.comeIn("nadia@example.org", password)
	c.is("/portal", "Nadia Okafor")
	s.Clock.Move(15 * time.Minute)
	c.to(func() { c.call("Page.reload", nil, nil) })
	c.is("/portal", "You were away for a while", "not", "Nadia")
	c.comeIn("nadia@example.org", password)
	c.is("/portal", "Nadia Okafor")
}

// TestAPageThatNobodyUsesIsLeft leaves a page alone for as long as a session may
// lie unused: the browser goes to the log-in form by itself.
func TestAPageThatNobodyUsesIsLeft(t *testing.T) {
	t.Parallel()
	s := openWith(t, testkit.Options{Idle: 10 * time.Second})
	c := startChromium(t)
	c.open(s.url + loginForm)
	c.comeIn("nadia@example.org", password)
	c.await(loginForm + "?away")
	c.is(loginForm, "You were away for a while", "not", "Nadia")
}
