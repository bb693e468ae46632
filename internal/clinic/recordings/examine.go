package recordings

import (
	"context"
	"errors"
	"fmt"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

const (
	// examineBatch is how many recordings are read in one snapshot.
	examineBatch = 500
	// brokenLimit is how many broken recordings an examination names.
	brokenLimit = 20
)

// Examined is what an examination of the stored bytes found.
type Examined struct {
	Recordings int // undeleted ones
	// Broken counts those that cannot be delivered; Named are the first of them.
	Broken int
	Named  []BrokenRecording
	// Orphans counts objects that nothing uses: what came in just now, and
	// what Sweep has not removed yet.
	Orphans     int
	OrphanBytes int64
}

// BrokenRecording is one that cannot be delivered.
type BrokenRecording struct {
	ID  string
	Key string // of its bytes, in the media store
	Why string
}

// Examine compares recordings and stored bytes, of every tenant: each recording
// must have bytes of its size. It does not read them. actor must be an operator.
func (s *Service) Examine(ctx context.Context, actor care.Actor) (Examined, error) {
	var found Examined
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "compare recordings with stored bytes"}
	view, err := gate.Open(ctx, s.gate, q, gate.Nothing("stored_object"))
	if err != nil {
		return found, err
	}
	scopes, err := everyScope(view)
	if err != nil {
		return found, err
	}
	for _, scope := range scopes {
		if err := s.examineScope(ctx, view, scope, &found); err != nil {
			return found, err
		}
	}
	return found, s.countOrphans(ctx, view, &found)
}

// everyScope lists the instances of all tenants.
func everyScope(view gate.View) (all []care.Scope, err error) {
	for after, more := "", true; more && err == nil; {
		err = view(func(tx store.Tx) error {
			tenants, err := tx.Tenants(after, examineBatch)
			if err != nil {
				return err
			}
			for _, t := range tenants {
				instances, err := tx.Instances(t.Name)
				if err != nil {
					return err
				}
				for _, in := range instances {
					all = append(all, in.Scope)
				}
				after = t.Name
			}
			more = len(tenants) == examineBatch
			return nil
		})
	}
	return all, err
}

func (s *Service) examineScope(ctx context.Context, view gate.View, scope care.Scope, found *Examined) error {
	for before, more := (*Place)(nil), true; more; {
		var batch []care.Recording
		err := view(func(tx store.Tx) (err error) {
			batch, err = tx.Recordings(scope, care.RecordingFilter{}, before, examineBatch)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range batch {
			if err := s.examineOne(ctx, view, r, found); err != nil {
				return err
			}
			before = &Place{CreatedAt: r.CreatedAt, ID: r.ID}
		}
		more = len(batch) == examineBatch
	}
	return nil
}

// examineOne opens a recording's bytes. One that was deleted meanwhile is none.
func (s *Service) examineOne(ctx context.Context, view gate.View, r care.Recording, found *Examined) error {
	object, err := s.media.Open(ctx, r.BlobKey, r.Size)
	if err == nil {
		if err = object.Close(); err == nil {
			err = view(func(tx store.Tx) error { return gate.Deliverable(tx, "recording", r.BlobKey) })
		}
		if err == nil {
			found.Recordings++
			return nil
		}
	}
	broken := BrokenRecording{ID: r.ID, Key: r.BlobKey, Why: "is missing"}
	if care.KindOf(err) == care.KindMediaUnavailable {
		broken.Why = "was found damaged by a scrub"
	} else if errors.Is(err, blob.ErrDamaged) {
		broken.Why = "is not what was stored"
	} else if !errors.Is(err, blob.ErrNotFound) {
		return fmt.Errorf("examine: %w", err)
	}
	used := false
	if err := view(func(tx store.Tx) (err error) { used, err = tx.BlobKeyUsed(r.BlobKey); return err }); err != nil || !used {
		return err
	}
	found.Recordings++
	if found.Broken++; found.Broken <= brokenLimit {
		found.Named = append(found.Named, broken)
	}
	return nil
}

func (s *Service) countOrphans(ctx context.Context, view gate.View, found *Examined) error {
	var batch []blob.Entry
	count := func() error {
		err := view(func(tx store.Tx) error {
			for _, object := range batch {
				used, err := tx.BlobKeyUsed(object.Key)
				if err != nil {
					return err
				}
				if !used {
					found.Orphans++
					found.OrphanBytes += object.Size
				}
			}
			return nil
		})
		batch = batch[:0]
		return err
	}
	for object, err := range s.media.List(ctx, "") {
		if err != nil {
			return fmt.Errorf("examine: %w", err)
		}
		if batch = append(batch, object); len(batch) == sweepBatch {
			if err := count(); err != nil {
				return err
			}
		}
	}
	return count()
}
