package recordings

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Adoption is an object of others that becomes a recording where it lies.
type Adoption struct {
	care.Scope
	Place   string
	Object  string // its name in the place
	Version string

	Name string // the recording's
	// Owner, or the encounter whose one session it is.
	Owner       care.Owner
	Encounter   *int64
	ContentType string
	Consent     care.Consent
}

// Adopted returns a function that says whether an object of a place has been
// adopted by an instance, for as many as there are. actor must be an operator.
func (s *Service) Adopted(ctx context.Context, actor care.Actor, scope care.Scope, place string) (func(object string) (bool, error), error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "compare a place with what was adopted of it"}
	view, err := gate.Open(ctx, s.gate, q, gate.Nothing("stored_object"))
	if err != nil {
		return nil, err
	}
	return func(object string) (bool, error) {
		err := view(func(tx store.Tx) error {
			_, err := tx.AdoptedByName(scope, place, object)
			return err
		})
		if care.IsNotFound(err) {
			return false, nil
		}
		return err == nil, err
	}, nil
}

// Adopt makes a recording of content, an object that stays where it is. It reads
// all of it, for its digest. A name that is held or awaited elsewhere waits. The
// same name, owner and bytes as of a recording that is there is that recording,
// and then nothing is adopted.
//
// Errors: Invalid (also an empty object, and an encounter that has not exactly
// one session), Forbidden, NotFound ("session", "voice_call"), Conflict ("name":
// the instance has adopted the object), UnsupportedMedia, MediaUnavailable (it
// cannot be read to its end), Unavailable.
func (s *Service) Adopt(ctx context.Context, actor care.Actor, a Adoption, content blob.Object) (Uploaded, error) {
	u := Upload{Scope: a.Scope, Name: a.Name, Owner: a.Owner, ContentType: a.ContentType, Consent: a.Consent}
	if a.Encounter != nil {
		u.Owner = care.Owner{Kind: care.OwnerSession}
	}
	if err := u.check(); err != nil {
		return Uploaded{}, err
	}
	q := gate.Request{Actor: actor, Action: policy.RecordingWrite, Scope: u.Scope, Reason: "adopt"}
	var owner ownership
	find := func(tx store.Tx) (care.Target, error) {
		of, err := a.owner(tx)
		if err == nil {
			owner, err = findOwner(tx, u.Scope, of)
		}
		if err != nil {
			return care.Target{Noun: "recording"}, err
		}
		return gate.PatientTarget(tx, actor, u.Scope, "recording", "", owner.patient)
	}
	if _, err := s.gate.Check(ctx, q, find); err != nil {
		return Uploaded{}, err
	}
	r := care.Recording{Scope: u.Scope, ID: uuid.NewString(), Name: u.Name, ContentType: u.ContentType, Consent: u.Consent}
	r.BlobKey = blobKey(u.Scope, r.ID)
	if err := measure(&r, content); err != nil {
		return Uploaded{}, err
	}
	return gate.Write(ctx, s.gate, q, find, func(tx store.Tx) (Uploaded, error) {
		out, err := create(tx, r, owner, s.gate.Now())
		if err != nil || !out.Created {
			return out, err
		}
		return out, tx.CreateAdoptedObject(care.AdoptedObject{Scope: u.Scope, Key: r.BlobKey, Place: a.Place, Name: a.Object, Version: a.Version})
	})
}

// owner is whose the recording is to be.
func (a Adoption) owner(tx store.Tx) (care.Owner, error) {
	if a.Encounter == nil {
		return a.Owner, nil
	}
	sessions, err := tx.Sessions(a.Scope, *a.Encounter, "", 2)
	switch {
	case err != nil:
		return care.Owner{}, err
	case len(sessions) == 0:
		return care.Owner{}, care.NotFound("session")
	case len(sessions) > 1:
		return care.Owner{}, care.Invalid("encounter", "has more than one session: name the session")
	}
	return care.Owner{Kind: care.OwnerSession, ID: sessions[0].ID}, nil
}

// measure reads content and fills in what r has from it.
func measure(r *care.Recording, content blob.Object) error {
	head := make([]byte, care.MediaHead)
	n, err := io.ReadFull(content, head)
	head = head[:n]
	switch {
	case err == io.EOF:
		return care.Invalid("object", "must not be empty")
	case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
		return unread(err)
	case !care.SniffMedia(r.ContentType, head):
		return &care.Error{Kind: care.KindUnsupportedMedia, Noun: "recording", Message: "the bytes are not of the content type"}
	}
	sum := sha256.New()
	r.Size, err = io.Copy(sum, io.MultiReader(bytes.NewReader(head), content))
	if err == nil && r.Size != content.Size() {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return unread(err)
	}
	sum.Sum(r.SHA256[:0])
	return nil
}

func unread(err error) error {
	if errors.Is(err, blob.ErrDamaged) || errors.Is(err, blob.ErrNotFound) {
		return &care.Error{Kind: care.KindMediaUnavailable, Noun: "recording", Message: "the object is missing or damaged", Cause: err}
	}
	return care.Unavailable(err)
}
