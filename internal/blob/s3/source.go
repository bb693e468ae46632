package s3

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"time"
	"unicode/utf8"

	"chartline/internal/blob"
)

// Source is a prefix of a bucket in which others keep objects.
type Source struct{ store *Store }

var _ blob.Source = (*Source)(nil)

// OpenSource returns the objects at o, which need no mark.
func OpenSource(o Options) (*Source, error) {
	s, err := newStore(o)
	if err != nil {
		return nil, err
	}
	return &Source{s}, nil
}

// Close implements blob.Source.
func (s *Source) Close() error { return s.store.Close() }

// Open opens the object called name below the prefix. Its version is its
// ETag, or where there is none its time.
func (s *Source) Open(ctx context.Context, name string) (blob.Object, string, error) {
	if name == "" || len(name) > 1024 || !utf8.ValidString(name) || strings.HasPrefix(name, "/") || strings.ContainsRune("/"+name+"/", 0) ||
		strings.Contains("/"+name+"/", "/../") || strings.Contains("/"+name+"/", "/./") {
		return nil, "", fmt.Errorf("%w: not a name in the place", blob.ErrBadKey)
	}
	o, err := s.store.open(ctx, s.store.name(name), -1)
	if err != nil {
		return nil, "", err
	}
	if o.etag == "" {
		return o, o.modified.UTC().Format(time.RFC3339), nil
	}
	return o, o.etag, nil
}

// List implements blob.Source. What ends in a slash is a folder that some tool
// has drawn, and no object.
func (s *Source) List(ctx context.Context) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		for e, err := range s.store.entries(ctx, "") {
			if err == nil && strings.HasSuffix(e.Key, "/") {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}
