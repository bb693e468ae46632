package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

func lifecycleTests() []test {
	return []test{
		{"A context that has ended does nothing, and is an error", contextEnded},
		{"A context that ends while others are at work does nothing", contextEndsWaiting},
		{"A context that ends inside a function keeps all or nothing", contextEnds},
		{"A transaction that outlives its function is an error and does nothing", outlived},
		{"What reads alone is run again where it needs a transaction", readsAlone},
		{"What reads alone writes nothing", writesAlone},
		{"Close waits for what runs", closeWaits},
		{"A closed store answers with errors", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			closeNow(t, s)
			for name, err := range map[string]error{
				"view":   s.View(within(t), func(tx store.Tx) error { _, err := tx.Tenants("", 1); return err }),
				"update": s.Update(within(t), func(tx store.Tx) error { return tx.CreatePatient(c.patient(1)) }),
				"check":  s.Check(within(t)),
			} {
				if err == nil {
					t.Errorf("%s works after close", name)
				}
			}
			closeNow(t, s)
		}},
	}
}

func contextEnded(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	ctx, cancel := context.WithCancel(within(t))
	cancel()
	for name, run := range map[string]func(context.Context, func(store.Tx) error) error{"view": s.View, "update": s.Update} {
		for n := range 200 { // whether an engine that is idle takes it is a matter of chance
			err := run(ctx, func(tx store.Tx) error { _ = tx.CreatePatient(c.patient(1)); return nil })
			if care.KindOf(err) != care.KindUnavailable || err == nil {
				t.Fatalf("%s, at run %d: %v", name, n, err)
			}
		}
	}
	absent(t, s, func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, c.patient(1).ID) })
	update(t, s, func(tx store.Tx) error { return tx.CreatePatient(c.patient(1)) })
}

func contextEnds(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	for n := 1; n <= 30; n++ {
		ctx, cancel := context.WithCancel(within(t))
		err := s.Update(ctx, func(tx store.Tx) error {
			if err := tx.CreatePatient(c.patient(n)); err != nil {
				return err
			}
			cancel()
			if n%2 == 0 {
				return tx.CreateProvider(c.provider(n))
			}
			return nil
		})
		cancel()
		there := failure(t, s, func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, c.patient(n).ID) })
		if (err == nil) != (there == nil) {
			t.Errorf("update %d ends with %v, and its patient with %v", n, err, there)
		}
		if n%2 == 0 && err == nil {
			get(t, s, func(tx store.Tx) (care.Provider, error) { return tx.Provider(c.Scope, c.provider(n).Number) })
		}
	}
	update(t, s, func(tx store.Tx) error { return tx.CreatePatient(c.patient(1000)) })
}

// contextEndsWaiting waits behind an update that does not end, gives up, and
// has then done nothing.
func contextEndsWaiting(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	running, release, first := make(chan struct{}, 1), make(chan struct{}), make(chan error, 1)
	go func() {
		first <- s.Update(within(t), func(tx store.Tx) error {
			select {
			case running <- struct{}{}:
			default: // run again
			}
			<-release
			return tx.CreatePatient(c.patient(1))
		})
	}()
	<-running
	ctx, cancel := context.WithCancel(within(t))
	second := make(chan error, 1)
	go func() {
		second <- s.Update(ctx, func(tx store.Tx) error { return tx.CreatePatient(c.patient(2)) })
	}()
	cancel()
	// An engine whose writers do not wait for each other may be done before.
	err := <-second
	close(release)
	if err := <-first; err != nil {
		t.Fatal(err)
	}
	there := failure(t, s, func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, c.patient(2).ID) })
	if (err == nil) != (there == nil) {
		t.Errorf("the update ends with %v, and its patient with %v", err, there)
	}
}

func outlived(t *testing.T, s store.Store) {
	scope := scopes()[0]
	populate(t, s, scope)
	before := everything(t, s, scope)
	for name, run := range map[string]func(context.Context, func(store.Tx) error) error{"view": s.View, "update": s.Update} {
		var kept store.Tx
		if err := run(within(t), func(tx store.Tx) error { kept = tx; return nil }); err != nil {
			t.Fatal(err)
		}
		for _, m := range methods() {
			if _, err := m.call(kept, scope, own(scope)); err == nil {
				t.Errorf("%s works after its %s", m.name, name)
			}
		}
		// Whoever comes next gets the connection that it had.
		update(t, s, func(store.Tx) error {
			if _, err := kept.NextPerson(scope, 2024); err == nil {
				t.Errorf("a number is drawn in another's update after its %s", name)
			}
			return nil
		})
	}
	equal(t, everything(t, s, scope), before)
}

func readsAlone(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	update(t, s, func(tx store.Tx) error { return tx.CreatePatient(c.patient(1)) })
	for statements := range 4 {
		runs := 0
		err := s.View(store.Alone(within(t)), func(tx store.Tx) error {
			runs++
			for range statements {
				if p, err := tx.Patient(c.Scope, c.patient(1).ID); err != nil || p.ID != c.patient(1).ID {
					return fmt.Errorf("found %v (%w)", p, err)
				}
			}
			return nil
		})
		if want := 1 + min(1, statements/2); err != nil || runs != want {
			t.Errorf("%d statements took %d runs, want %d (%v)", statements, runs, want, err)
		}
	}
	func() {
		defer func() {
			if recover() == nil {
				t.Error("a panic was kept from who called")
			}
		}()
		_ = s.View(store.Alone(within(t)), func(tx store.Tx) error {
			_, err := tx.Patient(c.Scope, c.patient(1).ID)
			panic(err)
		})
	}()
	get(t, s, func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, c.patient(1).ID) })
}

func writesAlone(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	for name, write := range map[string]func(store.Tx) error{
		"one statement":  func(tx store.Tx) error { _, _, err := tx.CountAttempt("k", epoch, epoch); return err },
		"two statements": func(tx store.Tx) error { return tx.CreatePatient(c.patient(1)) },
	} {
		if err := s.View(store.Alone(within(t)), write); err == nil {
			t.Errorf("%s in a View", name)
		}
	}
	absent(t, s, func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, c.patient(1).ID) })
	equal(t, get(t, s, func(tx store.Tx) (int, error) { n, _, err := tx.Attempts("k", epoch); return n, err }), 0)
}

func closeWaits(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	running, release := make(chan struct{}, 2), make(chan struct{})
	var finished atomic.Int32
	results := make(chan error, 2)
	go func() {
		results <- s.Update(within(t), func(tx store.Tx) error {
			running <- struct{}{}
			<-release
			err := tx.CreatePatient(c.patient(1))
			finished.Add(1)
			return err
		})
	}()
	go func() {
		results <- s.View(within(t), func(tx store.Tx) error {
			running <- struct{}{}
			<-release
			_, err := tx.Tenants("", 1)
			finished.Add(1)
			return err
		})
	}()
	<-running
	<-running
	closed := make(chan int32, 1)
	go func() {
		closeNow(t, s)
		closed <- finished.Load()
	}()
	select {
	case <-closed:
		t.Error("close did not wait")
	case <-time.After(50 * time.Millisecond):
	}
	close(release)
	for range 2 {
		if err := <-results; err != nil {
			t.Errorf("what ran when close was called: %v", err)
		}
	}
	select {
	case n := <-closed:
		equal(t, n, 2)
	case <-time.After(patience):
		t.Fatal("close hangs")
	}
}
