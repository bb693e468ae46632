package dir

import (
	"os"

	"golang.org/x/sys/unix"
)

// openPlain opens the plain file under key in one call. Where that is not to be
// had it returns nil: the careful way then opens it or tells why not.
func (s *Store) openPlain(key string) *os.File {
	conn, err := s.top.SyscallConn()
	if err != nil {
		return nil
	}
	fd := -1
	err = conn.Control(func(top uintptr) {
		// A pipe must not be waited for.
		how := unix.OpenHow{Flags: unix.O_RDONLY | unix.O_CLOEXEC | unix.O_NOFOLLOW | unix.O_NONBLOCK, Resolve: unix.RESOLVE_BENEATH | unix.RESOLVE_NO_MAGICLINKS}
		if opened, openErr := unix.Openat2(int(top), key, &how); openErr == nil {
			fd = opened
		}
	})
	if err != nil || fd < 0 {
		return nil
	}
	return os.NewFile(uintptr(fd), key)
}
