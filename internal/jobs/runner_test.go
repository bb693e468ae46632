package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
	"chartline/internal/trace"
	"chartline/internal/trace/tracetest"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// bench is a database with runners on it.
type bench struct {
	*sqlite.DB
	t *testing.T

	mu    sync.Mutex
	ended []Outcome
	now   time.Time // nil clock where zero: the system's
}

func open(t *testing.T) *bench {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return &bench{DB: db, t: t}
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now.IsZero() {
		return time.Now()
	}
	return b.now
}

func (b *bench) move(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

func (b *bench) told(_ string, o Outcome) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ended = append(b.ended, o)
}

func (b *bench) outcomes() []Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Outcome{}, b.ended...)
}

func (b *bench) enqueue(jobs ...care.Job) {
	b.t.Helper()
	must(b.t, b.Update(b.t.Context(), func(tx store.Tx) error {
		for _, j := range jobs {
			if _, err := tx.Enqueue(j); err != nil {
				return err
			}
		}
		return nil
	}))
}

func (b *bench) job(id string) (j care.Job, err error) {
	err = b.View(b.t.Context(), func(tx store.Tx) (err error) {
		j, err = tx.Job(id)
		return err
	})
	return j, err
}

// run starts a runner of one kind until the test ends or stop is called.
func (b *bench) run(handler Handler, change func(*Options)) (stop func()) {
	o := Options{Store: b, Handlers: map[string]Handler{"kind": handler}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Told: b.told,
		Now: b.clock, Poll: time.Millisecond}
	if change != nil {
		change(&o)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		NewRunner(o).Run(ctx)
	}()
	stop = func() { cancel(); <-ended }
	b.t.Cleanup(stop)
	return stop
}

func newJob(now time.Time) care.Job {
	return care.NewJob(uuid.NewString(), care.Scope{Tenant: "acme-health", Instance: "live"}, "kind", "", "payload", now)
}

// eventually waits until so is true, on the slowest machine.
func (b *bench) eventually(otherwise string, so func() bool) {
	b.t.Helper()
	for end := time.Now().Add(3 * time.Minute); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatal(otherwise)
		}
	}
}

func (b *bench) gone(id string) func() bool {
	return func() bool { _, err := b.job(id); return care.IsNotFound(err) }
}

// attempts counts effects in the database.
func (b *bench) effects(key string) (n int) {
	must(b.t, b.View(b.t.Context(), func(tx store.Tx) (err error) {
		n, _, err = tx.Attempts(key, time.Unix(0, 0))
		return err
	}))
	return n
}

func effect(key string) Effect {
	return func(tx store.Tx) error {
		_, _, err := tx.CountAttempt(key, time.Unix(0, 0), time.Unix(1, 0))
		return err
	}
}

func TestManyRunnersDoEachJobToEffectOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	var all []care.Job
	for range 200 {
		all = append(all, newJob(time.Now()))
	}
	b.enqueue(all...)
	for range 3 {
		b.run(func(_ context.Context, j care.Job) (Effect, error) { return effect(j.ID), nil }, nil)
	}
	for _, j := range all {
		b.eventually("a job was not done", b.gone(j.ID))
		if n := b.effects(j.ID); n != 1 {
			t.Errorf("done %d times", n)
		}
	}
}

func TestAJobThatFailsIsTriedAgainEverLaterAndThenGivenUp(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.now = time.Date(2026, 3, 18, 15, 0, 0, 0, time.UTC)
	j := newJob(b.now)
	j.MaxAttempts = 4
	b.enqueue(j)
	b.run(func(context.Context, care.Job) (Effect, error) {
		return effect("none"), errors.New("the bucket does not answer")
	}, nil)
	last := time.Duration(0)
	for n := 1; n < 4; n++ {
		b.eventually("it was not tried", func() bool { return len(b.outcomes()) == n })
		got, err := b.job(j.ID)
		must(t, err)
		wait := got.RunAt.Sub(b.clock())
		if got.State != care.JobWaiting || got.Attempts != n || wait <= last/2 || wait < firstPause<<(n-1)/2 || wait > firstPause<<(n-1) {
			t.Errorf("after %d attempts: %+v, in %v", n, got, wait)
		}
		last = wait
		b.move(wait)
	}
	b.eventually("it was not given up", func() bool { return len(b.outcomes()) == 4 })
	got, err := b.job(j.ID)
	must(t, err)
	if got.State != care.JobDead || got.Lease != "" || !strings.Contains(got.Reason, "does not answer") || b.outcomes()[3] != Dead {
		t.Errorf("given up: %+v, %v", got, b.outcomes())
	}
	if b.effects("none") != 0 {
		t.Error("a failed attempt had an effect")
	}
}

func TestWhatCannotSucceedIsGivenUpAtOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	bad, unknown := newJob(time.Now()), newJob(time.Now())
	unknown.Kind = "unheard of"
	b.enqueue(bad, unknown)
	b.run(func(context.Context, care.Job) (Effect, error) { return nil, care.Invalid("payload", "is no key") }, nil)
	for _, id := range []string{bad.ID, unknown.ID} {
		b.eventually("it is tried on", func() bool { j, err := b.job(id); return err == nil && j.State == care.JobDead })
	}
}

func TestAPanicIsAFailedAttempt(t *testing.T) {
	t.Parallel()
	b := open(t)
	j := newJob(time.Now())
	b.enqueue(j)
	b.run(func(context.Context, care.Job) (Effect, error) { panic("a fault of ours") }, nil)
	b.eventually("it was not told", func() bool { return len(b.outcomes()) == 1 })
	if got, err := b.job(j.ID); err != nil || got.State != care.JobWaiting || got.Attempts != 1 || !strings.Contains(got.Reason, "panic") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestARunWhoseLeaseIsOverHasNoEffect(t *testing.T) {
	t.Parallel()
	b := open(t)
	j := newJob(time.Now())
	b.enqueue(j)
	began, goOn := make(chan struct{}), make(chan struct{})
	b.run(func(context.Context, care.Job) (Effect, error) {
		close(began)
		<-goOn
		return effect("twice"), nil
	}, func(o *Options) { o.Workers, o.Lease = 1, time.Hour })
	<-began
	// Another one takes it, as if the first had been silent for too long.
	must(t, b.Update(t.Context(), func(tx store.Tx) error {
		got, err := tx.ClaimJobs(store.JobClaim{Lease: "another", Now: time.Now().Add(2 * time.Hour), Until: time.Now().Add(3 * time.Hour), Limit: 1})
		if err == nil && len(got) != 1 {
			err = fmt.Errorf("%d jobs", len(got))
		}
		return err
	}))
	close(goOn)
	b.eventually("it was not told", func() bool { return len(b.outcomes()) == 1 })
	if b.outcomes()[0] != Lost || b.effects("twice") != 0 {
		t.Errorf("%v, %d effects", b.outcomes(), b.effects("twice"))
	}
	must(t, b.Update(t.Context(), func(tx store.Tx) error { return errors.Join(tx.DeleteJob(j.ID, "another"), effect("twice")(tx)) }))
}

// refusing is a database that fails to end a job so many times.
type refusing struct {
	store.Store
	left atomic.Int64
}

type refusingTx struct {
	store.Tx
	left *atomic.Int64
}

func (s *refusing) Update(ctx context.Context, fn func(store.Tx) error) error {
	return s.Store.Update(ctx, func(tx store.Tx) error { return fn(refusingTx{tx, &s.left}) })
}

func (tx refusingTx) DeleteJob(id, lease string) error {
	if tx.left.Add(-1) >= 0 {
		return care.Unavailable(errors.New("the connection broke"))
	}
	return tx.Tx.DeleteJob(id, lease)
}

// Else the job would stay with a run that has ended, until its lease is over.
func TestAJobWhoseEndTheDatabaseDidNotTakeIsTriedAgainSoon(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.now = time.Date(2026, 3, 18, 15, 0, 0, 0, time.UTC)
	j := newJob(b.now)
	b.enqueue(j)
	db := &refusing{Store: b}
	db.left.Store(1)
	b.run(func(context.Context, care.Job) (Effect, error) { return effect("once"), nil }, func(o *Options) { o.Store = db })
	b.eventually("it was not told", func() bool { return len(b.outcomes()) == 1 })
	if got, err := b.job(j.ID); err != nil || b.outcomes()[0] != Failed || got.State != care.JobWaiting || got.Lease != "" {
		t.Fatalf("%v: %+v, %v", b.outcomes(), got, err)
	}
	b.move(firstPause)
	b.eventually("it was not done", b.gone(j.ID))
	if n := b.effects("once"); n != 1 {
		t.Errorf("done %d times", n)
	}
}

// A run takes several leases by the clock, which goes on each time the lease has
// been renewed. Another runner looks for jobs meanwhile.
func TestALongRunKeepsItsLease(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.now = time.Date(2026, 3, 18, 15, 0, 0, 0, time.UTC)
	j := newJob(b.now)
	b.enqueue(j)
	const lease = 30 * time.Millisecond // it is renewed that often by the system's clock, too
	var runs atomic.Int64
	for range 2 {
		b.run(func(ctx context.Context, _ care.Job) (Effect, error) {
			runs.Add(1)
			for range 6 {
				b.move(lease * 2 / 3)
				b.eventually("the lease is not renewed", func() bool {
					got, err := b.job(j.ID)
					return err == nil && got.RunAt.Equal(b.clock().Add(lease))
				})
			}
			return nil, ctx.Err()
		}, func(o *Options) { o.Lease = lease })
	}
	b.eventually("it was not done", b.gone(j.ID))
	if n := runs.Load(); n != 1 {
		t.Errorf("it ran %d times", n)
	}
}

func TestAStopGivesBackWhatRuns(t *testing.T) {
	t.Parallel()
	b := open(t)
	j := newJob(time.Now())
	b.enqueue(j)
	began := make(chan struct{})
	stop := b.run(func(ctx context.Context, _ care.Job) (Effect, error) {
		close(began)
		<-ctx.Done()
		return nil, ctx.Err()
	}, nil)
	<-began
	stop()
	got, err := b.job(j.ID)
	must(t, err)
	if got.State != care.JobWaiting || got.Attempts != 0 || got.Lease != "" || got.RunAt.After(time.Now()) {
		t.Errorf("%+v", got)
	}
	b.run(func(context.Context, care.Job) (Effect, error) { return nil, nil }, nil)
	b.eventually("the next one does not do it", b.gone(j.ID))
}

func TestPausesGrowAndSpread(t *testing.T) {
	t.Parallel()
	least, most := func() float64 { return 0.999999 }, func() float64 { return 0 }
	for n := 1; n < 100; n++ {
		if a, b := pause(n, least), pause(n, most); a < firstPause/2 || b > longestPause || a > b || b < firstPause || a < b/2 {
			t.Errorf("after %d: %v to %v", n, a, b)
		}
	}
	sum := time.Duration(0)
	for n := 1; n < 18; n++ {
		sum += pause(n, most)
	}
	if sum < 20*time.Hour || sum > 40*time.Hour {
		t.Errorf("a job is tried for %v", sum)
	}
}

func TestAnAttemptIsATraceThatNamesTheKindAlone(t *testing.T) {
	t.Parallel()
	b := open(t)
	tracer, spans := tracetest.New()
	good, bad := newJob(time.Now()), newJob(time.Now())
	good.Payload, bad.Payload = "good", "bad"
	b.enqueue(good, bad)
	b.run(func(ctx context.Context, j care.Job) (Effect, error) {
		if err := b.View(ctx, func(store.Tx) error { return nil }); err != nil {
			return nil, err
		}
		if j.Payload == "bad" {
			return nil, care.Invalid("payload", "Rosa Lindqvist")
		}
		return nil, nil
	}, func(o *Options) { o.Traces, o.Workers = tracer, 1 })
	var all []trace.Span
	b.eventually("two traces were not made", func() bool {
		all = append(all, spans.Drain()...)
		return strings.Count(tracetest.Tree(all), "job ") == 2
	})
	got := strings.SplitAfter(tracetest.Tree(all), "store.update\n")
	slices.Sort(got)
	want := "job chartline.work=kind chartline.outcome=dead error.type=invalid\n  store.view\n  store.update\n" +
		"job chartline.work=kind chartline.outcome=done\n  store.view\n  store.update\n"
	if strings.Join(got, "") != want {
		t.Errorf("got\n%s", strings.Join(got, ""))
	}
}
