package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strconv"

	"chartline/internal/blob"
)

// Source is a directory of files that others keep.
type Source struct{ root *os.Root }

var _ blob.Source = (*Source)(nil)

// OpenSource opens the directory at path, which must be there.
func OpenSource(path string) (*Source, error) {
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, err
	}
	return &Source{root}, nil
}

// Close implements blob.Source.
func (s *Source) Close() error { return s.root.Close() }

// Open opens a plain file of the directory, or of one below it. A link is not
// followed out of it.
func (s *Source) Open(ctx context.Context, name string) (blob.Object, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	if !fs.ValidPath(name) || name == "." {
		return nil, "", fmt.Errorf("%w: not a path in the place", blob.ErrBadKey)
	}
	fi, err := s.root.Stat(filepath.FromSlash(name))
	if err == nil && !fi.Mode().IsRegular() { // opening a pipe would wait
		return nil, "", blob.ErrNotFound
	}
	if err != nil {
		return nil, "", lookup(err)
	}
	f, err := s.root.Open(filepath.FromSlash(name))
	if err != nil {
		return nil, "", lookup(err)
	}
	fi, err = f.Stat()
	if err != nil {
		return nil, "", errors.Join(err, f.Close())
	}
	return &object{file: f, size: fi.Size()}, strconv.FormatInt(fi.ModTime().UnixNano(), 10), nil
}

// List yields the plain files.
func (s *Source) List(ctx context.Context) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		err := fs.WalkDir(s.root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil || !d.Type().IsRegular() {
				return err
			}
			fi, err := d.Info()
			if errors.Is(err, fs.ErrNotExist) { // removed meanwhile
				return nil
			}
			if err != nil {
				return err
			}
			if !yield(blob.Entry{Key: name, Size: fi.Size(), ModTime: fi.ModTime().UTC()}, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(blob.Entry{}, fmt.Errorf("blob: list: %w", err))
		}
	}
}
