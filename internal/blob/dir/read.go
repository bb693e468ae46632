package dir

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"chartline/internal/blob"
)

// Open opens the object under key; see blob.Store. What it returns is a
// blob.Filer.
func (s *Store) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, opened, err := s.open(key)
	if err != nil {
		return nil, err
	}
	if size >= 0 && opened.Size() != size {
		return nil, errors.Join(fmt.Errorf("%w: %d bytes, want %d", blob.ErrDamaged, opened.Size(), size), f.Close())
	}
	return &object{file: f, size: opened.Size()}, nil
}

// open opens the plain file under key.
func (s *Store) open(key string) (*os.File, fs.FileInfo, error) {
	if f := s.openPlain(key); f != nil {
		if opened, err := f.Stat(); err == nil && opened.Mode().IsRegular() {
			return f, opened, nil
		}
		_ = f.Close() // nothing was done with it
	}
	listed, err := s.lstat(key)
	if err != nil {
		return nil, nil, err
	}
	f, err := s.root.Open(key)
	if err != nil {
		return nil, nil, lookup(err)
	}
	opened, err := f.Stat()
	if err == nil && !os.SameFile(listed, opened) {
		err = fmt.Errorf("%w: replaced while it was opened", blob.ErrDamaged)
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return f, opened, nil
}

// Remove deletes the object under key, durably.
func (s *Store) Remove(ctx context.Context, key string) error {
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.o.ReadOnly {
		return errReadOnly
	}
	fi, err := s.root.Lstat(key)
	if err == nil && fi.IsDir() {
		return nil
	}
	if err == nil {
		err = s.root.Remove(key)
	}
	if missing(err) {
		return nil
	}
	if err == nil {
		err = s.syncDir(path.Dir(key))
	}
	if err != nil {
		return failed("remove", err)
	}
	return nil
}

// lstat finds the plain file under key: a link is never followed.
func (s *Store) lstat(key string) (fs.FileInfo, error) {
	fi, err := s.root.Lstat(key)
	switch {
	case err != nil:
		return nil, lookup(err)
	case fi.IsDir():
		return nil, blob.ErrNotFound
	case !fi.Mode().IsRegular():
		return nil, fmt.Errorf("%w: not a plain file", blob.ErrDamaged)
	}
	return fi, nil
}

// lookup tells what is missing and what is damaged from what failed. An error
// that no system call gave is os.Root's own refusal to leave the directory.
func lookup(err error) error {
	errno, system := errors.AsType[syscall.Errno](err)
	switch {
	case missing(err):
		return blob.ErrNotFound
	case !system || errno == syscall.ELOOP:
		return fmt.Errorf("%w: a link leads out of the directory", blob.ErrDamaged)
	}
	return failed("open", err)
}

func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// object is an open file that was size bytes long when it was opened.
type object struct {
	file *os.File
	size int64
	pos  int64
}

var _ blob.Filer = (*object)(nil)

func (o *object) Size() int64    { return o.size }
func (o *object) File() *os.File { return o.file }
func (o *object) Close() error   { return o.file.Close() }

// Read fails with blob.ErrDamaged where the file ends before its size.
func (o *object) Read(p []byte) (int, error) {
	n, err := o.file.Read(p)
	o.pos += int64(n)
	return n, o.end(o.pos, err)
}

// ReadAt fails with blob.ErrDamaged where the file ends before its size.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	n, err := o.file.ReadAt(p, off)
	return n, o.end(off+int64(n), err)
}

func (o *object) end(at int64, err error) error {
	if errors.Is(err, syscall.EIO) {
		return fmt.Errorf("%w: byte %d cannot be read: %w", blob.ErrDamaged, at, err)
	}
	if errors.Is(err, io.EOF) && at < o.size {
		return fmt.Errorf("%w: ends at byte %d of %d", blob.ErrDamaged, at, o.size)
	}
	return err
}

func (o *object) Seek(offset int64, whence int) (int64, error) {
	pos, err := o.file.Seek(offset, whence)
	if err == nil {
		o.pos = pos
	}
	return pos, err
}
