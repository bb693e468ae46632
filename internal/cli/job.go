package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"chartline/internal/care"
)

type jobCmd struct {
	List  jobList  `cmd:"" help:"List what waits, runs, or was given up."`
	Show  jobShow  `cmd:"" help:"Show a job."`
	Retry jobRetry `cmd:"" help:"Try jobs again that failed or were given up."`
	Drop  jobDrop  `cmd:"" help:"Remove a job that was given up."`
}

type jobDoc struct {
	ID          string        `json:"id"`
	Kind        string        `json:"kind"`
	Tenant      string        `json:"tenant"`
	Instance    string        `json:"instance"`
	Payload     string        `json:"payload"`
	Priority    int           `json:"priority"`
	State       care.JobState `json:"state"`
	Attempts    int           `json:"attempts"`
	MaxAttempts int           `json:"maxAttempts"`
	RunAt       time.Time     `json:"runAt"`
	Reason      string        `json:"reason"`
	CreatedAt   time.Time     `json:"createdAt"`
	ChangedAt   time.Time     `json:"changedAt"`
}

func docOfJob(j care.Job) jobDoc {
	return jobDoc{ID: j.ID, Kind: j.Kind, Tenant: j.Tenant, Instance: j.Instance, Payload: j.Payload, Priority: int(j.Priority), State: j.State,
		Attempts: j.Attempts, MaxAttempts: j.MaxAttempts, RunAt: j.RunAt, Reason: j.Reason, CreatedAt: j.CreatedAt, ChangedAt: j.ChangedAt}
}

func (a *app) showJob(j care.Job) error {
	d := docOfJob(j)
	return a.show(d, func(w io.Writer) {
		writeFields(w, field{"job", d.ID}, field{"kind", d.Kind}, field{"of", d.Tenant + "/" + d.Instance}, field{"does it to", d.Payload},
			field{"state", string(d.State)}, field{"attempts", fmt.Sprintf("%d of %d", d.Attempts, d.MaxAttempts)}, field{"not before", when(d.RunAt)},
			field{"because", d.Reason}, field{"since", when(d.ChangedAt)}, field{"made", when(d.CreatedAt)})
	})
}

type jobList struct {
	State    string    `enum:"waiting,running,dead," default:"" placeholder:"STATE" help:"Only waiting, running or dead ones: dead are those that were given up."`
	Page     pageFlags `embed:""`
	Settings dataFlags `embed:""`
}

// Run lists jobs by id.
func (c jobList) Run(a *app) error {
	if err := c.Page.check(); err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.upkeep.Jobs(a.ctx, a.actor(), care.JobState(c.State), c.Page.After, c.Page.Limit+1)
		if err != nil {
			return err
		}
		list, next := cutPage(docs(all, docOfJob), c.Page.Limit, func(d jobDoc) string { return d.ID })
		return showPage(a, list, next,
			column[jobDoc]{"JOB", func(d jobDoc) string { return d.ID }},
			column[jobDoc]{"KIND", func(d jobDoc) string { return d.Kind }},
			column[jobDoc]{"OF", func(d jobDoc) string { return d.Tenant + "/" + d.Instance }},
			column[jobDoc]{"STATE", func(d jobDoc) string { return string(d.State) }},
			column[jobDoc]{"ATTEMPTS", func(d jobDoc) string { return strconv.Itoa(d.Attempts) }},
			column[jobDoc]{"NOT BEFORE", func(d jobDoc) string { return when(d.RunAt) }},
			column[jobDoc]{"BECAUSE", func(d jobDoc) string { return d.Reason }})
	})
}

type jobShow struct {
	ID       string    `arg:"" placeholder:"ID" help:"The job."`
	Settings dataFlags `embed:""`
}

// Run shows a job.
func (c jobShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		j, err := e.upkeep.Job(a.ctx, a.actor(), c.ID)
		if err != nil {
			return err
		}
		return a.showJob(j)
	})
}

type jobRetry struct {
	IDs      []string  `arg:"" optional:"" name:"id" help:"The jobs."`
	Dead     bool      `help:"Every job that was given up."`
	Settings dataFlags `embed:""`
}

// Run has jobs tried again; the server that runs does it.
func (c jobRetry) Run(a *app) error {
	if c.Dead == (len(c.IDs) > 0) {
		return usage{"give the jobs, or --dead for all that were given up"}
	}
	return a.with(func(e *engine) error {
		ids := c.IDs
		if c.Dead {
			var err error
			if ids, err = a.deadJobs(e); err != nil {
				return err
			}
		}
		var again []jobDoc
		for _, id := range ids {
			j, err := e.upkeep.Retry(a.ctx, a.actor(), id)
			if err != nil {
				return fmt.Errorf("job %s: %s", id, explain(err))
			}
			again = append(again, docOfJob(j))
		}
		return showPage(a, again, "",
			column[jobDoc]{"JOB", func(d jobDoc) string { return d.ID }},
			column[jobDoc]{"KIND", func(d jobDoc) string { return d.Kind }},
			column[jobDoc]{"STATE", func(d jobDoc) string { return string(d.State) }})
	})
}

// deadJobs lists the jobs that were given up.
func (a *app) deadJobs(e *engine) (ids []string, err error) {
	for after, more := "", true; more; {
		batch, err := e.upkeep.Jobs(a.ctx, a.actor(), care.JobDead, after, listed)
		if err != nil {
			return nil, err
		}
		for _, j := range batch {
			ids, after = append(ids, j.ID), j.ID
		}
		more = len(batch) == listed
	}
	return ids, nil
}

type jobDrop struct {
	ID       string    `arg:"" placeholder:"ID" help:"The job."`
	Reason   string    `required:"" placeholder:"TEXT" help:"Why, for the audit log."`
	Settings dataFlags `embed:""`
}

// Run removes a job that was given up.
func (c jobDrop) Run(a *app) error {
	return a.with(func(e *engine) error {
		j, err := e.upkeep.Drop(a.ctx, a.actor(), c.ID, c.Reason)
		if err != nil {
			return err
		}
		return a.showJob(j)
	})
}
