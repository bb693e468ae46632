package httpio

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// peer is the client's end of a TCP connection, as far as the kernel knows it.
type peer struct {
	conn *net.TCPConn
	raw  syscall.RawConn
	poll [1]unix.PollFd
	free int64
}

// newPeer returns nil where the kernel does not tell.
func newPeer(conn *net.TCPConn) *peer {
	raw, err := conn.SyscallConn()
	if err != nil {
		return nil
	}
	p := &peer{conn: conn, raw: raw}
	if _, ok := p.acknowledged(); !ok {
		return nil
	}
	return p
}

// acknowledged returns how many bytes the other machine has acknowledged since
// the connection began.
func (p *peer) acknowledged() (n uint64, ok bool) {
	err := p.raw.Control(func(fd uintptr) {
		info, err := unix.GetsockoptTCPInfo(int(fd), unix.IPPROTO_TCP, unix.TCP_INFO)
		if ok = err == nil; ok {
			n = info.Bytes_acked
		}
	})
	return n, ok && err == nil
}

// room waits until the send buffer takes more, and returns so much that writing
// it does not wait again: three quarters, as packets have heads that count.
func (p *peer) room() (int64, error) {
	const least = 4 << 10
	err := p.raw.Write(func(fd uintptr) bool {
		p.poll[0] = unix.PollFd{Fd: int32(fd), Events: unix.POLLOUT}
		// Asking by poll makes the kernel tell when this changes.
		if n, err := unix.Poll(p.poll[:], 0); n == 0 && err == nil {
			return false
		}
		size, sizeErr := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_SNDBUF)
		queued, queuedErr := unix.IoctlGetInt(int(fd), unix.SIOCOUTQ)
		if p.free = least; sizeErr == nil && queuedErr == nil {
			p.free = max(least, int64(size-queued)*3/4)
		}
		return true
	})
	return p.free, err
}

// cork has the kernel wait for what fills its packets, so that a header leaves
// with the bytes after it, and lets it all go where on is false.
func (p *peer) cork(on bool) {
	v := 0
	if on {
		v = 1
	}
	_ = p.raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_CORK, v) // packets are only smaller without
	})
}
