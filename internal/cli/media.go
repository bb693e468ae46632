package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"sync"

	"chartline/internal/blob"
	"chartline/internal/blob/dir"
	"chartline/internal/config"
)

// engineStore is an engine, opened.
type engineStore interface {
	blob.Store
	io.Closer
}

// media is the media store, opened when it is first used.
type media struct {
	open func(context.Context) (engineStore, error)

	mu     sync.Mutex
	opened engineStore
}

var _ blob.Store = (*media)(nil)

func newMedia(c config.Config) *media {
	if c.Media.Engine == "s3" {
		return &media{open: func(ctx context.Context) (engineStore, error) { return openBucket(ctx, c) }}
	}
	return &media{open: func(context.Context) (engineStore, error) {
		if _, err := os.Stat(c.Media.Path); errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("there is no media directory %s: is its disk mounted?", c.Media.Path)
		}
		return dir.Open(c.Media.Path, dir.Options{FreeFloor: c.FreeDiskFloor})
	}}
}

// get opens the store unless it is open; an opening that failed is tried again.
func (m *media) get(ctx context.Context) (engineStore, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.opened != nil {
		return m.opened, nil
	}
	s, err := m.open(ctx)
	if err == nil {
		m.opened = s
	}
	return s, err
}

// Close closes the store where it was opened.
func (m *media) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.opened == nil {
		return nil
	}
	return m.opened.Close()
}

// Put implements blob.Store.
func (m *media) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	s, err := m.get(ctx)
	if err != nil {
		return blob.Info{}, err
	}
	return s.Put(ctx, key, r, o)
}

// Open implements blob.Store.
func (m *media) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	s, err := m.get(ctx)
	if err != nil {
		return nil, err
	}
	return s.Open(ctx, key, size)
}

// Remove implements blob.Store.
func (m *media) Remove(ctx context.Context, key string) error {
	s, err := m.get(ctx)
	if err != nil {
		return err
	}
	return s.Remove(ctx, key)
}

// List implements blob.Store.
func (m *media) List(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	s, err := m.get(ctx)
	if err != nil {
		return func(yield func(blob.Entry, error) bool) { yield(blob.Entry{}, err) }
	}
	return s.List(ctx, prefix)
}

// Check implements blob.Store.
func (m *media) Check(ctx context.Context) error {
	s, err := m.get(ctx)
	if err != nil {
		return err
	}
	return s.Check(ctx)
}

// Sweep implements blob.Store.
func (m *media) Sweep(ctx context.Context) (int, error) {
	s, err := m.get(ctx)
	if err != nil {
		return 0, err
	}
	return s.Sweep(ctx)
}
