//go:build !linux

package httpio

import (
	"math"
	"net"
)

// peer is not known here.
type peer struct{ conn *net.TCPConn }

func newPeer(*net.TCPConn) *peer { return nil }

func (*peer) acknowledged() (n uint64, ok bool) { return 0, false }

func (*peer) room() (int64, error) { return math.MaxInt64, nil }

func (*peer) cork(bool) {}
