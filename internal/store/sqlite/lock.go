package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ErrServed is returned by Lock while another server has the database.
var ErrServed = errors.New("another server uses this database")

// Lock keeps other servers off the database at path until the release that it
// returns is called or the process ends. Programs that merely open the database
// do not take it.
func Lock(path string) (release func() error, err error) {
	// Not an os.File, which would let go when nobody refers to it any more.
	fd, err := syscall.Open(path+".lock", syscall.O_CREAT|syscall.O_RDWR|syscall.O_CLOEXEC, 0o600)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path + ".lock", Err: err}
	}
	release = func() error { return syscall.Close(fd) }
	err = syscall.Flock(fd, syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder := make([]byte, 20)
		n, _ := syscall.Pread(fd, holder, 0) // told where it can be
		err = fmt.Errorf("%w (process %s)", ErrServed, strings.TrimSpace(string(holder[:max(n, 0)])))
	}
	if err == nil {
		err = syscall.Ftruncate(fd, 0)
	}
	if err == nil {
		_, err = syscall.Pwrite(fd, []byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	if err != nil {
		return nil, errors.Join(err, release())
	}
	return release, nil
}

// lockDirectory waits until no other process opens a database in dir.
func lockDirectory(ctx context.Context, dir string) (unlock func(), err error) {
	f, err := os.Open(dir) // #nosec G304 -- the directory that the operator named
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { _ = f.Close() }, nil // closing unlocks, whatever it says
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(err, f.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
