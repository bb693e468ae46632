package faulttest

import (
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// F12 (and F7): the database can no longer be written, as on a disk that turned
// read-only or fails. Open files keep a disk from being remounted, so strace
// answers in its place.
func TestADatabaseThatCannotBeWrittenTellsNothingAndRecoversByItself(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	recording, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(5000))
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("%v, %v", got, err)
	}
	for _, fault := range []string{"pwrite64,ftruncate,fallocate:error=EROFS", "fsync,fdatasync:error=EIO"} {
		end := p.trace("-e", "inject="+fault)
		c.refuseAll(t, recording, call)
		c.mustBeReady(t, http.StatusServiceUnavailable, "database", "failing")
		end()
		c.mustRecover(t)
		s.verify(t)
	}
	p.kill()
	p = s.start(t)
	s.verify(t)
	p.stop()
}

// limitFiles bounds how many files a process may have open, and returns the
// bound that was.
func (p *process) limitFiles(most uint64) uint64 {
	p.t.Helper()
	var old syscall.Rlimit
	p.prlimit(nil, &old)
	p.prlimit(&syscall.Rlimit{Cur: most, Max: old.Max}, nil)
	return old.Cur
}

func (p *process) prlimit(set, was *syscall.Rlimit) {
	p.t.Helper()
	_, _, errno := syscall.RawSyscall6(syscall.SYS_PRLIMIT64, uintptr(p.cmd.Process.Pid), syscall.RLIMIT_NOFILE,
		uintptr(unsafe.Pointer(set)), uintptr(unsafe.Pointer(was)), 0, 0) // #nosec G103 -- as the call wants it
	if errno != 0 {
		p.t.Fatal(errno)
	}
}

// F13: too few descriptors for all who come. With some to spare, requests are
// refused for want of a file; with none, nobody comes in.
func TestAServerWithoutDescriptorsLosesNothingAndRecovers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	rng := draw(t)
	l := begin(t, rng, 8, but(http.StatusServiceUnavailable), c)
	l.more(50, 0)
	open, err := os.ReadDir("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/fd")
	must(t, err)
	was := p.limitFiles(uint64(len(open)) + 10)
	var crowd sync.WaitGroup
	for range 200 {
		crowd.Go(func() { c.knock(t) })
	}
	time.Sleep(500 * time.Millisecond)
	p.limitFiles(uint64(len(open)) - 10)
	crowd.Wait()
	p.limitFiles(was)
	told := l.end()
	c.mustRecover(t)
	s.verify(t)
	metrics, err := c.get(t.Context(), "/metrics")
	must(t, err)
	if strings.Contains(string(metrics.body), "\nchartline_http_protocol_errors_total 0\n") {
		t.Errorf("%+v, and nobody was kept at the door", told)
	}
	t.Logf("%+v", told)
	p.stop()
}

// knock asks a little with a connection of its own, and does not wait long.
func (c clinic) knock(t testing.TB) {
	other := newTenant(c.credentials)
	other.reach(c.base)
	other.http.Timeout = time.Second
	defer other.http.CloseIdleConnections()
	for range 3 {
		got, err := other.get(t.Context(), "/api/v1/patients?limit=1")
		if err == nil && got.status != http.StatusOK && got.status != http.StatusServiceUnavailable {
			t.Errorf("one of a crowd is told %v", got)
		}
	}
	for id, what := range other.answered {
		c.answer(id, what)
	}
}
