package practice

import (
	"context"
	"strconv"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/store"
)

// Service is the use cases of this package.
type Service struct {
	gate      *gate.Gate
	passwords Hasher
	zones     care.Zones
}

// Hasher turns a password into what is kept of it; see auth.Passwords.
type Hasher interface {
	Check(password string, about ...string) error
	Hash(ctx context.Context, password string, about ...string) (string, error)
}

// New returns the use cases behind g.
func New(g *gate.Gate, passwords Hasher) *Service { return &Service{gate: g, passwords: passwords} }

// ProviderRef names a provider: by id or number, or else by e-mail address.
type ProviderRef struct {
	care.PersonRef
	Email string
}

// ServiceRef names a service: by id, by name, or by both, which must agree. A
// name may be the id in digits, where no service is called so.
type ServiceRef struct {
	ID   int64
	Name string
}

// IsZero reports whether no service is named.
func (r ServiceRef) IsZero() bool { return r == ServiceRef{} }

// findProvider returns a provider, or NotFound, or Ambiguous where two have the
// address.
func findProvider(tx store.Tx, s care.Scope, ref ProviderRef) (care.Provider, error) {
	if ref.PersonRef != (care.PersonRef{}) || ref.Email == "" {
		return gate.FindProvider(tx, s, ref.PersonRef)
	}
	return gate.FindProviderByEmail(tx, s, ref.Email)
}

// findService returns a service that can be booked, or NotFound, or Invalid
// where id and name are of two.
func findService(tx store.Tx, s care.Scope, ref ServiceRef) (care.Service, error) {
	v, err := serviceOf(tx, s, ref)
	switch {
	case err != nil:
		return v, err
	case v.Retired:
		return v, care.NotFound("service")
	case ref.ID != 0 && ref.Name != "" && ref.Name != v.Name && ref.Name != serviceID(v.ID):
		return v, care.Invalid("service", "is not the one that the id names")
	}
	return v, nil
}

func serviceOf(tx store.Tx, s care.Scope, ref ServiceRef) (care.Service, error) {
	if ref.ID != 0 {
		return tx.Service(s, ref.ID)
	}
	v, err := tx.ServiceByName(s, ref.Name)
	if id, bad := strconv.ParseInt(ref.Name, 10, 64); care.IsNotFound(err) && bad == nil {
		return tx.Service(s, id)
	}
	return v, err
}

// checkPassword notes what is wrong with a password; there may be none. That one
// is longer than anybody needs, hashing it tells.
func (s *Service) checkPassword(bad *care.Problems, password string, about ...string) {
	if password == "" {
		return
	}
	bad.Include(s.passwords.Check(password, about...))
}

// hashPassword returns what is kept of a password; nothing of none.
func (s *Service) hashPassword(ctx context.Context, password string, about ...string) (string, error) {
	if password == "" {
		return "", nil
	}
	return s.passwords.Hash(ctx, password, about...)
}

// scheduleOf returns a provider's schedule, or the one that says nothing.
func scheduleOf(tx store.Tx, s care.Scope, provider int64) (care.Schedule, error) {
	v, err := tx.Schedule(s, provider)
	if care.IsNotFound(err) {
		return care.Schedule{Scope: s, Provider: provider}, nil
	}
	return v, err
}

func providerTarget(p care.Provider, noun string) care.Target {
	return care.Target{Noun: noun, ID: p.ID}
}
