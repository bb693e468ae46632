package people

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// PatientChange is what can be changed of a patient; nil fields stay as they
// are, empty ones are removed.
type PatientChange struct {
	FirstName, MiddleName, LastName, BirthDate, Gender, Email, Phone, CountryCode, TimeZone, MRN, ExternalID *string
}

func (c PatientChange) apply(p *care.Patient) {
	care.Replace(&p.FirstName, c.FirstName)
	care.Replace(&p.MiddleName, c.MiddleName)
	care.Replace(&p.LastName, c.LastName)
	care.Replace(&p.BirthDate, c.BirthDate)
	care.Replace(&p.Gender, c.Gender)
	care.Replace(&p.Email, c.Email)
	care.Replace(&p.Phone, c.Phone)
	care.Replace(&p.CountryCode, c.CountryCode)
	care.Replace(&p.TimeZone, c.TimeZone)
	care.Replace(&p.MRN, c.MRN)
	care.Replace(&p.ExternalID, c.ExternalID)
}

// ChangePatient changes a patient. Errors: Invalid, NotFound, Conflict (mrn,
// externalId), Forbidden.
func (s *Service) ChangePatient(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef, c PatientChange) (care.Patient, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.PatientWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, scope, ref, &p), func(tx store.Tx) (care.Patient, error) {
		now := s.gate.Now()
		c.apply(&p)
		if err := p.Check(now); err != nil {
			return p, err
		}
		p.UpdatedAt = now
		return p, tx.UpdatePatient(p)
	})
}

// ProviderChange is what can be changed of a provider; nil fields stay as they
// are, empty ones are removed.
type ProviderChange struct {
	FirstName, MiddleName, LastName, Title, Gender, Email, Phone, CountryCode, TimeZone *string
}

func (c ProviderChange) apply(p *care.Provider) {
	care.Replace(&p.FirstName, c.FirstName)
	care.Replace(&p.MiddleName, c.MiddleName)
	care.Replace(&p.LastName, c.LastName)
	care.Replace(&p.Title, c.Title)
	care.Replace(&p.Gender, c.Gender)
	care.Replace(&p.Email, c.Email)
	care.Replace(&p.Phone, c.Phone)
	care.Replace(&p.CountryCode, c.CountryCode)
	care.Replace(&p.TimeZone, c.TimeZone)
}

// ChangeProvider changes a provider. Errors: Invalid, NotFound, Forbidden.
func (s *Service) ChangeProvider(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef, c ProviderChange) (care.Provider, error) {
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ProviderWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateProvider(scope, ref, &p), func(tx store.Tx) (care.Provider, error) {
		c.apply(&p)
		if err := p.Check(); err != nil {
			return p, err
		}
		p.UpdatedAt = s.gate.Now()
		return p, tx.UpdateProvider(p)
	})
}

// locatePatient finds a patient into p.
func locatePatient(actor care.Actor, scope care.Scope, ref care.PersonRef, p *care.Patient) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *p, err = gate.FindPatient(tx, scope, ref); err != nil {
			return care.Target{Noun: "patient"}, err
		}
		return gate.PatientTarget(tx, actor, scope, "patient", p.ID, p.ID)
	}
}

// locateProvider finds a provider into p.
func locateProvider(scope care.Scope, ref care.PersonRef, p *care.Provider) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *p, err = gate.FindProvider(tx, scope, ref); err != nil {
			return care.Target{Noun: "provider"}, err
		}
		return providerTarget(*p), nil
	}
}
