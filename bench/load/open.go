package load

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// Script is requests with the instants at which they are due, whatever became of
// those before them.
type Script struct {
	Due     []time.Duration // from the beginning, in order
	Request func(dst []byte, i int) []byte
	// Answered is told of each answer: its status, or 0 where the connection broke,
	// and how long after it was due it was complete. What a request had to wait for
	// a free connection is in it.
	Answered func(i, status int, late time.Duration)
	// Patience is how late a request may be sent; then the rest is left out.
	Patience time.Duration
}

// Played says how a script went.
type Played struct {
	Sent    int
	Elapsed time.Duration // to the last answer
	Waiting int           // the most that were due and waited for a connection
}

// Player is a client that does not wait for answers before it asks again, as long
// as it has a free connection.
type Player struct {
	*Client
	timer int
	addrs []netip.AddrPort
	free  []int
	asked []int // by connection: which request is under way; -1 for none
	rest  [][]byte
	heads [][]byte
	armed time.Duration
}

// NewPlayer opens connections, to each address in turn.
func NewPlayer(conns int, addrs ...netip.AddrPort) (*Player, error) {
	client, err := Dial(Target{}, 0)
	if err != nil {
		return nil, err
	}
	p := &Player{Client: client, addrs: addrs, rest: make([][]byte, conns), heads: make([][]byte, conns)}
	if p.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK); err != nil {
		p.Client.Close()
		return nil, fmt.Errorf("timer: %w", err)
	}
	err = unix.EpollCtl(p.epoll, unix.EPOLL_CTL_ADD, p.timer, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: -1})
	for i := range conns {
		p.conns = append(p.conns, &conn{fd: -1, buf: make([]byte, headRoom)})
		p.asked, p.free = append(p.asked, -1), append(p.free, i)
		if err == nil {
			err = p.again(i)
		}
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// Close ends all connections.
func (p *Player) Close() {
	_ = unix.Close(p.timer)
	p.Client.Close()
}

// again opens connection i anew.
func (p *Player) again(i int) error {
	p.target.Addr = p.addrs[i%len(p.addrs)]
	return p.redial(i)
}

// Play sends each request when it is due and waits for all answers.
func (p *Player) Play(s Script) (Played, error) {
	var out Played
	start, busy := time.Now(), 0
	p.armed = -1
	events := make([]unix.EpollEvent, len(p.conns)+1)
	for end := len(s.Due); out.Sent < end || busy > 0; {
		now := time.Since(start)
		for out.Sent < end && len(p.free) > 0 && s.Due[out.Sent] <= now {
			if s.Patience > 0 && now-s.Due[out.Sent] > s.Patience {
				end = out.Sent
				break
			}
			if err := p.ask(out.Sent, s); err != nil {
				return out, err
			}
			out.Sent++
			busy++
		}
		if out.Sent == end && busy == 0 { // the rest was left out
			break
		}
		for w := out.Sent + out.Waiting; w < end && s.Due[w] <= now; w++ {
			out.Waiting++
		}
		if out.Sent < end && len(p.free) > 0 {
			if err := p.wake(s.Due[out.Sent], now); err != nil {
				return out, err
			}
		}
		n, err := unix.EpollWait(p.epoll, events, int(stall/time.Millisecond))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return out, fmt.Errorf("epoll: %w", err)
		}
		if n == 0 && busy > 0 {
			return out, fmt.Errorf("no answer in %v, %d requests under way", stall, busy)
		}
		for _, ev := range events[:max(n, 0)] {
			if ev.Fd < 0 {
				p.expired()
				continue
			}
			done, err := p.answer(int(ev.Fd), s, start)
			if err != nil {
				return out, err
			}
			if done {
				busy--
			}
		}
	}
	out.Elapsed = time.Since(start)
	return out, nil
}

// wake has the timer end the wait when the next request is due.
func (p *Player) wake(due, now time.Duration) error {
	if p.armed == due {
		return nil
	}
	p.armed = due
	at := unix.ItimerSpec{Value: unix.NsecToTimespec(max(int64(due-now), 1))}
	if err := unix.TimerfdSettime(p.timer, 0, &at, nil); err != nil {
		return fmt.Errorf("timer: %w", err)
	}
	return nil
}

func (p *Player) expired() {
	var count [8]byte
	_, _ = unix.Read(p.timer, count[:]) // it is armed anew whatever it says
	p.armed = -1
}

// ask sends request r on a free connection.
func (p *Player) ask(r int, s Script) error {
	i := p.free[len(p.free)-1]
	p.free = p.free[:len(p.free)-1]
	p.heads[i] = s.Request(p.heads[i][:0], r)
	p.rest[i], p.asked[i] = p.heads[i], r
	p.conns[i].begin(time.Now())
	return p.push(i)
}

// push sends what the socket takes of a request, and has itself called for the rest.
func (p *Player) push(i int) error {
	waited := len(p.rest[i]) < len(p.heads[i])
	n, err := unix.Write(p.conns[i].fd, p.rest[i])
	if err != nil && !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EINTR) {
		return nil // it is broken, which reading will say
	}
	p.rest[i] = p.rest[i][max(n, 0):]
	ev := unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(i)} // #nosec G115 -- a connection's number is small
	if len(p.rest[i]) > 0 {
		ev.Events |= unix.EPOLLOUT
	} else if !waited {
		return nil
	}
	if err := unix.EpollCtl(p.epoll, unix.EPOLL_CTL_MOD, p.conns[i].fd, &ev); err != nil {
		return fmt.Errorf("epoll: %w", err)
	}
	return nil
}

// answer reads on connection i and reports whether its request has come to an end.
func (p *Player) answer(i int, s Script, start time.Time) (bool, error) {
	r := p.asked[i]
	if r < 0 { // nothing was asked: the server has closed it
		return false, p.again(i)
	}
	if len(p.rest[i]) > 0 {
		if err := p.push(i); err != nil {
			return false, err
		}
	}
	done, err := p.conns[i].read()
	if err == nil && !done {
		return false, nil
	}
	status := p.conns[i].status
	if err != nil {
		status = 0
	}
	if err != nil || len(p.rest[i]) > 0 { // or answered before it had all
		if again := p.again(i); again != nil {
			return false, again
		}
	}
	p.asked[i] = -1
	p.free = append(p.free, i)
	s.Answered(r, status, time.Since(start)-s.Due[r])
	return true, nil
}
