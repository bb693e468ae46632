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

// Put stores r under key; see blob.Store.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (info blob.Info, err error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	if _, err := s.root.Lstat(key); err == nil {
		return blob.Info{}, failed("put", fs.ErrExist)
	}
	if err := s.checkSpace(); err != nil {
		return blob.Info{}, err
	}
	st, err := s.newStage()
	if err != nil {
		return blob.Info{}, failed("create", err)
	}
	defer func() {
		// A temporary name that stays beside a published object is Sweep's: the
		// object is whole and durable, so the Put has not failed.
		if e := st.discard(); e != nil && err != nil {
			err = fmt.Errorf("%w; the temporary file stays: %w", err, e)
		}
	}()
	if info, err = s.fill(ctx, st.file, r, o); err != nil {
		return blob.Info{}, err
	}
	if err := st.file.Sync(); err != nil {
		return blob.Info{}, failed("flush", err)
	}
	if err := s.publish(st, key); err != nil {
		return blob.Info{}, err
	}
	return info, nil
}

// fill copies r to f within the bounds of o.
func (s *Store) fill(ctx context.Context, f *os.File, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	buf := s.buffers.Get().(*[bufferSize]byte)
	defer s.buffers.Put(buf)
	var info blob.Info
	sum := o.NewDigest()
	for looked, end := int64(0), false; !end; {
		n, err := readFull(r, buf[:])
		if err != nil && err != io.EOF { // a bare EOF alone is a stream's good end
			return info, fmt.Errorf("blob: source: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return info, fmt.Errorf("blob: put: %w", err)
		}
		end = err == io.EOF
		info.Size += int64(n)
		if o.MaxSize > 0 && info.Size > o.MaxSize {
			return info, fmt.Errorf("%w: over %d bytes", blob.ErrTooLarge, o.MaxSize)
		}
		sum.Write(buf[:n])
		if _, err := f.Write(buf[:n]); err != nil {
			return info, failed("write", err)
		}
		if info.Size-looked >= spaceEvery {
			looked = info.Size
			if err := s.checkSpace(); err != nil {
				return info, err
			}
		}
	}
	sum.Sum(info.SHA256[:0])
	if o.SHA256 != nil && *o.SHA256 != info.SHA256 {
		return info, blob.ErrDigest
	}
	return info, nil
}

// readFull fills buf as far as r goes, and hands up r's own error: unlike
// io.ReadFull it does not mistake a stream that broke off for one that ended.
func readFull(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf) && err == nil {
		var m int
		m, err = r.Read(buf[n:])
		n += m
	}
	return n, err
}

// publish gives the staged file its key, durably, unless the key is taken.
func (s *Store) publish(st *stage, key string) error {
	dir, name := path.Split(key)
	dir = path.Clean(dir)
	parent, err := s.openDir(dir)
	if errors.Is(err, fs.ErrNotExist) { // somebody removed a directory that we had made
		s.forgetDirs()
		parent, err = s.openDir(dir)
	}
	if errors.Is(err, syscall.ENOTDIR) {
		return fmt.Errorf("%w: another object is where a directory is needed", blob.ErrBadKey)
	}
	if err != nil {
		return failed("make directory", err)
	}
	defer parent.Close()
	// What flushes or takes back the new name is at hand before the name is
	// made, so that running out of descriptors cannot leave it half published.
	entries, err := parent.Open(".")
	if err != nil {
		return failed("publish", err)
	}
	defer entries.Close()
	if err := s.root.Link(tmpDir+"/"+st.name, key); err != nil {
		return failed("publish", err)
	}
	if err := entries.Sync(); err != nil {
		return errors.Join(failed("flush directory", err), parent.Remove(name))
	}
	return nil
}

// openDir opens a directory of objects, making it where it is missing.
func (s *Store) openDir(dir string) (*os.Root, error) {
	if err := s.makeDirs(dir); err != nil {
		return nil, err
	}
	return s.root.OpenRoot(dir)
}

// makeDirs makes dir and what leads to it, and flushes every new entry: also
// those that another writer has made and may not have flushed yet.
func (s *Store) makeDirs(dir string) error {
	s.mu.Lock()
	done := dir == "." || s.durable[dir]
	s.mu.Unlock()
	if done {
		return nil
	}
	parent := path.Dir(dir)
	if err := s.makeDirs(parent); err != nil {
		return err
	}
	err := s.root.Mkdir(dir, dirMode)
	if errors.Is(err, fs.ErrExist) {
		var fi fs.FileInfo
		if fi, err = s.root.Stat(dir); err == nil && !fi.IsDir() {
			err = syscall.ENOTDIR
		}
	}
	if err != nil {
		return err
	}
	if err := s.syncDir(parent); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.durable) >= durableLimit {
		clear(s.durable)
	}
	s.durable[dir] = true
	return nil
}

func (s *Store) forgetDirs() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.durable)
}

func (s *Store) syncDir(dir string) error {
	d, err := s.root.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
