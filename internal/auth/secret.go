package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// Wrong secrets are counted by address and client name together, so that
// knowing a name locks nobody out (calls.md, Tenancy and tokens).
const (
	wrongLimit  = 10
	wrongWindow = 5 * time.Minute
)

// windowStart is the earliest instant that counts at now. The one a whole window
// ago does not: who waits out Retry-After to the microsecond comes in.
func windowStart(now time.Time) time.Time { return now.Add(time.Microsecond - wrongWindow) }

// Secret returns the client that name and secret stand for. tenant, where not
// empty, must be the client's. A wrong name and a wrong secret do the same work
// and fail alike, BadSecret; too many wrong ones from one address for one name
// are RateLimited, even with the right one.
func (a *Authenticator) Secret(ctx context.Context, tenant, name, secret, address string) (care.Actor, error) {
	if len(name) > 200 || len(secret) > 1000 {
		name, secret = "", ""
	}
	key := attemptKey(address, name)
	given := sha256.Sum256([]byte(secret))
	now := care.Truncate(a.now())
	var (
		c      care.Client
		grants []care.Grant
		wrong  int
		began  time.Time
	)
	err := a.store.View(ctx, func(tx store.Tx) error {
		var err error
		if wrong, began, err = tx.Attempts(key, windowStart(now)); err != nil {
			return err
		}
		if c, err = tx.Client(name); err != nil && !care.IsNotFound(err) {
			return err
		}
		grants, err = tx.Grants(name)
		return err
	})
	if err != nil {
		return care.Actor{}, err
	}
	if wrong >= wrongLimit && !began.After(now) { // one of the future is of a wrong clock
		return care.Actor{}, &care.Error{Kind: care.KindRateLimited, Noun: "token", Message: "too many wrong secrets", RetryAfter: max(began.Add(wrongWindow).Sub(now), time.Second)}
	}
	stored := c.SecretHash
	if len(stored) != len(given) {
		stored = make([]byte, len(given)) // no SHA-256 anybody can find
	}
	match := subtle.ConstantTimeCompare(stored, given[:]) == 1
	if !match || !c.Enabled || tenant != "" && c.Tenant != tenant {
		return care.Actor{}, a.countWrong(ctx, key, now)
	}
	return ActorOf(c, grants), nil
}

func (a *Authenticator) countWrong(ctx context.Context, key string, now time.Time) error {
	err := a.store.Update(ctx, func(tx store.Tx) error {
		_, _, err := tx.CountAttempt(key, windowStart(now), now)
		return err
	})
	if err != nil {
		return err
	}
	return &care.Error{Kind: care.KindBadSecret, Noun: "token", Message: "client name and secret do not fit"}
}

// attemptKey keeps names and addresses out of the table of attempts.
func attemptKey(address, name string) string {
	sum := sha256.Sum256([]byte(address + "\x00" + name))
	return "secret:" + hex.EncodeToString(sum[:16])
}
