package auth_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/store"
)

func TestWrongPasswordsAreSlowedDownAndThenRefused(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i := range 10 {
		if got := d.try(t, nadia, "wrong", fmt.Sprintf("192.0.2.%d", i)); got != "bad_secret" {
			t.Fatalf("try %d: %s", i+1, got)
		}
	}
	const ms = time.Millisecond
	if want := []time.Duration{250 * ms, 500 * ms, 1000 * ms, 2000 * ms, 4000 * ms, 4000 * ms, 4000 * ms}; !slices.Equal(d.waited, want) {
		t.Errorf("held up for %v, want %v", d.waited, want)
	}
	_, err := d.logins.Password(t.Context(), live, nadia, right, "198.51.100.7")
	e, ok := err.(*care.Error)
	if !ok || e.Kind != care.KindRateLimited || e.RetryAfter != 15*time.Minute {
		t.Fatalf("the right one, from elsewhere: %v", err)
	}
	d.move(15*time.Minute - time.Microsecond)
	if got := d.try(t, nadia, right, here); got != "rate_limited" {
		t.Errorf("before the window's end: %s", got)
	}
	d.move(time.Microsecond)
	if got := d.try(t, nadia, right, here); got != "in" {
		t.Errorf("after it: %s", got)
	}
	if l := d.stored(t); l.Failures != 0 {
		t.Errorf("%d failures are left", l.Failures)
	}
}

func TestOneAddressThatTriesManyNamesIsRefused(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i := range 100 {
		if got := d.try(t, fmt.Sprintf("user%d@example.org", i), "wrong", here); got != "bad_secret" {
			t.Fatalf("name %d: %s", i, got)
		}
	}
	if got := d.try(t, nadia, right, here); got != "rate_limited" {
		t.Errorf("from that address: %s", got)
	}
	if got := d.try(t, nadia, right, "198.51.100.7"); got != "in" {
		t.Errorf("from another: %s", got)
	}
}

// A partner's own server is one address for all its users.
func TestThoseWhoComeInCostTheirAddressNothing(t *testing.T) {
	t.Parallel()
	d := open(t)
	for i := range 150 {
		if got := d.try(t, nadia, right, here); got != "in" {
			t.Fatalf("time %d: %s", i, got)
		}
	}
	if len(d.waited) > 0 {
		t.Errorf("held up for %v", d.waited)
	}
}

func TestGuessesAtOnceAreNoMoreThanTheLimit(t *testing.T) {
	t.Parallel()
	d := open(t)
	var wrong, limited atomic.Int64
	var all sync.WaitGroup
	for range 60 {
		all.Go(func() {
			switch d.try(t, nadia, "wrong", here) {
			case "bad_secret":
				wrong.Add(1)
			case "rate_limited":
				limited.Add(1)
			}
		})
	}
	all.Wait()
	if wrong.Load() != 10 || limited.Load() != 50 {
		t.Errorf("%d were tried, %d refused", wrong.Load(), limited.Load())
	}
}

func TestNobodyAWrongPasswordAndADisabledLogInFailAlike(t *testing.T) {
	t.Parallel()
	d := open(t)
	fail := func(email, password string) error {
		_, err := d.logins.Password(t.Context(), live, email, password, here)
		return err
	}
	wrong := fail(nadia, "wrong")
	disabled := d.login
	disabled.Enabled = false
	d.update(t, func(tx store.Tx) error { return tx.UpdateLogin(disabled) })
	for name, err := range map[string]error{
		"nobody": fail("nobody@example.org", right), "no address": fail("", right), "a long one": fail(string(make([]byte, 9000)), right),
		"disabled": fail(nadia, right), "a long password": fail("somebody@example.org", string(make([]byte, 9000))),
	} {
		if err == nil || err.Error() != wrong.Error() {
			t.Errorf("%s: %v, not %v", name, err, wrong)
		}
	}
}

func TestALogInOfAnotherInstanceIsNobodyHere(t *testing.T) {
	t.Parallel()
	d := open(t)
	if _, err := d.logins.Password(t.Context(), care.Scope{Tenant: live.Tenant, Instance: "sandbox"}, nadia, right, here); care.KindOf(err) != care.KindBadSecret {
		t.Errorf("got %v", err)
	}
}

func TestAHundredWrongPasswordsInARowEndIt(t *testing.T) {
	t.Parallel()
	d := open(t)
	for range care.MaxLoginFailures / 10 {
		for range 10 {
			d.try(t, nadia, "wrong", here)
		}
		d.move(16 * time.Minute)
	}
	if got := d.try(t, nadia, right, here); got != "bad_secret" {
		t.Errorf("the right one, after a hundred wrong ones: %s", got)
	}
}

func TestARightPasswordStartsTheCountAnewAndRaisesItsCost(t *testing.T) {
	t.Parallel()
	d := open(t)
	d.try(t, nadia, "wrong", here)
	dearer := auth.NewPasswords(64, auth.Cost{Passes: 2, MemoryKiB: 128, Threads: 1}) // the rules too are stricter now
	d.logins = auth.NewLogins(auth.LoginOptions{Store: d.store, Passwords: dearer, Now: d.clock, Wait: d.wait})
	if got := d.try(t, nadia, right, here); got != "in" {
		t.Fatal(got)
	}
	l := d.stored(t)
	if l.Failures != 0 || dearer.Stale(l.PasswordHash) {
		t.Errorf("got %d failures, %q", l.Failures, l.PasswordHash)
	}
	if got := d.try(t, nadia, right, here); got != "in" {
		t.Error(got)
	}
}
