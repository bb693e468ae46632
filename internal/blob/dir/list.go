package dir

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"chartline/internal/blob"
)

// batch is how many names of one directory are held at a time. A directory of
// more is read again for each further batch: time for constant memory.
const batch = 4096

// List yields objects in key order; see blob.Store. Objects that come and go
// meanwhile may be seen or not.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		err := blob.CheckPrefix(prefix)
		if err == nil {
			w := walk{ctx: ctx, prefix: prefix, batch: batch, yield: func(e blob.Entry) bool { return yield(e, nil) }}
			err = w.dir(s.root, "")
		}
		if err != nil && !errors.Is(err, errStop) {
			yield(blob.Entry{}, failed("list", err))
		}
	}
}

// errStop ends a walk whose caller has seen enough.
var errStop = errors.New("stop")

type walk struct {
	ctx    context.Context
	prefix string
	batch  int
	yield  func(blob.Entry) bool
}

// dir walks one directory; path is its key with a slash after it, or empty.
func (w *walk) dir(root *os.Root, path string) error {
	for after, more := "", true; more; {
		names, err := w.next(root, path, after)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := w.entry(root, path, name); err != nil {
				return err
			}
		}
		if more = len(names) == w.batch; more {
			after = names[len(names)-1]
		}
	}
	return nil
}

// next returns the first names after the given one, in key order: a directory's
// name has a slash at its end, which is how its keys compare.
func (w *walk) next(root *os.Root, path, after string) ([]string, error) {
	d, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	defer d.Close()
	var names []string
	for {
		if err := w.ctx.Err(); err != nil {
			return nil, err
		}
		entries, err := d.ReadDir(1024)
		for _, e := range entries {
			if name, ok := w.wanted(path, e); ok && name > after {
				names = append(names, name)
			}
		}
		if len(names) >= 2*w.batch || err != nil {
			slices.Sort(names)
			names = names[:min(len(names), w.batch)]
		}
		if errors.Is(err, io.EOF) {
			return names, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// wanted returns the name under which e compares, and whether it is, or may
// hold, an object under the prefix.
func (w *walk) wanted(path string, e fs.DirEntry) (string, bool) {
	name := e.Name()
	key := path + name
	if blob.CheckKey(key) != nil {
		return "", false
	}
	if e.IsDir() {
		key += "/"
		return name + "/", strings.HasPrefix(key, w.prefix) || strings.HasPrefix(w.prefix, key)
	}
	return name, e.Type().IsRegular() && strings.HasPrefix(key, w.prefix)
}

func (w *walk) entry(root *os.Root, path, name string) error {
	if sub, ok := strings.CutSuffix(name, "/"); ok {
		child, err := root.OpenRoot(sub)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		defer child.Close()
		return w.dir(child, path+name)
	}
	fi, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !w.yield(blob.Entry{Key: path + name, Size: fi.Size(), ModTime: fi.ModTime().UTC()}) {
		return errStop
	}
	return nil
}
