package people

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Patients lists patients by number, at most limit of those after the given
// one. Errors: Forbidden.
func (s *Service) Patients(ctx context.Context, actor care.Actor, scope care.Scope, after int64, limit int) ([]care.Patient, error) {
	q := gate.Request{Actor: actor, Action: policy.PatientRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, gate.Nothing("patient"), func(tx store.Tx) ([]care.Patient, error) {
		return tx.Patients(scope, after, limit)
	})
}

// PatientsNumbered lists the patient with a number: one, and the audit entry says
// who it is, or none. Errors: Forbidden.
func (s *Service) PatientsNumbered(ctx context.Context, actor care.Actor, scope care.Scope, number int64) ([]care.Patient, error) {
	var found []care.Patient
	q := gate.Request{Actor: actor, Action: policy.PatientRead, Scope: scope}
	locate := func(tx store.Tx) (care.Target, error) {
		found = make([]care.Patient, 1)
		target, err := locatePatient(actor, scope, care.PersonRef{Number: number}, &found[0])(tx)
		if care.IsNotFound(err) {
			found = nil
			return care.Target{Noun: "patient"}, nil
		}
		return target, err
	}
	return gate.Read(ctx, s.gate, q, locate, func(store.Tx) ([]care.Patient, error) { return found, nil })
}

// PatientByRef returns a patient by UUID or number. Errors: NotFound, Forbidden.
func (s *Service) PatientByRef(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef) (care.Patient, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.PatientRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locatePatient(actor, scope, ref, &p), func(store.Tx) (care.Patient, error) { return p, nil })
}

// Providers lists providers by number, at most limit of those after the given
// one. Errors: Forbidden.
func (s *Service) Providers(ctx context.Context, actor care.Actor, scope care.Scope, after int64, limit int) ([]care.Provider, error) {
	q := gate.Request{Actor: actor, Action: policy.ProviderRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, gate.Nothing("provider"), func(tx store.Tx) ([]care.Provider, error) {
		return tx.Providers(scope, after, limit)
	})
}

// ProviderByRef returns a provider by UUID or number. Errors: NotFound, Forbidden.
func (s *Service) ProviderByRef(ctx context.Context, actor care.Actor, scope care.Scope, ref care.PersonRef) (care.Provider, error) {
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ProviderRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateProvider(scope, ref, &p), func(store.Tx) (care.Provider, error) { return p, nil })
}
