package upkeep

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Service is the use cases of this package.
type Service struct{ gate *gate.Gate }

// New returns the use cases behind g.
func New(g *gate.Gate) *Service { return &Service{gate: g} }

// Jobs lists jobs by id, those after the given one; an empty state is any. actor
// must be an operator.
func (s *Service) Jobs(ctx context.Context, actor care.Actor, state care.JobState, after string, limit int) ([]care.Job, error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "list jobs"}
	return gate.Read(ctx, s.gate, q, gate.Nothing("job"), func(tx store.Tx) ([]care.Job, error) { return tx.Jobs(state, after, limit) })
}

// Job returns a job. Errors: NotFound, also for one that is done.
func (s *Service) Job(ctx context.Context, actor care.Actor, id string) (care.Job, error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "show a job"}
	var j care.Job
	return gate.Read(ctx, s.gate, q, find(id, &j), func(store.Tx) (care.Job, error) { return j, nil })
}

// Retry has a job that was given up tried again from now on, as if it were new,
// and one that waits for its next attempt tried now. Errors: NotFound, Conflict
// (it runs, or another that does the same was stored meanwhile).
func (s *Service) Retry(ctx context.Context, actor care.Actor, id string) (care.Job, error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "try a job again"}
	var j care.Job
	return gate.Write(ctx, s.gate, q, find(id, &j), func(tx store.Tx) (care.Job, error) {
		if j.State == care.JobRunning {
			return j, conflict("it is running")
		}
		now := s.gate.Now()
		again := j
		again.State, again.Attempts, again.RunAt, again.ChangedAt = care.JobWaiting, 0, now, now
		if j.State == care.JobWaiting {
			return again, tx.UpdateJob(again, "")
		}
		// Stored anew, so that a second one of its kind is told.
		if err := tx.DeleteJob(j.ID, ""); err != nil {
			return j, err
		}
		stored, err := tx.Enqueue(again)
		if err == nil && !stored {
			err = conflict("another that does the same was stored meanwhile")
		}
		return again, err
	})
}

// Drop removes a job that was given up, for good. Errors: NotFound, Conflict (it
// was not given up).
func (s *Service) Drop(ctx context.Context, actor care.Actor, id, reason string) (care.Job, error) {
	q := gate.Request{Actor: actor, Action: policy.SystemMaintain, Reason: "drop a job: " + reason}
	var j care.Job
	return gate.Write(ctx, s.gate, q, find(id, &j), func(tx store.Tx) (care.Job, error) {
		if j.State != care.JobDead {
			return j, conflict("only a job that was given up can be dropped")
		}
		return j, tx.DeleteJob(j.ID, j.Lease)
	})
}

// find finds a job into j.
func find(id string, j *care.Job) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (t care.Target, err error) {
		*j, err = tx.Job(id)
		return care.Target{Noun: "job", ID: j.ID}, err
	}
}

func conflict(message string) error {
	return &care.Error{Kind: care.KindConflict, Noun: "job", Message: message}
}
