package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// job is the n-th of a clinic: ids compare as their numbers.
func (c clinic) job(n int) care.Job {
	return care.Job{
		Scope: c.Scope, ID: fmt.Sprintf("%s job %06d", c.mark, n), Kind: "media.remove", Once: fmt.Sprintf("once %s %d", c.label, n), Payload: c.mark,
		Priority: care.JobNormal, State: care.JobWaiting, MaxAttempts: 5, RunAt: at(n), CreatedAt: epoch, ChangedAt: epoch,
	}
}

func enqueue(tx store.Tx, jobs ...care.Job) error {
	for _, j := range jobs {
		if stored, err := tx.Enqueue(j); err != nil || !stored {
			return errors.Join(fmt.Errorf("%s: stored %v", j.ID, stored), err)
		}
	}
	return nil
}

func jobMethods() []method {
	return []method{
		{"Enqueue", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Job.Scope, k.Job.ID = s, "another "+s.String()+k.mark
			return tx.Enqueue(k.Job)
		}},
		{"Job", byName, false, func(tx store.Tx, _ care.Scope, k things) (any, error) { return tx.Job(k.Job.ID) }},
		{"Jobs", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.Jobs("", "", 100) }},
		{"JobDue", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.JobDue(at(1e6)) }},
		{"ClaimJobs", everywhere, true, func(tx store.Tx, _ care.Scope, _ things) (any, error) {
			return tx.ClaimJobs(store.JobClaim{Lease: "run", Now: at(1e6), Until: at(2e6), Limit: 2})
		}},
		{"UpdateJob", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			k.Job.State, k.Job.Reason = care.JobDead, "given up"
			return none(tx.UpdateJob(k.Job, k.Job.Lease))
		}},
		{"DeleteJob", byName, true, func(tx store.Tx, _ care.Scope, k things) (any, error) {
			return none(tx.DeleteJob(k.Job.ID, k.Job.Lease))
		}},
	}
}

func jobTests() []test {
	return []test{
		{"A job comes back as it was stored, and lists are by id and state", jobsListed},
		{"A job that must be there once is not stored again before it is done or dead", jobsOnce},
		{"Priorities go first, and tenants take turns", jobsInTurn},
		{"A leased job is nobody else's until its lease ends", jobsLeased},
		{"Of many who claim at once each job has one", jobsClaimedOnce},
		{"A job is there when the change that wanted it is, and not else", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			_ = s.Update(within(t), func(tx store.Tx) error { return errors.Join(enqueue(tx, w.job(1)), errUndo) })
			absent(t, s, func(tx store.Tx) (care.Job, error) { return tx.Job(w.job(1).ID) })
			equal(t, get(t, s, func(tx store.Tx) (bool, error) { return tx.JobDue(at(1e6)) }), false)
		}},
	}
}

func jobsListed(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	all := []care.Job{w.job(1), w.job(2), w.job(3)}
	all[1].State, all[1].Reason, all[1].Attempts = care.JobDead, "unavailable", 5
	update(t, s, func(tx store.Tx) error { return enqueue(tx, all...) })
	list := func(state care.JobState, after string, limit int) []care.Job {
		return get(t, s, func(tx store.Tx) ([]care.Job, error) { return tx.Jobs(state, after, limit) })
	}
	equal(t, get(t, s, func(tx store.Tx) (care.Job, error) { return tx.Job(all[1].ID) }), all[1])
	equal(t, list("", "", 9), all)
	equal(t, list("", all[0].ID, 1), all[1:2])
	equal(t, list(care.JobDead, "", 9), all[1:2])
	equal(t, list(care.JobWaiting, all[0].ID, 9), all[2:])
}

func jobsOnce(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	first, second := w.job(1), w.job(2)
	second.Once = first.Once
	stored := func(j care.Job) (stored bool) {
		update(t, s, func(tx store.Tx) (err error) {
			stored, err = tx.Enqueue(j)
			return err
		})
		return stored
	}
	equal(t, stored(first), true)
	equal(t, stored(second), false)
	other := w.job(3)
	other.Once, other.Kind = first.Once, "another.kind"
	equal(t, stored(other), true)
	first.State = care.JobDead
	update(t, s, func(tx store.Tx) error { return tx.UpdateJob(first, "") })
	equal(t, stored(second), true)
	update(t, s, func(tx store.Tx) error { return tx.DeleteJob(second.ID, "") })
	fourth := w.job(4)
	fourth.Once = first.Once
	equal(t, stored(fourth), true)
	for _, id := range []int{5, 6} { // without Once there may be many
		j := w.job(id)
		j.Once = ""
		equal(t, stored(j), true)
	}
}

func jobsInTurn(t *testing.T, s store.Store) {
	var all []care.Job
	for i, name := range []string{"acme-health", "birch-clinic", "cedar-care"} {
		w := openWard(t, s, name, "live")
		for n := range 6 - 2*i {
			j := w.job(n)
			j.ID = fmt.Sprintf("%s %d", name, n)
			all = append(all, j)
		}
	}
	urgent, idle, later := all[0], all[1], all[2]
	urgent.ID, urgent.Once, urgent.Priority, urgent.Tenant = "urgent", "", care.JobUrgent, "cedar-care"
	idle.ID, idle.Once, idle.Priority = "idle", "", care.JobIdle
	later.ID, later.Once, later.Priority, later.RunAt = "later", "", care.JobUrgent, at(500)
	update(t, s, func(tx store.Tx) error { return enqueue(tx, append(all, urgent, idle, later)...) })
	claim := func(after string, limit int) (ids []string) {
		update(t, s, func(tx store.Tx) error {
			got, err := tx.ClaimJobs(store.JobClaim{Lease: fmt.Sprint("run ", after, limit), Now: at(100), Until: at(200), After: after, Limit: limit})
			ids = nil
			for _, j := range got {
				ids = append(ids, j.ID)
			}
			return err
		})
		return ids
	}
	equal(t, claim("acme-health", 4), []string{"urgent", "birch-clinic 0", "cedar-care 0", "acme-health 0"})
	equal(t, claim("acme-health", 5), []string{"birch-clinic 1", "cedar-care 1", "acme-health 1", "birch-clinic 2", "acme-health 2"})
	equal(t, claim("birch-clinic", 99), []string{"acme-health 3", "birch-clinic 3", "acme-health 4", "acme-health 5", "idle"})
	equal(t, claim("", 99), nil)
}

func jobsLeased(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	update(t, s, func(tx store.Tx) error { return enqueue(tx, w.job(1)) })
	claim := func(lease string, now int) (got []care.Job) {
		update(t, s, func(tx store.Tx) (err error) {
			got, err = tx.ClaimJobs(store.JobClaim{Lease: lease, Now: at(now), Until: at(now + 10), Limit: 9})
			return err
		})
		return got
	}
	equal(t, len(claim("early", 0)), 0)
	want := w.job(1)
	want.State, want.Attempts, want.RunAt, want.Lease, want.ChangedAt = care.JobRunning, 1, at(15), "first", at(5)
	equal(t, claim("first", 5), []care.Job{want})
	equal(t, get(t, s, func(tx store.Tx) (care.Job, error) { return tx.Job(want.ID) }), want)
	equal(t, len(claim("second", 14)), 0)
	second := claim("second", 15)
	if len(second) != 1 || second[0].Attempts != 2 || second[0].Lease != "second" {
		t.Fatalf("after its lease: %+v", second)
	}
	// The first run is too late for anything.
	for _, late := range []func(store.Tx) error{
		func(tx store.Tx) error { return tx.UpdateJob(want, "first") },
		func(tx store.Tx) error { return tx.DeleteJob(want.ID, "first") },
	} {
		if err := s.Update(within(t), late); !care.IsNotFound(err) {
			t.Errorf("a run without its lease: %v", err)
		}
	}
	dead := second[0]
	dead.State, dead.Lease, dead.Reason = care.JobDead, "", "unavailable"
	update(t, s, func(tx store.Tx) error { return tx.UpdateJob(dead, "second") })
	equal(t, len(claim("third", 1000)), 0)
	equal(t, get(t, s, func(tx store.Tx) (bool, error) { return tx.JobDue(at(1e6)) }), false)
	dead.State, dead.RunAt = care.JobWaiting, at(0)
	update(t, s, func(tx store.Tx) error { return tx.UpdateJob(dead, "") })
	equal(t, len(claim("fourth", 1000)), 1)
	update(t, s, func(tx store.Tx) error { return tx.DeleteJob(dead.ID, "fourth") })
	absent(t, s, func(tx store.Tx) (care.Job, error) { return tx.Job(dead.ID) })
}

func jobsClaimedOnce(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	const count = 60
	update(t, s, func(tx store.Tx) error {
		for n := range count {
			if err := enqueue(tx, w.job(n)); err != nil {
				return err
			}
		}
		return nil
	})
	var mu sync.Mutex
	var all []string
	together(t, 6, func(g int) error {
		for {
			var got []care.Job
			err := patiently(s, func(tx store.Tx) (err error) {
				got, err = tx.ClaimJobs(store.JobClaim{Lease: fmt.Sprint("run ", g), Now: at(100), Until: at(200), Limit: 3})
				return err
			})
			if err != nil || len(got) == 0 {
				return err
			}
			mu.Lock()
			for _, j := range got {
				all = append(all, j.ID)
			}
			mu.Unlock()
		}
	})
	slices.Sort(all)
	if len(all) != count || len(slices.Compact(all)) != count {
		t.Errorf("%d claims of %d jobs", len(all), count)
	}
}
