package backup

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
	"regexp"
	"slices"
	"strings"
	"time"

	"chartline/internal/blob"
	"chartline/internal/sealed"
)

// What a target holds. No key of the one begins with another.
const (
	backupsPrefix = "backups/"  // backups/ID/manifest and its parts
	mediaPrefix   = "media/"    // media/KEY, shared by all backups
	activePrefix  = "underway/" // who changes the target now
	manifestName  = "manifest"
	indexName     = "objects"
)

// manifestLimit is more than any manifest that can be read.
const manifestLimit = 64 << 20

// Target is where backups are.
type Target struct {
	store blob.Store
	open  func(context.Context, io.Reader) (io.Reader, error)
	until time.Time
}

// NewTarget returns the target in store, which holds nothing else.
func NewTarget(store blob.Store) *Target { return &Target{store: store} }

// OpenWith says how parts that were sealed are opened.
func (t *Target) OpenWith(open func(context.Context, io.Reader) (io.Reader, error)) { t.open = open }

// Until has the steps after this time left out; zero leaves none out.
func (t *Target) Until(at time.Time) { t.until = at }

// ErrSealed reports a part that nobody said how to open.
var ErrSealed = errors.New("the backup is sealed, and its master key is not here")

// ErrNone reports that there is no such backup.
var ErrNone = errors.New("there is no such backup")

// IDs lists what was begun, oldest first, and says of each whether it was
// finished.
func (t *Target) IDs(ctx context.Context) (ids []string, finished map[string]bool, err error) {
	finished = map[string]bool{}
	for e, err := range t.store.List(ctx, backupsPrefix) {
		if err != nil {
			return nil, nil, err
		}
		id, name, _ := strings.Cut(strings.TrimPrefix(e.Key, backupsPrefix), "/")
		if len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
		if name == manifestName {
			finished[id] = true
		}
	}
	return ids, finished, nil
}

// All lists the manifests of the finished backups, oldest first.
func (t *Target) All(ctx context.Context) ([]Manifest, error) {
	ids, finished, err := t.IDs(ctx)
	if err != nil {
		return nil, err
	}
	var all []Manifest
	for _, id := range ids {
		if !finished[id] {
			continue
		}
		m, err := t.Manifest(ctx, id)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
	}
	return all, nil
}

// Newest is the manifest of the last finished backup.
func (t *Target) Newest(ctx context.Context) (Manifest, error) {
	ids, finished, err := t.IDs(ctx)
	if err != nil {
		return Manifest{}, err
	}
	for _, id := range slices.Backward(ids) {
		if finished[id] {
			return t.Manifest(ctx, id)
		}
	}
	if len(ids) > 0 {
		return Manifest{}, fmt.Errorf("%w: none there was finished", ErrIncomplete)
	}
	return Manifest{}, ErrNone
}

// Manifest reads a backup's manifest.
func (t *Target) Manifest(ctx context.Context, id string) (m Manifest, err error) {
	if !isID(id) {
		return m, ErrNone
	}
	text, err := t.readAll(ctx, partKey(id, manifestName), manifestLimit)
	if errors.Is(err, blob.ErrNotFound) {
		for _, err := range t.store.List(ctx, backupsPrefix+id+"/") {
			return m, errors.Join(fmt.Errorf("%w: %s was not finished", ErrIncomplete, id), err)
		}
		return m, fmt.Errorf("%w: %s", ErrNone, id)
	}
	if err != nil {
		return m, err
	}
	m, err = decodeManifest(text)
	if err == nil && m.ID != id {
		err = fmt.Errorf("%w: the manifest of %s is another's", ErrIncomplete, id)
	}
	return m, err
}

var idForm = regexp.MustCompile(`^[0-9]{8}t[0-9]{9}z$`)

func isID(s string) bool { return idForm.MatchString(s) }

func partKey(id, name string) string { return backupsPrefix + id + "/" + name }

// Part opens a part of a backup. Reading it to its end fails unless it is what
// was written.
func (t *Target) Part(ctx context.Context, m Manifest, name string) (io.ReadCloser, error) {
	p, ok := find(slices.Concat(m.Parts, m.Extras, []Part{m.Index}), name)
	if !ok {
		return nil, fmt.Errorf("%w: it has no part %s", ErrIncomplete, name)
	}
	sum, err := p.digest()
	if err != nil {
		return nil, err
	}
	o, err := t.store.Open(ctx, partKey(m.ID, name), p.Size)
	if err != nil {
		return nil, lost(name, err)
	}
	stored := &checked{object: o, ctx: ctx, name: name, sum: sha256.New(), want: sum}
	if !p.Sealed {
		return stored, nil
	}
	if t.open == nil {
		return nil, errors.Join(ErrSealed, o.Close())
	}
	plain, err := t.open(ctx, stored)
	if err != nil {
		return nil, errors.Join(err, o.Close())
	}
	return opened{plain, stored}, nil
}

// opened is a sealed part.
type opened struct {
	io.Reader
	*checked
}

func (o opened) Read(p []byte) (int, error) {
	n, err := o.Reader.Read(p)
	if errors.Is(err, sealed.ErrDamaged) && !errors.Is(err, ErrIncomplete) {
		err = fmt.Errorf("%w: %s is not what was written", ErrIncomplete, o.name)
	}
	return n, err
}

// Media is the objects of all backups, by their own keys. It is for reading.
func (t *Target) Media() blob.Store { return under{t.store, mediaPrefix} }

func (t *Target) readAll(ctx context.Context, key string, limit int64) (_ []byte, err error) {
	o, err := t.store.Open(ctx, key, -1)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if o.Size() > limit {
		return nil, fmt.Errorf("%w: a manifest of %d bytes", ErrIncomplete, o.Size())
	}
	return io.ReadAll(o)
}

// lost says that something is missing or cut.
func lost(name string, err error) error {
	if errors.Is(err, blob.ErrNotFound) || errors.Is(err, blob.ErrDamaged) {
		return fmt.Errorf("%w: %s: %w", ErrIncomplete, name, err)
	}
	return err
}

// checked reads a part and compares its digest at its end.
type checked struct {
	object blob.Object
	ctx    context.Context
	name   string
	sum    hash.Hash
	want   [32]byte
}

func (c *checked) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.object.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && [32]byte(c.sum.Sum(nil)) != c.want {
		return n, fmt.Errorf("%w: %s is not what was written", ErrIncomplete, c.name)
	}
	if err != nil && err != io.EOF {
		err = lost(c.name, err)
	}
	return n, err
}

func (c *checked) Close() error { return c.object.Close() }

// under is the part of a store whose keys begin with prefix.
type under struct {
	blob.Store
	prefix string
}

func (u under) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	return u.Store.Put(ctx, u.prefix+key, r, o)
}

func (u under) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	return u.Store.Open(ctx, u.prefix+key, size)
}

func (u under) Remove(ctx context.Context, key string) error {
	return u.Store.Remove(ctx, u.prefix+key)
}

func (u under) List(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		for e, err := range u.Store.List(ctx, u.prefix+prefix) {
			e.Key = strings.TrimPrefix(e.Key, u.prefix)
			if !yield(e, err) {
				return
			}
		}
	}
}
