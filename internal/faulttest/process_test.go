package faulttest

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// startLimit is how long a server may work until it is ready, whatever was done
// to the one before (I5): it is processor time, so that a busy machine does not
// count. startWait bounds what it may wait for besides.
const (
	startLimit = 5 * time.Second
	startWait  = time.Minute
)

// process is one run of a site's server.
type process struct {
	t     testing.TB
	cmd   *exec.Cmd
	url   string
	log   *logBuffer
	ended chan struct{} // closed once err is set
	err   error
}

// start starts the site's server and waits until it is ready.
func (s *site) start(t testing.TB, flags ...string) *process {
	t.Helper()
	begun := time.Now()
	p := s.startUnder(t, nil, flags...)
	if p.url == "" {
		t.Fatalf("the server ended before it was ready: %v\n%s", p.err, p.log)
	}
	if took, worked := time.Since(begun), p.worked(); took > startWait || worked > startLimit {
		t.Errorf("the server was ready after %v, for %v of which it worked", took, worked)
	}
	return p
}

// worked is how much processor time a running server has used.
func (p *process) worked() time.Duration {
	p.t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	must(p.t, err)
	// The name may hold spaces: the 14th and 15th field of all follow it.
	_, rest, _ := strings.Cut(string(text), ") ")
	sum := time.Duration(0)
	for _, ticks := range strings.Fields(rest)[11:13] {
		n, err := strconv.Atoi(ticks)
		must(p.t, err)
		sum += time.Duration(n) * (time.Second / 100) // as Linux counts for whoever asks
	}
	return sum
}

// startUnder starts it under another program, such as strace, which must become
// the server by exec. Where the server ends before it is ready, url is empty.
func (s *site) startUnder(t testing.TB, under []string, flags ...string) *process {
	t.Helper()
	program := cmp.Or(s.program, os.Args[0])
	args := append(under, program, "serve", "--json", "--data", s.dir, "--listen", "127.0.0.1:0")
	args = append(append(args, s.places...), flags...)
	p := &process{t: t, cmd: exec.Command(args[0], args[1:]...), log: &logBuffer{}, ended: make(chan struct{})}
	p.cmd.Env = append(os.Environ(), childVariable+"=1", "GORACE=atexit_sleep_ms=0 halt_on_error=1")
	for name, value := range s.env {
		p.cmd.Env = append(p.cmd.Env, name+"="+value)
	}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.run()
	for _, tn := range s.tenants {
		tn.reach(p.url)
	}
	return p
}

func (p *process) run() {
	p.t.Helper()
	p.cmd.Stderr = p.log
	out, err := p.cmd.StdoutPipe()
	must(p.t, err)
	must(p.t, p.cmd.Start())
	p.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
		if p.t.Failed() {
			p.t.Logf("the server said\n%s", p.log)
		}
	})
	late := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() }) // it hangs
	line, err := bufio.NewReader(out).ReadString('\n')
	late.Stop()
	go func() {
		_, _ = io.Copy(io.Discard, out) // a server that is killed breaks it off
		p.err = p.cmd.Wait()
		close(p.ended)
	}()
	if err != nil {
		<-p.ended
		return
	}
	var ready struct{ URL string }
	must(p.t, json.Unmarshal([]byte(line), &ready))
	p.url = ready.URL
}

// kill ends the server without warning.
func (p *process) kill() {
	p.t.Helper()
	select {
	case <-p.ended:
		p.t.Errorf("the server had ended by itself: %v\n%s", p.err, p.log)
	default:
	}
	p.end()
}

// end ends the server, if nothing else has.
func (p *process) end() {
	p.t.Helper()
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
	p.checkLog()
}

// stop asks the server to end, which must go well.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.mustEnd()
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	must(p.t, p.cmd.Process.Signal(s))
}

// mustEnd waits for a good end.
func (p *process) mustEnd() {
	p.t.Helper()
	select {
	case <-p.ended:
		if p.err != nil {
			p.t.Errorf("the server ended with %v\n%s", p.err, p.log)
		}
	case <-time.After(patience):
		p.t.Fatalf("the server does not end\n%s", p.log)
	}
	p.checkLog()
}

// checkLog looks for what no fault excuses.
func (p *process) checkLog() {
	p.t.Helper()
	for line := range strings.Lines(p.log.whole()) {
		for _, bad := range []string{"DATA RACE", "panic", "fatal error"} {
			if strings.Contains(line, bad) {
				p.t.Errorf("the server's log has %s", line)
			}
		}
	}
}

// exitCode is what an ended server returned; -1 where a signal ended it.
func (p *process) exitCode() int {
	if failed, ok := errors.AsType[*exec.ExitError](p.err); ok {
		return failed.ExitCode()
	}
	return 0
}

// logBuffer takes a server's log.
type logBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logBuffer) whole() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// String is what the log says beside answered requests, of much its end.
func (l *logBuffer) String() string {
	var told strings.Builder
	for line := range strings.Lines(l.whole()) {
		if !strings.Contains(line, `"level":"INFO"`) {
			told.WriteString(line)
		}
	}
	text := told.String()
	return text[max(0, len(text)-4<<10):]
}
