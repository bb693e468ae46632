package faulttest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// draw returns the source of what is random in a test, and says how to have the
// same again.
func draw(t testing.TB) *rand.Rand {
	t.Helper()
	n := *seed
	if n == 0 {
		n = rand.Uint64()
	}
	t.Logf("-seed %d", n)
	return rand.New(rand.NewPCG(n, 0)) // #nosec G404 -- repeatable on purpose
}

// clinic is what a load's things belong to.
type clinic struct {
	*tenant
	provider string // its number
}

// open registers a provider.
func (tn *tenant) open(t testing.TB) clinic {
	t.Helper()
	got, err := tn.ask(t.Context(), http.MethodPost, "/api/v1/providers", document(map[string]any{"lastName": "Okafor"}), "Content-Type: application/json")
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("a provider: %v, %v", got, err)
	}
	return clinic{tn, got.member("id")}
}

func (c clinic) newPatient(ctx context.Context) (*thing, reply, error) {
	n := c.next()
	return c.create(ctx, "patients", map[string]any{
		"id": uuid.NewString(), "lastName": fmt.Sprintf("Lindqvist %d", n), "mrn": fmt.Sprintf("M-%d", n), "email": fmt.Sprintf("p%d@example.org", n),
	})
}

func (c clinic) newCall(ctx context.Context, patient *thing) (*thing, reply, error) {
	n := c.next()
	return c.create(ctx, "calls", map[string]any{
		"id": uuid.NewString(), "patientId": patient.key, "direction": "INBOUND", "status": "COMPLETED", "duration": n, "calledAt": "2026-02-20T10:57:13Z",
		"from": "+12025550123", "externalId": fmt.Sprintf("X-%d", n),
	})
}

func (c clinic) newEncounter(ctx context.Context, patient *thing) (*thing, reply, error) {
	n := 1000 + c.next()
	th := c.try("encounters", fmt.Sprint(n), fields{"id": fmt.Sprint(n), "complaint": fmt.Sprintf("complaint %d", n)})
	got, err := c.ask(ctx, http.MethodPost, "/api/v1/encounters", document(map[string]any{
		"id": n, "patientId": patient.key, "providerId": c.provider, "complaint": fmt.Sprintf("complaint %d", n),
	}), "Content-Type: application/json")
	c.told(th, got, err)
	return th, got, err
}

func (c clinic) newSession(ctx context.Context, encounter *thing) (*thing, reply, error) {
	var id int64
	_, _ = fmt.Sscan(encounter.key, &id) // a key of newEncounter
	return c.create(ctx, "sessions", map[string]any{
		"id": fmt.Sprintf("%024x", c.next()), "encounterId": id, "status": "completed", "start": "2026-02-20T10:57:13Z", "end": "2026-02-20T10:58:55Z",
	})
}

// newName is a recording's name that no other has.
func (c clinic) newName() string { return fmt.Sprintf("177158%07d.mp3", c.next()) }

// worker asks one server for one thing after another. What it reads is what it
// was told of itself.
type worker struct {
	clinic
	t   testing.TB
	rng *rand.Rand
	// excused says which failures the fault under test explains; other answers
	// than 2xx fail the test.
	excused func(status int) bool

	patients, encounters, sessions, calls, recordings []*thing
	owner                                             map[string]string // of a call, its patient; of a recording, its session's encounter
	doubtful                                          map[string]int    // by patient, calls of which nobody knows whether they are there
	load                                              *load
}

// tally is how many requests were answered, and how many refused with an excuse.
type tally struct{ done, refused int }

// load is workers at their work.
type load struct {
	t      testing.TB
	cancel context.CancelFunc
	wait   sync.WaitGroup

	mu sync.Mutex
	tally
}

// work starts n workers of each clinic, and returns how to end them and learn
// what they were told.
func work(t testing.TB, rng *rand.Rand, n int, excused func(int) bool, clinics ...clinic) (end func() tally) {
	return begin(t, rng, n, excused, clinics...).end
}

// begin starts n workers of each clinic.
func begin(t testing.TB, rng *rand.Rand, n int, excused func(int) bool, clinics ...clinic) *load {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	l := &load{t: t, cancel: cancel}
	for _, c := range clinics {
		for range n {
			w := l.worker(c, rng, excused)
			l.wait.Go(func() { w.run(ctx) })
		}
	}
	return l
}

func (l *load) worker(c clinic, rng *rand.Rand, excused func(int) bool) *worker {
	return &worker{clinic: c, t: l.t, rng: rand.New(rand.NewPCG(rng.Uint64(), 0)), excused: excused, owner: map[string]string{}, doubtful: map[string]int{}, load: l} // #nosec G404 -- as draw
}

// told is what the workers were told so far.
func (l *load) told() tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tally
}

func (l *load) count(done, refused int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.done += done
	l.refused += refused
}

// more waits until so many more requests have been answered, and so many more
// refused: however slow the machine, something has then been done.
func (l *load) more(done, refused int) {
	l.t.Helper()
	before := l.told()
	eventually(l.t, "the workers do not go on", func() bool {
		now := l.told()
		return now.done >= before.done+done && now.refused >= before.refused+refused
	})
}

// end has the workers end, and returns what they were told.
func (l *load) end() tally {
	l.cancel()
	l.wait.Wait()
	return l.told()
}

func none(int) bool { return false }

// but excuses some statuses.
func but(statuses ...int) func(int) bool {
	return func(got int) bool { return slices.Contains(statuses, got) }
}

// run asks until ctx ends, or the server is gone.
func (w *worker) run(ctx context.Context) {
	// A request that was sent is waited for, as a client would.
	asking := context.WithoutCancel(ctx)
	for ctx.Err() == nil && w.goOn(asking) {
	}
}

// runSome asks n times.
func (w *worker) runSome(n int) {
	for range n {
		if !w.goOn(context.Background()) {
			w.t.Error("the server is gone")
			return
		}
	}
}

// goOn does the next step, and reports whether another one is worth trying.
func (w *worker) goOn(ctx context.Context) bool {
	what, got, err := w.step(ctx)
	if wrong, ok := errors.AsType[*wrongBytes](err); ok {
		w.t.Error(wrong)
		return false
	}
	switch {
	case err != nil:
		return false
	case got.status < 300:
		w.load.count(1, 0)
	case w.excused(got.status):
		w.load.count(0, 1)
		if got.header.Get("Retry-After") == "" {
			w.t.Errorf("%s: %v without Retry-After", what, got)
		}
	default:
		w.t.Errorf("%s: %v", what, got)
		return false
	}
	return true
}

func keep(list *[]*thing, th *thing, got reply, err error) (reply, error) {
	if err == nil && got.status < 300 {
		*list = append(*list, th)
	}
	return got, err
}

func (w *worker) pick(list []*thing) *thing { return list[w.rng.IntN(len(list))] }

// step does one thing that the worker has come to.
func (w *worker) step(ctx context.Context) (what string, got reply, err error) {
	n := w.rng.IntN(100)
	switch {
	case len(w.patients) == 0 || n < 6:
		th, got, err := w.newPatient(ctx)
		got, err = keep(&w.patients, th, got, err)
		return "create a patient", got, err
	case len(w.calls) == 0 || n < 14:
		p := w.pick(w.patients)
		th, got, err := w.newCall(ctx, p)
		w.owner[th.key] = p.key
		if err != nil || got.status >= 500 {
			w.doubtful[p.key]++
		}
		got, err = keep(&w.calls, th, got, err)
		return "create a call", got, err
	case len(w.encounters) == 0 || n < 18:
		th, got, err := w.newEncounter(ctx, w.pick(w.patients))
		got, err = keep(&w.encounters, th, got, err)
		return "create an encounter", got, err
	case len(w.sessions) == 0 || n < 22:
		th, got, err := w.newSession(ctx, w.pick(w.encounters))
		got, err = keep(&w.sessions, th, got, err)
		return "create a session", got, err
	case len(w.recordings) == 0 || n < 45:
		got, err := w.uploadSome(ctx)
		return "upload", got, err
	case n < 50:
		n := w.next()
		got, err := w.change(ctx, w.pick(w.patients), map[string]any{"email": fmt.Sprintf("changed%d@example.org", n)})
		return "change a patient", got, err
	case n < 54:
		i := w.rng.IntN(len(w.recordings))
		th := w.recordings[i]
		w.recordings = slices.Delete(w.recordings, i, i+1)
		got, err := w.remove(ctx, th)
		return "delete a recording", got, err
	case n < 64:
		got, err := w.get(ctx, "/api/v1/patients/"+w.pick(w.patients).key)
		return "read a patient", got, err
	case n < 74:
		return w.listCalls(ctx)
	case n < 86:
		return w.lookUp(ctx)
	}
	got, err = w.listen(ctx, w.pick(w.recordings))
	return "download", got, err
}

// sizes of recordings: within one buffer, and over many.
var sizes = []int{5, 700, 4096, 50_000, 131_072, 400_000}

func (w *worker) uploadSome(ctx context.Context) (reply, error) {
	owner, of := "call", w.pick(w.calls)
	if w.rng.IntN(2) == 0 {
		owner, of = "session", w.pick(w.sessions)
	}
	th, got, err := w.upload(ctx, w.newName(), owner, of.key, sound(sizes[w.rng.IntN(len(sizes))]), "Idempotency-Key: "+uuid.NewString())
	if owner == "session" {
		w.owner[th.key] = of.forms[0]["encounterId"]
	}
	return keep(&w.recordings, th, got, err)
}

// listCalls reads a patient's calls: as many as were acknowledged.
func (w *worker) listCalls(ctx context.Context) (string, reply, error) {
	p := w.pick(w.patients)
	got, err := w.get(ctx, "/"+w.tenantName+"/live/patients/"+p.key+"/calls")
	if err == nil && got.status == http.StatusOK {
		want := 0
		for _, c := range w.calls {
			if w.owner[c.key] == p.key {
				want++
			}
		}
		told := false
		for n := want; n <= want+w.doubtful[p.key]; n++ {
			told = told || strings.Contains(string(got.body), fmt.Sprintf(`"totalElements":%d,`, n))
		}
		if !told {
			w.t.Errorf("a patient with %d calls, and perhaps %d more, has %v", want, w.doubtful[p.key], got)
		}
	}
	return "list calls", got, err
}

// lookUp asks whose a recording is.
func (w *worker) lookUp(ctx context.Context) (string, reply, error) {
	th := w.pick(w.recordings)
	encounter, of := w.owner[th.key]
	if !of { // a call's: a look-up leads to encounters alone
		got, err := w.get(ctx, "/api/v1/recordings/"+th.id)
		return "read a recording", got, err
	}
	got, err := w.get(ctx, "/api/service/v1/encounter-from-recording/"+th.key)
	if err == nil && got.status == http.StatusOK && !strings.Contains(string(got.body), `"input_data":{"id":`+encounter+`,`) {
		w.t.Errorf("a recording of encounter %s leads to %v", encounter, got)
	}
	return "look up", got, err
}
