package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/trace"
)

// Handler does one job. It may be called again for a job whose run was cut off,
// so what it does outside of the database must bear being done twice. What it
// does in the database belongs in the function that it returns (nil for none),
// which runs in the transaction that ends the job: of two runs of one job only
// one takes effect. An error has the job tried again; errors of care.KindInvalid
// and care.KindNotFound give up at once.
type Handler func(ctx context.Context, j care.Job) (Effect, error)

// Effect is what a job does in the database.
type Effect func(store.Tx) error

// Outcome is how an attempt ended.
type Outcome string

// The outcomes.
const (
	Done   Outcome = "done"
	Failed Outcome = "failed" // and is tried again
	Dead   Outcome = "dead"   // and is not
	Lost   Outcome = "lost"   // another run has the job, or has done it
)

// Options of a Runner.
type Options struct {
	Store    store.Store
	Handlers map[string]Handler // by kind
	Log      *slog.Logger
	// Told is told of each attempt's end; nil is not.
	Told func(kind string, o Outcome)
	Now  func() time.Time // nil means time.Now
	// Traces begins a trace of each attempt; nil begins none.
	Traces *trace.Tracer
	// Workers is how many jobs run at once, 0 is four; Poll how often new ones are
	// looked for, 0 is half a second; Lease how long a run that says nothing keeps
	// its job, 0 is a minute.
	Workers     int
	Poll, Lease time.Duration
}

// Runner does jobs. Any number of them, in any processes, may work on one
// database.
type Runner struct {
	o     Options
	id    string // of this runner's leases
	turn  string // the tenant that had the last turn
	count int64
	// failing is set while jobs cannot be claimed.
	failing bool
}

// NewRunner returns a runner; Run runs it.
func NewRunner(o Options) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Told == nil {
		o.Told = func(string, Outcome) {}
	}
	if o.Workers == 0 {
		o.Workers = 4
	}
	if o.Poll == 0 {
		o.Poll = 500 * time.Millisecond
	}
	if o.Lease == 0 {
		o.Lease = time.Minute
	}
	return &Runner{o: o, id: uuid.NewString()}
}

// Run does jobs until ctx ends. What runs then is told so by its context and
// given back, to be run again soon.
func (r *Runner) Run(ctx context.Context) {
	var running sync.WaitGroup
	defer running.Wait()
	free := make(chan struct{}, r.o.Workers)
	for range r.o.Workers {
		free <- struct{}{}
	}
	tick := time.NewTicker(r.o.Poll)
	defer tick.Stop()
	for {
		claimed, err := r.claim(ctx, len(free))
		r.report(ctx, err)
		for _, j := range claimed {
			<-free
			running.Go(func() {
				defer func() { free <- struct{}{} }()
				r.do(ctx, j)
			})
		}
		if err == nil && r.more(ctx, free) {
			continue
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// more waits, where jobs are due, until a worker is free; it reports whether to
// claim at once.
func (r *Runner) more(ctx context.Context, free chan struct{}) bool {
	if due, err := r.due(ctx); err != nil || !due {
		return false
	}
	select {
	case <-free:
		free <- struct{}{}
		return true
	case <-ctx.Done():
		return false
	}
}

func (r *Runner) due(ctx context.Context) (due bool, err error) {
	err = r.o.Store.View(ctx, func(tx store.Tx) (err error) {
		due, err = tx.JobDue(care.Truncate(r.o.Now()))
		return err
	})
	return due, err
}

// claim leases jobs for the free workers. What was claimed although it failed
// comes back when its lease ends.
func (r *Runner) claim(ctx context.Context, free int) ([]care.Job, error) {
	if free == 0 {
		return nil, nil
	}
	if due, err := r.due(ctx); err != nil || !due {
		return nil, err
	}
	now := care.Truncate(r.o.Now())
	r.count++
	c := store.JobClaim{Lease: fmt.Sprintf("%s/%d", r.id, r.count), Now: now, Until: now.Add(r.o.Lease), After: r.turn, Limit: free}
	var claimed []care.Job
	err := r.o.Store.Update(ctx, func(tx store.Tx) (err error) {
		claimed, err = tx.ClaimJobs(c)
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(claimed) > 0 {
		r.turn = claimed[len(claimed)-1].Tenant
	}
	return claimed, nil
}

// report tells once of a database that does not answer.
func (r *Runner) report(ctx context.Context, err error) {
	if err != nil && !r.failing && ctx.Err() == nil {
		r.o.Log.Warn("no jobs can be claimed", "cause", err.Error())
	}
	r.failing = err != nil
}

// do runs one attempt and says in the database how it ended.
func (r *Runner) do(ctx context.Context, j care.Job) {
	ctx, span := r.o.Traces.Root(ctx, trace.Job)
	effect, err := r.attempt(ctx, j)
	end := context.WithoutCancel(ctx)
	outcome := Done
	if err == nil {
		err = r.o.Store.Update(end, func(tx store.Tx) error {
			err := tx.DeleteJob(j.ID, j.Lease)
			switch {
			case care.IsNotFound(err):
				return errors.Join(errLost, err)
			case err != nil || effect == nil:
				return err
			}
			return effect(tx)
		})
	}
	switch {
	case errors.Is(err, errLost):
		outcome = Lost
	case err != nil && ctx.Err() != nil:
		outcome, err = r.giveBack(end, j)
	case err != nil:
		outcome, err = r.failed(end, j, err)
	}
	r.o.Told(j.Kind, outcome)
	span.Worked(j.Kind, string(outcome))
	span.End(err)
	if outcome != Done || err != nil {
		r.log(j, outcome, err)
	}
}

// errLost says that another run has the job.
var errLost = errors.New("the job's lease is over")

// attempt calls the handler, and keeps its lease while it works.
func (r *Runner) attempt(ctx context.Context, j care.Job) (effect Effect, err error) {
	handler, ok := r.o.Handlers[j.Kind]
	switch {
	case !ok:
		return nil, &care.Error{Kind: care.KindInvalid, Noun: "job", Message: "no handler for this kind"}
	case j.Attempts > j.MaxAttempts:
		return nil, &care.Error{Kind: care.KindInvalid, Noun: "job", Message: "its last run did not come back"}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	defer close(done)
	go r.renew(ctx, j, cancel, done)
	defer func() {
		if p := recover(); p != nil {
			err = &care.Error{Kind: care.KindInternal, Cause: fmt.Errorf("panic: %v", p)}
		}
	}()
	effect, err = handler(ctx, j)
	if err != nil && errors.Is(context.Cause(ctx), errLost) {
		err = errLost
	}
	return effect, err
}

// renew keeps the lease until done; a lease that is over ends the attempt.
func (r *Runner) renew(ctx context.Context, j care.Job, cancel context.CancelCauseFunc, done <-chan struct{}) {
	tick := time.NewTicker(r.o.Lease / 3)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		j.RunAt = care.Truncate(r.o.Now()).Add(r.o.Lease)
		err := r.o.Store.Update(ctx, func(tx store.Tx) error { return tx.UpdateJob(j, j.Lease) })
		if care.IsNotFound(err) { // any other failure is tried again before the lease ends
			cancel(errLost)
			return
		}
	}
}

// giveBack has a job whose run a stop cut off run again, as if it had not begun.
func (r *Runner) giveBack(ctx context.Context, j care.Job) (Outcome, error) {
	was := j.Lease
	j.State, j.Attempts, j.Lease, j.RunAt, j.ChangedAt = care.JobWaiting, j.Attempts-1, "", care.Truncate(r.o.Now()), care.Truncate(r.o.Now())
	return r.settle(ctx, j, was, Failed)
}

// failed has a job tried again later, or gives it up.
func (r *Runner) failed(ctx context.Context, j care.Job, cause error) (Outcome, error) {
	was, outcome := j.Lease, Failed
	now := care.Truncate(r.o.Now())
	j.State, j.Lease, j.ChangedAt, j.Reason = care.JobWaiting, "", now, reason(cause)
	j.RunAt = care.Truncate(now.Add(pause(j.Attempts, random)))
	if kind := care.KindOf(cause); kind == care.KindInvalid || kind == care.KindNotFound || j.Attempts >= j.MaxAttempts {
		j.State, outcome = care.JobDead, Dead
	}
	outcome, err := r.settle(ctx, j, was, outcome)
	return outcome, errors.Join(cause, err)
}

func (r *Runner) settle(ctx context.Context, j care.Job, was string, outcome Outcome) (Outcome, error) {
	err := r.o.Store.Update(ctx, func(tx store.Tx) error { return tx.UpdateJob(j, was) })
	if care.IsNotFound(err) {
		return Lost, nil
	}
	return outcome, err
}

// reasonLimit bounds what is kept of an error.
const reasonLimit = 300

func reason(err error) string {
	text := err.Error()
	return strings.ToValidUTF8(strings.ReplaceAll(text[:min(len(text), reasonLimit)], "\x00", ""), "")
}

func (r *Runner) log(j care.Job, outcome Outcome, err error) {
	level, cause := slog.LevelWarn, ""
	if outcome == Dead {
		level = slog.LevelError
	}
	if err != nil {
		cause = err.Error()
	}
	r.o.Log.Log(context.Background(), level, "a job was not done", "kind", j.Kind, "job", j.ID, "attempt", j.Attempts, "outcome", string(outcome), "cause", cause)
}
