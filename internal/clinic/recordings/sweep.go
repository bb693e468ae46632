package recordings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

const (
	// sweepAge is how old bytes must be before their not being used counts: an
	// upload has long been made a recording by then.
	sweepAge = time.Hour
	// sweepBatch is how many objects are asked about in one snapshot.
	sweepBatch = 256
)

// Swept is what a sweep removed.
type Swept struct {
	Orphans   int // objects that no recording uses
	Temporary int // what crashed writers left behind
}

// Sweep removes stored bytes older than an hour that no undeleted recording and
// no file uses, and what crashed writers left behind. It holds a bounded number
// of keys at a time. The server runs it at start and hourly; running it twice at
// once does no harm. actor must be the system or an operator; inUse tells what
// others have stored and not kept yet.
func (s *Service) Sweep(ctx context.Context, actor care.Actor, inUse ...func(key string) bool) (Swept, error) {
	inUse = append(inUse, s.underway.Has)
	var (
		swept Swept
		batch []string
	)
	before := s.gate.Now().Add(-sweepAge)
	for object, err := range s.media.List(ctx, "") {
		if err != nil {
			return swept, fmt.Errorf("sweep: %w", err)
		}
		isUsed := func(by func(key string) bool) bool { return by(object.Key) }
		if !object.ModTime.Before(before) || slices.ContainsFunc(inUse, isUsed) {
			continue
		}
		if batch = append(batch, object.Key); len(batch) == sweepBatch {
			n, err := s.sweepBatch(ctx, actor, batch)
			if swept.Orphans += n; err != nil {
				return swept, err
			}
			batch = batch[:0]
		}
	}
	n, err := s.sweepBatch(ctx, actor, batch)
	if swept.Orphans += n; err != nil {
		return swept, err
	}
	if swept.Temporary, err = s.media.Sweep(ctx); err != nil {
		return swept, fmt.Errorf("sweep: %w", err)
	}
	return swept, nil
}

// sweepBatch removes those of keys that nothing uses, audited before it does.
func (s *Service) sweepBatch(ctx context.Context, actor care.Actor, keys []string) (int, error) {
	if len(keys) == 0 {
		return 0, nil
	}
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain}
	var orphans []string
	target, err := s.gate.Check(ctx, q, func(tx store.Tx) (care.Target, error) {
		orphans = orphans[:0]
		for _, key := range keys {
			used, err := tx.BlobKeyUsed(key)
			if err != nil {
				return care.Target{}, err
			}
			if !used {
				orphans = append(orphans, key)
			}
		}
		return care.Target{Noun: "stored_object"}, nil
	})
	if err != nil || len(orphans) == 0 {
		return 0, err
	}
	if err := s.gate.Note(ctx, q, target, care.OutcomeAllowed, fmt.Sprintf("sweep of %d unused objects", len(orphans))); err != nil {
		return 0, err
	}
	for i, key := range orphans {
		if err := s.media.Remove(ctx, key); err != nil && !errors.Is(err, blob.ErrNotFound) {
			return i, fmt.Errorf("sweep: %w", err)
		}
	}
	return len(orphans), nil
}
