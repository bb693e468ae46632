package postgres_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/postgres/pgtest"
)

// F22: the connection breaks when COMMIT was sent. Whether it happened is not known:
// it is told so, and nothing is done twice.
func TestACommitWhoseAnswerIsLostIsNotRunAgain(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	p := c.Proxy(t)
	db := open(t, p.At(t, at))
	defer db.Close()
	if err := create(t, db, 0); err != nil {
		t.Fatal(err)
	}
	for n, check := range map[int]struct {
		lose func(string)
		kept bool
	}{1: {p.LoseAnswer, true}, 2: {p.LoseQuestion, false}} {
		check.lose("COMMIT")
		runs := 0
		err := db.Update(t.Context(), func(tx store.Tx) error {
			runs++
			return tx.CreateTenant(tenant(n))
		})
		if care.KindOf(err) != care.KindUnavailable || runs != 1 || p.Armed() {
			t.Errorf("%d: got %v after %d runs; lost: %t", n, err, runs, !p.Armed())
		}
		err = db.View(t.Context(), func(tx store.Tx) error { _, err := tx.Tenant(tenant(n).Name); return err })
		if check.kept && err != nil || !check.kept && !care.IsNotFound(err) {
			t.Errorf("%d: then it is there: %v", n, err)
		}
		// Whoever asks again finds out.
		if err := create(t, db, n); check.kept && care.KindOf(err) != care.KindConflict || !check.kept && err != nil {
			t.Errorf("%d: asked again: %v", n, err)
		}
	}
	// One that broke off before is run again, and nobody notices.
	p.LoseQuestion("SAVEPOINT one")
	if err := create(t, db, 3); err != nil || p.Armed() {
		t.Errorf("broken off before: %v; lost: %t", err, !p.Armed())
	}
}

// A database that does not answer is waited for, for a bounded time, by all who ask, and
// used again when it answers.
func TestADatabaseThatHangsIsWaitedForNotForEver(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Database(t)
	p := c.Proxy(t)
	var db *postgres.DB
	eventually(t, "it cannot be opened", func() (ok bool) { // so short a time may be too short on a slow machine
		opened, err := postgres.Open(t.Context(), p.At(t, at)+"&connect_timeout=1", "", postgres.Options{Connections: 2, StatementTimeout: 600 * time.Millisecond})
		db = opened
		return err == nil
	})
	defer db.Close()
	eventually(t, "the database does not answer before", func() bool { return create(t, db, 0) == nil })
	p.Stall()
	var wg sync.WaitGroup
	for n := 1; n <= 4; n++ {
		wg.Go(func() {
			if err := create(t, db, n); care.KindOf(err) != care.KindUnavailable {
				t.Errorf("a write: %v", err)
			}
		})
		wg.Go(func() {
			err := db.View(context.WithoutCancel(t.Context()), func(tx store.Tx) error { _, err := tx.Tenant(tenant(0).Name); return err })
			if care.KindOf(err) != care.KindUnavailable {
				t.Errorf("a read: %v", err)
			}
		})
	}
	wg.Wait()
	p.Go()
	eventually(t, "the database is not used again", func() bool { return create(t, db, 9) == nil && db.Check(t.Context()) == nil })
}

// A commit that waits for a standby, and is told to wait no longer, is on one machine only: it
// is not acknowledged.
func TestACommitThatNoStandbyHasIsNotAcknowledged(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	at := c.Empty(t)
	db := open(t, at)
	defer db.Close()
	for _, statement := range []string{"ALTER SYSTEM SET synchronous_standby_names = 'nobody'", "SELECT pg_reload_conf()"} {
		c.Do(t, at, statement)
	}
	look := raw(t, at)
	eventually(t, "the server waits for no standby", func() bool {
		var names string
		err := look.QueryRowContext(t.Context(), "SHOW synchronous_standby_names").Scan(&names)
		return err == nil && names != ""
	})
	var answered atomic.Bool
	got := make(chan error, 1)
	go func() {
		err := create(t, db, 1)
		answered.Store(true)
		got <- err
	}()
	eventually(t, "no commit waits for the standby", func() bool {
		var n int
		err := look.QueryRowContext(t.Context(), "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity WHERE wait_event = 'SyncRep'").Scan(&n)
		return err == nil && n > 0 || answered.Load()
	})
	if err := <-got; care.KindOf(err) != care.KindUnavailable {
		t.Errorf("it was told %v", err)
	}
}

// A primary that was told to take no writes, while another took its place, is left by
// those who read from it too.
func TestAServerThatTakesNoWritesIsLeft(t *testing.T) {
	t.Parallel()
	old := pgtest.Start(t)
	at := old.Empty(t)
	next := old.Standby(t, "next")
	db := open(t, old.At(t, at, next))
	defer db.Close()
	if err := create(t, db, 0); err != nil {
		t.Fatal(err)
	}
	read := func(n int) error {
		return db.View(context.WithoutCancel(t.Context()), func(tx store.Tx) error { _, err := tx.Tenant(tenant(n).Name); return err })
	}
	all := func(n int) {
		var together atomic.Int64
		var wg sync.WaitGroup
		for range 4 { // as many as there are connections
			wg.Go(func() {
				err := db.View(context.WithoutCancel(t.Context()), func(tx store.Tx) error {
					together.Add(1)
					for end := time.Now().Add(10 * time.Second); together.Load() < 4 && time.Now().Before(end); {
						time.Sleep(time.Millisecond)
					}
					_, err := tx.Tenant(tenant(n).Name)
					return err
				})
				if err != nil {
					t.Errorf("tenant %d: %v", n, err)
				}
			})
		}
		wg.Wait()
	}
	all(0)
	for _, statement := range []string{"ALTER SYSTEM SET default_transaction_read_only = on", "SELECT pg_reload_conf()"} {
		old.Do(t, at, statement)
	}
	look := raw(t, old.At(t, at))
	eventually(t, "the old primary takes writes", func() bool {
		var readOnly string
		return look.QueryRowContext(t.Context(), "SHOW transaction_read_only").Scan(&readOnly) == nil && readOnly == "on"
	})
	next.Promote(t)
	eventually(t, "writes do not go to the new primary", func() bool { return create(t, db, 1) == nil })
	if err := read(1); err != nil {
		t.Error(err)
	}
	all(1)
}
