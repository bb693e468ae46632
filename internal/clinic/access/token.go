package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// The limits of calls.md, Tenancy and tokens.
const (
	TokenLife   = time.Hour
	tokenLimit  = 100
	tokenWindow = 5 * time.Minute
	tokenBlock  = 5 * time.Minute
)

// IssuedToken is a bearer token, shown this once.
type IssuedToken struct {
	Token     string
	ExpiresAt time.Time
	Client    care.Client
}

// IssueToken gives a client, whose secret auth has checked, a token for an hour.
// More than 100 in five minutes block the client for five minutes: RateLimited,
// with what remains.
func (s *Service) IssueToken(ctx context.Context, actor care.Actor) (IssuedToken, error) {
	token, hash := newToken()
	now := s.gate.Now()
	expires := now.Add(TokenLife)
	q := gate.Request{Actor: actor, Action: policy.TokenIssue, Scope: care.Scope{Tenant: actor.Tenant, Instance: actor.Home}}
	out, err := gate.Write(ctx, s.gate, q, findClient(actor.Tenant, actor.ID), func(tx store.Tx) (issue, error) {
		c, err := tx.Client(actor.ID)
		if err != nil {
			return issue{}, err
		}
		if left := blocked(c, now); left > 0 {
			return issue{Blocked: left}, nil
		}
		issued, err := issuedBefore(tx, c, now)
		if err != nil {
			return issue{}, err
		}
		if issued >= tokenLimit {
			until := now.Add(tokenBlock)
			c.BlockedUntil = &until
			return issue{Blocked: tokenBlock}, tx.UpdateClient(c)
		}
		return issue{Client: c}, tx.CreateToken(care.Token{Hash: hash, Tenant: c.Tenant, Client: c.Name, IssuedAt: now, ExpiresAt: expires})
	})
	if err != nil {
		return IssuedToken{}, err
	}
	if out.Blocked > 0 {
		return IssuedToken{}, &care.Error{Kind: care.KindRateLimited, Noun: "token", Message: "too many token requests", RetryAfter: out.Blocked}
	}
	return IssuedToken{Token: token, ExpiresAt: expires, Client: out.Client}, nil
}

// blocked is how long a client is still blocked. A block that would last longer
// than any does was made while the clock was wrong, and is none.
func blocked(c care.Client, now time.Time) time.Duration {
	if c.BlockedUntil == nil {
		return 0
	}
	if left := c.BlockedUntil.Sub(now); left <= tokenBlock {
		return left
	}
	return 0
}

// issuedBefore counts a client's tokens of the window that ends now. One a whole
// window ago no longer counts: a block of that length ends. Nor does one of the
// future, of a time when the clock was wrong.
func issuedBefore(tx store.Tx, c care.Client, now time.Time) (int, error) {
	since, _, err := tx.TokensIssued(c.Name, now.Add(time.Microsecond-tokenWindow))
	if err != nil {
		return 0, err
	}
	later, _, err := tx.TokensIssued(c.Name, now.Add(time.Microsecond))
	return since - later, err
}

// issue is what became of asking for a token.
type issue struct {
	Client  care.Client
	Blocked time.Duration
}

// Refused says so where the client is blocked; see gate.Refuser.
func (i issue) Refused() string {
	if i.Blocked > 0 {
		return "too many token requests"
	}
	return ""
}

// newToken returns 256 random bits as text, with a prefix by which secret
// scanners know it, and the hash that is stored.
func newToken() (string, [32]byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	token := "chl_" + base64.RawURLEncoding.EncodeToString(b)
	return token, sha256.Sum256([]byte(token))
}

// TokenRefused audits that a token was asked for with a name and secret that
// auth refused, and returns the error to answer. The name is kept as a keyed
// hash, in no tenant's chain: a wrong name and a wrong secret leave equal traces.
func (s *Service) TokenRefused(ctx context.Context, actor care.Actor, name string, refused error) error {
	kind := care.KindOf(refused)
	if kind != care.KindBadSecret && kind != care.KindRateLimited {
		return refused
	}
	q := gate.Request{Actor: actor, Action: policy.TokenIssue, Asked: name}
	if err := s.gate.Note(ctx, q, care.Target{Noun: "token"}, care.OutcomeRefused, kind.String()); err != nil {
		return err
	}
	return refused
}
