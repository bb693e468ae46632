package store

import (
	"time"

	"chartline/internal/care"
)

// Jobs holds durable work that is to be done.
type Jobs interface {
	// Enqueue stores j. Where its Once is that of a job that is not dead, nothing
	// is stored, and it reports false.
	Enqueue(j care.Job) (bool, error)
	Job(id string) (care.Job, error)
	// Jobs lists by id, those after the given one; an empty state is any.
	Jobs(state care.JobState, after string, limit int) ([]care.Job, error)
	// JobDue reports whether a job may be run at now.
	JobDue(now time.Time) (bool, error)
	// ClaimJobs leases at most limit due jobs, those of a higher priority first
	// and within one a job of each tenant in turn, beginning with the tenant after
	// the given one. They are returned as they are from then on: running, with one
	// attempt more, until their lease ends.
	ClaimJobs(c JobClaim) ([]care.Job, error)
	// UpdateJob changes j's state, attempts, time, lease and reason where it has
	// the lease was; else it is NotFound: another run has it, or it is done.
	UpdateJob(j care.Job, was string) error
	// DeleteJob removes a job that is done; NotFound as UpdateJob.
	DeleteJob(id, lease string) error
}

// JobClaim is who wants how many jobs.
type JobClaim struct {
	Lease      string // names the run, once for all
	Now, Until time.Time
	After      string // the tenant that had the last turn
	Limit      int
}
