package recordings

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/store"
)

// Ask is who asks for a change of which recording, and why.
type Ask struct {
	Actor care.Actor
	Scope care.Scope
	ID    string
	// Reason is what the actor gave, for the audit log.
	Reason string
	Once   *care.Once
}

func (a Ask) request() gate.Request {
	return gate.Request{Actor: a.Actor, Scope: a.Scope, Reason: a.Reason, Once: a.Once}
}

// Change is what can be changed of what is known of a recording; what is nil
// stays.
type Change struct {
	// Name gives the recording another name, which must be free.
	Name      *string
	StartedAt care.Edit[time.Time]
	Duration  care.Edit[int64]
}

// Change changes what is known of a recording. Errors: Invalid, NotFound,
// Conflict (name), Forbidden.
func (s *Service) Change(ctx context.Context, a Ask, c Change) (care.Recording, error) {
	if c.Name != nil {
		if err := care.CheckRecordingName(*c.Name); err != nil {
			return care.Recording{}, err
		}
	}
	if c.Duration.Value != nil && *c.Duration.Value < 0 {
		return care.Recording{}, care.Invalid("duration", "must not be negative")
	}
	return s.change(ctx, a.request(), a.ID, func(tx store.Tx, r *care.Recording) error {
		care.ApplyTime(c.StartedAt, &r.StartedAt)
		c.Duration.Apply(&r.Duration)
		if c.Name == nil || *c.Name == r.Name {
			return nil
		}
		return rename(tx, r, *c.Name)
	})
}

// SetConsent notes what the people recorded said. A recording whose consent is
// refused answers as if it were not there. Errors: Invalid, NotFound, Forbidden.
func (s *Service) SetConsent(ctx context.Context, a Ask, consent care.Consent) (care.Recording, error) {
	if !slices.Contains(care.Consents(), consent) {
		return care.Recording{}, care.Invalid("consent", "must be unknown, given or refused")
	}
	reason, err := checkReason(a.Reason, false)
	if err != nil {
		return care.Recording{}, err
	}
	a.Reason = because("consent "+string(consent), reason)
	return s.change(ctx, a.request(), a.ID, func(_ store.Tx, r *care.Recording) error {
		r.Consent = consent
		return nil
	})
}

// Withhold makes a recording answer as if it were not there, with a reason,
// which is required. Withholding again replaces the reason. Errors: Invalid,
// NotFound, Forbidden.
func (s *Service) Withhold(ctx context.Context, a Ask) (care.Recording, error) {
	reason, err := checkReason(a.Reason, true)
	if err != nil {
		return care.Recording{}, err
	}
	a.Reason = because("withhold", reason)
	return s.change(ctx, a.request(), a.ID, func(_ store.Tx, r *care.Recording) error {
		if r.WithheldAt == nil {
			at := r.UpdatedAt
			r.WithheldAt = &at
		}
		r.WithheldReason = reason
		return nil
	})
}

// Release ends the withholding of a recording; one that is not withheld stays
// as it is. Errors: Invalid, NotFound, Forbidden.
func (s *Service) Release(ctx context.Context, a Ask) (care.Recording, error) {
	reason, err := checkReason(a.Reason, false)
	if err != nil {
		return care.Recording{}, err
	}
	a.Reason = because("release", reason)
	return s.change(ctx, a.request(), a.ID, func(_ store.Tx, r *care.Recording) error {
		r.WithheldAt, r.WithheldReason = nil, ""
		return nil
	})
}

// Relink moves a recording to another session or call; its patient and
// encounter follow. Errors: Invalid, NotFound (recording, session, voice_call),
// Forbidden.
func (s *Service) Relink(ctx context.Context, a Ask, to care.Owner) (care.Recording, error) {
	if err := checkOwner(to); err != nil {
		return care.Recording{}, err
	}
	reason, err := checkReason(a.Reason, false)
	if err != nil {
		return care.Recording{}, err
	}
	a.Reason = because("relink", reason)
	return s.change(ctx, a.request(), a.ID, func(tx store.Tx, r *care.Recording) error {
		o, err := findOwner(tx, a.Scope, to)
		if err != nil {
			return err
		}
		r.Owner, r.Patient, r.Encounter = o.owner, o.patient, o.encounter
		return nil
	})
}

// Delete removes a recording's bytes for good and leaves a tombstone: its row,
// which only lists that ask for it show. Its name is free again. Of one that was
// adopted nothing is removed: what stood for it is forgotten. Errors: Invalid,
// NotFound, Forbidden.
//
// The bytes go after the commit. Where that fails no route leads to them any
// more, and a job that is stored with the change removes them.
func (s *Service) Delete(ctx context.Context, a Ask) (care.Recording, error) {
	reason, err := checkReason(a.Reason, false)
	if err != nil {
		return care.Recording{}, err
	}
	a.Reason = because("delete", reason)
	r, err := s.change(ctx, a.request(), a.ID, func(tx store.Tx, r *care.Recording) error {
		at := r.UpdatedAt
		r.DeletedAt = &at
		if err := tx.DeleteAdoptedObject(r.BlobKey); err != nil {
			return err
		}
		_, err := tx.Enqueue(care.NewJob(uuid.NewString(), r.Scope, care.JobRemoveMedia, r.BlobKey, r.BlobKey, at))
		return err
	})
	if err != nil {
		return care.Recording{}, err
	}
	_ = s.RemoveMedia(context.WithoutCancel(ctx), r.BlobKey) // else the job does
	return r, nil
}

// RemoveMedia removes an object that no row uses any more: what
// care.JobRemoveMedia asks for.
func (s *Service) RemoveMedia(ctx context.Context, key string) error {
	if err := s.media.Remove(ctx, key); err != nil {
		return care.Unavailable(err)
	}
	return nil
}

// because puts what was done, and the reason that was given, into words for the
// audit log.
func because(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}
