package recordings

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

const (
	// sealBatch is how many objects are listed in one snapshot.
	sealBatch = 200
	// sealGrace is how long a plain object outlives its row's change, for whoever
	// read the row just before.
	sealGrace = 2 * time.Second
)

// Sealing is a media store that seals what is stored in it.
type Sealing interface {
	blob.Store
	// IsSealed reports whether the object under key is sealed.
	IsSealed(ctx context.Context, key string) (bool, error)
}

// SealOptions are told what a sealing does; nil is told nothing.
type SealOptions struct {
	Expect func(bytes int64)
	Done   func(bytes int64)
}

// SealedPlain is what a sealing of plain objects did.
type SealedPlain struct {
	Sealed  int   // that were plain
	Bytes   int64 // of these
	Already int   // that were sealed
	// Elsewhere are objects that were adopted: they stay where and as they lie.
	Elsewhere int
	// Damaged are plain objects that are missing or not what was stored. They
	// stay as they are.
	Damaged int
	Named   []care.StoredObject // the first brokenLimit of them
}

// SealPlain seals the plain objects that recordings and files of all tenants use,
// into, which must be this service's own media store. Each is written anew under
// another key, read back and compared; then its row changes, and only then the
// plain one goes. Stopped anywhere, it goes on when it is run again: what is left
// over of one object Sweep removes. Requests are served meanwhile. What it did
// before it failed is returned with the error. actor must be an operator.
func (s *Service) SealPlain(ctx context.Context, actor care.Actor, into Sealing, o SealOptions) (SealedPlain, error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "seal plain stored objects"}
	view, err := gate.Open(ctx, s.gate, q, gate.Nothing("stored_object"))
	if err != nil {
		return SealedPlain{}, err
	}
	c := sealing{Service: s, actor: actor, into: into, o: o}
	for after, more := "", true; more && err == nil; {
		var batch []care.StoredObject
		err = view(func(tx store.Tx) (err error) {
			batch, err = tx.StoredObjects(after, sealBatch)
			return err
		})
		if err == nil {
			err = c.batch(ctx, batch)
		}
		if more = len(batch) == sealBatch; more {
			after = batch[len(batch)-1].Key
		}
	}
	return c.done, err
}

// sealing is one run.
type sealing struct {
	*Service
	actor care.Actor
	into  Sealing
	o     SealOptions
	done  SealedPlain
}

// batch seals those of a batch that are plain, and removes them together.
func (c *sealing) batch(ctx context.Context, all []care.StoredObject) error {
	var plain []care.StoredObject
	for _, o := range all {
		is, err := c.into.IsSealed(ctx, o.Key)
		if err != nil {
			return err
		}
		if is {
			c.done.Already++
			continue
		}
		plain = append(plain, o)
		if c.o.Expect != nil {
			c.o.Expect(o.Size)
		}
	}
	var replaced []string
	for _, o := range plain {
		gone, err := c.one(ctx, o)
		if err != nil {
			return errors.Join(err, c.remove(ctx, replaced))
		}
		if gone {
			replaced = append(replaced, o.Key)
		}
		if c.o.Done != nil {
			c.o.Done(o.Size)
		}
	}
	return c.remove(ctx, replaced)
}

// remove removes plain objects that no row uses any more.
func (c *sealing) remove(ctx context.Context, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	select {
	case <-time.After(sealGrace):
	case <-ctx.Done():
		return ctx.Err()
	}
	for _, key := range keys {
		if err := c.media.Remove(ctx, key); err != nil && !errors.Is(err, blob.ErrNotFound) {
			return fmt.Errorf("seal: %w", err)
		}
	}
	return nil
}

// one seals an object and gives it to its row. It reports whether the plain one
// is of no more use.
func (c *sealing) one(ctx context.Context, o care.StoredObject) (replaced bool, err error) {
	key := sealedKey(o)
	defer c.underway.Begin(key)()
	err = c.copy(ctx, o, key)
	if errors.Is(err, blob.ErrNotFound) {
		if there, err := c.elsewhere(ctx, o); there || err != nil {
			return false, err
		}
	}
	if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrDamaged) || errors.Is(err, blob.ErrDigest) {
		if c.done.Damaged++; c.done.Damaged <= brokenLimit {
			c.done.Named = append(c.done.Named, o)
		}
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("seal: %w", err)
	}
	err = c.give(ctx, o, key)
	if care.IsNotFound(err) { // it was deleted, or sealed by another, meanwhile
		return false, c.media.Remove(ctx, key)
	}
	if err != nil {
		return false, err
	}
	c.done.Sealed++
	c.done.Bytes += o.Size
	return true, nil
}

// elsewhere reports, and counts, an object that this service can open and that is
// not in the store which seals.
func (c *sealing) elsewhere(ctx context.Context, o care.StoredObject) (bool, error) {
	object, err := c.media.Open(ctx, o.Key, o.Size)
	switch {
	case err == nil:
		c.done.Elsewhere++
		return true, object.Close()
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrDamaged):
		return false, nil
	}
	return false, fmt.Errorf("seal: %w", err)
}

// copy seals an object under another key and reads it back.
func (c *sealing) copy(ctx context.Context, o care.StoredObject, key string) (err error) {
	from, err := c.into.Open(ctx, o.Key, o.Size)
	if err != nil {
		return err
	}
	_, err = c.into.Put(ctx, key, &stoppable{ctx, from}, blob.PutOptions{SHA256: &o.SHA256})
	if err = errors.Join(err, from.Close()); err != nil {
		return err
	}
	back, err := c.into.Open(ctx, key, o.Size)
	if err != nil {
		return fmt.Errorf("%w: %v", errReadBack, err)
	}
	sum := sha256.New()
	_, err = io.Copy(sum, &stoppable{ctx, back})
	if err = errors.Join(err, back.Close()); err == nil && [32]byte(sum.Sum(nil)) != o.SHA256 {
		err = blob.ErrDigest
	}
	if err != nil { // not the plain one is damaged: nothing more goes into this store
		return fmt.Errorf("%w: %v", errReadBack, err)
	}
	return nil
}

// errReadBack ends a sealing whose own work does not read back.
var errReadBack = errors.New("what was sealed does not read back")

// give makes a row use the sealed object, where it still uses the plain one.
func (c *sealing) give(ctx context.Context, o care.StoredObject, key string) error {
	q := gate.Request{Actor: c.actor, Action: policy.SystemMaintain, Scope: o.Scope, Reason: "sealed"}
	target := func(store.Tx) (care.Target, error) { return care.Target{Noun: o.Noun, ID: o.ID}, nil }
	_, err := gate.Write(ctx, c.gate, q, target, func(tx store.Tx) (struct{}, error) { return struct{}{}, tx.ReplaceObject(o, key) })
	return err
}

// sealedKey is where an object is kept once it is sealed: beside those that came
// in sealed, under a name of its own, as a stored object is never replaced.
func sealedKey(o care.StoredObject) string {
	id := uuid.NewString()
	if o.Noun == "file" {
		return o.Tenant + "/" + o.Instance + "/files/" + id[:2] + "/" + id
	}
	return blobKey(o.Scope, id)
}
