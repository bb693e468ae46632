package httpio

import (
	"io"
	"net"
	"net/http"
	"testing"

	"golang.org/x/sys/unix"
)

func TestPacketsAreHeldBackOnlyWhileBytesFollow(t *testing.T) {
	t.Parallel()
	corked := func(r *http.Request) (on int) {
		raw, err := r.Context().Value(connKey{}).(*net.TCPConn).SyscallConn()
		if err == nil {
			err = raw.Control(func(fd uintptr) { on, err = unix.GetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_CORK) })
		}
		if err != nil {
			t.Error(err)
		}
		return on
	}
	h, _ := writingFile(t, 0)
	during, after := make(chan int, 2), make(chan int, 2)
	addr := listen(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		inner := &delivering{d: h.d, events: h.events, open: func() (Content, io.Closer, error) {
			c, closer, err := h.open()
			c.(*writing).held = func(n int) {
				if n > 0 {
					during <- corked(r)
				}
			}
			return c, closer, err
		}}
		inner.ServeHTTP(w, r)
		after <- corked(r)
	}))
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addr+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Range", "bytes=0-99")
	res, err := http.DefaultClient.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); err != nil || len(body) != 100 {
		t.Fatalf("%d bytes, %v", len(body), err)
	}
	if a, b := <-during, <-after; a != 1 || b != 0 {
		t.Errorf("held back: %d while bytes follow, %d after them; want 1, 0", a, b)
	}
}
