package recordings

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Place is a place in a list of recordings: the last one of the page before.
type Place = store.RecordingKey

// Recording returns what is known of a recording, withheld ones too. A deleted
// one is NotFound. Errors: NotFound, Forbidden.
func (s *Service) Recording(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.Recording, error) {
	var r care.Recording
	q := gate.Request{Actor: actor, Action: policy.RecordingRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locate(actor, scope, id, &r), func(store.Tx) (care.Recording, error) { return r, nil })
}

// Recordings lists recordings newest first, at most limit of those before the
// given place; withheld ones too. f.Patient may be a UUID or a number. The
// waiting list is f.NameStatus = care.NameWaiting. Errors: NotFound ("patient",
// "session", "voice_call"), Forbidden.
func (s *Service) Recordings(ctx context.Context, actor care.Actor, scope care.Scope, f care.RecordingFilter, before *Place, limit int) ([]care.Recording, error) {
	var of care.RecordingFilter
	q := gate.Request{Actor: actor, Action: policy.RecordingRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "recording"}
		of = f
		if f.Owner != (care.Owner{}) {
			o, err := findOwner(tx, scope, f.Owner)
			if err != nil {
				return t, err
			}
			of.Owner, t.Patient = o.owner, o.patient
		}
		if f.Patient != "" {
			ref, _ := care.ParsePersonRef(f.Patient)
			p, err := gate.FindPatient(tx, scope, ref)
			if err != nil {
				return t, err
			}
			of.Patient, t.Patient = p.ID, p.ID
		}
		return gate.PatientTarget(tx, actor, scope, t.Noun, "", t.Patient)
	}, func(tx store.Tx) ([]care.Recording, error) {
		return tx.Recordings(scope, of, before, limit)
	})
}

// locate finds an undeleted recording into r.
func locate(actor care.Actor, scope care.Scope, id string, r *care.Recording) func(store.Tx) (care.Target, error) {
	id, ok := care.ParseUUID(id)
	return func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "recording"}
		if !ok {
			return t, care.NotFound("recording")
		}
		var err error
		if *r, err = tx.Recording(scope, id); err != nil {
			return t, err
		}
		if r.DeletedAt != nil {
			return t, care.NotFound("recording")
		}
		return gate.PatientTarget(tx, actor, scope, "recording", r.ID, r.Patient)
	}
}

// ownership is what a recording has from its owner.
type ownership struct {
	owner     care.Owner
	patient   string
	encounter *int64
}

// findOwner returns what a recording of o has from it. Errors: NotFound
// ("session", "voice_call").
func findOwner(tx store.Tx, scope care.Scope, o care.Owner) (ownership, error) {
	o, ok := canonical(o)
	if o.Kind == care.OwnerCall {
		if !ok {
			return ownership{}, care.NotFound("voice_call")
		}
		c, err := tx.Call(scope, o.ID)
		return ownership{o, c.Patient, c.Encounter}, err
	}
	if !ok {
		return ownership{}, care.NotFound("session")
	}
	ss, err := tx.Session(scope, o.ID)
	if err != nil {
		return ownership{}, err
	}
	e, err := tx.Encounter(scope, ss.Encounter)
	if err != nil {
		return ownership{}, err
	}
	p, err := tx.PatientByNumber(scope, e.Patient)
	return ownership{o, p.ID, &e.ID}, err
}

// canonical returns o with its id in stored form, and whether that is an id.
func canonical(o care.Owner) (care.Owner, bool) {
	var ok bool
	if o.Kind == care.OwnerCall {
		o.ID, ok = care.ParseUUID(o.ID)
	} else {
		o.ID, ok = care.ParseSessionID(o.ID)
	}
	return o, ok
}

func checkOwner(o care.Owner) error {
	if o.Kind != care.OwnerSession && o.Kind != care.OwnerCall {
		return care.Invalid("owner", "must be one session or one call")
	}
	return nil
}

// change makes one audited change of a recording.
func (s *Service) change(ctx context.Context, q gate.Request, id string, work func(store.Tx, *care.Recording) error) (care.Recording, error) {
	q.Action = policy.RecordingWrite
	var r care.Recording
	return gate.Write(ctx, s.gate, q, locate(q.Actor, q.Scope, id, &r), func(tx store.Tx) (care.Recording, error) {
		r.UpdatedAt = s.gate.Now()
		if err := work(tx, &r); err != nil {
			return r, err
		}
		return r, tx.UpdateRecording(r)
	})
}

// checkReason cleans a reason; it may be required.
func checkReason(reason string, required bool) (string, error) {
	reason, ok := care.CleanText(reason, care.MaxLongText, true)
	switch {
	case !ok:
		return "", care.Invalid("reason", "must be at most 4000 characters without control characters")
	case required && reason == "":
		return "", care.Invalid("reason", "is required")
	}
	return reason, nil
}
