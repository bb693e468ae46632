package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"golang.org/x/sync/errgroup"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/store"
)

// lostLimit is how many lost objects an error names.
const lostLimit = 10

// Check sees that all of a backup is there, by sizes, without reading the
// objects: what was cut or lost is ErrIncomplete.
func (t *Target) Check(ctx context.Context, m Manifest) (err error) {
	for _, p := range append(append([]Part{m.Index}, m.Parts...), m.Extras...) {
		r, err := t.store.Open(ctx, partKey(m.ID, p.Name), p.Size)
		if err != nil {
			return lost(p.Name, err)
		}
		if err := r.Close(); err != nil {
			return err
		}
	}
	held := newCursor(t.Media().List(ctx, ""), func(e blob.Entry) string { return e.Key })
	defer held.stop()
	missing, count := error(nil), int64(0)
	objects := int64(0)
	for l, err := range t.index(ctx, m) {
		if err != nil {
			return err
		}
		objects++
		has, err := held.advance(l.key)
		if err != nil {
			return err
		}
		if has && held.value.Size == l.info.Size {
			continue
		}
		if count++; count <= lostLimit {
			missing = errors.Join(missing, fmt.Errorf("%w: object %s is missing or cut", ErrIncomplete, l.key))
		}
	}
	switch {
	case count > lostLimit:
		return errors.Join(missing, fmt.Errorf("and %d more", count-lostLimit))
	case objects < m.Objects: // and those of the steps after it
		return fmt.Errorf("%w: it lists %d objects and should list %d", ErrIncomplete, objects, m.Objects)
	}
	return missing
}

// Rehash reads every object, compares its digest, and says how many they are; bad
// is told of each that is not what was written, of one at a time.
func (t *Target) Rehash(ctx context.Context, m Manifest, meter Meter, bad func(key string, why error)) (objects, bytes int64, err error) {
	var telling sync.Mutex
	return t.each(ctx, m, meter, func(ctx context.Context, l line) error {
		err := t.rehash(ctx, l)
		if !errors.Is(err, blob.ErrNotFound) && !errors.Is(err, blob.ErrDamaged) {
			return err
		}
		telling.Lock()
		defer telling.Unlock()
		bad(l.key, err)
		return nil
	})
}

// Compare holds the rows of a database that was put back against the objects of
// its backup; bad is told of each row that has none, or another.
func (t *Target) Compare(ctx context.Context, m Manifest, db store.Store, bad func(Row)) error {
	objects := newCursor(t.index(ctx, m), func(l line) string { return l.key })
	defer objects.stop()
	without := map[Row]bool{}
	for _, r := range append(append([]Row{}, m.Gone...), m.Damaged...) {
		without[r] = true
	}
	for after, more := "", true; more; {
		var batch []care.StoredObject
		err := db.View(ctx, func(tx store.Tx) (err error) {
			batch, err = tx.StoredObjects(after, spoolBatch)
			return err
		})
		if err != nil {
			return err
		}
		for _, o := range batch {
			has, err := objects.advance(o.Key)
			if err != nil {
				return err
			}
			if has && fits(objects.value.info, o.Size, o.SHA256) || without[rowOf(o)] {
				continue
			}
			bad(rowOf(o))
		}
		if more = len(batch) == spoolBatch; more {
			after = batch[len(batch)-1].Key
		}
	}
	return nil
}

func (t *Target) rehash(ctx context.Context, l line) (err error) {
	o, err := t.Media().Open(ctx, l.key, l.info.Size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	sum := sha256.New()
	if _, err := io.Copy(sum, within{ctx, o}); err != nil {
		return err
	}
	if [32]byte(sum.Sum(nil)) != l.info.SHA256 {
		return fmt.Errorf("%w: its digest is another", blob.ErrDamaged)
	}
	return nil
}

// PutBack copies the objects to a media store, and says how many they are. What
// is there already with the right size stays: an object is whole or absent, and
// this may be a second try.
func (t *Target) PutBack(ctx context.Context, m Manifest, to blob.Store, meter Meter) (objects, bytes int64, err error) {
	return t.each(ctx, m, meter, func(ctx context.Context, l line) error {
		if o, err := to.Open(ctx, l.key, l.info.Size); err == nil {
			return o.Close()
		}
		from, err := t.Media().Open(ctx, l.key, l.info.Size)
		if err != nil {
			return lost("object "+l.key, err)
		}
		_, err = to.Put(ctx, l.key, from, blob.PutOptions{SHA256: &l.info.SHA256})
		switch err := errors.Join(err, from.Close()); {
		case errors.Is(err, blob.ErrDigest), errors.Is(err, blob.ErrDamaged):
			return fmt.Errorf("%w: object %s is not what was written", ErrIncomplete, l.key)
		case errors.Is(err, fs.ErrExist):
			return fmt.Errorf("object %s is there already and is another: %w", l.key, err)
		default:
			return err
		}
	})
}

// each runs fn for every object of a backup, several at once, and says how many
// they are.
func (t *Target) each(ctx context.Context, m Manifest, meter Meter, fn func(context.Context, line) error) (objects, bytes int64, err error) {
	meter.Expect(m.Bytes)
	workers, inner := errgroup.WithContext(ctx)
	workers.SetLimit(mediaWorkers)
	var failed error
	for l, err := range t.index(inner, m) {
		if failed = err; failed != nil {
			break
		}
		objects, bytes = objects+1, bytes+l.info.Size
		workers.Go(func() error {
			defer meter.Done(l.info.Size)
			return fn(inner, l)
		})
	}
	if err := workers.Wait(); err != nil {
		return objects, bytes, err
	}
	return objects, bytes, failed
}

// within ends reading when ctx ends.
type within struct {
	ctx context.Context
	io.Reader
}

func (w within) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	return w.Reader.Read(p)
}
