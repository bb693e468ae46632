//go:build unix

package dir

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the file's lock unless another open file holds it. The lock
// ends with the file, however its process ends.
func tryLock(f *os.File) (held bool, err error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var lockErr error
	if err := conn.Control(func(fd uintptr) {
		lockErr = syscall.Flock(int(fd), syscall.LOCK_EX|syscall.LOCK_NB)
	}); err != nil {
		return false, err
	}
	if errors.Is(lockErr, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return lockErr == nil, lockErr
}

// freeBytes returns what ordinary users may still write on f's file system.
func freeBytes(f *os.File) (int64, error) {
	conn, err := f.SyscallConn()
	if err != nil {
		return 0, err
	}
	var st syscall.Statfs_t
	var statErr error
	if err := conn.Control(func(fd uintptr) {
		statErr = syscall.Fstatfs(int(fd), &st)
	}); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), statErr
}
