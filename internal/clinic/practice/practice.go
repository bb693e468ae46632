package practice

import (
	"context"

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
	Hash(ctx context.Context, password string, about ...string) (string, error)
}

// New returns the use cases behind g.
func New(g *gate.Gate, passwords Hasher) *Service { return &Service{gate: g, passwords: passwords} }

// ProviderRef names a provider: by id or number, or else by e-mail address.
type ProviderRef struct {
	care.PersonRef
	Email string
}

// ServiceRef names a service: by id, or else by name.
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

// findService returns a service that can be booked, or NotFound.
func findService(tx store.Tx, s care.Scope, ref ServiceRef) (care.Service, error) {
	find := func() (care.Service, error) {
		if ref.ID != 0 {
			return tx.Service(s, ref.ID)
		}
		return tx.ServiceByName(s, ref.Name)
	}
	v, err := find()
	if err == nil && v.Retired {
		err = care.NotFound("service")
	}
	return v, err
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
