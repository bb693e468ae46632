package load

import (
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// Held are answers that have begun and that nobody reads on: slow listeners.
type Held struct {
	fds []int
}

// Hold begins n answers of target on a connection each, with a small receive
// buffer, waits for each answer's head, and then leaves them alone.
func Hold(target Target, n int) (*Held, error) {
	held := new(Held)
	for range n {
		fd, err := dial(target.Addr, 4<<10)
		if err != nil {
			held.Close()
			return nil, err
		}
		held.fds = append(held.fds, fd)
		if err := begin(fd, target); err != nil {
			held.Close()
			return nil, fmt.Errorf("stream %d: %w", len(held.fds), err)
		}
	}
	return held, nil
}

// begin sends one request and reads no more than its answer's head.
func begin(fd int, target Target) error {
	cn := &conn{fd: fd, buf: make([]byte, 2<<10)}
	if err := cn.write(target.Request(nil), time.Now()); err != nil {
		return err
	}
	for cn.left < 0 {
		ready, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(stall/time.Millisecond)) // #nosec G115
		if err != nil && !errors.Is(err, unix.EINTR) {
			return fmt.Errorf("poll: %w", err)
		}
		if ready == 0 {
			return fmt.Errorf("no answer in %v", stall)
		}
		n, err := cn.recv(cn.buf[cn.have:], 0)
		if err != nil {
			return err
		}
		cn.have += n
		if err := cn.head(); err != nil {
			return err
		}
	}
	if cn.status != target.Status {
		return fmt.Errorf("status %d, want %d", cn.status, target.Status)
	}
	if cn.left == 0 {
		return errors.New("the whole answer came at once: nothing is held")
	}
	return nil
}

// Len is how many are held; Close lets them all go.
func (h *Held) Len() int { return len(h.fds) }

func (h *Held) Close() {
	for _, fd := range h.fds {
		_ = unix.Close(fd)
	}
	h.fds = nil
}
