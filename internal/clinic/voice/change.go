package voice

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// CallChange is what can be changed of a call; what is nil stays.
type CallChange struct {
	Direction                          *care.Direction
	Status                             *care.CallStatus
	Duration                           *int64
	CalledAt                           *time.Time
	StartedAt, AnsweredAt, EndedAt     care.Edit[time.Time]
	From, To, ExternalID, Source, User *string
	Encounter                          care.Edit[int64]
	Legs                               *[]care.Leg
	Voicemail                          *bool
}

func (c CallChange) apply(to *care.Call) {
	care.Replace(&to.Direction, c.Direction)
	care.Replace(&to.Status, c.Status)
	care.Replace(&to.Duration, c.Duration)
	care.Replace(&to.CalledAt, c.CalledAt)
	c.StartedAt.Apply(&to.StartedAt)
	c.AnsweredAt.Apply(&to.AnsweredAt)
	c.EndedAt.Apply(&to.EndedAt)
	care.Replace(&to.From, c.From)
	care.Replace(&to.To, c.To)
	care.Replace(&to.ExternalID, c.ExternalID)
	care.Replace(&to.Source, c.Source)
	care.Replace(&to.User, c.User)
	c.Encounter.Apply(&to.Encounter)
	care.Replace(&to.Legs, c.Legs)
	care.Replace(&to.Voicemail, c.Voicemail)
}

// ChangeCall changes a call; its recordings follow it to another encounter.
// Errors: Invalid, NotFound (voice_call; encounter, also where it is another
// patient's), Forbidden.
func (s *Service) ChangeCall(ctx context.Context, actor care.Actor, scope care.Scope, id string, c CallChange) (Record, error) {
	var call care.Call
	q := gate.Request{Actor: actor, Action: policy.CallWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateCall(actor, scope, id, &call), func(tx store.Tx) (Record, error) {
		c.apply(&call)
		if err := check(&call); err != nil {
			return Record{}, err
		}
		call.UpdatedAt = s.gate.Now()
		if c.Encounter.Given {
			if err := moveToEncounter(tx, call); err != nil {
				return Record{}, err
			}
		}
		if err := tx.UpdateCall(call); err != nil {
			return Record{}, err
		}
		return record(tx, call)
	})
}

// moveToEncounter gives a call's recordings the call's encounter.
func moveToEncounter(tx store.Tx, c care.Call) error {
	p, err := tx.Patient(c.Scope, c.Patient)
	if err != nil {
		return err
	}
	if err := checkEncounter(tx, p, c.Encounter); err != nil {
		return err
	}
	all, err := tx.RecordingsOf(c.Scope, care.Owner{Kind: care.OwnerCall, ID: c.ID})
	if err != nil {
		return err
	}
	for _, r := range all {
		r.Encounter, r.UpdatedAt = c.Encounter, c.UpdatedAt
		if err := tx.UpdateRecording(r); err != nil {
			return err
		}
	}
	return nil
}

// Call returns a call by its id. Errors: NotFound, Forbidden.
func (s *Service) Call(ctx context.Context, actor care.Actor, scope care.Scope, id string) (Record, error) {
	var call care.Call
	q := gate.Request{Actor: actor, Action: policy.CallRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateCall(actor, scope, id, &call), func(tx store.Tx) (Record, error) {
		return record(tx, call)
	})
}

// Calls lists calls by id, at most limit of those after the given one; patient,
// where not nil, narrows to one patient's. Errors: NotFound (patient), Forbidden.
func (s *Service) Calls(ctx context.Context, actor care.Actor, scope care.Scope, patient *care.PersonRef, after string, limit int) ([]Record, error) {
	var of string
	q := gate.Request{Actor: actor, Action: policy.CallRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		if patient == nil {
			return care.Target{Noun: "voice_call"}, nil
		}
		p, err := gate.FindPatient(tx, scope, *patient)
		if err != nil {
			return care.Target{Noun: "voice_call"}, err
		}
		of = p.ID
		return gate.PatientTarget(tx, actor, scope, "voice_call", "", p.ID)
	}, func(tx store.Tx) ([]Record, error) {
		in, err := tx.Instance(scope)
		if err != nil {
			return nil, err
		}
		calls, err := tx.Calls(scope, of, after, limit)
		if err != nil {
			return nil, err
		}
		out := make([]Record, len(calls))
		for i, c := range calls {
			out[i] = Record{Call: c, HasRecording: c.Media.Audible(in.UnknownConsentRefused)}
		}
		return out, nil
	})
}

func record(tx store.Tx, c care.Call) (Record, error) {
	in, err := tx.Instance(c.Scope)
	return Record{Call: c, HasRecording: c.Media.Audible(in.UnknownConsentRefused)}, err
}

// locateCall finds a call into c.
func locateCall(actor care.Actor, scope care.Scope, id string, c *care.Call) func(store.Tx) (care.Target, error) {
	id, ok := care.ParseUUID(id)
	return func(tx store.Tx) (care.Target, error) {
		if !ok {
			return care.Target{Noun: "voice_call"}, care.NotFound("voice_call")
		}
		var err error
		if *c, err = tx.Call(scope, id); err != nil {
			return care.Target{Noun: "voice_call"}, err
		}
		return gate.PatientTarget(tx, actor, scope, "voice_call", c.ID, c.Patient)
	}
}
