package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// File is master keys in a file, which ParseRing reads. It is read when it is
// first needed, and again where a key is not known, so that a server notices a
// rotation. It implements Master.
type File struct {
	path string

	mu   sync.Mutex
	ring Ring
}

// NewFile returns the master keys of the file at path.
func NewFile(path string) *File { return &File{path: path} }

// Path returns where the file is.
func (f *File) Path() string { return f.path }

// Create makes the file with a new key in it, unless it is there, even if
// another process does so at the same moment. It reports whether it made it.
func (f *File) Create() (bool, error) {
	if _, err := os.Stat(f.path); !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	// Unlike a rename, a link never replaces what another process made.
	err := f.write(Ring{keys: []masterKey{newMasterKey()}}, os.Link)
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// AddKey puts a new current key before those in the file, durably, before it
// returns. Nothing is wrapped with it yet.
func (f *File) AddKey() error {
	ring, err := f.load()
	if err != nil {
		return err
	}
	ring.keys = append([]masterKey{newMasterKey()}, ring.keys...)
	return f.write(ring, os.Rename)
}

// ForgetFormer leaves only the current key in the file.
func (f *File) ForgetFormer() error {
	ring, err := f.load()
	if err != nil {
		return err
	}
	ring.keys = ring.keys[:1]
	return f.write(ring, os.Rename)
}

// Names returns the names of the file's keys, the current one first.
func (f *File) Names() ([]string, error) {
	ring, err := f.load()
	return ring.Names(), err
}

// load reads the file.
func (f *File) load() (Ring, error) {
	info, err := os.Stat(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return Ring{}, fmt.Errorf("%w: there is no file %s", ErrNoMaster, f.path)
	}
	if err != nil {
		return Ring{}, fmt.Errorf("%w: %w", ErrNoMaster, err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return Ring{}, fmt.Errorf("%w: %s can be read by others: chmod 600 it", ErrNoMaster, f.path)
	}
	text, err := os.ReadFile(f.path)
	if err != nil {
		return Ring{}, fmt.Errorf("%w: %w", ErrNoMaster, err)
	}
	ring, err := ParseRing(string(text))
	if err != nil {
		return Ring{}, fmt.Errorf("%w: %s: %w", ErrNoMaster, f.path, err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ring = ring
	return ring, nil
}

// Wrap implements Master. It always looks into the file: instance keys are few.
func (f *File) Wrap(ctx context.Context, key []byte, use string) ([]byte, string, error) {
	ring, err := f.load()
	if err != nil {
		return nil, "", err
	}
	return ring.Wrap(ctx, key, use)
}

// Unwrap implements Master.
func (f *File) Unwrap(ctx context.Context, wrapped []byte, name, use string) ([]byte, error) {
	f.mu.Lock()
	ring := f.ring
	f.mu.Unlock()
	if key, err := ring.Unwrap(ctx, wrapped, name, use); !errors.Is(err, ErrNoMaster) {
		return key, err
	}
	ring, err := f.load()
	if err != nil {
		return nil, err
	}
	key, err := ring.Unwrap(ctx, wrapped, name, use)
	if errors.Is(err, ErrNoMaster) {
		err = fmt.Errorf("%w and %s has others", err, f.path)
	}
	return key, err
}

// Current implements Master.
func (f *File) Current(ctx context.Context) (string, error) {
	ring, err := f.load()
	if err != nil {
		return "", err
	}
	return ring.Current(ctx)
}

// write makes the file whole and durable, or leaves it as it was; place gives
// the finished file its name.
func (f *File) write(ring Ring, place func(from, to string) error) (err error) {
	dir := filepath.Dir(f.path)
	temp, err := os.CreateTemp(dir, ".master-key-*") // of mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if e := os.Remove(temp.Name()); !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	_, err = temp.WriteString(ring.text())
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	if err := place(temp.Name(), f.path); err != nil {
		return err
	}
	d, err := os.Open(dir) // #nosec G304 -- the operator's own directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
