package contracttest

import (
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// A front end and this server that read one stream of bytes as different numbers
// of requests let an attacker put a request into somebody else's connection.
// Each of these is one request to at least one reader; none may be answered as
// two, and what is not clearly one is refused: S36.
func TestNoRequestIsReadAsTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const hidden = "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"
	const body = `{"apiClient": "a", "secret": "b"}`
	post := func(headers, body string) string {
		return "POST /auth/token HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + headers + "\r\n" + body
	}
	if answers := w.stream(t, hidden+hidden); strings.Count(answers, "X-Request-Id: ") != 2 || strings.Count(answers, `"checks"`) != 2 {
		t.Fatalf("of two requests that are clearly two, the answers are\n%s", answers)
	}
	for what, raw := range map[string]string{
		"both lengths, chunked ends first":    post("Content-Length: 60\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden),
		"both lengths, chunked first":         post("Transfer-Encoding: chunked\r\nContent-Length: 60\r\n", "0\r\n\r\n"+hidden),
		"both lengths, the number ends first": post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "5c\r\n"+hidden+strings.Repeat("x", 0x5c-len(hidden))+"\r\n0\r\n\r\n"),
		"two lengths":                         post("Content-Length: 33\r\nContent-Length: 60\r\n", body+hidden),
		"two lengths in one":                  post("Content-Length: 33, 60\r\n", body+hidden),
		"a length with a plus":                post("Content-Length: +33\r\n", body+hidden),
		"a length in hex":                     post("Content-Length: 0x21\r\n", body+hidden),
		"a negative length":                   post("Content-Length: -1\r\n", body+hidden),
		"a length that is no number":          post("Content-Length: abc\r\n", body+hidden),
		"a length in front of a space":        post("Content-Length : 33\r\n", body+hidden),
		"an encoding in front of a space":     post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"+hidden),
		"an encoding after a tab":             post("Transfer-Encoding:\tchunked\r\nContent-Length: 60\r\n", "0\r\n\r\n"+hidden),
		"an encoding after a vertical tab":    post("Transfer-Encoding:\x0bchunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"+hidden),
		"an unknown encoding":                 post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"+hidden),
		"an encoding and identity":            post("Transfer-Encoding: identity\r\n", "0\r\n\r\n"+hidden),
		"two encodings":                       post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n"+hidden),
		"a list of encodings":                 post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"+hidden),
		"a folded header":                     post("X-A: b\r\n Transfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden),
		"a folded encoding":                   post("Transfer-Encoding:\r\n chunked\r\nContent-Length: 60\r\n", "0\r\n\r\n"+hidden),
		"a bare line feed in a header":        post("X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: 60\r\n", "0\r\n\r\n"+hidden),
		"a bare carriage return in a header":  post("X-A: b\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n"+hidden),
		"a NUL in a header":                   post("X-A: b\x00\r\n", hidden),
		"a chunk size with a sign":            post("Transfer-Encoding: chunked\r\n", "+5\r\nhello\r\n0\r\n\r\n"+hidden),
		"a chunk size with 0x":                post("Transfer-Encoding: chunked\r\n", "0x5\r\nhello\r\n0\r\n\r\n"+hidden),
		"a chunk size that overflows":         post("Transfer-Encoding: chunked\r\n", "10000000000000005\r\nhello\r\n0\r\n\r\n"+hidden),
		"a chunk that ends in a line feed":    post("Transfer-Encoding: chunked\r\n", "5\nhello\r\n0\r\n\r\n"+hidden),
		"a chunk longer than it says":         post("Transfer-Encoding: chunked\r\n", "3\r\nhello\r\n0\r\n\r\n"+hidden),
		"a chunk extension with a line feed":  post("Transfer-Encoding: chunked\r\n", "5;a\nb\r\nhello\r\n0\r\n\r\n"+hidden),
		"an encoding in HTTP/1.0":             "POST /auth/token HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"both lengths in HTTP/1.0":            "POST /auth/token HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 60\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
		"a request line of three spaces":      "GET /healthz HTTP/1.1 x\r\nHost: x\r\n\r\n" + hidden,
		"no host":                             "GET /healthz HTTP/1.1\r\n\r\n" + hidden,
		"two hosts":                           "GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + hidden,
		"a host that is none":                 "GET /healthz HTTP/1.1\r\nHost: x y\r\n\r\n" + hidden,
		"a version to come":                   "GET /healthz HTTP/3.0\r\nHost: x\r\n\r\n" + hidden,
		"HTTP/2 without having asked":         "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + hidden,
		"line breaks in the path":             "GET /healthz\r\nX: y HTTP/1.1\r\nHost: x\r\n\r\n" + hidden,
		"a header without a name":             "GET /healthz HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n" + hidden,
		"a header without a colon":            "GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding chunked\r\n\r\n" + hidden,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			answers := w.stream(t, raw)
			// What net/http refuses by itself, and hangs up, has no request id.
			if n := strings.Count(answers, "X-Request-Id: "); n > 1 {
				t.Errorf("%d requests were answered:\n%s", n, answers)
			}
			if strings.Contains(answers, `"checks"`) {
				t.Errorf("the hidden request was answered:\n%s", answers)
			}
		})
	}
}

// stream sends bytes, says that there will be no more, and returns all that comes
// until the server hangs up.
func (w *world) stream(t *testing.T, raw string) string {
	t.Helper()
	conn := w.dial("")
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, raw) // who is refused early takes no more
	_ = conn.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(conn)
	if err, ok := errors.AsType[net.Error](err); ok && err.Timeout() {
		t.Errorf("the server does not hang up; it said\n%s", got)
	}
	return string(got)
}
