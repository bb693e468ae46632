package faulttest

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// soakVariable says for how long faults are mixed.
const soakVariable = "CHARTLINE_TEST_SOAK"

// soaking is a site with a server under load, to which faults come in any order.
type soaking struct {
	*site
	t    testing.TB
	rng  *rand.Rand
	p    *process
	run  func() *process
	held time.Duration // how long the fault of this round lasts
}

// trouble is a fault that comes and goes. Where it ends the server, and only
// there, another is started.
type trouble struct {
	name string
	do   func(s *soaking)
}

// ends has a trouble's name say that it ends the server.
const ends = "ends: "

// F34 on SQLite and a directory.
func TestFaultsInAnyOrderLoseNothingOnOneMachine(t *testing.T) {
	t.Parallel()
	site := newSite(t)
	site.unswept = true // a removal that fails leaves its file to the next sweep
	s := &soaking{site: site, t: t, rng: draw(t), run: func() *process { return site.start(t) }}
	s.soak(append(everywhere(),
		trouble{"writes fail", func(s *soaking) { s.inject("pwrite64,ftruncate:error=EIO:when=5+3") }},
		trouble{"the disk is full", func(s *soaking) { s.inject("pwrite64,linkat,mkdirat:error=ENOSPC") }},
		trouble{"the disk is read-only", func(s *soaking) { s.inject("pwrite64,ftruncate,linkat,unlinkat:error=EROFS") }},
		trouble{"flushes fail", func(s *soaking) { s.inject("fsync,fdatasync:error=EIO:when=1+2") }},
		trouble{"files are too large", func(s *soaking) { s.inject("pwrite64:error=EFBIG:when=2+4") }},
		trouble{"flushes are slow", func(s *soaking) { s.inject("fsync,fdatasync:delay_enter=30000") }},
		trouble{ends + "a write is the last", func(s *soaking) {
			s.p.trace("-e", fmt.Sprintf("inject=%s:signal=KILL:when=%d", crashCalls, 1+s.rng.IntN(30)))
			s.wait()
			s.p.end()
		}},
		trouble{"the database is locked", func(s *soaking) {
			release := s.lockDatabase(s.t)
			s.wait()
			release()
		}},
		trouble{"descriptors are few", func(s *soaking) {
			open, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.p.cmd.Process.Pid))
			must(s.t, err)
			was := s.p.limitFiles(uint64(len(open) + 1))
			s.wait()
			s.p.limitFiles(was)
		}},
	))
	site.unswept = false
	p := site.start(t) // which sweeps
	site.verify(t)
	p.stop()
}

// F34 on PostgreSQL and S3.
func TestFaultsInAnyOrderLoseNothingOverANetwork(t *testing.T) {
	t.Parallel()
	f := newFarSite(t)
	s := &soaking{site: f.site, t: t, rng: draw(t), run: func() *process { return f.begin(t) }}
	faults := everywhere()
	for i, name := range []string{"the database", "the media store"} { // in this order, for the seed's sake
		w := []*wire{f.db, f.s3}[i]
		faults = append(faults,
			trouble{name + " is cut off", func(s *soaking) { w.leave(true); s.wait(); w.leave(false) }},
			trouble{name + " says nothing", func(s *soaking) { w.hold(); s.wait(); w.release() }},
			trouble{name + " says nothing and is cut off", func(s *soaking) { w.hold(); s.wait(); w.cut(); w.release() }},
			trouble{name + " loses connections", func(s *soaking) {
				for range 5 {
					w.cut()
					time.Sleep(s.held / 5)
				}
			}})
	}
	s.soak(append(faults,
		trouble{"the database crashes", func(s *soaking) {
			must(s.t, f.cluster.Stop(syscall.SIGQUIT))
			s.wait()
			must(s.t, f.cluster.Run())
		}},
		trouble{"the media store crashes", func(s *soaking) {
			f.server.Stop()
			s.wait()
			f.server.Restart(s.t)
		}}))
}

// everywhere are troubles of any site.
func everywhere() []trouble {
	return []trouble{
		{ends + "it is killed", func(s *soaking) { s.p.kill() }},
		{ends + "it is stopped", func(s *soaking) {
			s.p.signal(syscall.SIGTERM)
			s.p.mustEnd()
		}},
		{"it stands still", func(s *soaking) {
			s.p.signal(syscall.SIGSTOP)
			s.wait()
			s.p.signal(syscall.SIGCONT)
		}},
		{"clients hang up", func(s *soaking) { s.hangUp() }},
		{"nothing", func(s *soaking) { s.wait() }},
	}
}

func (s *soaking) wait() { time.Sleep(s.held) }

// inject has system calls fail for a while.
func (s *soaking) inject(fault string) {
	end := s.p.trace("-e", "inject="+fault)
	s.wait()
	end()
}

// hangUp begins uploads and downloads and does not end them.
func (s *soaking) hangUp() {
	for _, tn := range s.tenants {
		calls := tn.known("calls", there)
		if len(calls) == 0 {
			continue
		}
		_, path := tn.tryRecording(clinic{tenant: tn}.newName(), "call", calls[0].key, nil)
		conn := tn.dial(s.t)
		_, err := io.WriteString(conn, tn.raw("POST", path, "Content-Length: 500000", "Content-Type: audio/mpeg")+string(sound(100_000)))
		must(s.t, err)
		must(s.t, conn.Close())
		for _, th := range tn.known("recordings", there)[:min(3, len(tn.known("recordings", there)))] {
			answer, err := tn.begin(context.Background(), http.MethodGet, "/api/v1/recordings/"+th.id+"/content", nil)
			if err == nil {
				_ = answer.Body.Close()
			}
		}
	}
}

// soak mixes troubles and looks now and then whether all that was acknowledged
// is there: for a few rounds, or for as long as it is told to.
func (s *soaking) soak(all []trouble) {
	t := s.t
	t.Helper()
	long := time.Duration(0)
	if text, given := os.LookupEnv(soakVariable); given {
		var err error
		long, err = time.ParseDuration(text)
		must(t, err)
	}
	s.p = s.run()
	sum, end := tally{}, time.Now().Add(long)
	var past []string
	for round := 1; round <= 6 || time.Now().Before(end); round++ {
		told := s.trouble(all[s.rng.IntN(len(all))], &past)
		sum.done, sum.refused = sum.done+told.done, sum.refused+told.refused
		if round%3 == 0 {
			s.verify(t)
		}
		if t.Failed() {
			t.Fatalf("after %q", past[max(0, len(past)-10):])
		}
	}
	if sum.done < 30 {
		t.Errorf("only %d requests were answered", sum.done)
	}
	t.Logf("%d requests were answered and %d refused through %d troubles, the last of them %q", sum.done, sum.refused, len(past), past[max(0, len(past)-6):])
	s.p.stop()
}

// trouble has one come and go under load.
func (s *soaking) trouble(one trouble, past *[]string) tally {
	s.held = time.Duration(50+s.rng.IntN(350)) * time.Millisecond
	*past = append(*past, fmt.Sprintf("%s for %v", one.name, s.held))
	clinics := make([]clinic, len(s.tenants))
	for i, tn := range s.tenants {
		clinics[i] = tn.open(s.t)
	}
	l := begin(s.t, s.rng, 2, but(http.StatusServiceUnavailable, http.StatusInsufficientStorage), clinics...)
	l.more(5, 0)
	one.do(s)
	told := l.end()
	if strings.HasPrefix(one.name, ends) {
		s.p = s.run()
	}
	eventually(s.t, "it does not recover", func() bool {
		select {
		case <-s.p.ended:
			s.p.checkLog()
			s.t.Fatalf("%s ended it: %v", one.name, s.p.err)
		default:
		}
		return status(s.p.url+"/readyz", "") == http.StatusOK
	})
	clinic{tenant: s.first()}.mustRecover(s.t)
	return told
}
