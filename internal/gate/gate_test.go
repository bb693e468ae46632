package gate_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"chartline/internal/audit"
	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
)

var (
	live     = care.Scope{Tenant: "acme-health", Instance: "live"}
	stranger = care.Actor{Kind: care.ActorClient, ID: "stranger", Tenant: "birch-clinic", Home: "live", Instances: []string{"live"}}
)

// bundle is a gate over a real database.
type bundle struct {
	gate  *gate.Gate
	store *faulty
	key   audit.Key
}

// faulty is a store whose writes can be made to fail.
type faulty struct {
	store.Store
	mu  sync.Mutex
	err error
}

func (f *faulty) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

func (f *faulty) Update(ctx context.Context, fn func(store.Tx) error) error {
	f.mu.Lock()
	err := f.err
	f.mu.Unlock()
	if err != nil {
		return err
	}
	return f.Store.Update(ctx, fn)
}

func open(t *testing.T) bundle {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlitetest.New(t), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	key, err := audit.NewKey(make([]byte, audit.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	f := &faulty{Store: db}
	g := gate.New(gate.Options{Store: f, Policy: policy.New(), Names: key.Hasher(), Now: func() time.Time { return time.Date(2026, 3, 18, 14, 0, 0, 0, time.UTC) }})
	t.Cleanup(func() {
		g.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	b := bundle{gate: g, store: f, key: key}
	must(t, db.Update(t.Context(), func(tx store.Tx) error {
		now := g.Now()
		if err := tx.CreateTenant(care.Tenant{Name: live.Tenant, CreatedAt: now}); err != nil {
			return err
		}
		return tx.CreateInstance(care.Instance{Scope: live, TimeZone: "UTC", CreatedAt: now, UpdatedAt: now})
	}))
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// entries reads a chain and proves it.
func (b bundle) entries(t *testing.T, chain string) []care.AuditEntry {
	t.Helper()
	var all []care.AuditEntry
	must(t, b.store.View(t.Context(), func(tx store.Tx) error {
		groups, err := tx.AuditGroups(chain, 0, 10_000)
		if err != nil {
			return err
		}
		head := audit.Head{}
		for _, g := range groups {
			var sealed []care.AuditEntry
			if err := audit.Group(g).Walk(func(e care.AuditEntry, _ []byte) bool { sealed = append(sealed, e); return true }); err != nil {
				return err
			}
			again := audit.Seal(chain, head, append([]care.AuditEntry(nil), sealed...))
			if again.Hash != g.Hash || again.First != g.First {
				t.Errorf("the group from %d is not chained to what is before it", g.First)
			}
			head = again.Head()
			all = append(all, sealed...)
		}
		return nil
	}))
	return all
}

func client(grants ...care.GrantName) care.Actor {
	a := care.Actor{Kind: care.ActorClient, ID: "client-1", Tenant: live.Tenant, Home: live.Instance, Instances: []string{live.Instance},
		Origin: care.Origin{Address: "127.0.0.1", RequestID: "r-1", Via: "GET /x"}}
	for _, g := range grants {
		a.Grants = append(a.Grants, care.Grant{Tenant: live.Tenant, Instance: live.Instance, Name: g})
	}
	return a
}

func found(store.Tx) (care.Target, error) {
	return care.Target{Noun: "patient", ID: "p-1", Patient: "p-1"}, nil
}

func answer(store.Tx) (string, error) { return "answer", nil }

func read(ctx context.Context, b bundle, actor care.Actor, locate func(store.Tx) (care.Target, error)) (string, error) {
	return gate.Read(ctx, b.gate, gate.Request{Actor: actor, Action: policy.PatientRead, Scope: live, Asked: "asked-name"}, locate, answer)
}

func TestAReadIsAnsweredOnceItsEntryIsThere(t *testing.T) {
	t.Parallel()
	b := open(t)
	got, err := read(t.Context(), b, client(care.GrantPatientRead), found)
	if err != nil || got != "answer" {
		t.Fatalf("got %q, %v", got, err)
	}
	all := b.entries(t, live.Tenant)
	if len(all) != 1 {
		t.Fatalf("got %d entries, want 1", len(all))
	}
	e := all[0]
	want := care.AuditEntry{
		Chain: live.Tenant, Seq: 1, At: b.gate.Now(), Actor: care.ActorClient, ActorID: "client-1", Address: "127.0.0.1", Via: "GET /x", Request: "r-1",
		Instance: "live", Action: policy.PatientRead, Noun: "patient", ID: "p-1", Patient: "p-1", Outcome: care.OutcomeAllowed, Reason: "grant patient_read",
	}
	if e != want {
		t.Errorf("got  %+v\nwant %+v", e, want)
	}
}

func TestARefusalIsAuditedAndTellsNothing(t *testing.T) {
	t.Parallel()
	b := open(t)
	worked := false
	_, err := gate.Read(t.Context(), b.gate, gate.Request{Actor: client(), Action: policy.PatientRead, Scope: live}, found,
		func(store.Tx) (string, error) { worked = true; return "answer", nil })
	if care.KindOf(err) != care.KindForbidden || worked {
		t.Fatalf("got %v, worked %t", err, worked)
	}
	if all := b.entries(t, live.Tenant); len(all) != 1 || all[0].Outcome != care.OutcomeRefused || all[0].Reason != "needs grant patient_read" {
		t.Errorf("got %+v", all)
	}
}

func TestWhatIsNotFoundIsAuditedByAKeyedHashOfItsName(t *testing.T) {
	t.Parallel()
	b := open(t)
	_, err := read(t.Context(), b, client(care.GrantPatientRead), func(store.Tx) (care.Target, error) {
		return care.Target{Noun: "patient"}, care.NotFound("patient")
	})
	if !care.IsNotFound(err) {
		t.Fatalf("got %v", err)
	}
	all := b.entries(t, live.Tenant)
	if len(all) != 1 || all[0].Outcome != care.OutcomeNotFound || all[0].Asked != b.key.Hasher().Name(live, "asked-name") {
		t.Errorf("got %+v", all)
	}
}

func TestWhatCannotBeAuditedIsNotAnswered(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.store.fail(errors.New("disk is full"))
	for name, locate := range map[string]func(store.Tx) (care.Target, error){
		"found":     found,
		"not found": func(store.Tx) (care.Target, error) { return care.Target{}, care.NotFound("patient") },
	} {
		if got, err := read(t.Context(), b, client(care.GrantPatientRead), locate); care.KindOf(err) != care.KindUnavailable || got != "" {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	if err := b.gate.Admit(t.Context(), gate.Request{Actor: client(), Action: policy.PatientRead, Scope: live}); care.KindOf(err) != care.KindUnavailable {
		t.Errorf("a refusal that cannot be audited: got %v", err)
	}
	b.store.fail(nil)
	if got, err := read(t.Context(), b, client(care.GrantPatientRead), found); err != nil || got != "answer" {
		t.Errorf("once the disk is back: got %q, %v", got, err)
	}
}

func TestAClientThatHangsUpCannotSuppressItsEntry(t *testing.T) {
	t.Parallel()
	b := open(t)
	ctx, hangUp := context.WithCancel(t.Context())
	_, err := gate.Read(ctx, b.gate, gate.Request{Actor: client(care.GrantPatientRead), Action: policy.PatientRead, Scope: live}, found,
		func(store.Tx) (string, error) { hangUp(); return "answer", nil })
	must(t, err)
	if all := b.entries(t, live.Tenant); len(all) != 1 || all[0].Outcome != care.OutcomeAllowed {
		t.Errorf("got %+v", all)
	}
}

func TestAnActorOfAnotherTenantWritesIntoItsOwnChain(t *testing.T) {
	t.Parallel()
	b := open(t)
	if _, err := read(t.Context(), b, stranger, found); care.KindOf(err) != care.KindForbidden {
		t.Fatalf("got %v", err)
	}
	if all := b.entries(t, live.Tenant); len(all) != 0 {
		t.Errorf("the asked tenant's chain has %+v", all)
	}
	if all := b.entries(t, stranger.Tenant); len(all) != 1 || all[0].Outcome != care.OutcomeRefused {
		t.Errorf("its own chain has %+v", all)
	}
}

func TestAnInstanceThatCannotBeIsNotInTheEntryOfItsRefusal(t *testing.T) {
	t.Parallel()
	b := open(t)
	for name, kept := range map[string]string{"no-such-one": "no-such-one", "Rosalind Quillfeather": "", strings.Repeat("a", 9000): ""} {
		q := gate.Request{Actor: client(care.GrantPatientRead), Action: policy.PatientRead, Scope: care.Scope{Tenant: live.Tenant, Instance: name}}
		if err := b.gate.Admit(t.Context(), q); care.KindOf(err) != care.KindForbidden {
			t.Fatalf("got %v", err)
		}
		all := b.entries(t, live.Tenant)
		if last := all[len(all)-1]; last.Instance != kept || last.Outcome != care.OutcomeRefused {
			t.Errorf("the entry is %+v", last)
		}
	}
}

func TestAWriteAndItsEntryStandOrFallTogether(t *testing.T) {
	t.Parallel()
	b := open(t)
	fails := errors.New("no")
	q := gate.Request{Actor: client(care.GrantPatientWrite), Action: policy.PatientWrite, Scope: live, Reason: "because"}
	for _, fail := range []bool{true, false} {
		_, err := gate.Write(t.Context(), b.gate, q, gate.Nothing("patient"), func(tx store.Tx) (int64, error) {
			n, err := tx.NextPerson(live, 2026)
			if err == nil && fail {
				err = fails
			}
			return n, err
		})
		if fail != errors.Is(err, fails) {
			t.Fatalf("fail %t: got %v", fail, err)
		}
	}
	all := b.entries(t, live.Tenant)
	if len(all) != 1 || all[0].Outcome != care.OutcomeAllowed || all[0].Reason != "because" {
		t.Errorf("got %+v", all)
	}
}

func TestAnIdempotencyKeyMakesAWriteHappenOnce(t *testing.T) {
	t.Parallel()
	b := open(t)
	draw := func(key, fingerprint string) (int64, error) {
		q := gate.Request{Actor: client(care.GrantPatientWrite), Action: policy.PatientWrite, Scope: live, Once: &care.Once{Key: key, Fingerprint: fingerprint}}
		return gate.Write(t.Context(), b.gate, q, gate.Nothing("patient"), func(tx store.Tx) (int64, error) { return tx.NextPerson(live, 2026) })
	}
	first, err := draw("k", "f")
	must(t, err)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if again, err := draw("k", "f"); err != nil || again != first {
				t.Errorf("again: got %d, %v, want %d", again, err, first)
			}
		})
	}
	wait.Wait()
	if _, err := draw("k", "other"); care.KindOf(err) != care.KindMismatch {
		t.Errorf("another request under the key: got %v", err)
	}
	if next, err := draw("k2", "f"); err != nil || next != first+1 {
		t.Errorf("another key: got %d, %v", next, err)
	}
}

func TestManyWaitingReadsShareCommitsAndNoneIsLost(t *testing.T) {
	t.Parallel()
	b := open(t)
	const readers, each = 16, 25
	var wait sync.WaitGroup
	for range readers {
		wait.Go(func() {
			for range each {
				if _, err := read(t.Context(), b, client(care.GrantPatientRead), found); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	if all := b.entries(t, live.Tenant); len(all) != readers*each {
		t.Errorf("got %d entries, want %d", len(all), readers*each)
	}
}

func TestAClosedGateAnswersNothing(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.gate.Close()
	if _, err := read(t.Context(), b, client(care.GrantPatientRead), found); care.KindOf(err) != care.KindUnavailable {
		t.Errorf("got %v", err)
	}
}
