package blob

import (
	"context"
	"iter"
)

// Source is a place of objects that others keep there, under names of their own.
// It is read and never changed. All methods are safe for concurrent use.
type Source interface {
	// Open opens what is called name, and tells its version: a text that is another
	// once its bytes are. It fails with ErrNotFound, or with ErrBadKey for a name
	// that leads out of the place.
	Open(ctx context.Context, name string) (o Object, version string, err error)
	// List yields everything there, holding no more of it than one directory's
	// names.
	List(ctx context.Context) iter.Seq2[Entry, error]
	// Close frees the place. Open objects stay readable.
	Close() error
}
