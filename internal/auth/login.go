package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// Wrong passwords are counted by account, wherever they come from, and by
// address, whoever they are for. The first few cost nothing, the next ones time,
// and then nobody comes in until the window is over.
const (
	loginWindow  = 15 * time.Minute
	accountFree  = 3
	accountLimit = 10
	addressFree  = 30
	addressLimit = 100
	slowFirst    = 250 * time.Millisecond
	slowMost     = 4 * time.Second
)

// Logins checks who people are: passwords, links that let one in once, and web
// sessions. It is safe for concurrent use.
type Logins struct {
	store     store.Store
	passwords *Passwords
	now       func() time.Time
	wait      func(context.Context, time.Duration) error
	idle      time.Duration
}

// LoginOptions are what Logins needs.
type LoginOptions struct {
	Store     store.Store
	Passwords *Passwords
	// Idle is how long a web session lives unused; 0 means 15 minutes.
	Idle time.Duration
	// Now is the clock and Wait how time passes; nil means the system's.
	Now  func() time.Time
	Wait func(context.Context, time.Duration) error
}

// DefaultIdle is how long a web session lives unused (45 CFR 164.312(a)(2)(iii)
// asks for an end, not for a length).
const DefaultIdle = 15 * time.Minute

// NewLogins returns one.
func NewLogins(o LoginOptions) *Logins {
	l := &Logins{store: o.Store, passwords: o.Passwords, now: o.Now, wait: o.Wait, idle: o.Idle}
	if l.now == nil {
		l.now = time.Now
	}
	if l.wait == nil {
		l.wait = sleep
	}
	if l.idle <= 0 {
		l.idle = DefaultIdle
	}
	return l
}

// Idle is how long a web session lives unused.
func (a *Logins) Idle() time.Duration { return a.idle }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return care.Unavailable(ctx.Err())
	}
}

// Password returns the log-in that an address and a password stand for. Nobody's
// address, a wrong password and a log-in that is disabled do the same work and
// fail alike, BadSecret; too many wrong ones are RateLimited, even the right one.
func (a *Logins) Password(ctx context.Context, s care.Scope, email, password, address string) (care.Login, error) {
	if email = care.LoginEmail(email); !care.ValidEmail(email) {
		email = "" // nobody's
	}
	t := a.turn(s, email, address)
	l, err := a.begin(ctx, t, s, email)
	if err != nil {
		return care.Login{}, err
	}
	if d := t.delay(); d > 0 {
		if err := a.wait(ctx, d); err != nil {
			return care.Login{}, err
		}
	}
	hash := l.PasswordHash
	if !l.HasPassword() {
		hash = ""
	}
	right, err := a.passwords.Verify(ctx, hash, password)
	if err != nil {
		return care.Login{}, err
	}
	if !right || !l.Enabled {
		return care.Login{}, a.failed(ctx, s, email)
	}
	return a.succeeded(ctx, t, l, password)
}

// begin looks the log-in up and takes a turn. A turn is taken before the
// password is looked at: however many guess at once, no more than the limit do.
func (a *Logins) begin(ctx context.Context, t *turn, s care.Scope, email string) (care.Login, error) {
	var l care.Login
	err := a.store.View(ctx, func(tx store.Tx) error {
		var err error
		if l, err = tx.LoginByEmail(s, email); err != nil && !care.IsNotFound(err) {
			return err
		}
		return t.look(tx)
	})
	if err == nil && t.limited() == nil {
		err = a.store.Update(ctx, t.take)
	}
	if err == nil {
		err = t.limited()
	}
	return l, err
}

func (a *Logins) failed(ctx context.Context, s care.Scope, email string) error {
	err := a.store.Update(ctx, func(tx store.Tx) error { return tx.CountLoginFailure(s, email) })
	if err != nil {
		return err
	}
	return errWrong()
}

// succeeded gives the turn back, forgets failures, and hashes the password anew
// where that should cost more by now.
func (a *Logins) succeeded(ctx context.Context, t *turn, l care.Login, password string) (care.Login, error) {
	anew := ""
	if a.passwords.Stale(l.PasswordHash) {
		hash, err := a.passwords.hash(ctx, canonical(password)) // rules that came later do not end it
		if err != nil {
			return care.Login{}, err
		}
		anew = hash
	}
	var current care.Login
	err := a.store.Update(ctx, func(tx store.Tx) error {
		if err := t.giveBack(tx); err != nil {
			return err
		}
		var err error
		if current, err = tx.Login(l.Scope, l.ID); err != nil {
			return err
		}
		if current.PasswordHash != l.PasswordHash || !current.Enabled {
			return errWrong()
		}
		if current.Failures == 0 && anew == "" {
			return nil
		}
		current.Failures = 0
		if anew != "" {
			current.PasswordHash = anew
		}
		return tx.UpdateLogin(current)
	})
	return current, err
}

func errWrong() error {
	return &care.Error{Kind: care.KindBadSecret, Noun: "login", Message: "user name and password do not fit"}
}

// turn is one try at a password, counted by account and by address.
type turn struct {
	account, address       string // keys
	now, since             time.Time
	ofAccount, ofAddress   int
	accountAt, addressedAt time.Time // when the windows began
}

func (a *Logins) turn(s care.Scope, email, address string) *turn {
	now := care.Truncate(a.now())
	return &turn{
		account: attemptOf("account", s.String()+"\x00"+email), address: attemptOf("address", address),
		now: now, since: now.Add(time.Microsecond - loginWindow),
	}
}

// attemptOf keeps addresses of either kind out of the table of attempts.
func attemptOf(kind, of string) string {
	sum := sha256.Sum256([]byte(of))
	return "login:" + kind + ":" + hex.EncodeToString(sum[:16])
}

func (t *turn) look(tx store.Tx) (err error) {
	if t.ofAccount, t.accountAt, err = tx.Attempts(t.account, t.since); err != nil {
		return err
	}
	t.ofAddress, t.addressedAt, err = tx.Attempts(t.address, t.since)
	return err
}

// take counts this turn, unless there is none left.
func (t *turn) take(tx store.Tx) error {
	if err := t.look(tx); err != nil || t.limited() != nil {
		return err
	}
	_, _, err := tx.CountAttempt(t.account, t.since, t.now)
	if err == nil {
		_, _, err = tx.CountAttempt(t.address, t.since, t.now)
	}
	return err
}

func (t *turn) giveBack(tx store.Tx) error {
	if err := tx.UncountAttempt(t.account); err != nil {
		return err
	}
	return tx.UncountAttempt(t.address)
}

// limited returns RateLimited, with when the window ends, where turns before
// this one were too many.
func (t *turn) limited() error {
	var end time.Time
	// A window that begins in the future is of a wrong clock.
	if t.ofAccount >= accountLimit && !t.accountAt.After(t.now) {
		end = t.accountAt.Add(loginWindow)
	}
	if at := t.addressedAt; t.ofAddress >= addressLimit && !at.After(t.now) && at.Add(loginWindow).After(end) {
		end = at.Add(loginWindow)
	}
	if end.IsZero() {
		return nil
	}
	return &care.Error{Kind: care.KindRateLimited, Noun: "login", Message: "too many attempts to log in", RetryAfter: max(end.Sub(t.now), time.Second)}
}

// delay is how long this turn is held up: twice as long each time.
func (t *turn) delay() time.Duration {
	over := max(t.ofAccount-accountFree, (t.ofAddress-addressFree)/10)
	if t.ofAccount < accountFree && t.ofAddress < addressFree {
		return 0
	}
	return min(slowFirst<<max(over, 0), slowMost)
}
