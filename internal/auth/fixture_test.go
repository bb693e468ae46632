package auth_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
)

var live = care.Scope{Tenant: "acme-health", Instance: "live"}

const (
	right = "a quiet river at dawn"
	nadia = "nadia@example.org"
	here  = "192.0.2.1"
)

// cheap is for tests that are not about the cost.
func cheap() auth.Cost { return auth.Cost{Passes: 1, MemoryKiB: 64, Threads: 1} }

// door is a store with one person who logs in, and what checks who they are.
type door struct {
	store     store.Store
	passwords *auth.Passwords
	logins    *auth.Logins
	login     care.Login

	mu     sync.Mutex
	now    time.Time
	waited []time.Duration
}

func open(t *testing.T) *door {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{})
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	d := &door{store: db, passwords: auth.NewPasswords(15, cheap()), now: time.Date(2026, 3, 18, 15, 0, 0, 0, time.UTC)}
	d.logins = auth.NewLogins(auth.LoginOptions{Store: db, Passwords: d.passwords, Now: d.clock, Wait: d.wait})
	hash, err := d.passwords.Hash(t.Context(), right)
	must(t, err)
	p := care.Patient{Scope: live, ID: "11111111-1111-4111-8111-111111111111", Number: care.PersonNumber(2026, 1), FirstName: "Nadia", Email: nadia, CreatedAt: d.now, UpdatedAt: d.now}
	d.login = care.PatientLogin(p, hash, d.now)
	d.update(t, func(tx store.Tx) error {
		for _, step := range []func() error{
			func() error { return tx.CreateTenant(care.Tenant{Name: live.Tenant, CreatedAt: d.now}) },
			func() error {
				return tx.CreateInstance(care.Instance{Scope: live, TimeZone: "UTC", CreatedAt: d.now, UpdatedAt: d.now})
			},
			func() error { return tx.CreatePatient(p) },
			func() error { return tx.CreateLogin(d.login) },
		} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	})
	return d
}

func (d *door) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *door) move(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
}

// wait notes how long somebody was held up; nobody waits.
func (d *door) wait(_ context.Context, by time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.waited = append(d.waited, by)
	return nil
}

func (d *door) update(t *testing.T, fn func(store.Tx) error) {
	t.Helper()
	must(t, d.store.Update(t.Context(), fn))
}

func (d *door) stored(t *testing.T) care.Login {
	t.Helper()
	var l care.Login
	must(t, d.store.View(t.Context(), func(tx store.Tx) (err error) {
		l, err = tx.LoginByEmail(live, nadia)
		return err
	}))
	return l
}

// try asks for a log-in and returns the Kind of the refusal, or "in".
func (d *door) try(t *testing.T, email, password, address string) string {
	t.Helper()
	l, err := d.logins.Password(t.Context(), live, email, password, address)
	if err != nil {
		return care.KindOf(err).String()
	}
	if l.ID != d.login.ID {
		t.Errorf("%s lets in %s", email, l.ID)
	}
	return "in"
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
