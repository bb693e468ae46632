package recordings

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Content is a recording opened for delivery. The caller closes Object.
type Content struct {
	Recording care.Recording
	Object    blob.Object
}

// OpenForCall opens the recording of a patient's call: the earliest that may be
// heard. The grant is audited before it returns. Errors: NotFound ("patient",
// "voice_call", "recording"), Forbidden, MediaUnavailable (the stored bytes are
// missing or damaged).
func (s *Service) OpenForCall(ctx context.Context, actor care.Actor, scope care.Scope, patient, call string) (Content, error) {
	q := gate.Request{Actor: actor, Action: policy.VoiceCallRecording, Scope: scope}
	return s.open(ctx, q, func(tx store.Tx) (care.Recording, error) {
		c, err := gate.FindCall(tx, scope, patient, call)
		if err != nil {
			return care.Recording{}, err
		}
		return gate.FirstAudible(tx, scope, care.Owner{Kind: care.OwnerCall, ID: c.ID})
	})
}

// Open opens a recording by its id. One that may not be heard is NotFound.
// Errors: as OpenForCall.
func (s *Service) Open(ctx context.Context, actor care.Actor, scope care.Scope, id string) (Content, error) {
	q := gate.Request{Actor: actor, Action: policy.RecordingContent, Scope: scope}
	return s.open(ctx, q, func(tx store.Tx) (care.Recording, error) {
		uuid, ok := care.ParseUUID(id)
		if !ok {
			return care.Recording{}, care.NotFound("recording")
		}
		r, err := tx.Recording(scope, uuid)
		if err != nil {
			return r, err
		}
		in, err := tx.Instance(scope)
		if err == nil && !r.Audible(in.UnknownConsentRefused) {
			err = care.NotFound("recording")
		}
		return r, err
	})
}

func (s *Service) open(ctx context.Context, q gate.Request, find func(store.Tx) (care.Recording, error)) (Content, error) {
	r, err := aside(func() (r care.Recording, err error) {
		return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
			var err error
			if r, err = find(tx); err != nil {
				return care.Target{Noun: "recording"}, err
			}
			return gate.PatientTarget(tx, q.Actor, q.Scope, "recording", r.ID, r.Patient)
		}, func(tx store.Tx) (care.Recording, error) { return r, gate.Deliverable(tx, "recording", r.BlobKey) })
	})
	if err != nil {
		return Content{}, err
	}
	object, err := aside(func() (blob.Object, error) {
		object, err := s.media.Open(ctx, r.BlobKey, r.Size)
		return object, unavailable(err)
	})
	if err != nil {
		return Content{}, err
	}
	return Content{Recording: r, Object: object}, nil
}

// unavailable lifts what kept stored bytes from being opened.
func unavailable(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrDamaged):
		return &care.Error{Kind: care.KindMediaUnavailable, Noun: "recording", Message: "the stored recording is missing or damaged", Cause: err}
	}
	return care.Unavailable(err)
}

// aside runs fn on a goroutine of its own. A database's code needs a deep stack,
// which would stay with a connection's goroutine for as long as a slow download
// lasts: half of what a thousand of them cost.
func aside[T any](fn func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
			}
			done <- r
		}()
		r.value, r.err = fn()
	}()
	r := <-done
	return r.value, r.err
}
