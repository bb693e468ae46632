package dir

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// stage is a temporary file. Its writer holds a lock on it for as long as it
// lives, in whatever process, so that Sweep can tell it from a dead one's.
type stage struct {
	tmp  *os.Root
	name string
	file *os.File
}

// errReadOnly answers who would write to a directory that was opened for reading.
var errReadOnly = errors.New("blob: the directory was opened for reading")

func (s *Store) newStage() (*stage, error) {
	const tries = 10
	if s.o.ReadOnly {
		return nil, errReadOnly
	}
	for range tries {
		st := &stage{tmp: s.tmp, name: rand.Text()}
		var err error
		if st.file, err = s.tmp.OpenFile(st.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
			return nil, err
		}
		held, err := st.lock()
		if held && err == nil {
			return st, nil
		}
		if e := st.discard(); err == nil {
			err = e
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, errors.New("temporary files are removed as fast as they are made")
}

// lock takes the lock, and reports false where a sweeper came in between the
// file's creation and its lock.
func (st *stage) lock() (bool, error) {
	held, err := tryLock(st.file)
	if !held || err != nil {
		return false, err
	}
	fi, err := st.tmp.Lstat(st.name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	own, err := st.file.Stat()
	return err == nil && os.SameFile(fi, own), err
}

// discard removes the temporary name and lets the file go. A published object
// keeps its bytes under its key. Close can no longer fail a flushed file.
func (st *stage) discard() error {
	err := st.tmp.Remove(st.name)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, st.file.Close())
}

// Sweep removes temporary files whose writers are gone; see blob.Store.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	if s.o.ReadOnly {
		return 0, nil
	}
	d, err := s.tmp.Open(".")
	if err != nil {
		return 0, failed("sweep", err)
	}
	defer d.Close()
	removed := 0
	for {
		entries, err := d.ReadDir(256)
		for _, e := range entries {
			if err := ctx.Err(); err != nil {
				return removed, err
			}
			gone, err := s.sweepOne(e.Name())
			if err != nil {
				return removed, failed("sweep", err)
			}
			if gone {
				removed++
			}
		}
		if errors.Is(err, io.EOF) {
			return removed, nil
		}
		if err != nil {
			return removed, failed("sweep", err)
		}
	}
}

// sweepOne removes the temporary file name unless a live writer holds it.
func (s *Store) sweepOne(name string) (bool, error) {
	fi, err := s.tmp.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !fi.Mode().IsRegular() {
		return false, fmt.Errorf("%s in %s is not a file of ours", name, tmpDir)
	}
	f, err := s.tmp.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	dead, err := tryLock(f)
	if !dead || err != nil {
		return false, err
	}
	err = s.tmp.Remove(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}
