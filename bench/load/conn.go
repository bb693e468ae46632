package load

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// conn reads one answer at a time; requests are never pipelined, so whatever
// arrives belongs to the answer under way.
type conn struct {
	fd        int
	buf       []byte
	have      int // bytes in buf
	sent      time.Time
	answering bool // some of the answer has come
	status    int
	bodyBytes int64
	left      int64 // of a body with a length; -1 while the head is not complete
	chunked   bool
	tail      [5]byte // the last bytes of a chunked body
}

var (
	errClosed = errors.New("the server closed the connection")
	headEnd   = []byte("\r\n\r\n")
	lastChunk = []byte("0\r\n\r\n")
)

func (c *conn) close() {
	if c.fd >= 0 {
		_ = unix.Close(c.fd)
		c.fd = -1
	}
}

// begin forgets the last answer.
func (c *conn) begin(now time.Time) {
	c.have, c.answering, c.bodyBytes, c.left, c.chunked = 0, false, 0, -1, false
	c.sent = now
}

func (c *conn) write(request []byte, now time.Time) error {
	c.begin(now)
	n, err := unix.Write(c.fd, request)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if n < len(request) {
		return fmt.Errorf("write: %d of %d bytes", n, len(request))
	}
	return nil
}

// read takes what is there and reports whether the answer is complete.
func (c *conn) read() (bool, error) {
	for {
		switch {
		case c.left < 0 && !c.chunked: // the head
			n, err := c.recv(c.buf[c.have:], 0)
			if n == 0 || err != nil {
				return false, err
			}
			c.have += n
			c.answering = true
			if err := c.head(); err != nil {
				return false, err
			}
		case c.chunked:
			if bytes.Equal(c.tail[:], lastChunk) {
				return true, nil
			}
			n, err := c.recv(c.buf, 0)
			if n == 0 || err != nil {
				return false, err
			}
			c.chunk(c.buf[:n])
		case c.left == 0:
			return true, nil
		default:
			n, err := c.recv(c.buf[:0], min(c.left, dropAtOnce))
			if n == 0 || err != nil {
				return false, err
			}
			c.left -= int64(n)
			c.bodyBytes += int64(n)
		}
	}
}

const dropAtOnce = 4 << 20

// recv reads into p, or, where drop is not 0, makes the kernel drop up to that
// many bytes unread. Nothing there yet is 0 and no error.
func (c *conn) recv(p []byte, drop int64) (int, error) {
	for {
		var n int
		var err error
		if drop > 0 {
			n, err = recvDrop(c.fd, drop)
		} else if len(p) == 0 {
			return 0, errors.New("an answer's head is too long")
		} else {
			n, err = unix.Read(c.fd, p)
		}
		switch {
		case err == nil && n == 0:
			return 0, errClosed
		case err == nil:
			return n, nil
		case errors.Is(err, unix.EAGAIN):
			return 0, nil
		case errors.Is(err, unix.ECONNRESET):
			return 0, errClosed
		case !errors.Is(err, unix.EINTR):
			return 0, fmt.Errorf("read: %w", err)
		}
	}
}

// recvDrop discards bytes of a TCP socket without copying them out (tcp(7),
// MSG_TRUNC): with it one core can take what a server sends with another.
func recvDrop(fd int, n int64) (int, error) {
	var unused [8]byte
	// #nosec G103 -- the kernel does not write to the buffer
	got, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&unused)), uintptr(n), unix.MSG_TRUNC, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(got), nil
}

// head looks for the end of the head in what has come, and at how the body is framed.
func (c *conn) head() error {
	end := bytes.Index(c.buf[:c.have], headEnd)
	if end < 0 {
		return nil
	}
	head, body := c.buf[:end+2], c.buf[end+4:c.have]
	if len(head) < 12 || !bytes.HasPrefix(head, []byte("HTTP/1.1 ")) {
		return errors.New("an answer that is not HTTP/1.1")
	}
	c.status = int(head[9]-'0')*100 + int(head[10]-'0')*10 + int(head[11]-'0')
	if value, ok := field(head, "content-length: "); ok {
		length, err := strconv.ParseInt(value, 10, 64)
		if err != nil || length < int64(len(body)) {
			return fmt.Errorf("content-length %q with %d bytes of body", value, len(body))
		}
		c.left = length - int64(len(body))
		c.bodyBytes = int64(len(body))
		return nil
	}
	if value, ok := field(head, "transfer-encoding: "); !ok || value != "chunked" {
		return fmt.Errorf("status %d with neither length nor chunks", c.status)
	}
	c.chunked = true
	c.tail = [5]byte{}
	c.chunk(body)
	return nil
}

// chunk counts part of a chunked body and keeps its last bytes. The bodies
// measured here are JSON, which holds no line ends of its own: the last chunk
// cannot be mistaken. The chunks' own framing is counted as body.
func (c *conn) chunk(part []byte) {
	c.bodyBytes += int64(len(part))
	if len(part) >= len(c.tail) {
		copy(c.tail[:], part[len(part)-len(c.tail):])
		return
	}
	copy(c.tail[:], c.tail[len(part):])
	copy(c.tail[len(c.tail)-len(part):], part)
}

// field finds a header by its lower-case name and ": ".
func field(head []byte, name string) (string, bool) {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		if len(line) >= len(name) && lowerEqual(line[:len(name)], name) {
			return string(line[len(name):]), true
		}
	}
	return "", false
}

func lowerEqual(b []byte, lower string) bool {
	for i := range len(lower) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
