package logins

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Page is what a person sees of themselves, and of nobody else.
type Page struct {
	Login care.Login
	// Patient and Provider are who the person is; nil where they are not one.
	Patient  *care.Patient
	Provider *care.Provider
	// TimeZone is the practice's.
	TimeZone string
}

// Page returns the page of whoever is logged in.
func (s *Service) Page(ctx context.Context, actor care.Actor) (Page, error) {
	scope := scopeOf(actor)
	q := gate.Request{Actor: actor, Action: policy.PortalRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, ownTarget(actor, "login"), func(tx store.Tx) (Page, error) {
		var p Page
		in, err := tx.Instance(scope)
		if err != nil {
			return p, err
		}
		p.TimeZone = in.TimeZone
		if p.Login, err = tx.Login(scope, actor.ID); err != nil {
			return p, err
		}
		switch p.Login.Role {
		case care.RolePatient:
			person, err := tx.Patient(scope, p.Login.ID)
			p.Patient = &person
			return p, err
		case care.RoleProvider:
			person, err := tx.ProviderByID(scope, p.Login.ID)
			p.Provider = &person
			return p, err
		}
		return p, nil
	})
}
