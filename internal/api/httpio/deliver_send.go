package httpio

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Why a delivery that had begun was cut.
var (
	// ErrStalled: the client took nothing for longer than the stall time.
	ErrStalled = errors.New("delivery cut: the client took nothing for too long")
	// ErrClientGone: the client hung up.
	ErrClientGone = errors.New("delivery cut: the client is gone")
	// ErrContent: the content failed, or ended before its size. It is damaged.
	ErrContent = errors.New("delivery cut: the content failed")
)

var (
	errShort = errors.New("it ended before its size")
	errSeek  = errors.New("it has no such place")
)

type connKey struct{}

// ConnContext is for http.Server.ConnContext. It lets Deliver see what a
// client's machine has acknowledged, and so tell a client that is slow from one
// that has stalled. Without it a client must empty a third of the kernel's send
// buffer within the stall time, which can be a megabyte.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// peerOf returns the client of a request that has its connection for itself, and
// whether nothing stands between. HTTP/2 shares a connection between requests,
// so that what it carries proves nothing of one.
func peerOf(r *http.Request) (p *peer, plain bool) {
	if r.ProtoMajor != 1 {
		return nil, false
	}
	conn, _ := r.Context().Value(connKey{}).(net.Conn)
	secured, ok := conn.(*tls.Conn)
	if ok {
		conn = secured.NetConn()
	}
	if tcp, isTCP := conn.(*net.TCPConn); isTCP {
		p = newPeer(tcp)
	}
	return p, p != nil && !ok
}

// send writes the answer's body, or cuts the connection.
func send(w http.ResponseWriter, r *http.Request, c Content, a answer, stall time.Duration) {
	t := &transfer{dst: w, piece: 64 << 10}
	t.peer, t.waits = peerOf(r)
	switch {
	case t.peer != nil:
		t.piece = math.MaxInt64
	case r.ProtoMajor > 1: // no sendfile to be had: one small buffer for all of it
		t.dst, t.piece = struct{ io.Writer }{w}, 16<<10
		t.buf = make([]byte, t.piece)
	}
	t.src = &source{ReadSeeker: c}
	t.ranger, _ = c.(ranger)
	if far, ok := c.(interface{ Far() bool }); ok {
		t.far = far.Far()
	}
	if far, ok := c.(interface{ Expect(n int64) }); ok {
		t.expect = far.Expect
	}
	if filer, ok := c.(interface{ File() *os.File }); ok {
		t.src = filer.File()
	}
	t.watch = watch(http.NewResponseController(w), t.progress, stall)
	defer t.watch.stop() // also where the content panics
	if t.waits && t.watch != nil {
		t.peer.cork(true)
		defer t.peer.cork(false)
	}
	w.WriteHeader(a.status)
	t.watch.hurry(0) // its deadline, not that of a short answer
	err := t.parts(a)
	stalled := t.watch.stop() && !hungUp(err) || errors.Is(err, os.ErrDeadlineExceeded) // no other deadline gets this far
	if err != nil {
		t.cut(EventOf(w), err, stalled)
	}
}

// hungUp reports whether the client closed its connection, however long after it
// last took something.
func hungUp(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET)
}

// cut notes why and ends the connection: half an answer must not look whole.
func (t *transfer) cut(event *Event, err error, stalled bool) {
	switch {
	case t.ownFault(err):
		event.ErrorID, event.Cause = newErrorID(), fmt.Errorf("%w: %w", ErrContent, err)
	case stalled:
		event.Cause = fmt.Errorf("%w: %w", ErrStalled, err)
		if t.peer != nil {
			_ = t.peer.conn.SetLinger(0) // what it has not taken is dropped, not kept for it
		}
	default:
		event.Cause = fmt.Errorf("%w: %w", ErrClientGone, err)
	}
	panic(http.ErrAbortHandler)
}

// ownFault reports whether the content failed, not the connection. A file's own
// errors are PathErrors, or EIO from sendfile, which no socket gives.
func (t *transfer) ownFault(err error) bool {
	if t.ranger != nil {
		return t.rangeFailed || errors.Is(err, errShort) || errors.Is(err, errSeek)
	}
	own, _ := t.src.(*source)
	_, file := errors.AsType[*fs.PathError](err)
	return file || own != nil && own.failed || errors.Is(err, errShort) || errors.Is(err, errSeek) || errors.Is(err, syscall.EIO)
}

// transfer moves bytes in pieces. With the peer known its progress is what the
// peer acknowledged. Otherwise it is what was sent, so pieces are small.
type transfer struct {
	src    io.ReadSeeker
	expect func(int64) // tells a content what comes; nil where it does not ask
	ranger ranger      // writes the content itself; nil where it does not
	far    bool        // the content comes over a network
	// rangeFailed: the ranger failed, and not what it wrote to.
	rangeFailed bool
	dst         io.Writer
	piece       int64
	buf         []byte
	peer        *peer
	watch       *watcher
	// waits: wait for room here, not in net/http, which holds a buffer of 32 KB
	// meanwhile. Not over TLS, whose Close would wait for us.
	waits bool
	sent  atomic.Uint64
}

func (t *transfer) parts(a answer) error {
	for _, p := range a.parts {
		if _, err := io.WriteString(t.dst, p.head); err != nil {
			return err
		}
		if _, err := t.src.Seek(p.start, io.SeekStart); err != nil {
			return errors.Join(errSeek, err)
		}
		if t.expect != nil {
			t.expect(p.length)
		}
		if err := t.part(p); err != nil {
			return err
		}
	}
	_, err := io.WriteString(t.dst, a.tail)
	return err
}

func (t *transfer) part(p part) error {
	if t.ranger != nil && t.far {
		return t.copyFar(p.start, p.length)
	}
	if t.ranger != nil {
		return t.copyRange(p.start, p.length)
	}
	if _, file := t.src.(*os.File); file && t.waits && t.watch != nil {
		return t.copyFile(p.start, p.length)
	}
	return t.copy(p.length)
}

// ranger is a content that writes its own ranges, and returns w's error as it is.
type ranger interface {
	WriteRange(w io.Writer, off, n int64) (int64, error)
}

// farStep is how much of a content from far is worked out at once: pieces end at
// such steps, so that none is asked for twice.
const farStep = 64 << 10

// copyFar has a content that comes over a network write n bytes from a place in
// it, a step or as many as the client has room for. What was read and not taken
// would have to be asked for again, so that what does not fit waits in the write.
func (t *transfer) copyFar(from, n int64) error {
	for end := from + n; from < end; {
		room := int64(1)
		if t.waits {
			var err error
			if room, err = t.peer.room(); err != nil {
				return err
			}
		}
		stop := from + room + farStep - 1
		r := &ranging{t: t, from: from, end: min(end, stop-stop%farStep)}
		if _, err := r.WriteTo(t.dst); err != nil {
			return err
		}
		from = r.from
	}
	return nil
}

// copyRange has the content write n bytes from a place in it. On a connection
// that the client has for itself it writes past net/http, whose writer would not
// go on after a deadline; as with a file, what the client does not take soon is
// waited for here, where nothing is held.
func (t *transfer) copyRange(from, n int64) error {
	direct, ok := t.dst.(io.ReaderFrom)
	if !ok || !t.waits || t.watch == nil {
		_, err := (&ranging{t: t, from: from, end: from + n}).WriteTo(t.dst)
		return err
	}
	for end := from + n; ; {
		if err := t.watch.control.Flush(); err != nil { // only the content's bytes may be late
			return err
		}
		r := &ranging{t: t, from: from, end: end}
		t.watch.hurry(patience)
		_, err := direct.ReadFrom(r)
		t.watch.hurry(0)
		if err == nil || !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if from = r.from; from == end {
			return nil
		}
		if _, err := t.peer.room(); err != nil {
			return err
		}
	}
}

// ranging is what is left of a range. net copies it by its WriteTo, to the
// connection itself.
type ranging struct {
	t         *transfer
	from, end int64
}

// WriteTo writes what is left, and tells a content that failed from a client.
func (r *ranging) WriteTo(w io.Writer) (int64, error) {
	to := &noted{t: r.t, w: w}
	n, err := r.t.ranger.WriteRange(to, r.from, r.end-r.from)
	r.from += n
	if err == nil && r.from < r.end {
		err = errShort
	}
	r.t.rangeFailed = err != nil && to.err == nil
	return n, err
}

// Read is there for whoever would copy by reading: nobody does.
func (r *ranging) Read([]byte) (int, error) { return 0, errors.ErrUnsupported }

// noted passes on to the client and remembers that it failed.
type noted struct {
	t   *transfer
	w   io.Writer
	err error
}

func (w *noted) Write(p []byte) (int, error) {
	n, err := w.w.Write(p)
	w.t.sent.Add(uint64(max(n, 0)))
	w.err = err
	return n, err
}

// patience is how long net/http may wait for room in the send buffer, holding
// its own, before it is taken from it and waited for here.
const patience = 10 * time.Millisecond

// copyFile sends n bytes from a place in the source, a file, by sendfile. A
// client that keeps up takes all of them in one call.
func (t *transfer) copyFile(from, n int64) error {
	for end := from + n; ; {
		if err := t.watch.control.Flush(); err != nil { // only the file's bytes may be late
			return err
		}
		t.watch.hurry(patience)
		m, err := io.Copy(t.dst, &io.LimitedReader{R: t.src, N: end - from})
		t.watch.hurry(0)
		from += m
		switch {
		case err == nil && from == end:
			return nil
		case err == nil:
			return errShort
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
		if _, err := t.peer.room(); err != nil {
			return err
		}
		if _, err := t.src.Seek(from, io.SeekStart); err != nil {
			return errors.Join(errSeek, err)
		}
	}
}

// copy sends the next n bytes of the source. A LimitedReader over a file is
// what net hands to sendfile.
func (t *transfer) copy(n int64) error {
	for n > 0 {
		piece := min(n, t.piece)
		if t.waits {
			room, err := t.peer.room()
			if err != nil {
				return err
			}
			piece = min(n, room)
		}
		m, err := io.CopyBuffer(t.dst, &io.LimitedReader{R: t.src, N: piece}, t.buf)
		t.sent.Add(uint64(max(m, 0)))
		if err != nil {
			return err
		}
		if m < piece {
			return errShort
		}
		n -= m
	}
	return nil
}

// watcher sets the write deadline, and moves it on for as long as the client
// takes something within each stall time. It costs a timer, no goroutine.
type watcher struct {
	control  *http.ResponseController
	progress func() uint64
	stall    time.Duration

	mu    sync.Mutex
	timer *time.Timer
	last  uint64
	moved time.Time // when last changed
	early time.Time // a deadline before the stall's; zero where there is none
	done  bool
}

// watch begins. It returns nil where there is no connection that could stall.
func watch(control *http.ResponseController, progress func() uint64, stall time.Duration) *watcher {
	w := &watcher{control: control, progress: progress, stall: stall, last: progress(), moved: time.Now()}
	if control.SetWriteDeadline(w.moved.Add(stall)) != nil {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.timer = time.AfterFunc(stall/looks, w.look)
	return w
}

const looks = 8 // in each stall time

func (w *watcher) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return
	}
	if now := w.progress(); now != w.last {
		w.last, w.moved = now, time.Now()
		w.set()
	}
	w.timer.Reset(w.stall / looks)
}

// hurry sets a deadline so soon, or takes it back where d is 0. The stall's holds
// besides.
func (w *watcher) hurry(d time.Duration) {
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.early = time.Time{}
	if d > 0 {
		w.early = time.Now().Add(d)
	}
	w.set()
}

// set sets the earlier deadline. The caller holds mu.
func (w *watcher) set() {
	at := w.moved.Add(w.stall)
	if !w.early.IsZero() && w.early.Before(at) {
		at = w.early
	}
	_ = w.control.SetWriteDeadline(at)
}

// stop reports whether the client stalled. Afterwards the deadline is left alone:
// net/http sets its own for what comes next.
func (w *watcher) stop() bool {
	if w == nil {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	w.timer.Stop()
	return time.Since(w.moved) >= w.stall
}

func (t *transfer) progress() uint64 {
	if t.peer != nil {
		if n, ok := t.peer.acknowledged(); ok {
			return n
		}
	}
	return t.sent.Load()
}

// source notes that reading failed.
type source struct {
	io.ReadSeeker
	failed bool
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.ReadSeeker.Read(p)
	s.failed = s.failed || (err != nil && err != io.EOF)
	return n, err
}
