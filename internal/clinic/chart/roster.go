package chart

import (
	"context"
	"fmt"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// MaxPageReadings bounds the readings of one kind for one page of patients.
const MaxPageReadings = 20_000

// RosterPage asks for one page of patients.
type RosterPage = store.RosterPage

// RosterEntries is a page of patients, and how many there are in all.
type RosterEntries struct {
	Entries []care.RosterEntry
	Total   int
}

// At returns the data set of the practice that a customer code names: scope's own
// where it names none. Errors: NotFound (practice), also for one that the actor
// may not use.
func (s *Service) At(ctx context.Context, actor care.Actor, scope care.Scope, customerCode string) (care.Scope, error) {
	if customerCode == "" {
		return scope, nil
	}
	at := scope
	_, err := s.gate.Check(ctx, gate.Request{Actor: actor, Action: policy.RosterRead, Scope: scope}, func(tx store.Tx) (care.Target, error) {
		var err error
		at, err = gate.FindPractice(tx, actor, scope, customerCode)
		return care.Target{Noun: "practice"}, err
	})
	return at, err
}

// Roster returns one numbered page of patients in order of registration.
// Errors: Forbidden.
func (s *Service) Roster(ctx context.Context, actor care.Actor, scope care.Scope, p RosterPage) (RosterEntries, error) {
	q := gate.Request{Actor: actor, Action: policy.RosterRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, gate.Nothing("patient"), func(tx store.Tx) (RosterEntries, error) {
		entries, total, err := tx.Roster(scope, p)
		return RosterEntries{entries, total}, err
	})
}

// RosterEntry returns one patient as the roster shows them. Errors: NotFound,
// Forbidden.
func (s *Service) RosterEntry(ctx context.Context, actor care.Actor, scope care.Scope, patient care.PersonRef) (care.RosterEntry, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.RosterRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		t, err := locatePatient(actor, scope, "patient", patient, &p)(tx)
		t.ID = p.ID
		return t, err
	}, func(tx store.Tx) (care.RosterEntry, error) {
		e := care.RosterEntry{Patient: p}
		details, err := tx.Details(scope, p.Number, p.Number)
		if len(details) > 0 {
			e.Details = details[0]
		}
		return e, err
	})
}

// Readings returns what devices measured of several patients, by patient and in
// order of time. Errors: Invalid (there are more than MaxPageReadings),
// Forbidden.
func (s *Service) Readings(ctx context.Context, actor care.Actor, scope care.Scope, patients []string, kind care.ReadingKind, r care.ReadingRange) (map[string][]care.Reading, error) {
	q := gate.Request{Actor: actor, Action: policy.ReadingRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateAll(actor, scope, "reading", patients), func(tx store.Tx) (map[string][]care.Reading, error) {
		found, err := tx.ReadingsOf(scope, patients, kind, r, MaxPageReadings+1)
		if err != nil {
			return nil, err
		}
		if len(found) > MaxPageReadings {
			return nil, care.Invalid("data_from", fmt.Sprintf("leaves more than %d readings: ask for a shorter time or fewer patients", MaxPageReadings))
		}
		by := map[string][]care.Reading{}
		for _, v := range found {
			by[v.Patient] = append(by[v.Patient], v)
		}
		return by, nil
	})
}

// LastContacts returns, by patient, when each was last spoken to or seen.
// Errors: Forbidden.
func (s *Service) LastContacts(ctx context.Context, actor care.Actor, scope care.Scope, patients []string) (map[string]care.Contact, error) {
	q := gate.Request{Actor: actor, Action: policy.ReadingRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateAll(actor, scope, "last_contact", patients), func(tx store.Tx) (map[string]care.Contact, error) {
		return tx.LastContacts(scope, patients)
	})
}

// locateAll finds whether the actor may see all of several patients: it names
// the only one, or the first whom a person has not in their care.
func locateAll(actor care.Actor, scope care.Scope, noun string, patients []string) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		if len(patients) == 1 {
			return gate.PatientTarget(tx, actor, scope, noun, "", patients[0])
		}
		if actor.Kind != care.ActorPerson {
			return care.Target{Noun: noun}, nil
		}
		for _, id := range patients {
			t, err := gate.PatientTarget(tx, actor, scope, noun, "", id)
			if err != nil || !t.CareTeam {
				return t, err
			}
		}
		return care.Target{Noun: noun}, nil
	}
}
