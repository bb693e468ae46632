package recordings

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Upload is a recording that arrives.
type Upload struct {
	care.Scope
	Name        string
	Owner       care.Owner
	ContentType string // one of care.MediaTypes
	StartedAt   *time.Time
	Duration    *int64
	Consent     care.Consent // empty means unknown
	// SHA256, where not nil, is what the bytes must have.
	SHA256 *[32]byte
	// MaxSize bounds the bytes; 0 means no bound.
	MaxSize int64
	// Key is the Idempotency-Key, if any.
	Key string
}

// Uploaded is what became of an upload.
type Uploaded struct {
	Recording care.Recording
	// Created is false where the same name, owner and bytes were there already.
	Created bool
}

// AuditTarget names the recording.
func (u Uploaded) AuditTarget() care.Target {
	return care.Target{Noun: "recording", ID: u.Recording.ID, Patient: u.Recording.Patient}
}

// Upload takes in a recording. Who may not, and an owner that is not there, are
// answered before the first byte of body is read. The bytes are durable before
// the transaction that makes them a recording; what a crash leaves between the
// two is Sweep's. A name that is held or awaited elsewhere waits
// (care.NameWaiting); the same name, owner and bytes again is the recording
// that is there.
//
// Errors: Invalid (also an empty body, or one that broke off), Forbidden,
// NotFound ("session", "voice_call"), UnsupportedMedia (a type that is not taken,
// or bytes of another), TooLarge, Mismatch (digest; idempotency key), Timeout,
// StorageFull, Unavailable.
func (s *Service) Upload(ctx context.Context, actor care.Actor, u Upload, body io.Reader) (Uploaded, error) {
	if err := u.check(); err != nil {
		return Uploaded{}, err
	}
	q := gate.Request{Actor: actor, Action: policy.RecordingWrite, Scope: u.Scope}
	var owner ownership
	find := func(tx store.Tx) (care.Target, error) {
		var err error
		if owner, err = findOwner(tx, u.Scope, u.Owner); err != nil {
			return care.Target{Noun: "recording"}, err
		}
		return gate.PatientTarget(tx, actor, u.Scope, "recording", "", owner.patient)
	}
	target, err := s.gate.Check(ctx, q, find)
	if err != nil {
		return Uploaded{}, err
	}
	r := care.Recording{
		Scope: u.Scope, ID: uuid.NewString(), Name: u.Name, ContentType: u.ContentType,
		StartedAt: care.TruncatePtr(u.StartedAt), Duration: u.Duration, Consent: u.Consent,
	}
	r.BlobKey = blobKey(u.Scope, r.ID)
	defer s.underway.Begin(r.BlobKey)()
	if err := s.keep(ctx, u, &r, body); err != nil {
		if auditErr := s.gate.Note(ctx, q, target, care.OutcomeFailed, care.KindOf(err).String()); auditErr != nil {
			return Uploaded{}, auditErr
		}
		return Uploaded{}, err
	}
	if u.Key != "" {
		q.Once = &care.Once{Key: u.Key, Fingerprint: fingerprint(u, r.SHA256)}
	}
	out, err := gate.Write(ctx, s.gate, q, find, func(tx store.Tx) (Uploaded, error) {
		return create(tx, r, owner, s.gate.Now())
	})
	if orphaned(err) || err == nil && out.Recording.BlobKey != r.BlobKey {
		_ = s.media.Remove(context.WithoutCancel(ctx), r.BlobKey) // else Sweep does
	}
	return out, err
}

// create makes r a recording of owner, unless it is there already.
func create(tx store.Tx, r care.Recording, owner ownership, now time.Time) (Uploaded, error) {
	siblings, err := tx.RecordingsOf(r.Scope, owner.owner)
	if err != nil {
		return Uploaded{}, err
	}
	same := slices.IndexFunc(siblings, func(o care.Recording) bool {
		return o.DeletedAt == nil && o.Name == r.Name && o.SHA256 == r.SHA256
	})
	if same >= 0 {
		return Uploaded{Recording: siblings[same]}, nil
	}
	free, err := isFree(tx, r.Scope, r.Name)
	if err != nil {
		return Uploaded{}, err
	}
	if r.NameStatus = care.NameHeld; !free {
		r.NameStatus = care.NameWaiting
	}
	r.Owner, r.Patient, r.Encounter = owner.owner, owner.patient, owner.encounter
	r.CreatedAt, r.UpdatedAt = now, now
	return Uploaded{Recording: r, Created: true}, tx.CreateRecording(r)
}

// orphaned reports whether a failed Write has surely kept nothing, so that its
// bytes are of no use. Where that is not sure, Sweep finds out.
func orphaned(err error) bool {
	if err == nil {
		return false
	}
	switch care.KindOf(err) {
	case care.KindInternal, care.KindUnavailable:
		return false
	}
	return true
}

// keep stores the body under r's key and fills in its size and digest.
func (s *Service) keep(ctx context.Context, u Upload, r *care.Recording, body io.Reader) error {
	in := &source{r: body}
	head := make([]byte, care.MediaHead)
	n, err := io.ReadFull(in, head)
	head = head[:n]
	switch {
	case in.err != nil:
		return in.failed()
	case err == io.EOF:
		return care.Invalid("body", "must not be empty")
	case !care.SniffMedia(u.ContentType, head):
		return &care.Error{Kind: care.KindUnsupportedMedia, Noun: "recording", Message: "the bytes are not of the content type"}
	}
	info, err := s.media.Put(ctx, r.BlobKey, io.MultiReader(bytes.NewReader(head), in), blob.PutOptions{MaxSize: u.MaxSize, SHA256: u.SHA256})
	switch {
	case err == nil:
		r.Size, r.SHA256 = info.Size, info.SHA256
		return nil
	case in.err != nil:
		return in.failed()
	case errors.Is(err, blob.ErrTooLarge):
		return &care.Error{Kind: care.KindTooLarge, Noun: "recording", Message: "the recording is too large"}
	case errors.Is(err, blob.ErrDigest):
		return &care.Error{Kind: care.KindMismatch, Noun: "recording", Message: "the bytes do not have the digest that was announced", Fields: map[string]string{"sha256": "does not fit the bytes"}}
	case errors.Is(err, blob.ErrFull):
		return &care.Error{Kind: care.KindStorageFull, Noun: "recording", Message: "no room for a new recording", RetryAfter: time.Minute, Cause: err}
	}
	return care.Unavailable(err)
}

// source is a body that remembers how reading it failed, so that the client's
// faults are told from the store's.
type source struct {
	r   io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	if err != nil && err != io.EOF {
		s.err = err
	}
	return n, err
}

func (s *source) failed() error {
	if errors.Is(s.err, os.ErrDeadlineExceeded) {
		return &care.Error{Kind: care.KindTimeout, Noun: "recording", Message: "the body came too slowly", Cause: s.err}
	}
	if own, ok := errors.AsType[*care.Error](s.err); ok {
		return own
	}
	return &care.Error{Kind: care.KindInvalid, Noun: "recording", Fields: map[string]string{"body": "broke off"}, Cause: s.err}
}

func (u *Upload) check() error {
	if u.Consent == "" {
		u.Consent = care.ConsentUnknown
	}
	var bad care.Problems
	bad.Check(u.Owner.Kind == care.OwnerSession || u.Owner.Kind == care.OwnerCall, "owner", "must be one session or one call")
	bad.Check(slices.Contains(care.Consents(), u.Consent), "consent", "must be unknown, given or refused")
	bad.Check(u.Duration == nil || *u.Duration >= 0, "duration", "must not be negative")
	bad.Include(care.CheckRecordingName(u.Name))
	if err := bad.Err(); err != nil {
		return err
	}
	contentType, ok := care.ParseMediaType(u.ContentType)
	if !ok {
		return &care.Error{Kind: care.KindUnsupportedMedia, Noun: "recording", Message: "the content type must be one of " + strings.Join(care.MediaTypes(), ", ")}
	}
	u.ContentType = contentType
	return nil
}

// blobKey is where a recording's bytes are kept: made of the server's own id,
// never of a name.
func blobKey(s care.Scope, id string) string {
	return s.Tenant + "/" + s.Instance + "/" + id[:2] + "/" + id
}

// fingerprint says what an upload with an Idempotency-Key asked for.
func fingerprint(u Upload, sum [32]byte) string {
	owner, _ := canonical(u.Owner)
	whole := strings.Join([]string{"upload", string(owner.Kind), owner.ID, u.ContentType, hex.EncodeToString(sum[:]), u.Name}, "\n")
	hash := sha256.Sum256([]byte(whole))
	return hex.EncodeToString(hash[:])
}
