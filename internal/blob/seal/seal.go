package seal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"

	"chartline/internal/blob"
	"chartline/internal/sealed"
	"chartline/internal/trace"
)

// Keys keeps the keys of objects; a vault.Vault does.
type Keys interface {
	// Keep makes k the key of object, durably, and fails with fs.ErrExist where
	// it has one.
	Keep(ctx context.Context, object string, k sealed.Key) error
	// Key returns object's key, or sealed.ErrNoKey.
	Key(ctx context.Context, object string) (sealed.Key, error)
	// Have says which of objects have keys.
	Have(ctx context.Context, objects []string) ([]bool, error)
	// Shred destroys object's key, durably. Of none it does nothing.
	Shred(ctx context.Context, object string) error
}

// Options of a sealed store.
type Options struct {
	Under blob.Store
	Keys  Keys
	// Plain stores what is new as it is. What is sealed is read all the same.
	Plain bool
}

// Store is a blob.Store whose objects are sealed.
type Store struct {
	under   blob.Store
	keys    Keys
	plain   bool
	buffers sealed.Buffers
}

var _ blob.Store = (*Store)(nil)

// New returns a sealed store over another.
func New(o Options) *Store { return &Store{under: o.Under, keys: o.Keys, plain: o.Plain} }

// Put seals r under key; see blob.Store. The object's key is durable before the
// object is, and a stream that fails leaves none.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (_ blob.Info, err error) {
	ctx, span := trace.Start(ctx, trace.BlobPut)
	defer func() { span.End(err) }()
	if s.plain {
		return s.under.Put(ctx, key, r, o)
	}
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	k := sealed.NewKey()
	in := newIntake(r, o, func() error { return s.keys.Keep(ctx, key, k) })
	text, err := sealed.NewSealingReader(in, k)
	if err != nil {
		return blob.Info{}, err
	}
	stored := false
	defer func() { // also where the stream panics
		if in.kept && !stored {
			_ = s.keys.Shred(context.WithoutCancel(ctx), key) // a key without an object opens nothing
		}
	}()
	if _, err := s.under.Put(ctx, key, text, blob.PutOptions{NoDigest: true}); err != nil {
		return blob.Info{}, err
	}
	stored = true
	return in.info, nil
}

// Open opens the object under key; see blob.Store. size is the plain one.
func (s *Store) Open(ctx context.Context, key string, size int64) (_ blob.Object, err error) {
	ctx, span := trace.Start(ctx, trace.BlobOpen)
	defer func() { span.End(err) }()
	if err := blob.CheckKey(key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	k, err := s.keys.Key(ctx, key)
	if errors.Is(err, sealed.ErrNoKey) {
		return s.openPlain(ctx, key, size)
	}
	if err != nil {
		return nil, fmt.Errorf("blob: key: %w", err)
	}
	want := int64(-1)
	if size >= 0 {
		want = sealed.Size(size)
	}
	under, err := s.under.Open(ctx, key, want)
	if err != nil {
		return nil, err
	}
	o, err := openObject(under, k, &s.buffers)
	if err == nil && size < 0 {
		err = o.file.CheckEnd()
	}
	if err != nil {
		return nil, errors.Join(damaged(err), under.Close())
	}
	return o, nil
}

// openPlain opens an object that has no key. One that is sealed had one, which
// was destroyed: it can never be read.
func (s *Store) openPlain(ctx context.Context, key string, size int64) (blob.Object, error) {
	under, err := s.under.Open(ctx, key, -1)
	if err != nil {
		return nil, err
	}
	head := make([]byte, sealed.IntroSize)
	n, err := under.ReadAt(head, 0)
	switch {
	case err != nil && !errors.Is(err, io.EOF):
	case sealed.IsSealed(head[:n]):
		err = fmt.Errorf("%w: it is sealed and its key is gone", blob.ErrDamaged)
	case size >= 0 && under.Size() != size:
		err = fmt.Errorf("%w: %d bytes, want %d", blob.ErrDamaged, under.Size(), size)
	default:
		return under, nil
	}
	return nil, errors.Join(err, under.Close())
}

// Remove destroys the key of the object under key, and then the object.
func (s *Store) Remove(ctx context.Context, key string) (err error) {
	ctx, span := trace.Start(ctx, trace.BlobRemove)
	defer func() { span.End(err) }()
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.keys.Shred(ctx, key); err != nil {
		return fmt.Errorf("blob: key: %w", err)
	}
	return s.under.Remove(ctx, key)
}

// listBatch is how many objects of a list are asked about at once.
const listBatch = 256

// List yields objects in key order with their plain sizes; see blob.Store.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		var entries []blob.Entry
		for e, err := range s.under.List(ctx, prefix) {
			if err != nil {
				if s.yieldPlain(ctx, entries, yield) {
					yield(blob.Entry{}, err)
				}
				return
			}
			if entries = append(entries, e); len(entries) == listBatch {
				if !s.yieldPlain(ctx, entries, yield) {
					return
				}
				entries = entries[:0]
			}
		}
		s.yieldPlain(ctx, entries, yield)
	}
}

// yieldPlain yields entries with plain sizes, and false where that is the end.
// An object whose length no sealed file has is listed as it is; opening it tells
// that it is damaged.
func (s *Store) yieldPlain(ctx context.Context, entries []blob.Entry, yield func(blob.Entry, error) bool) bool {
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = e.Key
	}
	have, err := s.keys.Have(ctx, keys)
	if err != nil {
		yield(blob.Entry{}, fmt.Errorf("blob: keys: %w", err))
		return false
	}
	for i, e := range entries {
		if plain, ok := sealed.PlainSize(e.Size); ok && have[i] {
			e.Size = plain
		}
		if !yield(e, nil) {
			return false
		}
	}
	return true
}

// Check reports whether the store under this one can be used now.
func (s *Store) Check(ctx context.Context) error { return s.under.Check(ctx) }

// Sweep removes what crashed writers left behind.
func (s *Store) Sweep(ctx context.Context) (int, error) { return s.under.Sweep(ctx) }

// IsSealed reports whether the object under key has a key, and so is sealed.
func (s *Store) IsSealed(ctx context.Context, key string) (bool, error) {
	have, err := s.keys.Have(ctx, []string{key})
	if err != nil {
		return false, fmt.Errorf("blob: key: %w", err)
	}
	return have[0], nil
}

// damaged puts what package sealed finds into the seam's words.
func damaged(err error) error {
	if errors.Is(err, sealed.ErrDamaged) {
		return fmt.Errorf("%w: %w", blob.ErrDamaged, err)
	}
	return err
}
