package contracttest

import (
	"context"
	"errors"
	"io"
	"sync/atomic"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/store"
)

// faults break the engines under a server on demand.
type faults struct {
	store atomic.Pointer[string]
	media atomic.Pointer[string]
	opens atomic.Int64 // of media
}

// secretCause is in the cause of every fault: no answer may show it.
const secretCause = "SELECT secret_column FROM patient; /var/lib/chartline/secret-path"

var errBroken = errors.New("disk I/O error at " + secretCause)

func (f *faults) set(engine *atomic.Pointer[string], mode string) { engine.Store(&mode) }

func mode(p *atomic.Pointer[string]) string {
	if s := p.Load(); s != nil {
		return *s
	}
	return "works"
}

// brokenStore is a database that fails as it is told.
type brokenStore struct {
	store.Store
	faults *faults
}

func (s brokenStore) View(ctx context.Context, fn func(store.Tx) error) error {
	switch mode(&s.faults.store) {
	case "fails":
		return errBroken
	case "unavailable":
		return care.Unavailable(errBroken)
	case "panics":
		panic(secretCause)
	}
	return s.Store.View(ctx, fn)
}

func (s brokenStore) Update(ctx context.Context, fn func(store.Tx) error) error {
	switch mode(&s.faults.store) {
	case "fails":
		return errBroken
	case "unavailable", "cannot-write":
		return care.Unavailable(errBroken)
	case "panics":
		panic(secretCause)
	}
	return s.Store.Update(ctx, fn)
}

func (s brokenStore) Check(ctx context.Context) error {
	if mode(&s.faults.store) != "works" {
		return errBroken
	}
	return s.Store.Check(ctx)
}

// brokenMedia is a media store that fails as it is told, and counts.
type brokenMedia struct {
	blob.Store
	faults *faults
}

func (s brokenMedia) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	switch mode(&s.faults.media) {
	case "full":
		return blob.Info{}, blob.ErrFull
	case "fails":
		return blob.Info{}, errBroken
	}
	return s.Store.Put(ctx, key, r, o)
}

func (s brokenMedia) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	s.faults.opens.Add(1)
	if mode(&s.faults.media) == "fails" {
		return nil, errBroken
	}
	return s.Store.Open(ctx, key, size)
}

func (s brokenMedia) Check(ctx context.Context) error {
	switch mode(&s.faults.media) {
	case "full":
		return blob.ErrFull
	case "fails":
		return errBroken
	}
	return s.Store.Check(ctx)
}
