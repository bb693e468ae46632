package load

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"

	"chartline/bench/stats"
)

// Target says what to ask of a server.
type Target struct {
	Addr    netip.AddrPort
	Request func(dst []byte) []byte // appends the next request, head and all
	Status  int                     // what each answer must have
}

// Slice is what happened in one run of the loop.
type Slice struct {
	Requests int
	Bytes    int64 // of bodies
	Elapsed  time.Duration
	Redials  int // connections that the server had closed in between
	Latency  stats.Histogram
}

// Rate is in requests a second, Throughput in bytes a second.
func (s *Slice) Rate() float64       { return float64(s.Requests) / s.Elapsed.Seconds() }
func (s *Slice) Throughput() float64 { return float64(s.Bytes) / s.Elapsed.Seconds() }

// Client holds connections to one target. It is not for concurrent use.
type Client struct {
	target Target
	epoll  int
	conns  []*conn
	out    []byte
}

// Dial opens the connections. Close the client when done.
func Dial(target Target, conns int) (*Client, error) {
	epoll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("epoll: %w", err)
	}
	c := &Client{target: target, epoll: epoll}
	for i := range conns {
		cn := &conn{fd: -1, buf: make([]byte, headRoom)}
		c.conns = append(c.conns, cn)
		if err := c.redial(i); err != nil {
			c.Close()
			return nil, err
		}
	}
	return c, nil
}

func (c *Client) Close() {
	for _, cn := range c.conns {
		cn.close()
	}
	_ = unix.Close(c.epoll)
}

// Run keeps every connection busy, one request at a time each, until d has
// passed, then waits for the answers still under way: Elapsed includes them.
// The first answer with another status, or none for stall, is an error.
func (c *Client) Run(d time.Duration) (*Slice, error) {
	slice := new(Slice)
	start := time.Now()
	deadline := start.Add(d)
	for i := range c.conns {
		if err := c.send(i, start, slice); err != nil {
			return nil, err
		}
	}
	events := make([]unix.EpollEvent, len(c.conns))
	for busy := len(c.conns); busy > 0; {
		n, err := unix.EpollWait(c.epoll, events, int(stall/time.Millisecond))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("epoll: %w", err)
		}
		if n == 0 {
			return nil, fmt.Errorf("no answer in %v, %d requests under way", stall, busy)
		}
		for _, ev := range events[:n] {
			more, err := c.receive(int(ev.Fd), deadline, slice)
			if err != nil {
				return nil, err
			}
			if !more {
				busy--
			}
		}
	}
	slice.Elapsed = time.Since(start)
	return slice, nil
}

const (
	stall    = 30 * time.Second
	headRoom = 64 << 10 // a whole small answer in one read
)

// receive reads what has come on connection i, and sends the next request when
// the answer is complete. It reports whether the connection is still busy.
func (c *Client) receive(i int, deadline time.Time, slice *Slice) (bool, error) {
	cn := c.conns[i]
	done, err := cn.read()
	if errors.Is(err, errClosed) && !cn.answering {
		if err := c.redial(i); err != nil {
			return false, err
		}
		slice.Redials++
		return true, c.send(i, cn.sent, slice)
	}
	if err != nil || !done {
		return true, err
	}
	if cn.status != c.target.Status {
		return false, fmt.Errorf("status %d, want %d", cn.status, c.target.Status)
	}
	now := time.Now()
	slice.Requests++
	slice.Bytes += cn.bodyBytes
	slice.Latency.Add(now.Sub(cn.sent))
	if !now.Before(deadline) {
		return false, nil
	}
	return true, c.send(i, now, slice)
}

func (c *Client) send(i int, now time.Time, slice *Slice) error {
	cn := c.conns[i]
	c.out = c.target.Request(c.out[:0])
	err := cn.write(c.out, now)
	if err == nil {
		return nil
	}
	slice.Redials++
	if err := c.redial(i); err != nil {
		return err
	}
	return cn.write(c.out, now)
}

func (c *Client) redial(i int) error {
	cn := c.conns[i]
	cn.close()
	fd, err := dial(c.target.Addr, 0)
	if err != nil {
		return err
	}
	cn.fd = fd
	// #nosec G115 -- a connection's number is small
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)}
	if err := unix.EpollCtl(c.epoll, unix.EPOLL_CTL_ADD, fd, &ev); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// dial connects and makes the socket non-blocking. A receive buffer of 0
// leaves it to the kernel.
func dial(addr netip.AddrPort, receiveBuffer int) (int, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, fmt.Errorf("socket: %w", err)
	}
	if receiveBuffer > 0 {
		err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer)
	}
	if err == nil {
		err = unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrInet4{Addr: addr.Addr().As4(), Port: int(addr.Port())})
	}
	if err == nil {
		err = unix.SetNonblock(fd, true)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("connect to %v: %w", addr, err)
	}
	return fd, nil
}
