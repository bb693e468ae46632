package contracttest

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"chartline/internal/server"
	"chartline/internal/testkit"
)

// patience bounds what must not hang, on the slowest machine.
const patience = 3 * time.Minute

// shortLimits are a server's limits, short enough to be waited for, and long
// enough for a slow machine to keep within them who means well.
func shortLimits() *server.Limits {
	const short = 3 * time.Second
	return &server.Limits{HeaderTimeout: short, IdleTimeout: short, HeaderBytes: 8 << 10, Drain: patience, Stall: short, Upload: 1 << 20}
}

// limitedWorld is a world whose server listens by itself, with limits.
func limitedWorld(t *testing.T, limits *server.Limits) *world {
	t.Helper()
	w := newWorldWith(t, testkit.Options{Limits: limits})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	w.addr = listener.Addr().String()
	ctx, stop := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- w.kit.Server.Run(ctx, server.Listeners{Main: listener}) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Errorf("the server did not stop in order: %v", err)
		}
	})
	return w
}

// hangsUp reads until the server hangs up, and says what came and whether it
// hung up.
func hangsUp(t *testing.T, conn net.Conn) (string, bool) {
	t.Helper()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(conn)
	return string(got), err == nil || !strings.Contains(err.Error(), "timeout")
}

// dribble sends text a few bytes at a time until the connection breaks.
func dribble(conn net.Conn, text string) {
	for i := 0; i < len(text); i += 2 {
		if _, err := io.WriteString(conn, text[i:min(i+2, len(text))]); err != nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// Attackers hold connections with as little as they can: a header that never
// ends, a body that stands still, nothing at all. All of them are cut, and
// others are served meanwhile: S38.
func TestConnectionsThatStandStillAreCutAndOthersServed(t *testing.T) {
	t.Parallel()
	w := limitedWorld(t, shortLimits())
	const idle = 300
	held := make([]net.Conn, idle)
	for i := range held {
		held[i] = w.dial("")
		defer held[i].Close()
		if i%3 > 0 { // some say nothing, some begin, some begin a header
			_, err := io.WriteString(held[i], []string{"", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-A: "}[i%3])
			w.must(err)
		}
	}
	var attacks sync.WaitGroup
	for what, attack := range map[string]func(net.Conn){
		"a header byte by byte": func(c net.Conn) {
			dribble(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("X-A: b\r\n", 1000))
		},
		"headers without end": func(c net.Conn) {
			_, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n"+strings.Repeat("X-A: b\r\n", 10))
		},
		"nothing after an answer": func(c net.Conn) { _, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") },
		"a body that is refused and never comes": func(c net.Conn) {
			_, _ = io.WriteString(c, "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
		},
		"a body to a route that takes none": func(c net.Conn) {
			_, _ = io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
		},
		"chunks that never come": func(c net.Conn) {
			_, _ = io.WriteString(c, "PUT /nothing HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhe")
		},
		"an upload that stands still": func(c net.Conn) {
			_, _ = io.WriteString(c, "POST /api/v1/recordings?name=x&call="+w.vars["call"]+" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+w.vars["token"]+
				"\r\nContent-Type: audio/mpeg\r\nContent-Length: 100000\r\n\r\nID3")
		},
	} {
		attacks.Go(func() {
			conn := w.dial("")
			defer conn.Close()
			go attack(conn)
			got, ok := hangsUp(t, conn)
			if !ok {
				t.Errorf("%s: the connection is still open; it got %q", what, got)
			}
			if what == "an upload that stands still" && !strings.HasPrefix(got, "HTTP/1.1 408 ") {
				t.Errorf("%s: answered %q", what, got)
			}
		})
	}
	for range 20 {
		a, err := w.exchange("GET", w.request("GET", "/acme-health/live/patients/"+w.vars["patient"], []string{"Authorization: Bearer " + w.vars["token"]}, nil), "")
		w.must(err)
		if a.status != http.StatusOK {
			t.Fatalf("meanwhile another is answered %d", a.status)
		}
	}
	attacks.Wait()
	for i, conn := range held {
		if got, ok := hangsUp(t, conn); !ok {
			t.Fatalf("held connection %d is still open; it got %q", i, got)
		}
	}
}

func TestHeadersThatAreTooLargeAreRefused(t *testing.T) {
	t.Parallel()
	w := limitedWorld(t, shortLimits())
	for what, raw := range map[string]string{
		"one header":     "GET /healthz HTTP/1.1\r\nHost: x\r\nX-A: " + strings.Repeat("a", 1<<20) + "\r\n\r\n",
		"many headers":   "GET /healthz HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("X-A: b\r\n", 1<<17) + "\r\n",
		"a request line": "GET /" + strings.Repeat("a", 1<<20) + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"a token":        "GET /acme-health/live/patients/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + strings.Repeat("a", 100<<10) + "\r\n\r\n",
	} {
		conn := w.dial("")
		go func() { _, _ = io.WriteString(conn, raw) }()
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("%s: %v", what, err)
		} else {
			if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
				t.Errorf("%s: answered %d", what, resp.StatusCode)
			}
			resp.Body.Close()
		}
		conn.Close()
	}
}

// TestNothingIsAnsweredBesideTheServersOwnHandler asks what net/http could
// answer by itself, unlogged.
func TestNothingIsAnsweredBesideTheServersOwnHandler(t *testing.T) {
	t.Parallel()
	w := limitedWorld(t, shortLimits())
	for _, target := range []string{"*", "/", "/acme-health"} {
		a, err := w.exchange("OPTIONS", w.request("OPTIONS", target, nil, nil), "")
		w.must(err)
		if a.header.Get("X-Request-Id") == "" || a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			t.Errorf("OPTIONS %s answers %d %v", target, a.status, a.header)
		}
	}
}
