package faulttest

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// cutsVariable says at how many moments of a recording the power is cut; "all"
// is each of them, in each way.
const cutsVariable = "CHARTLINE_TEST_CUTS"

// tracedRun is what servers of one site did to their disk and told their clients.
type tracedRun struct {
	site    *site
	disk    *diskModel
	moments []moment
	told    map[string]int // by request, the moment from which its client may know
}

// traced begins with what is on the disk and told already.
func (s *site) traced(t testing.TB) *tracedRun {
	t.Helper()
	r := &tracedRun{site: s, disk: newDiskModel(t, s.dir), told: map[string]int{}}
	for _, tn := range s.tenants {
		for id := range tn.answered {
			r.told[id] = -1
		}
	}
	return r
}

// F2, F4: whenever the power is cut, or the server killed, what its clients had
// been told by then is there, and nothing is half there. The disk keeps what was
// flushed and no more; or, torn, what chance has it write besides.
func TestWhatWasToldOutlivesACutOfPowerAtAnyMoment(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s, log := newSite(t), filepath.Join(t.TempDir(), "trace")
	r := s.traced(t)
	// Stopped in order, so that the log of the database is brought into its file;
	// then again, so that the next generation is at work too.
	for _, log := range []string{log, log + "2"} {
		p := s.startUnder(t, append([]string{strace(t)[0], "-f", "-D", "-o", log}, recorded()...))
		if p.url == "" {
			t.Fatalf("it does not start under strace: %s", p.log)
		}
		s.doSome(t, rng, none, 8)
		p.stop()
		mustEndTrace(t, log, p.cmd.Process.Pid)
		r.moments = append(r.moments, readTrace(t, log)...)
	}
	r.cut(t, rng, 4)
}

// F7: a flush fails now and then, and what it was to write is lost to the disk.
// What was told before and afterwards does not need it.
func TestWhatWasToldDoesNotRestOnAFlushThatFailed(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s, log := newSite(t), filepath.Join(t.TempDir(), "trace")
	p := s.start(t)
	s.doSome(t, rng, none, 2)
	end := p.traceTo(log, append(recorded(), "-e", fmt.Sprintf("inject=fsync,fdatasync:error=EIO:when=%d+%d", 1+rng.IntN(3), 3+rng.IntN(3)))...)
	r := s.traced(t)
	refused := s.doSome(t, rng, but(http.StatusServiceUnavailable), 10)
	p.kill()
	end()
	r.moments = readTrace(t, log)
	failed := 0
	for _, at := range r.moments {
		if at.end && at.failed == "EIO" {
			failed++
		}
	}
	if failed == 0 || refused == 0 {
		t.Errorf("%d flushes failed, %d requests were refused", failed, refused)
	}
	t.Logf("%d flushes failed, %d requests were refused", failed, refused)
	r.cut(t, rng, 3)
}

// doSome has two workers of each tenant do n steps each, and returns how many
// were refused.
func (s *site) doSome(t testing.TB, rng *rand.Rand, excused func(int) bool, n int) (refused int) {
	t.Helper()
	l := &load{t: t}
	for _, tn := range s.tenants {
		c := clinic{tenant: tn}
		for c.provider == "" { // a fault may refuse this too
			got, err := tn.ask(t.Context(), http.MethodPost, "/api/v1/providers", document(map[string]any{"lastName": "Okafor"}), "Content-Type: application/json")
			must(t, err)
			if got.status == http.StatusCreated {
				c.provider = got.member("id")
			} else if !excused(got.status) {
				t.Fatal(got)
			}
		}
		for range 2 {
			w := l.worker(c, rng, excused)
			l.wait.Go(func() { w.runSome(n) })
		}
	}
	l.wait.Wait()
	return l.told().refused
}

// cut cuts the power at some moments, and holds a server of what is left against
// what its clients had been told.
func (r *tracedRun) cut(t *testing.T, rng *rand.Rand, most int) {
	t.Helper()
	for i, at := range r.moments {
		if id := at.answers(); id != "" && !at.end {
			r.told[id] = i
		}
	}
	for _, tn := range r.site.tenants {
		for id, what := range tn.answered {
			if _, is := r.told[id]; !is {
				t.Errorf("no moment of the trace tells %s", what)
			}
		}
	}
	every := r.choose(t, rng, most)
	// Laid out one after another as the disk comes to be so, and judged beside.
	room := make(chan struct{}, 2)
	var wait sync.WaitGroup
	defer wait.Wait()
	for i, at := range r.moments {
		r.disk.step(at)
		for _, f := range every[i] {
			room <- struct{}{}
			left := r.leave(t, i, f, rng)
			wait.Go(func() {
				defer func() { <-room }()
				t.Run(fmt.Sprintf("%s at %d", f, i), func(t *testing.T) { left.judge(t) })
			})
		}
	}
	wait.Wait()
	t.Logf("of %d moments, %d that told something, %d were tried; in the end %v", len(r.moments), len(r.told), len(every), r.disk)
}

// choose returns moments to cut the power after, and what becomes then of what
// was not flushed.
func (r *tracedRun) choose(t testing.TB, rng *rand.Rand, most int) map[int][]fate {
	t.Helper()
	var worth []int // that change something, or tell it
	for i, at := range r.moments {
		_, local := at.file(0)
		if id := at.answers(); id != "" && !at.end || at.end && at.result >= 0 && (!strings.HasPrefix(at.name, "write") || local || strings.Contains(at.args[0], "<")) {
			worth = append(worth, i)
		}
	}
	chosen, ways := map[int][]fate{}, []fate{lost, torn, lost, seen}
	text, given := os.LookupEnv(cutsVariable)
	if given && text == "all" {
		for _, i := range worth {
			chosen[i] = []fate{lost, torn, seen}
		}
		return chosen
	}
	if given {
		n, err := strconv.Atoi(text)
		must(t, err)
		most = n
	}
	for n := range most { // one in each part of the whole
		part := len(worth) / most
		i := worth[n*part+rng.IntN(max(part, 1))]
		chosen[i] = append(chosen[i], ways[n%len(ways)])
	}
	return chosen
}

// leave makes a site of what is left after moment i.
func (r *tracedRun) leave(t *testing.T, i int, f fate, rng *rand.Rand) *site {
	t.Helper()
	dir := filepath.Join(scratch, fmt.Sprintf("%s-%d-%s-%d", t.Name(), i, f, rng.Uint32()))
	must(t, os.Mkdir(dir, 0o700))
	must(t, r.disk.lay(dir, f, rng))
	left := &site{dir: dir, env: r.site.env}
	for _, tn := range r.site.tenants {
		back := newTenant(tn.credentials)
		back.recall(tn.history, func(request string) bool { at, is := r.told[request]; return is && at <= i })
		for id, what := range tn.answered {
			if r.told[id] <= i {
				back.answer(id, what)
			}
		}
		left.tenants = append(left.tenants, back)
	}
	return left
}

// recall enters what clients knew when only some answers had been given.
func (l *ledger) recall(history []event, given func(request string) bool) {
	all := true // that was told before
	for _, e := range history {
		name := e.noun + " " + e.key
		switch {
		case e.request != "" && !given(e.request):
			all = false
		case e.becomes == tried && all: // asked for by then, for all that is known
			l.try(e.noun, e.key, e.form)
		case e.becomes == leaving && all:
			l.settle(l.things[name], leaving)
		case e.becomes == there:
			l.acknowledge(l.things[name])
			l.things[name].id = e.id
		case e.becomes == gone:
			l.settle(l.things[name], gone)
		}
	}
}

// judge starts a server of what is left.
func (s *site) judge(t *testing.T) {
	defer func() { must(t, os.RemoveAll(s.dir)) }()
	p := s.start(t)
	s.verify(t)
	p.kill()
	if t.Failed() {
		names := slices.Sorted(maps.Keys(files(t, s.dir)))
		t.Logf("left were %s", strings.Join(names, "\n"))
	}
}
