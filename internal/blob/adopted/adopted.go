package adopted

import (
	"context"
	"errors"
	"fmt"

	"chartline/internal/blob"
)

// Pointer says which object of which place stands for a key.
type Pointer struct {
	Place, Name, Version string
}

// Store is a blob.Store that follows pointers.
type Store struct {
	blob.Store
	// Find returns the pointer of a key, or blob.ErrNotFound.
	Find func(ctx context.Context, key string) (Pointer, error)
	// Place opens a place. What it returns stays open.
	Place func(ctx context.Context, place string) (blob.Source, error)
}

// Open opens the object under key; see blob.Store. One that a pointer leads to
// must be of the version that was adopted.
func (s *Store) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	o, err := s.Store.Open(ctx, key, size)
	if !errors.Is(err, blob.ErrNotFound) {
		return o, err
	}
	p, findErr := s.Find(ctx, key)
	if errors.Is(findErr, blob.ErrNotFound) {
		return nil, err
	}
	if findErr != nil {
		return nil, findErr
	}
	place, err := s.Place(ctx, p.Place)
	if err != nil {
		return nil, fmt.Errorf("blob: adopted: %w", err)
	}
	o, version, err := place.Open(ctx, p.Name)
	switch {
	case err != nil:
		return nil, err
	case version != p.Version:
		return nil, errors.Join(fmt.Errorf("%w: the adopted object was changed", blob.ErrDamaged), o.Close())
	case size >= 0 && o.Size() != size:
		return nil, errors.Join(fmt.Errorf("%w: %d bytes, want %d", blob.ErrDamaged, o.Size(), size), o.Close())
	}
	return o, nil
}
