package chart

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// File returns what is known of a file. One that no form cites is there for its
// uploader alone. Errors: NotFound, Forbidden.
func (s *Service) File(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.File, error) {
	var f care.File
	q := gate.Request{Actor: actor, Action: policy.FileRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateFile(actor, scope, id, &f), func(store.Tx) (care.File, error) { return f, nil })
}

// Content is a file opened for delivery. The caller closes Object.
type Content struct {
	File   care.File
	Object blob.Object
}

// OpenFile opens a file. The grant is audited before it returns. Errors:
// NotFound, Forbidden, MediaUnavailable (the stored bytes are missing or damaged).
func (s *Service) OpenFile(ctx context.Context, actor care.Actor, scope care.Scope, id string) (Content, error) {
	var f care.File
	q := gate.Request{Actor: actor, Action: policy.FileContent, Scope: scope}
	_, err := gate.Read(ctx, s.gate, q, locateFile(actor, scope, id, &f), func(tx store.Tx) (struct{}, error) {
		return struct{}{}, gate.Deliverable(tx, "file", f.BlobKey)
	})
	if err != nil {
		return Content{}, err
	}
	object, err := s.media.Open(ctx, f.BlobKey, f.Size)
	switch {
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrDamaged):
		return Content{}, &care.Error{Kind: care.KindMediaUnavailable, Noun: "file", Message: "the stored file is missing or damaged", Cause: err}
	case err != nil:
		return Content{}, care.Unavailable(err)
	}
	return Content{File: f, Object: object}, nil
}

// locateFile finds a file that the actor may know of into f.
func locateFile(actor care.Actor, scope care.Scope, id string, f *care.File) func(store.Tx) (care.Target, error) {
	find := func(tx store.Tx, id string) (care.File, error) {
		f, err := tx.File(scope, id)
		if err == nil && f.Patient == "" && f.Uploader != actor.ID {
			err = care.NotFound("file")
		}
		return f, err
	}
	return locateThing(actor, scope, "file", id, find, func(f care.File) string { return f.Patient }, f)
}

// sweepBatch is how many files are looked for at a time.
const sweepBatch = 256

// Sweep removes the files that no form cited in time, with an audit entry each,
// and returns how many. The server runs it hourly; running it twice at once does
// no harm. actor must be the system or an operator.
func (s *Service) Sweep(ctx context.Context, actor care.Actor) (int, error) {
	removed := 0
	for {
		var old []care.File
		_, err := s.gate.Check(ctx, gate.Request{Actor: actor, Action: policy.SystemMaintain}, func(tx store.Tx) (care.Target, error) {
			var err error
			old, err = tx.UncitedBefore(s.gate.Now().Add(-care.UncitedLife), sweepBatch)
			return care.Target{Noun: "file"}, err
		})
		if err != nil || len(old) == 0 {
			return removed, err
		}
		for _, f := range old {
			if err := s.remove(ctx, actor, f); err != nil {
				return removed, fmt.Errorf("sweep of files: %w", err)
			}
			removed++
		}
	}
}

// remove removes a file, and then its bytes; where that fails no route leads to
// them any more, and a job that is stored with the change removes them.
func (s *Service) remove(ctx context.Context, actor care.Actor, f care.File) error {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Scope: f.Scope, Reason: "no form cited it in time"}
	_, err := gate.Write(ctx, s.gate, q, func(store.Tx) (care.Target, error) { return care.Target{Noun: "file", ID: f.ID}, nil },
		func(tx store.Tx) (struct{}, error) {
			if err := tx.DeleteFile(f.Scope, f.ID); err != nil {
				return struct{}{}, err
			}
			_, err := tx.Enqueue(care.NewJob(uuid.NewString(), f.Scope, care.JobRemoveMedia, f.BlobKey, f.BlobKey, s.gate.Now()))
			return struct{}{}, err
		})
	if err != nil && !care.IsNotFound(err) { // one that is not found was cited, or swept, meanwhile
		return err
	}
	if err == nil {
		_ = s.media.Remove(context.WithoutCancel(ctx), f.BlobKey) // else the job does
	}
	return nil
}
