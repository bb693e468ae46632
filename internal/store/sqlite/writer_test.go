package sqlite_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
)

func next(tx store.Tx) error { _, err := tx.NextEncounter(live); return err }

// drawn returns how many encounter numbers were drawn, by drawing one more.
func drawn(t *testing.T, s store.Store) int {
	t.Helper()
	var n int64
	update(t, s, func(tx store.Tx) (err error) { n, err = tx.NextEncounter(live); return err })
	return int(n - 1)
}

// TestOneFunctionsFailureIsNobodyElses has failing, panicking and vanishing
// functions share commits with good ones.
func TestOneFunctionsFailureIsNobodyElses(t *testing.T) {
	t.Parallel()
	db := open(t)
	update(t, db, seedPeople)
	failure := errors.New("failure")
	var wait sync.WaitGroup
	const each = 40
	for range each {
		for _, c := range []struct {
			fn   func(store.Tx) error
			good func(error) bool
		}{
			{next, func(err error) bool { return err == nil }},
			{func(tx store.Tx) error { return first(next(tx), failure) }, func(err error) bool { return errors.Is(err, failure) }},
			{func(tx store.Tx) error { _ = next(tx); panic("panic") }, func(err error) bool { return care.KindOf(err) == care.KindInternal }},
			{func(tx store.Tx) error { _ = next(tx); runtime.Goexit(); return nil }, func(err error) bool { return err != nil }},
		} {
			wait.Go(func() {
				if err := db.Update(context.Background(), c.fn); !c.good(err) {
					t.Errorf("answer: %v", err)
				}
			})
		}
	}
	wait.Wait()
	if n := drawn(t, db); n != each {
		t.Errorf("%d good functions left %d numbers drawn", each, n)
	}
}

func TestUpdatesThatWaitTogetherShareACommit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // to know when all of them wait
		db := open(t)
		update(t, db, seedPeople)
		commits, updates := db.Writes()
		leave := make(chan bool)
		var wait sync.WaitGroup
		wait.Go(func() {
			if err := db.Update(t.Context(), func(store.Tx) error { <-leave; return nil }); err != nil {
				t.Error(err)
			}
		})
		synctest.Wait()
		before := len(read(t, db.Path()+"-wal"))
		for range 100 {
			wait.Go(func() {
				if err := db.Update(t.Context(), next); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		leave <- true
		wait.Wait()
		// Each commit writes the page with the counter to the log at least.
		if pages := (len(read(t, db.Path()+"-wal")) - before) / 4096; pages < 1 || pages > 10 {
			t.Errorf("100 updates that waited together wrote %d pages", pages)
		}
		c, u := db.Writes()
		if c -= commits; c < 1 || c > 10 || u-updates != 101 {
			t.Errorf("%d commits of %d updates are counted", c, u-updates)
		}
		if n := drawn(t, db); n != 100 {
			t.Errorf("%d numbers were drawn", n)
		}
	})
}

func TestAnUpdateWhoseCallerLeftBeforeItBeganIsNotRun(t *testing.T) {
	t.Parallel()
	db := open(t)
	update(t, db, seedPeople)
	entered, leave, answer := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		answer <- db.Update(t.Context(), func(tx store.Tx) error { entered <- true; <-leave; return next(tx) })
	}()
	<-entered
	ctx, cancel := context.WithCancel(t.Context())
	left := make(chan error)
	go func() { left <- db.Update(ctx, next) }()
	cancel()
	if err := <-left; care.KindOf(err) != care.KindUnavailable || !errors.Is(err, context.Canceled) {
		t.Errorf("who left is told %v", err)
	}
	leave <- true
	if err := <-answer; err != nil {
		t.Error(err)
	}
	if n := drawn(t, db); n != 1 {
		t.Errorf("%d functions ran", n)
	}
}

func TestCloseWaitsForWhatRunsAndRefusesWhatComes(t *testing.T) {
	t.Parallel()
	path := t.TempDir() + "/chartline.db"
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	update(t, db, seedPeople)
	entered, leave, answer := make(chan bool), make(chan bool), make(chan error, 1)
	go func() {
		answer <- db.Update(context.Background(), func(tx store.Tx) error { entered <- true; <-leave; return next(tx) })
	}()
	<-entered
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	for care.KindOf(db.View(t.Context(), func(store.Tx) error { return nil })) != care.KindUnavailable {
		runtime.Gosched() // until Close has begun
	}
	select {
	case err := <-closed:
		t.Fatalf("closed while an update runs: %v", err)
	default:
	}
	if err := db.Update(t.Context(), next); care.KindOf(err) != care.KindUnavailable {
		t.Errorf("update while closing: %v", err)
	}
	leave <- true
	if err := first(<-answer, <-closed, db.Close()); err != nil {
		t.Error(err)
	}
	if n := drawn(t, openAt(t, path)); n != 1 {
		t.Errorf("%d of 1 updates was kept", n)
	}
}

func TestATransactionThatHasEndedAnswersNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	var kept store.Tx
	view(t, db, func(tx store.Tx) error { kept = tx; return nil })
	if _, err := kept.Tenants("", 1); care.KindOf(err) != care.KindInternal {
		t.Errorf("after a view: %v", err)
	}
	update(t, db, func(tx store.Tx) error { kept = tx; return nil })
	if err := kept.CreateTenant(care.Tenant{Name: "late"}); care.KindOf(err) != care.KindInternal {
		t.Errorf("after an update: %v", err)
	}
}

func TestAViewWritesNothing(t *testing.T) {
	t.Parallel()
	db := open(t)
	err := db.View(t.Context(), func(tx store.Tx) error { return tx.CreateTenant(care.Tenant{Name: "acme-health", CreatedAt: noon}) })
	if err == nil {
		t.Error("a view wrote")
	}
	view(t, db, func(tx store.Tx) error {
		if _, err := tx.Tenant("acme-health"); !care.IsNotFound(err) {
			t.Errorf("the tenant: %v", err)
		}
		return nil
	})
}
