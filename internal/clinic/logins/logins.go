package logins

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/store"
)

// How long what lets somebody in lives.
const (
	// SSOLife is how long a partner's user may take to follow their token.
	SSOLife = 5 * time.Minute
	// PasswordLinkLife is how long a set-password link may lie in a mailbox.
	PasswordLinkLife = 24 * time.Hour
	// DefaultSessionLife is when a web session ends however busy it is.
	DefaultSessionLife = 12 * time.Hour
)

// Hasher turns a password into what is kept of it; see auth.Passwords.
type Hasher interface {
	Hash(ctx context.Context, password string, about ...string) (string, error)
}

// Options are what a Service needs.
type Options struct {
	Gate      *gate.Gate
	Passwords Hasher
	// Targets are the absolute URLs, beside the portal's own pages, that single
	// sign-on may lead to.
	Targets []string
	// SessionLife is when a web session ends; 0 means DefaultSessionLife.
	SessionLife time.Duration
}

// Service is the use cases of this package.
type Service struct {
	gate      *gate.Gate
	passwords Hasher
	targets   []string
	life      time.Duration
}

// New returns the use cases.
func New(o Options) *Service {
	s := &Service{gate: o.Gate, passwords: o.Passwords, targets: o.Targets, life: o.SessionLife}
	if s.life <= 0 {
		s.life = DefaultSessionLife
	}
	return s
}

func scopeOf(actor care.Actor) care.Scope {
	return care.Scope{Tenant: actor.Tenant, Instance: actor.Home}
}

// loginTarget names a log-in, and whose data it is where it is a patient's.
func loginTarget(l care.Login) care.Target {
	t := care.Target{Noun: "login", ID: l.ID}
	if l.Role == care.RolePatient {
		t.Patient = l.ID
	}
	return t
}

func locate(l care.Login) func(store.Tx) (care.Target, error) {
	return func(store.Tx) (care.Target, error) { return loginTarget(l), nil }
}

// newSecret returns 256 random bits as text, with a prefix by which secret
// scanners know it, and the hash that is stored.
func newSecret(prefix string) (string, [32]byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	secret := prefix + base64.RawURLEncoding.EncodeToString(b)
	return secret, sha256.Sum256([]byte(secret))
}
