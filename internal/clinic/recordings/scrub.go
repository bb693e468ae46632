package recordings

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

const (
	// scrubBatch is how many objects are listed in one snapshot.
	scrubBatch = 200
	// scrubSave is how often the place is kept: what a kill has read again.
	scrubSave = 5 * time.Minute
	// scrubDoubt is how many damaged objects, where they are most of what was
	// read, speak of a store or a key that is not right, and not of rot.
	scrubDoubt = 20
)

// ErrDoubt ends a scrub that finds nearly everything damaged.
var ErrDoubt = errors.New("most of what was read is not what was stored: see that the media store, and its keys, are the right ones; a scrub of what was marked (--damaged) takes the marks back")

// ScrubOptions say what to read.
type ScrubOptions struct {
	// Restart begins at the first object, and not where an earlier scrub stopped.
	Restart bool
	// Damaged reads those alone that were found damaged before.
	Damaged bool
	// Read wraps what is read, to slow it down or to count it; nil does not.
	Read func(io.Reader) io.Reader
	// Expect is told the bytes that are about to be read; nil is not.
	Expect func(int64)
}

// Scrubbed is what a scrub did.
type Scrubbed struct {
	Resumed  bool // it went on where an earlier one stopped
	Finished bool // it reached the last object
	Objects  int64
	Bytes    int64
	Healed   int // were marked, and are good
	// Damaged are those that were read and are not what was stored, the first
	// brokenLimit of Broken.
	Damaged []care.DamagedObject
	Broken  int
}

// Scrub reads stored bytes back and compares them with their rows. What is
// missing or changed is marked, audited, and answers MediaUnavailable from then
// on; what was marked and is good again is delivered again. It goes on where an
// earlier scrub stopped. What it did before it failed is returned with the
// error. actor must be the system or an operator.
func (s *Service) Scrub(ctx context.Context, actor care.Actor, o ScrubOptions) (Scrubbed, error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "read stored objects back"}
	view, err := gate.Open(ctx, s.gate, q, gate.Nothing("stored_object"))
	if err != nil {
		return Scrubbed{}, err
	}
	c := scrub{Service: s, actor: actor, o: o, view: view}
	if o.Damaged {
		return c.done, c.marked(ctx)
	}
	if err := c.resume(); err != nil {
		return c.done, err
	}
	err = c.walk(ctx)
	return c.done, errors.Join(err, c.save(context.WithoutCancel(ctx)))
}

// scrub is one run.
type scrub struct {
	*Service
	actor care.Actor
	o     ScrubOptions
	view  gate.View
	place care.ScrubPlace
	saved time.Time
	done  Scrubbed
}

// resume finds where to begin.
func (c *scrub) resume() error {
	now := c.gate.Now()
	err := c.view(func(tx store.Tx) (err error) {
		c.place, err = tx.ScrubPlace()
		return err
	})
	if err != nil && !care.IsNotFound(err) {
		return err
	}
	if c.done.Resumed = c.place.After != "" && !c.o.Restart; !c.done.Resumed {
		c.place = care.ScrubPlace{BeganAt: now}
	}
	c.saved = now
	return nil
}

// walk reads all objects after the place.
func (c *scrub) walk(ctx context.Context) error {
	for more := true; more; {
		var batch []care.StoredObject
		err := c.view(func(tx store.Tx) (err error) {
			batch, err = tx.StoredObjects(c.place.After, scrubBatch)
			return err
		})
		if err != nil {
			return err
		}
		c.expect(batch)
		for _, o := range batch {
			if err := c.one(ctx, o); err != nil {
				return err
			}
			c.place.After = o.Key
			c.place.Objects, c.place.Bytes = c.place.Objects+1, c.place.Bytes+o.Size
			if c.gate.Now().Sub(c.saved) > scrubSave {
				if err := c.save(ctx); err != nil {
					return err
				}
			}
		}
		more = len(batch) == scrubBatch
	}
	c.place.After, c.done.Finished = "", true
	return c.forget(ctx)
}

// marked reads the objects that are marked.
func (c *scrub) marked(ctx context.Context) error {
	return c.eachMark(func(m care.DamagedObject) error {
		row, err := c.row(m)
		if care.IsNotFound(err) {
			return c.settle(ctx, m, "removed: its mark is not needed", func(tx store.Tx) error { return tx.DeleteDamagedObject(m.Key) })
		}
		if err != nil {
			return err
		}
		c.expect([]care.StoredObject{row})
		return c.one(ctx, row)
	})
}

// forget takes the marks from objects that no row uses any more.
func (c *scrub) forget(ctx context.Context) error {
	return c.eachMark(func(m care.DamagedObject) error {
		if _, err := c.row(m); !care.IsNotFound(err) {
			return err
		}
		return c.settle(ctx, m, "removed: its mark is not needed", func(tx store.Tx) error { return tx.DeleteDamagedObject(m.Key) })
	})
}

func (c *scrub) eachMark(fn func(care.DamagedObject) error) error {
	for after, more := "", true; more; {
		var batch []care.DamagedObject
		err := c.view(func(tx store.Tx) (err error) {
			batch, err = tx.DamagedObjects(after, scrubBatch)
			return err
		})
		if err != nil {
			return err
		}
		for _, m := range batch {
			if err := fn(m); err != nil {
				return err
			}
			after = m.Key
		}
		more = len(batch) == scrubBatch
	}
	return nil
}

// row returns what the row of a marked object says, or NotFound.
func (c *scrub) row(m care.DamagedObject) (o care.StoredObject, err error) {
	err = c.view(func(tx store.Tx) error {
		o = care.StoredObject{Scope: m.Scope, Noun: m.Noun, ID: m.ID, Key: m.Key}
		if m.Noun == "file" {
			f, err := tx.File(m.Scope, m.ID)
			o.Size, o.SHA256 = f.Size, f.SHA256
			return err
		}
		r, err := tx.Recording(m.Scope, m.ID)
		if err == nil && r.DeletedAt != nil {
			err = care.NotFound("recording")
		}
		o.Size, o.SHA256 = r.Size, r.SHA256
		return err
	})
	return o, err
}

// one reads an object and settles whether it is what was stored.
func (c *scrub) one(ctx context.Context, o care.StoredObject) error {
	n, damage, err := c.read(ctx, o)
	c.done.Objects, c.done.Bytes = c.done.Objects+1, c.done.Bytes+n
	if err != nil {
		return fmt.Errorf("scrub: %w", err)
	}
	mark := care.DamagedObject{Scope: o.Scope, Noun: o.Noun, ID: o.ID, Key: o.Key, Damage: damage, FoundAt: c.gate.Now()}
	if damage == "" {
		return c.heal(ctx, mark)
	}
	used := false
	if err := c.view(func(tx store.Tx) (err error) { used, err = tx.BlobKeyUsed(o.Key); return err }); err != nil || !used {
		return err // it was deleted meanwhile
	}
	if c.done.Broken++; c.done.Broken <= brokenLimit {
		c.done.Damaged = append(c.done.Damaged, mark)
	}
	if err := c.settle(ctx, mark, "damaged: "+string(damage), func(tx store.Tx) error { return tx.PutDamagedObject(mark) }); err != nil {
		return err
	}
	if !c.o.Damaged && c.done.Broken >= scrubDoubt && int64(c.done.Broken) > c.done.Objects/2 {
		return ErrDoubt
	}
	return nil
}

// read reads an object to its end. Where it is not good, the store must be.
func (c *scrub) read(ctx context.Context, o care.StoredObject) (n int64, _ care.Damage, err error) {
	n, err = c.digest(ctx, o)
	damage := care.DamageBytes
	switch {
	case err == nil:
		return n, "", nil
	case errors.Is(err, blob.ErrNotFound):
		damage = care.DamageMissing
	case !errors.Is(err, blob.ErrDamaged):
		return n, "", err
	}
	if sick := c.media.Check(ctx); sick != nil && !errors.Is(sick, blob.ErrFull) {
		return n, "", errors.Join(err, sick)
	}
	return n, damage, nil
}

// digest fails with blob.ErrDamaged where the bytes are not the row's.
func (c *scrub) digest(ctx context.Context, o care.StoredObject) (n int64, err error) {
	object, err := c.media.Open(ctx, o.Key, o.Size)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	in := io.Reader(&stoppable{ctx, object})
	if c.o.Read != nil {
		in = c.o.Read(in)
	}
	sum := sha256.New()
	if n, err = io.Copy(sum, in); err != nil {
		return n, err
	}
	if n != o.Size || [32]byte(sum.Sum(nil)) != o.SHA256 {
		return n, fmt.Errorf("%w: its digest is another", blob.ErrDamaged)
	}
	return n, nil
}

// stoppable ends reading when ctx ends.
type stoppable struct {
	ctx context.Context
	io.Reader
}

func (s *stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p)
}

// heal takes the mark from an object that has one.
func (c *scrub) heal(ctx context.Context, m care.DamagedObject) error {
	err := c.view(func(tx store.Tx) error {
		_, err := tx.DamagedObject(m.Key)
		return err
	})
	if care.IsNotFound(err) {
		return nil
	}
	if err == nil {
		c.done.Healed++
		err = c.settle(ctx, m, "good again", func(tx store.Tx) error { return tx.DeleteDamagedObject(m.Key) })
	}
	return err
}

// settle changes an object's mark, audited where the object belongs.
func (c *scrub) settle(ctx context.Context, m care.DamagedObject, reason string, change func(store.Tx) error) error {
	q := gate.Request{Actor: c.actor, Action: policy.SystemMaintain, Scope: m.Scope, Reason: "scrub: " + reason}
	target := func(store.Tx) (care.Target, error) { return care.Target{Noun: m.Noun, ID: m.ID}, nil }
	_, err := gate.Write(ctx, c.gate, q, target, func(tx store.Tx) (struct{}, error) { return struct{}{}, change(tx) })
	return err
}

// save keeps the place.
func (c *scrub) save(ctx context.Context) error {
	c.place.ReachedAt, c.saved = c.gate.Now(), c.gate.Now()
	q := gate.Request{Actor: c.actor, Action: policy.SystemMaintain, Reason: fmt.Sprintf("scrub: %d objects read so far", c.place.Objects)}
	if c.done.Finished {
		q.Reason = fmt.Sprintf("scrub: all %d objects read", c.place.Objects)
	}
	_, err := gate.Write(ctx, c.gate, q, gate.Nothing("stored_object"), func(tx store.Tx) (struct{}, error) {
		return struct{}{}, tx.SetScrubPlace(c.place)
	})
	return err
}

func (c *scrub) expect(batch []care.StoredObject) {
	if c.o.Expect == nil {
		return
	}
	sum := int64(0)
	for _, o := range batch {
		sum += o.Size
	}
	c.o.Expect(sum)
}

// Damaged lists the objects that are marked, by key, those after the given one.
// actor must be an operator.
func (s *Service) Damaged(ctx context.Context, actor care.Actor, after string, limit int) ([]care.DamagedObject, error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "list damaged objects"}
	return gate.Read(ctx, s.gate, q, gate.Nothing("stored_object"), func(tx store.Tx) ([]care.DamagedObject, error) {
		return tx.DamagedObjects(after, limit)
	})
}
