package chart

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// ReadingOutcome is what became of readings.
type ReadingOutcome struct{ Accepted, Duplicates int }

// AddReadings keeps a patient's readings. One whose key the patient has for that
// kind is counted and changes nothing. Errors: Invalid (by their place, as in
// readings[2].steps), NotFound (patient), Forbidden.
func (s *Service) AddReadings(ctx context.Context, actor care.Actor, scope care.Scope, patient care.PersonRef, readings []care.Reading) (ReadingOutcome, error) {
	now := s.gate.Now()
	fresh := make([]care.Reading, len(readings))
	var bad care.Problems
	for i, r := range readings {
		r.Scope, r.ID, r.CreatedAt = scope, uuid.NewString(), now
		at := fmt.Sprintf("readings[%d].", i)
		bad.IncludeAt(at, r.Check())
		bad.IncludeAt(at, r.CheckTime(now))
		fresh[i] = r
	}
	if err := bad.Err(); err != nil {
		return ReadingOutcome{}, err
	}
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.ReadingWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, scope, "reading", patient, &p), func(tx store.Tx) (ReadingOutcome, error) {
		var out ReadingOutcome
		for _, r := range fresh {
			r.Patient = p.ID
			switch err := tx.CreateReading(r); care.KindOf(err) {
			case care.KindConflict:
				out.Duplicates++
			default:
				if err != nil {
					return out, err
				}
				out.Accepted++
			}
		}
		return out, nil
	})
}
