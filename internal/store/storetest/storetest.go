package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"chartline/internal/care"
	"chartline/internal/store"
)

// Capabilities is what an engine can do beyond the seam. The suite asks nothing
// of an engine that it does not offer here; the zero value offers nothing.
type Capabilities struct {
	// Shared returns a function that opens the same database every time it is
	// called, empty the first time: for what must survive a restart, and for two
	// processes on one database.
	Shared func(t *testing.T) func() store.Store
	// Damaged returns a store whose database is structurally broken.
	Damaged func(t *testing.T) store.Store
}

// patience bounds what must not hang, on the slowest machine; nothing waits that
// long.
const patience = 3 * time.Minute

// errUndo makes an Update undo what it did.
var errUndo = errors.New("undo")

type test struct {
	name string
	run  func(t *testing.T, s store.Store)
}

// Run runs the suite. open opens an empty database for one test; the suite
// closes it.
func Run(t *testing.T, open func(t *testing.T) store.Store, caps Capabilities) {
	groups := []struct {
		name  string
		tests []test
	}{
		{"tenants", tenantTests()},
		{"clients", clientTests()},
		{"tokens", tokenTests()},
		{"patients", patientTests()},
		{"providers", providerTests()},
		{"care team", careTeamTests()},
		{"encounters", encounterTests()},
		{"sessions", sessionTests()},
		{"calls", callTests()},
		{"recordings", recordingTests()},
		{"names", nameTests()},
		{"media", mediaTests()},
		{"audit", auditTests()},
		{"once", onceTests()},
		{"appointments", appointmentTests()},
		{"log-ins", loginTests()},
		{"charts", chartTests()},
		{"keys", sealTests()},
		{"objects", objectTests()},
		{"jobs", jobTests()},
		{"tenancy", tenancyTests(open)},
		{"lists", listTests()},
		{"transactions", transactionTests()},
		{"lifecycle", lifecycleTests()},
		{"unicode", unicodeTests()},
		{"time", timeTests()},
		{"conflicts", conflictTests()},
		{"references", referenceTests()},
		{"round trips", roundTripTests()},
	}
	for _, g := range groups {
		t.Run(g.name, func(t *testing.T) {
			t.Parallel()
			for _, c := range g.tests {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel()
					c.run(t, closing(t, open(t)))
				})
			}
		})
	}
	runShared(t, caps)
}

// closing closes s at the end of the test.
func closing(t *testing.T, s store.Store) store.Store {
	t.Cleanup(func() { closeNow(t, s) })
	return s
}

func closeNow(t tb, s store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// tb is what a *testing.T and a *rapid.T share.
type tb interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// within returns a context that ends long after anything here should have, or
// with the test.
func within(t tb) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// update commits fn or ends the test.
func update(t tb, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Update(ctx, fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// view runs fn on a snapshot or ends the test.
func view(t tb, s store.Store, fn func(store.Tx) error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.View(ctx, fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// get returns what fn reads in a View of its own.
func get[T any](t tb, s store.Store, fn func(store.Tx) (T, error)) T {
	t.Helper()
	var out T
	view(t, s, func(tx store.Tx) (err error) {
		out, err = fn(tx)
		return err
	})
	return out
}

// failure returns the error with which fn fails in a View of its own.
func failure[T any](t tb, s store.Store, fn func(store.Tx) (T, error)) error {
	t.Helper()
	return s.View(within(t), func(tx store.Tx) error {
		_, err := fn(tx)
		return err
	})
}

// together runs fn in so many goroutines and ends the test with their first
// failure.
func together(t tb, goroutines int, fn func(g int) error) {
	t.Helper()
	var group errgroup.Group
	for g := range goroutines {
		group.Go(func() error { return fn(g) })
	}
	if err := group.Wait(); err != nil {
		t.Fatalf("%v", err)
	}
}

// absent ends the test unless fn finds nothing.
func absent[T any](t tb, s store.Store, fn func(store.Tx) (T, error)) {
	t.Helper()
	if err := failure(t, s, fn); !care.IsNotFound(err) {
		t.Fatalf("want not found, got %v", err)
	}
}

// refused ends the test unless an Update of fn fails with kind.
func refused(t tb, s store.Store, kind care.Kind, fn func(store.Tx) error) {
	t.Helper()
	if err := s.Update(within(t), fn); err == nil || care.KindOf(err) != kind {
		t.Fatalf("want %v, got %v", kind, err)
	}
}

// field returns the first faulty field that err names, or "".
func field(err error) string {
	if e, ok := errors.AsType[*care.Error](err); ok {
		for f := range e.Fields {
			return f
		}
	}
	return ""
}

// conflicts ends the test unless an Update of fn fails with a conflict that
// names one of fields.
func conflicts(t tb, s store.Store, fn func(store.Tx) error, fields ...string) {
	t.Helper()
	err := s.Update(within(t), fn)
	if err == nil || care.KindOf(err) != care.KindConflict || !slices.Contains(fields, field(err)) {
		t.Fatalf("want a conflict that names %q, got %v", fields, err)
	}
}
