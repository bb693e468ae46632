package storetest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

func transactionTests() []test {
	return []test{
		{"An error undoes all that a function did, and comes back", undone},
		{"A panic is an error that undoes all, and the store goes on", panicUndone},
		{"A goroutine that exits inside a function leaves nothing and blocks nobody", exitUndone},
		{"A failed call leaves nothing of itself, and the rest can be kept", failedCallKeepsRest},
		{"A function reads what it wrote", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			update(t, s, func(tx store.Tx) error {
				if err := tx.CreatePatient(c.patient(1)); err != nil {
					return err
				}
				got, err := tx.Patient(c.Scope, c.patient(1).ID)
				if err != nil {
					return err
				}
				return differ(got, c.patient(1))
			})
		}},
		{"What was committed is seen by whoever asks next", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for n := range 20 {
				writeCount(t, s, w, n)
				equal(t, readCount(t, s, w), n)
			}
		}},
		{"Increments at once all survive", incrementsSurvive},
		{"A view is one snapshot, whatever is committed meanwhile", viewIsSnapshot},
		{"Views never see half of an update", viewsSeeWhole},
		{"Every write fails in a view and leaves nothing", viewsWriteNothing},
		{"A view's error comes back, and after its panic the store goes on", func(t *testing.T, s store.Store) {
			openWard(t, s, "acme-health", "live")
			mine := errors.New("mine")
			if err := s.View(within(t), func(store.Tx) error { return mine }); !errors.Is(err, mine) {
				t.Errorf("want %v, got %v", mine, err)
			}
			for range 50 {
				func() {
					defer func() { _ = recover() }() // an engine may hand the panic on
					if err := s.View(within(t), func(store.Tx) error { panic("view") }); err == nil {
						t.Error("a panic is no error")
					}
				}()
			}
			view(t, s, func(tx store.Tx) error { _, err := tx.Tenants("", 1); return err })
		}},
		{"Updates that fail do not take others with them", failuresStayAlone},
		{"Updates beside one that ends its goroutine are whole", exitBesideOthers},
	}
}

// everything is a dump and the next numbers, to compare before and after.
func everything(t tb, s store.Store, scope care.Scope) map[string]any {
	t.Helper()
	var all map[string]any
	err := s.Update(within(t), func(tx store.Tx) (err error) {
		if all, err = dump(tx, scope); err != nil {
			return err
		}
		if all["counters"], err = counters(tx, scope); err != nil {
			return err
		}
		return errUndo
	})
	if err != errUndo {
		t.Fatalf("dump: %v", err)
	}
	return all
}

// writes makes one of everything in tx.
func writes(tx store.Tx, scope care.Scope) error {
	if err := thingsOf(scope, "new", 500).create(tx); err != nil {
		return err
	}
	_, err := counters(tx, scope)
	return err
}

func undone(t *testing.T, s store.Store) {
	scope := scopes()[0]
	populate(t, s, scope)
	before := everything(t, s, scope)
	for _, mine := range []error{errors.New("mine"), care.Invalid("field", "reason"), care.NotFound("thing"), fmt.Errorf("wrapped: %w", context.Canceled)} {
		err := s.Update(within(t), func(tx store.Tx) error {
			if err := writes(tx, scope); err != nil {
				t.Errorf("write: %v", err)
			}
			return mine
		})
		if !errors.Is(err, mine) || care.KindOf(err) != care.KindOf(mine) {
			t.Errorf("want %v, got %v", mine, err)
		}
		equal(t, everything(t, s, scope), before)
	}
	update(t, s, func(tx store.Tx) error { return writes(tx, scope) })
	if differ(everything(t, s, scope), before) == nil {
		t.Error("the same writes without an error changed nothing")
	}
}

func panicUndone(t *testing.T, s store.Store) {
	scope := scopes()[0]
	populate(t, s, scope)
	before := everything(t, s, scope)
	for _, value := range []any{"a text", errors.New("an error"), 7, fmt.Stringer(nil)} {
		err := s.Update(within(t), func(tx store.Tx) error {
			if err := writes(tx, scope); err != nil {
				t.Errorf("write: %v", err)
			}
			panic(value)
		})
		if err == nil || care.KindOf(err) != care.KindInternal {
			t.Errorf("panic %v gives %v", value, err)
		}
		equal(t, everything(t, s, scope), before)
	}
	for range 50 {
		_ = s.Update(within(t), func(store.Tx) error { panic("again") })
	}
	update(t, s, func(tx store.Tx) error { return writes(tx, scope) })
}

func exitUndone(t *testing.T, s store.Store) {
	scope := scopes()[0]
	populate(t, s, scope)
	before := everything(t, s, scope)
	for _, run := range []func(context.Context, func(store.Tx) error) error{s.Update, s.View} {
		for range 20 {
			done := make(chan struct{})
			go func() {
				defer close(done)
				_ = run(within(t), func(tx store.Tx) error {
					_ = writes(tx, scope)
					runtime.Goexit()
					return nil
				})
			}()
			select {
			case <-done:
			case <-time.After(patience):
				t.Fatal("the goroutine hangs")
			}
		}
	}
	equal(t, everything(t, s, scope), before)
	update(t, s, func(tx store.Tx) error { return writes(tx, scope) })
}

// failedCallKeepsRest makes calls that fail after some that do not, goes on,
// and keeps the transaction: as a use case does that answers a collision.
func failedCallKeepsRest(t *testing.T, s store.Store) {
	scope := scopes()[0]
	populate(t, s, scope)
	k, fresh := twin(scope), thingsOf(scope, "new", 500)
	before := everything(t, s, scope)
	bad := map[string]func(store.Tx) error{
		"the patient's MRN": func(tx store.Tx) error {
			p := k.patient(901)
			p.MRN = k.Patient.MRN
			return tx.CreatePatient(p)
		},
		"the provider's number": func(tx store.Tx) error {
			p := k.provider(902)
			p.Number = k.Patient.Number
			return tx.CreateProvider(p)
		},
		"the encounter's patient": func(tx store.Tx) error { return tx.CreateEncounter(k.encounter(903_000, k.patient(903), k.Provider)) },
		"the session's sid": func(tx store.Tx) error {
			v := k.session(904, k.Encounter.ID)
			v.SID = k.Session.SID
			return tx.CreateSession(v)
		},
		"the call's id":      func(tx store.Tx) error { return tx.CreateCall(k.Call) },
		"the call's patient": func(tx store.Tx) error { return tx.CreateCall(k.call(905, k.patient(903))) },
		"the recording's id": func(tx store.Tx) error { return tx.CreateRecording(k.Voicemail) },
		"the recording's name": func(tx store.Tx) error {
			return tx.CreateRecording(k.ofCall(k.recording(906, k.Recording.Name), k.Call))
		},
		"the audit's place": func(tx store.Tx) error {
			return tx.AppendAudit(store.AuditGroup{Chain: k.Tenant, First: 1, Last: 99, From: epoch, Until: epoch, Lines: []byte("x")})
		},
		"the request's key": func(tx store.Tx) error { return tx.SetDone(k.Scope, k.Actor, k.Key, "", nil, epoch) },
	}
	for name, call := range bad {
		err := s.Update(within(t), func(tx store.Tx) error {
			if err := call(tx); err == nil {
				t.Errorf("%s is no error", name)
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s, handled, fails the transaction: %v", name, err)
		}
	}
	equal(t, everything(t, s, scope), before)
	update(t, s, func(tx store.Tx) error {
		for _, call := range bad {
			_ = call(tx)
		}
		return fresh.create(tx)
	})
	equal(t, get(t, s, func(tx store.Tx) (care.Call, error) { return tx.Call(scope, fresh.Call.ID) }).ID, fresh.Call.ID)
}

// writeCount and readCount keep a number in the encounter's complaint.
func writeCount(t tb, s store.Store, w ward, n int) {
	t.Helper()
	update(t, s, func(tx store.Tx) error { return setCount(tx, w, n) })
}

func setCount(tx store.Tx, w ward, n int) error {
	e := w.Encounter
	e.Complaint = strconv.Itoa(n)
	return tx.UpdateEncounter(e)
}

func count(tx store.Tx, w ward) (int, error) {
	e, err := tx.Encounter(w.Scope, w.Encounter.ID)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(e.Complaint)
}

func readCount(t tb, s store.Store, w ward) int {
	t.Helper()
	return get(t, s, func(tx store.Tx) (int, error) { return count(tx, w) })
}

func increment(tx store.Tx, w ward) error {
	n, err := count(tx, w)
	if err != nil {
		return err
	}
	runtime.Gosched()
	return setCount(tx, w, n+1)
}

func incrementsSurvive(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	writeCount(t, s, w, 0)
	const goroutines, each = 8, 15
	together(t, goroutines, func(int) error {
		for range each {
			if err := s.Update(within(t), func(tx store.Tx) error { return increment(tx, w) }); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, readCount(t, s, w), goroutines*each)
}

func viewIsSnapshot(t *testing.T, s store.Store) {
	scope := scopes()[0]
	populate(t, s, scope)
	view(t, s, func(tx store.Tx) error {
		before, err := dump(tx, scope)
		if err != nil {
			return err
		}
		if err := s.Update(within(t), func(tx store.Tx) error { return writes(tx, scope) }); err != nil {
			return fmt.Errorf("a writer beside a view: %w", err)
		}
		after, err := dump(tx, scope)
		if err != nil {
			return err
		}
		return differ(after, before)
	})
	get(t, s, func(tx store.Tx) (care.Patient, error) {
		return tx.Patient(scope, thingsOf(scope, "new", 500).Patient.ID)
	})
}

// viewsSeeWhole has writers that set two things to one number, and readers that
// never see two numbers.
func viewsSeeWhole(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	writeCount(t, s, w, 0)
	provider := w.Provider
	provider.Title = "0"
	update(t, s, func(tx store.Tx) error { return tx.UpdateProvider(provider) })
	var stop atomic.Bool
	together(t, 4, func(g int) error {
		if g == 0 {
			defer stop.Store(true)
			for n := range 60 {
				err := s.Update(within(t), func(tx store.Tx) error {
					p := provider
					p.Title = strconv.Itoa(n)
					if err := tx.UpdateProvider(p); err != nil {
						return err
					}
					runtime.Gosched()
					return setCount(tx, w, n)
				})
				if err != nil {
					return err
				}
			}
			return nil
		}
		for last := 0; !stop.Load(); {
			err := s.View(within(t), func(tx store.Tx) error {
				p, err := tx.Provider(w.Scope, provider.Number)
				if err != nil {
					return err
				}
				runtime.Gosched()
				n, err := count(tx, w)
				if err == nil && (p.Title != strconv.Itoa(n) || n < last) {
					err = fmt.Errorf("saw %s, then %d, after %d", p.Title, n, last)
				}
				last = n
				return err
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func viewsWriteNothing(t *testing.T, s store.Store) {
	scope := scopes()[0]
	populate(t, s, scope)
	before := everything(t, s, scope)
	for _, m := range methods() {
		if !m.write {
			continue
		}
		for _, k := range []things{own(scope), thingsOf(scope, "new", 500)} {
			var failed error
			err := s.View(within(t), func(tx store.Tx) error {
				_, failed = m.call(tx, scope, k)
				return nil
			})
			if nobodys := m.name == "DeleteTokens" && k.label == "new"; err == nil && failed == nil && !nobodys {
				t.Errorf("%s works in a view", m.name)
			}
		}
	}
	equal(t, everything(t, s, scope), before)
	update(t, s, func(tx store.Tx) error { return writes(tx, scope) })
}

// failuresStayAlone mixes updates that commit with ones that fail, panic, and
// lose their context, many at once: exactly the first are kept.
func failuresStayAlone(t *testing.T, s store.Store) {
	c := openClinic(t, s, "acme-health", "live")
	const goroutines, each = 8, 15
	kept := make([]bool, goroutines*each)
	together(t, goroutines, func(g int) error {
		for i := range each {
			n := g*each + i
			ctx, cancel := context.WithCancel(within(t))
			err := s.Update(ctx, func(tx store.Tx) error {
				if err := tx.CreatePatient(c.patient(n + 1)); err != nil {
					return err
				}
				switch n % 5 {
				case 1:
					return errUndo
				case 2:
					panic("undo")
				case 3:
					cancel()
					return errUndo
				}
				return nil
			})
			cancel()
			if kept[n] = err == nil; kept[n] != (n%5 == 0 || n%5 == 4) {
				return fmt.Errorf("update %d: %w", n, err)
			}
		}
		return nil
	})
	for n, want := range kept {
		err := failure(t, s, func(tx store.Tx) (care.Patient, error) { return tx.Patient(c.Scope, c.patient(n+1).ID) })
		if (err == nil) != want {
			t.Errorf("patient %d is there: %v, its update succeeded: %v", n+1, err == nil, want)
		}
	}
}

// exitBesideOthers increments while others end their goroutine: what an engine
// runs again because of them must not count twice, nor be lost.
func exitBesideOthers(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	writeCount(t, s, w, 0)
	const goroutines, each = 6, 10
	var kept atomic.Int64
	together(t, goroutines, func(g int) error {
		for i := range each {
			done := make(chan error, 1)
			go func() {
				err := errUndo // where the goroutine ends here
				defer func() { done <- err }()
				err = s.Update(within(t), func(tx store.Tx) error {
					if err := increment(tx, w); err != nil {
						return err
					}
					if (g+i)%4 == 0 {
						runtime.Goexit()
					}
					return nil
				})
			}()
			err := <-done
			if (err == nil) != ((g+i)%4 != 0) {
				return fmt.Errorf("update %d of %d: %w", i, g, err)
			}
			if err == nil {
				kept.Add(1)
			}
		}
		return nil
	})
	equal(t, int64(readCount(t, s, w)), kept.Load())
}
