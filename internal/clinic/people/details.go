package people

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// DetailsChange is what can be changed of a person's details; nil fields stay as
// they are, empty ones are removed.
type DetailsChange struct {
	EmailAlt, Phone2, CountryCode2, Address1, Address2, City, State, Country, PostCode, Language *string
	Height, HeightUnit, Weight, WeightUnit, BirthDate                                            *string
}

func (c DetailsChange) apply(d *care.Details) {
	for _, f := range []struct{ to, with *string }{
		{&d.EmailAlt, c.EmailAlt}, {&d.Phone2, c.Phone2}, {&d.CountryCode2, c.CountryCode2}, {&d.Address1, c.Address1},
		{&d.Address2, c.Address2}, {&d.City, c.City}, {&d.State, c.State}, {&d.Country, c.Country}, {&d.PostCode, c.PostCode},
		{&d.Language, c.Language}, {&d.Height, c.Height}, {&d.HeightUnit, c.HeightUnit}, {&d.Weight, c.Weight},
		{&d.WeightUnit, c.WeightUnit}, {&d.BirthDate, c.BirthDate},
	} {
		care.Replace(f.to, f.with)
	}
}

// PatientDetails returns what is known of a patient beyond care.Patient. Errors:
// NotFound, Forbidden.
func (s *Service) PatientDetails(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef) (care.Details, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.PatientRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locatePatient(actor, scope, ref, &p), func(tx store.Tx) (care.Details, error) {
		return details(tx, scope, p.Number)
	})
}

// ChangePatientDetails changes them. A patient's birth date is not among them.
// Errors: Invalid, NotFound, Forbidden.
func (s *Service) ChangePatientDetails(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef, c DetailsChange) (care.Details, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.PatientWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, scope, ref, &p), func(tx store.Tx) (care.Details, error) {
		c.BirthDate = nil
		return changeDetails(tx, scope, p.Number, c)
	})
}

// ProviderDetails returns what is known of a provider beyond care.Provider.
// Errors: NotFound, Forbidden.
func (s *Service) ProviderDetails(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef) (care.Details, error) {
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ProviderRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateProvider(scope, ref, &p), func(tx store.Tx) (care.Details, error) {
		return details(tx, scope, p.Number)
	})
}

// ChangeProviderDetails changes them. Errors: Invalid, NotFound, Forbidden.
func (s *Service) ChangeProviderDetails(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef, c DetailsChange) (care.Details, error) {
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ProviderWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateProvider(scope, ref, &p), func(tx store.Tx) (care.Details, error) {
		return changeDetails(tx, scope, p.Number, c)
	})
}

// details reads a person's details; of whom nothing is known they are empty.
func details(tx store.Tx, scope care.Scope, person int64) (care.Details, error) {
	found, err := tx.Details(scope, person, person)
	if err != nil || len(found) == 0 {
		return care.Details{Scope: scope, Person: person}, err
	}
	return found[0], nil
}

func changeDetails(tx store.Tx, scope care.Scope, person int64, c DetailsChange) (care.Details, error) {
	d, err := details(tx, scope, person)
	if err != nil {
		return d, err
	}
	c.apply(&d)
	if err := d.Check(); err != nil {
		return d, err
	}
	return d, tx.PutDetails(d)
}
