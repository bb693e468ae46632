package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"

	"chartline/internal/blob"
	"chartline/internal/blob/adopted"
	"chartline/internal/blob/dir"
	"chartline/internal/blob/s3"
	"chartline/internal/care"
	"chartline/internal/config"
	"chartline/internal/store"
)

// places are those that recordings were adopted from, each opened when it is
// first used.
type places struct {
	keys config.S3Keys

	mu   sync.Mutex
	open map[string]blob.Source
}

// get opens a place by its name.
func (p *places) get(_ context.Context, name string) (blob.Source, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s, ok := p.open[name]; ok {
		return s, nil
	}
	s, err := p.source(name)
	if err != nil {
		return nil, err
	}
	if p.open == nil {
		p.open = map[string]blob.Source{}
	}
	p.open[name] = s
	return s, nil
}

func (p *places) source(name string) (blob.Source, error) {
	if path, ok := strings.CutPrefix(name, "dir:"); ok {
		return dir.OpenSource(path)
	}
	at, err := config.ParseS3(name)
	if err != nil {
		return nil, fmt.Errorf("the place %w", err)
	}
	at.Keys = p.keys
	return s3.OpenSource(bucketOptions(at))
}

// Close closes them.
func (p *places) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []error
	for _, s := range p.open {
		all = append(all, s.Close())
	}
	return errors.Join(all...)
}

// withAdopted is the media store that also reads what was adopted.
func withAdopted(m blob.Store, db store.Store, p *places) blob.Store {
	return &adopted.Store{Store: m, Place: p.get, Find: func(ctx context.Context, key string) (adopted.Pointer, error) {
		var o care.AdoptedObject
		err := db.View(ctx, func(tx store.Tx) (err error) { o, err = tx.AdoptedObject(key); return err })
		if care.IsNotFound(err) {
			return adopted.Pointer{}, blob.ErrNotFound
		}
		return adopted.Pointer{Place: o.Place, Name: o.Name, Version: o.Version}, err
	}}
}

// placeName is the name under which a place is remembered: an absolute path, or a
// bucket's URL. The media store is no such place, nor anything in it.
func placeName(c config.Config, given string) (string, error) {
	if scheme, _, ok := strings.Cut(given, "://"); ok && strings.EqualFold(scheme, "s3") {
		at, err := config.ParseS3(given)
		if err != nil {
			return "", usage{"the place " + err.Error()}
		}
		if at.Endpoint == c.S3.Endpoint && at.Bucket == c.S3.Bucket && (under(at.Prefix, c.S3.Prefix) || under(c.S3.Prefix, at.Prefix)) {
			return "", usage{"the place must not be the media store, nor hold it or lie in it"}
		}
		return at.String(), nil
	}
	path, err := filepath.Abs(strings.TrimPrefix(given, "dir:"))
	if err != nil {
		return "", err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		return "", err
	}
	media := c.Media.Path
	if resolved, err := filepath.EvalSymlinks(media); err == nil {
		media = resolved
	}
	if c.Media.Engine == "dir" && (within(media, path) || within(path, media)) {
		return "", usage{"the place must not be the media store, nor hold it or lie in it"}
	}
	return "dir:" + path, nil
}
