package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"syscall"

	"chartline/internal/blob"
)

const (
	// tmpDir holds files being written. No key begins with a dot.
	tmpDir  = ".tmp"
	dirMode = 0o700
	// bufferSize is what one Put holds in memory.
	bufferSize = 128 << 10
	// spaceEvery is how many bytes a Put writes between looks at the free space.
	spaceEvery = 8 << 20
	// durableLimit bounds how many directories are remembered as flushed.
	durableLimit = 1 << 14
)

// Options of a directory.
type Options struct {
	// FreeFloor is how many bytes the file system keeps free: under it Put and
	// Check answer blob.ErrFull, and reads go on.
	FreeFloor int64
	// ReadOnly opens a directory that is there and writes nothing to it: Put, Remove
	// and Check fail.
	ReadOnly bool
}

// Store is a blob.Store in one directory.
type Store struct {
	path    string
	o       Options
	root    *os.Root
	tmp     *os.Root // tmpDir in it
	top     *os.File // the directory itself
	buffers sync.Pool

	mu      sync.Mutex
	durable map[string]bool // directories whose own entry has been flushed
}

var _ blob.Store = (*Store)(nil)

// Open opens the directory at path, creating it where it is missing, and proves
// that objects can be written in it. Close it after use.
func Open(path string, o Options) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("media directory: %w", err)
	}
	if o.ReadOnly {
		_, err = os.Stat(path)
	} else {
		err = Make(path)
	}
	if err != nil {
		return nil, fmt.Errorf("media directory %s: %w", path, err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, fmt.Errorf("media directory %s: %w", path, err)
	}
	s := &Store{
		path: path, o: o, root: root,
		buffers: sync.Pool{New: func() any { return new([bufferSize]byte) }},
		durable: map[string]bool{},
	}
	if err := s.prepare(); err != nil {
		return nil, errors.Join(fmt.Errorf("media directory %s: %w", path, err), s.Close())
	}
	return s, nil
}

// prepare makes the directory of temporary files and proves that a file can be
// written and linked.
func (s *Store) prepare() error {
	var err error
	if s.top, err = s.root.Open("."); err != nil || s.o.ReadOnly {
		return err
	}
	if err := s.root.Mkdir(tmpDir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("not writable: %w", err)
	}
	if s.tmp, err = s.root.OpenRoot(tmpDir); err != nil {
		return err
	}
	if err := s.top.Sync(); err != nil {
		return fmt.Errorf("cannot flush: %w", err)
	}
	st, err := s.newStage()
	if err != nil {
		return fmt.Errorf("not writable: %w", err)
	}
	probe := st.name + "-link"
	if err = s.tmp.Link(st.name, probe); err == nil {
		err = s.tmp.Remove(probe)
	}
	if err != nil {
		err = fmt.Errorf("the file system must support hard links: %w", err)
	}
	return errors.Join(err, st.discard())
}

// Close frees the directory. Open objects stay readable.
func (s *Store) Close() error {
	err := s.root.Close()
	if s.tmp != nil {
		err = errors.Join(err, s.tmp.Close())
	}
	if s.top != nil {
		err = errors.Join(err, s.top.Close())
	}
	return err
}

// Check writes a byte, and notices that another directory has been put in this
// one's place, as when a disk was unmounted or mounted over it.
func (s *Store) Check(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.checkPlace(); err != nil {
		return fmt.Errorf("media directory %s: %w", s.path, err)
	}
	if err := s.checkSpace(); err != nil {
		return err
	}
	st, err := s.newStage()
	if err != nil {
		return failed("write probe", err)
	}
	_, err = st.file.Write([]byte{0})
	if err := errors.Join(err, st.discard()); err != nil {
		return failed("write probe", err)
	}
	return nil
}

func (s *Store) checkPlace() error {
	now, err := os.Stat(s.path)
	if err != nil {
		return err
	}
	opened, err := s.top.Stat()
	if err != nil {
		return err
	}
	if !os.SameFile(now, opened) {
		return errors.New("is no longer the directory that was opened; was a disk mounted or removed?")
	}
	return nil
}

// checkSpace answers blob.ErrFull where the free space is under the floor.
func (s *Store) checkSpace() error {
	if s.o.FreeFloor <= 0 {
		return nil
	}
	free, err := freeBytes(s.top)
	if err != nil {
		return failed("free space", err)
	}
	if free < s.o.FreeFloor {
		return fmt.Errorf("%w: %d bytes free, the floor is %d", blob.ErrFull, free, s.o.FreeFloor)
	}
	return nil
}

// failed names the step that failed, and says so where the disk is full.
func failed(step string, err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w: %s: %w", blob.ErrFull, step, err)
	}
	return fmt.Errorf("blob: %s: %w", step, err)
}

// Make makes the directory at path and what leads to it, each flushed in its
// parent, so that a cut of power takes away none of what is stored below.
func Make(path string) error {
	if fi, err := os.Stat(path); err == nil {
		if !fi.IsDir() {
			return errors.New("is not a directory")
		}
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	parent := filepath.Dir(path)
	if err := Make(parent); err != nil {
		return err
	}
	if err := os.Mkdir(path, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	d, err := os.Open(parent) // #nosec G304 -- the operator names the directory
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
