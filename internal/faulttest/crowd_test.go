package faulttest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// crowdVariable says how many come at once. 10000 is what a machine should bear; it
// takes a descriptor for each, of the test and of the server, and is more than can
// be watched for races.
const crowdVariable = "CHARTLINE_TEST_CROWD"

func crowd(t testing.TB) int {
	t.Helper()
	text, given := os.LookupEnv(crowdVariable)
	if !given {
		return 800
	}
	n, err := strconv.Atoi(text)
	must(t, err)
	return n
}

// F14, F15, F33: many connections say nothing, some say a byte now and then, some
// read nothing, and downloads and uploads stand still. The rest are served; it
// costs some memory for each and no more; and after a restart all come at once.
func TestACrowdThatIsIdleSlowOrDeafIsInNobodysWay(t *testing.T) {
	t.Parallel()
	n := crowd(t)
	s := newSite(t)
	s.env["GOMEMLIMIT"] = "512MiB"
	p := s.start(t, "--stall-timeout", "1h") // transfers stand still for as long as the rest of this takes
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	th, data := c.mustUpload(t, call)
	quiet := p.memory()

	idle := c.idle(t, n)
	silent := p.memory() - quiet
	slow := c.slow(t, call)
	deaf := c.deaf(t)
	transfers := max(10, n/50)
	x := c.transfers(t, s, transfers, call, th, data)
	grown, most := p.memory()-quiet, int64(n)*64<<10+64<<20
	if raceFlag == "-race=true" {
		most *= 4
	}
	t.Logf("%d idle connections take %d KiB, and with %d transfers %d KiB", n, silent>>10, 2*transfers, grown>>10)
	if grown > most {
		t.Errorf("that is more than %d KiB", most>>10)
	}
	load, begun := begin(t, draw(t), 2, none, c), time.Now()
	load.more(100, 0)
	t.Logf("two others were answered %d requests in %v", load.end().done, time.Since(begun))
	for _, conn := range idle[:min(n, 50)] { // they may still ask
		_, err := io.WriteString(conn, c.raw("GET", "/healthz"))
		must(t, first(err, conn.SetReadDeadline(time.Now().Add(patience))))
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("who was idle: %v", err)
		}
	}
	slow()
	x.letGo()
	if x.broken > 0 {
		t.Errorf("%d transfers were cut", x.broken)
	}
	s.verify(t)

	// All are thrown out, and come back at once.
	p.kill()
	for _, conn := range append(idle, deaf...) {
		_ = conn.Close()
	}
	p = s.start(t)
	c.storm(t, min(n/5, 500))
	s.verify(t)
	p.stop()
}

// memory is what a running server holds that is no file's.
func (p *process) memory() int64 {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	must(p.t, err)
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	kib, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
	must(p.t, err)
	return kib << 10
}

// idle makes connections that have asked once and ask no more.
func (c clinic) idle(t testing.TB, n int) (all []net.Conn) {
	t.Helper()
	for range n {
		conn := c.dial(t)
		t.Cleanup(func() { _ = conn.Close() })
		_, err := io.WriteString(conn, c.raw("GET", "/healthz"))
		must(t, err)
		all = append(all, conn)
	}
	for _, conn := range all {
		must(t, conn.SetReadDeadline(time.Now().Add(patience)))
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("one of a crowd: %v", err)
		}
	}
	return all
}

// slow begins requests that come a byte at a time: of one its header, of one a
// short body, of one a recording. It returns how to wait for what becomes of
// them: a header is not waited for long; a recording may be slow, and is taken;
// a short body has a while, for which a test does not wait.
func (c clinic) slow(t testing.TB, call *thing) (wait func()) {
	t.Helper()
	var all sync.WaitGroup
	trickle := func(conn net.Conn, text string, every time.Duration) error {
		for i := range len(text) {
			if _, err := conn.Write([]byte{text[i]}); err != nil {
				return err
			}
			time.Sleep(every)
		}
		return nil
	}
	all.Go(func() {
		conn := c.dial(t)
		defer conn.Close()
		begun := time.Now()
		err := trickle(conn, c.raw("GET", "/api/v1/patients")+strings.Repeat(" ", 1000), 300*time.Millisecond)
		if took := time.Since(begun); err == nil || took > patience {
			t.Errorf("a slow header is waited for: %v after %v", err, took)
		}
	})
	body := c.dial(t)
	t.Cleanup(func() { _ = body.Close() })
	_, err := io.WriteString(body, c.raw("POST", "/api/v1/patients", "Content-Type: application/json", "Content-Length: 100000"))
	must(t, err)
	go func() { _ = trickle(body, strings.Repeat(" ", 100_000), 300*time.Millisecond) }() // until it is closed
	all.Go(func() {
		conn := c.dial(t)
		defer conn.Close()
		data := sound(40)
		th, path := c.tryRecording(c.newName(), "call", call.key, data)
		_, err := io.WriteString(conn, c.raw("POST", path, "Content-Type: audio/mpeg", "Content-Length: 40"))
		err = errors.Join(err, trickle(conn, string(data), 150*time.Millisecond), conn.SetReadDeadline(time.Now().Add(patience)))
		answer, e := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || e != nil || answer.StatusCode != http.StatusCreated {
			t.Errorf("a slow recording: %v, %v, %v", answer, err, e)
			return
		}
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		c.told(th, reply{status: answer.StatusCode, header: answer.Header, body: text}, nil)
	})
	return all.Wait
}

// deaf makes connections that ask, each for another thing, and never read.
func (c clinic) deaf(t testing.TB) (all []net.Conn) {
	t.Helper()
	for _, path := range []string{"/api/v1/patients", "/" + c.tenantName + "/live/patients/none/calls", "/portal"} {
		conn, err := dialNarrow(t.Context(), "tcp", strings.TrimPrefix(c.base, "http://"))
		must(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		asking := strings.Repeat("GET "+path+" HTTP/1.1\r\nHost: chartline.example.org\r\n\r\n", 1000)
		must(t, conn.SetWriteDeadline(time.Now().Add(200*time.Millisecond)))
		if _, err := io.WriteString(conn, asking); err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		all = append(all, conn)
	}
	return all
}

// storm has n clients ask at once, each with a connection of its own, until each
// is answered.
func (c clinic) storm(t testing.TB, n int) {
	t.Helper()
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			other := newTenant(c.credentials)
			other.reach(c.base)
			defer other.http.CloseIdleConnections()
			for end := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
				got, err := other.get(t.Context(), "/api/v1/patients?limit=1")
				switch {
				case err == nil && got.status == http.StatusOK:
					for id, what := range other.answered {
						c.answer(id, what)
					}
					return
				case err == nil && (got.status != http.StatusServiceUnavailable && got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") == ""):
					t.Errorf("one of many is told %v", got)
					return
				case time.Now().After(end):
					t.Errorf("one of many is not answered: %v, %v", got, err)
					return
				}
			}
		})
	}
	wait.Wait()
}
