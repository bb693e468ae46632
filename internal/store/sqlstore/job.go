package sqlstore

import (
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	sqlJobInsert = `
	INSERT INTO job (tenant, instance, id, kind, once, payload, priority, state, attempts, max_attempts, run_at, lease, reason, created_at, changed_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING`
	colsJob = `
	SELECT tenant, instance, id, kind, once, payload, priority, state, attempts, max_attempts, run_at, lease, reason, created_at, changed_at
	FROM job WHERE `
	sqlJob       = colsJob + `id = $1`
	sqlJobs      = colsJob + `id > $1 ORDER BY id LIMIT $2`
	sqlJobsState = colsJob + `state = $1 AND id > $2 ORDER BY id LIMIT $3`
	sqlJobsDue   = colsJob + `priority = $1 AND tenant = $2 AND state <> 'dead' AND run_at <= $3 ORDER BY run_at, id LIMIT 1`
	sqlJobTurn   = `
	SELECT tenant FROM job WHERE priority = $1 AND tenant > $2 AND state <> 'dead' AND run_at <= $3 ORDER BY tenant LIMIT 1`
	sqlJobFirst = `
	SELECT tenant FROM job WHERE priority = $1 AND state <> 'dead' AND run_at <= $2 ORDER BY tenant LIMIT 1`
	sqlJobUpdate = `
	UPDATE job SET state = $3, attempts = $4, run_at = $5, lease = $6, reason = $7, changed_at = $8 WHERE id = $1 AND lease = $2`
	sqlJobDelete = `
	DELETE FROM job WHERE id = $1 AND lease = $2`
)

func scanJob(r *row) care.Job {
	return care.Job{
		Scope: scanScope(r), ID: r.text(), Kind: r.text(), Once: r.text(), Payload: r.text(), Priority: care.JobPriority(r.int()),
		State: care.JobState(r.text()), Attempts: int(r.int()), MaxAttempts: int(r.int()), RunAt: r.time(), Lease: r.text(), Reason: r.text(),
		CreatedAt: r.time(), ChangedAt: r.time(),
	}
}

func (t *tx) Enqueue(j care.Job) (bool, error) {
	n, err := t.exec(sqlJobInsert, j.Tenant, j.Instance, j.ID, j.Kind, j.Once, j.Payload, int64(j.Priority), string(j.State), int64(j.Attempts),
		int64(j.MaxAttempts), micros(j.RunAt), j.Lease, j.Reason, micros(j.CreatedAt), micros(j.ChangedAt))
	return n > 0, err
}

func (t *tx) Job(id string) (care.Job, error) { return one(t, "job", scanJob, sqlJob, id) }

func (t *tx) Jobs(state care.JobState, after string, limit int) ([]care.Job, error) {
	if state == "" {
		return all(t, scanJob, sqlJobs, after, int64(limit))
	}
	return all(t, scanJob, sqlJobsState, string(state), after, int64(limit))
}

func (t *tx) JobDue(now time.Time) (bool, error) {
	for _, p := range care.JobPriorities() {
		_, err := one(t, "job", (*row).text, sqlJobFirst, int64(p), micros(now))
		if err == nil || !care.IsNotFound(err) {
			return err == nil, err
		}
	}
	return false, nil
}

func (t *tx) ClaimJobs(c store.JobClaim) ([]care.Job, error) {
	var claimed []care.Job
	for _, p := range care.JobPriorities() {
		for turn := c.After; len(claimed) < c.Limit; {
			j, err := t.claimNext(c, p, turn)
			if care.IsNotFound(err) {
				break
			}
			if err != nil {
				return nil, err
			}
			claimed, turn = append(claimed, j), j.Tenant
		}
	}
	return claimed, nil
}

// claimNext leases the next job of the tenant whose turn it is after turn's.
func (t *tx) claimNext(c store.JobClaim, p care.JobPriority, turn string) (care.Job, error) {
	tenant, err := one(t, "job", (*row).text, sqlJobTurn, int64(p), turn, micros(c.Now))
	if care.IsNotFound(err) {
		tenant, err = one(t, "job", (*row).text, sqlJobFirst, int64(p), micros(c.Now))
	}
	if err != nil {
		return care.Job{}, err
	}
	j, err := one(t, "job", scanJob, sqlJobsDue, int64(p), tenant, micros(c.Now))
	if err != nil {
		return j, err
	}
	was := j.Lease
	j.State, j.Attempts, j.RunAt, j.Lease, j.ChangedAt = care.JobRunning, j.Attempts+1, c.Until, c.Lease, c.Now
	return j, t.UpdateJob(j, was)
}

func (t *tx) UpdateJob(j care.Job, was string) error {
	return t.change("job", sqlJobUpdate, j.ID, was, string(j.State), int64(j.Attempts), micros(j.RunAt), j.Lease, j.Reason, micros(j.ChangedAt))
}

func (t *tx) DeleteJob(id, lease string) error { return t.change("job", sqlJobDelete, id, lease) }
