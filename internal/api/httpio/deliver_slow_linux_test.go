package httpio

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// stall is long enough for a busy machine to let a slow client, and the server,
	// run within it.
	stall = 7 * time.Second
	large = 64 << 20
)

func largeFile(t *testing.T) *delivering {
	t.Helper()
	path := sparse(t, large)
	return &delivering{
		open:   func() (Content, io.Closer, error) { return openFile(path) },
		d:      Delivery{ContentType: "audio/mpeg", Stall: stall},
		events: make(chan Event, 10),
	}
}

// narrow makes a connection like one over a modest network: packets of 1460
// bytes, and a receiver that holds little, so that what the client reads soon
// shows at the server.
func narrow(t *testing.T, addr string) net.Conn {
	t.Helper()
	dialer := net.Dialer{Control: func(_, _ string, c syscall.RawConn) error {
		var err error
		return errors.Join(c.Control(func(fd uintptr) {
			err = errors.Join(
				unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1460),
				unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 16<<10),
			)
		}), err)
	}}
	c, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(hanging)); err != nil {
		t.Fatal(err)
	}
	return c
}

func request(t *testing.T, c net.Conn) (*http.Response, *bufio.Reader) {
	t.Helper()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReaderSize(c, 4<<10)
	res, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	return res, in
}

func TestAClientThatTakesNothingIsCutAfterTheStallTime(t *testing.T) {
	t.Parallel()
	h := largeFile(t)
	c := narrow(t, listen(t, h))
	began := time.Now()
	res, _ := request(t, c)
	event := h.ended(t)
	if took := time.Since(began); took < stall {
		t.Errorf("cut after %v, the stall time is %v", took, stall)
	}
	if !errors.Is(event.Cause, ErrStalled) || event.Status != 200 || event.Bytes >= large {
		t.Errorf("the event is %+v", event)
	}
	n, err := io.Copy(io.Discard, res.Body)
	if err == nil || n >= large {
		t.Errorf("the client then read %d bytes, %v", n, err)
	}
	for h.active.Load() != 0 { // the handler closes the content after its event
		time.Sleep(time.Millisecond)
	}
}

// crawl reads a little at a time for more than a stall time, then all the rest.
func crawl(t *testing.T, h *delivering, body io.Reader, bite int64) {
	t.Helper()
	var n int64
	for began := time.Now(); time.Since(began) < stall*3/2; time.Sleep(stall / 80) {
		m, err := io.CopyN(io.Discard, body, bite)
		if n += m; err != nil {
			t.Fatalf("cut after %v and %d bytes: %v", time.Since(began), n, err)
		}
	}
	select {
	case event := <-h.events:
		t.Fatalf("the delivery ended at %d bytes: %+v", n, event)
	default:
	}
	m, err := io.Copy(io.Discard, body)
	if n += m; err != nil || n != large {
		t.Errorf("read %d bytes of %d, %v", n, large, err)
	}
	if event := h.ended(t); event.Cause != nil || event.Bytes != large {
		t.Errorf("the event is %+v", event)
	}
}

// It takes about 320 KB in each stall time. The kernel's send buffer, of which
// a third must be free before a writer wakes, is more than two megabytes.
func TestASlowClientIsNeverCutWhileItMoves(t *testing.T) {
	t.Parallel()
	h := largeFile(t)
	res, _ := request(t, narrow(t, listen(t, h)))
	crawl(t, h, res.Body, 4<<10)
}

func TestAClientThatWasFastAndBecomesSlowIsNotCut(t *testing.T) {
	t.Parallel()
	h := largeFile(t)
	res, _ := request(t, narrow(t, listen(t, h)))
	if _, err := io.CopyN(io.Discard, res.Body, large/2); err != nil {
		t.Fatal(err)
	}
	crawl(t, h, io.MultiReader(res.Body, io.LimitReader(zeros{}, large/2)), 4<<10)
}

// It pauses longer than net/http is let wait, so that the file is sent in many
// pieces.
func TestAClientThatPausesGetsEveryByteInItsPlace(t *testing.T) {
	t.Parallel()
	want := numbers(16 << 20)
	path := writeFile(t, want)
	h := &delivering{
		open:   func() (Content, io.Closer, error) { return openFile(path) },
		d:      Delivery{ContentType: "audio/mpeg", Stall: time.Minute},
		events: make(chan Event, 10),
	}
	res, _ := request(t, narrow(t, listen(t, h)))
	got := make([]byte, 0, len(want))
	for piece := make([]byte, 1<<20); len(got) < len(want); time.Sleep(3 * patience) {
		n, err := io.ReadFull(res.Body, piece)
		if got = append(got, piece[:n]...); err != nil {
			t.Fatalf("at %d bytes: %v", len(got), err)
		}
	}
	if !bytes.Equal(got, want) {
		t.Error("the bytes are others")
	}
	if event := h.ended(t); event.Cause != nil || event.Bytes != int64(len(want)) {
		t.Errorf("the event is %+v", event)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func secure(t *testing.T, h http.Handler, http2 bool) (*httptest.Server, *http.Client) {
	t.Helper()
	srv := httptest.NewUnstartedServer(h)
	srv.Config.ConnContext = ConnContext
	srv.EnableHTTP2 = http2
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv, srv.Client()
}

func TestASlowClientOverTLSIsNotCutAndAStalledOneIs(t *testing.T) {
	t.Parallel()
	h := largeFile(t)
	srv, client := secure(t, h, false)
	config := client.Transport.(*http.Transport).TLSClientConfig.Clone()
	config.ServerName = "example.com" // of httptest's certificate
	dial := func() *http.Response {
		res, _ := request(t, tls.Client(narrow(t, srv.Listener.Addr().String()), config))
		return res
	}
	crawl(t, h, dial().Body, 4<<10)
	stalled := dial()
	if event := h.ended(t); !errors.Is(event.Cause, ErrStalled) {
		t.Errorf("the stalled one's event is %+v", event)
	}
	if n, err := io.Copy(io.Discard, stalled.Body); err == nil || n >= large {
		t.Errorf("the stalled one then read %d bytes, %v", n, err)
	}
}

func TestASlowStreamOfHTTP2IsNotCutAndAStalledOneBesideItIs(t *testing.T) {
	t.Parallel()
	h := largeFile(t)
	srv, client := secure(t, h, true)
	get := func() *http.Response {
		res, err := client.Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		if res.ProtoMajor != 2 {
			t.Fatalf("the protocol is %s", res.Proto)
		}
		return res
	}
	slow, stalled := get(), get()
	first := make(chan Event, 1)
	go func() { first <- <-h.events }() // before the slow one has come to its end
	crawl(t, h, slow.Body, 16<<10)
	if event := <-first; !errors.Is(event.Cause, ErrStalled) {
		t.Errorf("the stalled one's event is %+v", event)
	}
	if n, err := io.Copy(io.Discard, stalled.Body); err == nil || n >= large {
		t.Errorf("the stalled one then read %d bytes, %v", n, err)
	}
}

// The deadline of one download must not fall on what comes later on the
// connection, however long after.
func TestAConnectionServesAgainLongAfterADownload(t *testing.T) {
	t.Parallel()
	path := writeFile(t, numbers(size))
	h := &delivering{
		open:   func() (Content, io.Closer, error) { return openFile(path) },
		d:      Delivery{ContentType: "audio/mpeg", Stall: 4 * time.Second},
		events: make(chan Event, 10),
	}
	c := narrow(t, listen(t, h))
	for i := range 3 {
		if i > 0 {
			time.Sleep(h.d.Stall * 5 / 4)
		}
		res, in := request(t, c)
		if n, err := io.Copy(io.Discard, res.Body); n != size || err != nil {
			t.Fatalf("download %d: %d bytes, %v", i, n, err)
		}
		if in.Buffered() > 0 {
			t.Errorf("download %d: %d bytes after the end", i, in.Buffered())
		}
		if event := h.ended(t); event.Cause != nil {
			t.Errorf("download %d: %v", i, event.Cause)
		}
	}
}

func TestAClientThatHangsUpIsNotedAsGone(t *testing.T) {
	t.Parallel()
	h := largeFile(t)
	h.d.Stall = time.Minute
	c := narrow(t, listen(t, h))
	_, _ = request(t, c)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if event := h.ended(t); !errors.Is(event.Cause, ErrClientGone) || event.ErrorID != "" {
		t.Errorf("the event is %+v", event)
	}
}

func TestAnUnknownPeerIsStillServedAndCut(t *testing.T) {
	t.Parallel()
	h := largeFile(t)
	srv := httptest.NewServer(h) // without ConnContext
	t.Cleanup(srv.Close)
	for _, read := range []int64{large, 1000} {
		res, err := getOnce(t, srv.URL, "")
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.CopyN(io.Discard, res.Body, read)
		if n != read || err != nil {
			t.Errorf("read %d of %d, %v", n, read, err)
		}
		event := h.ended(t)
		if stalled := read != large; errors.Is(event.Cause, ErrStalled) != stalled || (event.Cause == nil) == stalled {
			t.Errorf("having read %d: %v", read, event.Cause)
		}
		_ = res.Body.Close()
	}
}
