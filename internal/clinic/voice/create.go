package voice

import (
	"context"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Record is a call with whether a recording of it would be delivered.
type Record struct {
	Call         care.Call
	HasRecording bool
}

// CreateCall stores a voice call of a patient. An id that is brought is kept, an
// absent one made. Errors: Invalid, NotFound (patient; encounter, also where it
// is another patient's), Conflict (id), Forbidden.
func (s *Service) CreateCall(ctx context.Context, actor care.Actor, patient care.PersonRef, c care.Call, once *care.Once) (Record, error) {
	if err := check(&c); err != nil {
		return Record{}, err
	}
	if c.ID == "" {
		c.ID = uuid.NewString()
	}
	c.Media = care.MediaNone
	c.CreatedAt = s.gate.Now()
	c.UpdatedAt = c.CreatedAt
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.CallWrite, Scope: c.Scope, Once: once}
	return gate.Write(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		var err error
		if p, err = gate.FindPatient(tx, c.Scope, patient); err != nil {
			return care.Target{Noun: "voice_call"}, err
		}
		return gate.PatientTarget(tx, actor, c.Scope, "voice_call", c.ID, p.ID)
	}, func(tx store.Tx) (Record, error) {
		made := c
		made.Patient = p.ID
		if err := checkEncounter(tx, p, made.Encounter); err != nil {
			return Record{}, err
		}
		return Record{Call: made}, tx.CreateCall(made)
	})
}

// check checks c and brings its times to stored precision.
func check(c *care.Call) error {
	c.StartedAt, c.AnsweredAt, c.EndedAt = care.TruncatePtr(c.StartedAt), care.TruncatePtr(c.AnsweredAt), care.TruncatePtr(c.EndedAt)
	return c.Check()
}

// checkEncounter returns NotFound unless the encounter, where there is one, is
// the patient's.
func checkEncounter(tx store.Tx, p care.Patient, encounter *int64) error {
	if encounter == nil {
		return nil
	}
	e, err := tx.Encounter(p.Scope, *encounter)
	if err == nil && e.Patient != p.Number {
		return care.NotFound("encounter")
	}
	return err
}
