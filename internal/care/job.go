package care

import (
	"log/slog"
	"time"
)

// JobState is what is to become of a job. One that is done is gone.
type JobState string

// The states of jobs.
const (
	JobWaiting JobState = "waiting" // for its time, or a worker
	JobRunning JobState = "running"
	JobDead    JobState = "dead" // given up: a person decides
)

// JobPriority says what goes first. Within one, tenants take turns.
type JobPriority int

// The priorities.
const (
	JobUrgent JobPriority = iota // somebody waits for it
	JobNormal
	JobIdle // when there is nothing else to do
)

// JobPriorities returns every priority, the first to go first.
func JobPriorities() []JobPriority { return []JobPriority{JobUrgent, JobNormal, JobIdle} }

// Job is work that must be done once the change that wants it is durable: it is
// stored in the change's own transaction.
type Job struct {
	Scope
	ID   string // UUID
	Kind string
	// Once, where it is not empty, keeps a second job of the same scope, kind and
	// Once from being stored while this one is not done or dead.
	Once string
	// Payload is what the kind's handler needs: ids and keys, never health data.
	Payload     string
	Priority    JobPriority
	State       JobState
	Attempts    int // that were begun
	MaxAttempts int
	// RunAt is when it may run; while it runs, when its lease ends and another
	// worker may take it.
	RunAt  time.Time
	Lease  string // of the run that has it
	Reason string // why the last attempt failed
	// CreatedAt and ChangedAt are when it was stored and when its state changed.
	CreatedAt time.Time
	ChangedAt time.Time
}

// The kinds of jobs. The payload of each is said beside it.
const (
	// JobRemoveMedia removes the object whose key is the payload, which no row
	// uses any more.
	JobRemoveMedia = "media.remove"
)

// jobAttempts is how often a job is tried: for about a day.
const jobAttempts = 18

// NewJob returns a job of the normal priority that may run at now.
func NewJob(id string, s Scope, kind, once, payload string, now time.Time) Job {
	return Job{
		Scope: s, ID: id, Kind: kind, Once: once, Payload: payload, Priority: JobNormal, State: JobWaiting,
		MaxAttempts: jobAttempts, RunAt: now, CreatedAt: now, ChangedAt: now,
	}
}

// LogValue shows the id only.
func (j Job) LogValue() slog.Value { return slog.StringValue(j.ID) }
