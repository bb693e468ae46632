package contracttest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"chartline/internal/care"
)

// dripping is a request to a route whose body comes a byte at a time.
type dripping struct {
	ask
	read bool // the route reads it, and it must come soon
	slow bool // the route reads it, and it may take its time
}

// dripsOf are all routes. Those that read no body are asked last: some delete
// what others ask for.
func (w *world) dripsOf() (reading, others []dripping) {
	forms := []string{"/oauth/token", "/portal/login/{tenant}/{instance}", "/portal/set-password"}
	for _, r := range routes() {
		d := dripping{ask: w.good(r)}
		switch {
		case r.method == http.MethodPost && (r.pattern == "/api/v1/recordings" || strings.HasSuffix(r.pattern, "/attachment")):
			d.slow = true
		case len(d.body) > 0:
			d.read = true
		case r.method == http.MethodPost && slices.Contains(forms, r.pattern):
			d.read, d.headers = true, []string{"Content-Type: application/x-www-form-urlencoded"}
		case r.method == http.MethodPost && r.action == "" && r.surface == "calls", r.String() == "DELETE /api/v1/recordings/{recording}":
			d.read, d.headers = true, []string{"Content-Type: application/json"}
		}
		if d.read || d.slow {
			reading = append(reading, d)
		} else {
			others = append(others, d)
		}
	}
	return reading, others
}

// drip sends the request, its body in pieces, and says what is answered and
// whether the server hung up.
func (d dripping) drip(t *testing.T, w *world) (status int, id string, closes bool) {
	conn := w.dial("")
	defer conn.Close()
	pieces := strings.Split(strings.Repeat(" ", 2000), "") // JSON may begin so
	length := len(pieces)
	if d.slow {
		length = len(d.body)
		pieces = slices.Collect(func(yield func(string) bool) {
			for piece := range slices.Chunk(d.body, 1+length/30) {
				if !yield(string(piece)) {
					return
				}
			}
		})
	}
	headers := append([]string{"Authorization: Bearer " + d.token, fmt.Sprintf("Content-Length: %d", length)}, d.headers...)
	if _, err := conn.Write(w.request(d.route.method, d.target(), headers, nil)); err != nil {
		t.Errorf("%s: %v", d.route, err)
		return 0, "", false
	}
	go sprinkle(conn, pieces)
	in := bufio.NewReader(conn)
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Error(err)
	}
	answer, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Errorf("%s: %v", d.route, err)
		return 0, "", false
	}
	defer answer.Body.Close()
	// Who goes on sending once the answer is there may lose the end of a long one:
	// net/http waits half a second for it to be taken, and hangs up.
	if _, err := io.Copy(io.Discard, answer.Body); err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("%s: %v", d.route, err)
	}
	if _, err := in.ReadByte(); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Errorf("%s: answered with %d, and the connection is held", d.route, answer.StatusCode)
	}
	return answer.StatusCode, answer.Header.Get("X-Request-Id"), answer.Close
}

// sprinkle sends a piece, and another, until the connection breaks.
func sprinkle(conn net.Conn, pieces []string) {
	for _, piece := range pieces {
		if _, err := io.WriteString(conn, piece); err != nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// Attackers send to each route in turn as little as keeps a connection: S38. A
// short body that does not come in time is 408 and its connection is ended, with
// nothing done; a route that reads no body answers and ends it too; a recording
// or a file may take as long as it keeps coming.
func TestABodyThatComesByteByByteHoldsNoRoute(t *testing.T) {
	t.Parallel()
	limits := shortLimits()
	limits.Body, limits.IdleTimeout, limits.Stall = time.Second, time.Second, patience
	w := limitedWorld(t, limits)
	reading, others := w.dripsOf()
	w.newEntries()
	late := map[string]route{} // by request
	var mu sync.Mutex
	all := func(drips []dripping, check func(d dripping, status int, id string, closes bool)) {
		var wait sync.WaitGroup
		for _, d := range drips {
			wait.Go(func() {
				status, id, closes := d.drip(t, w)
				mu.Lock()
				defer mu.Unlock()
				check(d, status, id, closes)
			})
		}
		wait.Wait()
	}
	all(reading, func(d dripping, status int, id string, closes bool) {
		switch {
		case d.slow && status/100 != 2:
			t.Errorf("%s: what is slow and keeps coming is answered with %d", d.route, status)
		case d.read && (status != http.StatusRequestTimeout || !closes):
			t.Errorf("%s: answered with %d", d.route, status)
		case d.read:
			late[id] = d.route
		}
	})
	if len(late) < 40 || len(reading) == len(late) || len(others) < 40 {
		t.Errorf("of %d routes that read a body %d were waited for, and %d read none", len(reading), len(late), len(others))
	}
	for _, e := range w.newEntries() {
		if r, ok := late[e.Request]; ok && (e.Outcome == care.OutcomeAllowed || r.action != "") {
			t.Errorf("%s: nothing was read, and the audit log has %+v", r, e)
		}
	}
	all(others, func(d dripping, status int, _ string, _ bool) {
		if status >= 500 || status == http.StatusRequestTimeout {
			t.Errorf("%s reads no body, and answers with %d", d.route, status)
		}
	})
	t.Logf("%d routes that read a short body, %d that take a long one, %d that read none", len(late), len(reading)-len(late), len(others))
}
