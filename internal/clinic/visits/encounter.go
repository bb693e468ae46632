package visits

import (
	"cmp"
	"context"
	"strconv"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// NewEncounter is what an encounter is made of.
type NewEncounter struct {
	care.Scope
	ID                int64 // 0 draws the next
	Patient, Provider care.PersonRef
	Complaint         string
}

// CreateEncounter makes an encounter. Errors: Invalid, NotFound (patient,
// provider), Conflict (id), Forbidden.
func (s *Service) CreateEncounter(ctx context.Context, actor care.Actor, in NewEncounter, once *care.Once) (care.Encounter, error) {
	now := s.gate.Now()
	// The two people count as given here; they are looked up inside.
	e := care.Encounter{Scope: in.Scope, ID: in.ID, Patient: 1, Provider: 1, Complaint: in.Complaint, CreatedAt: now, UpdatedAt: now}
	if err := cmp.Or(e.Check(), care.CheckBroughtID(in.ID)); err != nil {
		return care.Encounter{}, err
	}
	var patient care.Patient
	q := gate.Request{Actor: actor, Action: policy.EncounterWrite, Scope: in.Scope, Once: once}
	made, err := gate.Write(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		var err error
		if patient, err = gate.FindPatient(tx, in.Scope, in.Patient); err != nil {
			return care.Target{Noun: "encounter"}, err
		}
		return gate.PatientTarget(tx, actor, in.Scope, "encounter", "", patient.ID)
	}, func(tx store.Tx) (gate.Made[care.Encounter], error) {
		provider, err := gate.FindProvider(tx, in.Scope, in.Provider)
		if err != nil {
			return gate.Made[care.Encounter]{}, err
		}
		e := e
		e.Patient, e.Provider = patient.Number, provider.Number
		if e.ID == 0 {
			if e.ID, err = tx.NextEncounter(in.Scope); err != nil {
				return gate.Made[care.Encounter]{}, err
			}
		}
		t := care.Target{Noun: "encounter", ID: encounterID(e.ID), Patient: patient.ID}
		return gate.Made[care.Encounter]{Value: e, Target: t}, tx.CreateEncounter(e)
	})
	return made.Value, err
}

// EncounterChange is what can be changed of an encounter; what is nil stays.
type EncounterChange struct {
	Provider  *care.PersonRef
	Complaint *string
}

// ChangeEncounter changes an encounter. Errors: Invalid, NotFound (encounter,
// provider), Forbidden.
func (s *Service) ChangeEncounter(ctx context.Context, actor care.Actor, scope care.Scope, id int64, c EncounterChange) (care.Encounter, error) {
	var e care.Encounter
	q := gate.Request{Actor: actor, Action: policy.EncounterWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateEncounter(actor, scope, id, &e), func(tx store.Tx) (care.Encounter, error) {
		care.Replace(&e.Complaint, c.Complaint)
		if err := e.Check(); err != nil {
			return e, err
		}
		if c.Provider != nil {
			p, err := gate.FindProvider(tx, scope, *c.Provider)
			if err != nil {
				return e, err
			}
			e.Provider = p.Number
		}
		e.UpdatedAt = s.gate.Now()
		return e, tx.UpdateEncounter(e)
	})
}

// Encounter returns an encounter. Errors: NotFound, Forbidden.
func (s *Service) Encounter(ctx context.Context, actor care.Actor, scope care.Scope, id int64) (care.Encounter, error) {
	var e care.Encounter
	q := gate.Request{Actor: actor, Action: policy.EncounterRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateEncounter(actor, scope, id, &e), func(store.Tx) (care.Encounter, error) { return e, nil })
}

// Encounters lists encounters by id, at most limit of those after the given
// one; patient, where not nil, narrows to one patient's. Errors: NotFound
// (patient), Forbidden.
func (s *Service) Encounters(ctx context.Context, actor care.Actor, scope care.Scope, patient *care.PersonRef, after int64, limit int) ([]care.Encounter, error) {
	var of int64
	q := gate.Request{Actor: actor, Action: policy.EncounterRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "encounter"}
		if patient == nil {
			return t, nil
		}
		p, err := gate.FindPatient(tx, scope, *patient)
		if err != nil {
			return t, err
		}
		of = p.Number
		return gate.PatientTarget(tx, actor, scope, "encounter", "", p.ID)
	}, func(tx store.Tx) ([]care.Encounter, error) {
		return tx.Encounters(scope, of, after, limit)
	})
}

// locateEncounter finds an encounter into e.
func locateEncounter(actor care.Actor, scope care.Scope, id int64, e *care.Encounter) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *e, err = tx.Encounter(scope, id); err != nil {
			return care.Target{Noun: "encounter"}, err
		}
		return encounterTarget(tx, actor, *e, "encounter", encounterID(id))
	}
}

// encounterTarget is the target of a thing of an encounter.
func encounterTarget(tx store.Tx, actor care.Actor, e care.Encounter, noun, id string) (care.Target, error) {
	p, err := tx.PatientByNumber(e.Scope, e.Patient)
	if err != nil {
		return care.Target{Noun: noun, ID: id}, err
	}
	return gate.PatientTarget(tx, actor, e.Scope, noun, id, p.ID)
}

func encounterID(id int64) string { return strconv.FormatInt(id, 10) }
