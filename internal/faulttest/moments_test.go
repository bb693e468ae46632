package faulttest

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// F3: the bytes are published and the row is not committed. What is sealed is not
// published while the database is held: its key would not be kept.
func TestAServerKilledBetweenBytesAndRowHasNothingAndTakesItAgain(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.env["CHARTLINE_SEAL"] = "off"
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	release := s.lockDatabase(t)
	name, data := c.newName(), sound(200_000)
	answered := make(chan error)
	go func() {
		_, _, err := c.upload(t.Context(), name, "call", call.key, data, "Idempotency-Key: once")
		answered <- err
	}()
	eventually(t, "the bytes are not published", func() bool { return len(s.objects(t)) == 1 })
	p.kill()
	if err := <-answered; err == nil {
		t.Error("the upload was answered without its row")
	}
	release()
	orphan := s.objects(t)[0]

	p = s.start(t)
	s.verify(t)
	if found := s.doctor(t)["recordings"].Found; !strings.Contains(found, "1 stored objects (200000 bytes) that nothing uses") {
		t.Errorf("doctor says %s", found)
	}
	th, got, err := c.upload(t.Context(), name, "call", call.key, data, "Idempotency-Key: once")
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("again: %v, %v", got, err)
	}
	p.stop()
	long := time.Now().Add(-2 * time.Hour)
	for _, object := range s.objects(t) {
		must(t, os.Chtimes(object, long, long))
	}
	p = s.start(t)
	eventually(t, "the orphan stays", func() bool { _, err := os.Stat(orphan); return err != nil })
	if left := s.objects(t); len(left) != 1 || !strings.HasSuffix(left[0], th.id) {
		t.Errorf("left are %v, want that of %s", left, th.id)
	}
	s.verify(t)
	p.stop()
}

// F3: the row is committed and its answer is not on its way yet. strace holds
// each write to a socket back, so that there is time to see the row; the slower
// the machine, the longer.
func TestAServerKilledBetweenRowAndAnswerHasItOnce(t *testing.T) {
	t.Parallel()
	for held := 400 * time.Millisecond; held < patience; held *= 2 {
		if killedBeforeItsAnswer(t, held) {
			return
		}
	}
	t.Fatal("the answer was always there before the kill")
}

// killedBeforeItsAnswer reports whether the kill came in time, and checks what is
// left where it did.
func killedBeforeItsAnswer(t *testing.T, held time.Duration) bool {
	t.Helper()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	p.trace("-e", "trace=write", "-e", fmt.Sprintf("inject=write:delay_enter=%d", held.Microseconds()))
	name, data := c.newName(), sound(3000)
	answered := make(chan error)
	go func() {
		_, _, err := c.upload(t.Context(), name, "call", call.key, data, "Idempotency-Key: once")
		answered <- err
	}()
	eventually(t, "the row is not committed", func() bool {
		return strings.Contains(s.command(t, "recording", "list", "--tenant", c.tenantName), name)
	})
	p.kill()
	if err := <-answered; err == nil {
		return false
	}
	p = s.start(t)
	s.verify(t)
	before := c.known("recordings", there)
	if len(before) != 1 {
		t.Fatalf("%d recordings are there", len(before))
	}
	th, got, err := c.upload(t.Context(), name, "call", call.key, data, "Idempotency-Key: once")
	if err != nil || got.status != http.StatusCreated || th.id != before[0].id {
		t.Errorf("again: %v, %v; want recording %s", got, err, before[0].id)
	}
	if n := len(s.objects(t)); n != 1 {
		t.Errorf("%d objects are stored", n)
	}
	s.verify(t)
	p.stop()
	return true
}

// crashCalls are the system calls by which a server changes files and answers.
const crashCalls = "write,pwrite64,fsync,fdatasync,linkat,unlinkat,mkdirat,ftruncate"

// F2, F3: strace ends the server at one of these calls while it takes an upload.
func TestAServerKilledAtAnySystemCallOfAnUploadHasItOnceOrNot(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	died, taken := 0, 0
	for n := range *rounds {
		name, data, key := c.newName(), sound(sizes[rng.IntN(len(sizes))]), fmt.Sprintf("Idempotency-Key: %d", n)
		at := 1 // of each thread; no answer is without one
		if n > 0 {
			at += rng.IntN(7)
		}
		p.trace("-e", "trace="+crashCalls, "-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", crashCalls, at))
		first := ""
		th, got, err := c.upload(t.Context(), name, "call", call.key, data, key)
		switch {
		case err != nil: // nobody answers because it is being ended
			p.mustDie()
			died++
		case got.status == http.StatusCreated:
			first = th.id
			taken++
		}
		p.end()
		p = s.start(t)
		s.verify(t)
		th, got, err = c.upload(t.Context(), name, "call", call.key, data, key)
		if err != nil || got.status != http.StatusCreated || first != "" && th.id != first {
			t.Errorf("again: %v, %v; the first answer named %q", got, err, first)
		}
		if t.Failed() {
			t.Fatalf("at call %d of a thread", at)
		}
	}
	p.stop()
	if died == 0 || taken == *rounds {
		t.Errorf("of %d servers %d were ended by strace, %d answered", *rounds, died, taken)
	}
	t.Logf("of %d servers %d were ended by strace, %d answered", *rounds, died, taken)
}

// mustDie waits until the server has been ended.
func (p *process) mustDie() {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("it lives and does not answer")
	}
}

// strace is how to run a server under strace: it becomes the server, which can
// be killed by its own id.
func strace(t testing.TB, args ...string) []string {
	t.Helper()
	path, err := exec.LookPath("strace")
	if err != nil {
		t.Fatalf("this test needs strace (scripts/install-test-tools.sh): %v", err)
	}
	return append([]string{path, "-f", "-D", "-qq", "-o", "/dev/null"}, args...)
}

// trace has strace step in on a running server, and returns how to have it step
// back. Its counts of calls are each thread's own.
func (p *process) trace(args ...string) (end func()) {
	p.t.Helper()
	return p.traceTo("/dev/null", args...)
}

func (p *process) traceTo(log string, args ...string) (end func()) {
	p.t.Helper()
	path := strace(p.t)[0]
	cmd := exec.Command(path, append([]string{"-f", "-o", log, "-p", strconv.Itoa(p.cmd.Process.Pid)}, args...)...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	said, err := cmd.StderrPipe()
	must(p.t, err)
	must(p.t, cmd.Start())
	end = sync.OnceFunc(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended with the server
		_ = cmd.Wait()                          // by that signal
	})
	p.t.Cleanup(end)
	lines := bufio.NewReader(said)
	if line, err := lines.ReadString('\n'); !strings.Contains(line, "attached") {
		p.t.Fatalf("strace says %q, %v", line, err)
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }() // until it ends
	return end
}

// mustHaveCall makes a patient with a call.
func (c clinic) mustHaveCall(t testing.TB) *thing {
	t.Helper()
	patient, got, err := c.newPatient(t.Context())
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("a patient: %v, %v", got, err)
	}
	call, got, err := c.newCall(t.Context(), patient)
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("a call: %v, %v", got, err)
	}
	return call
}
