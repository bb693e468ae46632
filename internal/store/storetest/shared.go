package storetest

import (
	"context"
	"fmt"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// runShared runs what needs more than one store, or a broken one.
func runShared(t *testing.T, caps Capabilities) {
	if caps.Shared != nil {
		t.Run("one database", func(t *testing.T) {
			t.Parallel()
			for name, run := range map[string]func(*testing.T, func() store.Store){
				"What was acknowledged is there after the database is opened again":         reopened,
				"What one store commits, the other sees at once":                            seenAtOnce,
				"Increments by two stores all survive":                                      twoIncrement,
				"Numbers drawn by two stores are all different":                             twoDraw,
				"Entries of two stores are one chain without gaps":                          twoAppend,
				"Closing one store leaves the other open":                                   oneCloses,
				"A page of calls that one store changes is the other's next answer":         twoPage,
				"Opening a database that is in use takes nothing from who is already in it": openedInUse,
			} {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					run(t, caps.Shared(t))
				})
			}
		})
	}
	if caps.Damaged != nil {
		t.Run("Verify finds structural damage", func(t *testing.T) {
			t.Parallel()
			if err := closing(t, caps.Damaged(t)).Verify(within(t)); err == nil {
				t.Error("it does not")
			}
		})
	}
}

func two(t *testing.T, open func() store.Store) [2]store.Store {
	t.Helper()
	first := closing(t, open())
	return [2]store.Store{first, closing(t, open())}
}

func reopened(t *testing.T, open func() store.Store) {
	s := open()
	populate(t, s, scopes()...)
	before := map[care.Scope]map[string]any{}
	for _, scope := range scopes() {
		before[scope] = everything(t, s, scope)
	}
	closeNow(t, s)
	s = closing(t, open())
	for _, scope := range scopes() {
		equal(t, everything(t, s, scope), before[scope])
	}
	if err := s.Verify(within(t)); err != nil {
		t.Errorf("verify: %v", err)
	}
	update(t, s, func(tx store.Tx) error { return writes(tx, scopes()[0]) })
}

func seenAtOnce(t *testing.T, open func() store.Store) {
	stores := two(t, open)
	w := openWard(t, stores[0], "acme-health", "live")
	client := w.client(1)
	update(t, stores[1], func(tx store.Tx) error { return tx.CreateClient(client) })
	for n := range 20 {
		writer, reader := stores[n%2], stores[(n+1)%2]
		writeCount(t, writer, w, n)
		equal(t, readCount(t, reader, w), n)
		tok := w.token(client.Name, n, at(n))
		update(t, writer, func(tx store.Tx) error { return tx.CreateToken(tok) })
		equal(t, get(t, reader, func(tx store.Tx) (care.Token, error) { return tx.Token(tok.Hash) }), tok)
		client.Enabled = n%2 == 0
		update(t, writer, func(tx store.Tx) error { return tx.UpdateClient(client) })
		equal(t, get(t, reader, func(tx store.Tx) (care.Client, error) { return tx.Client(client.Name) }), client)
		update(t, writer, func(tx store.Tx) error { return tx.DeleteTokens(client.Name) })
		absent(t, reader, func(tx store.Tx) (care.Token, error) { return tx.Token(tok.Hash) })
	}
}

func twoIncrement(t *testing.T, open func() store.Store) {
	stores := two(t, open)
	w := openWard(t, stores[0], "acme-health", "live")
	writeCount(t, stores[0], w, 0)
	const goroutines, each = 6, 12
	together(t, goroutines, func(g int) error {
		for range each {
			if err := patiently(stores[g%2], func(tx store.Tx) error { return increment(tx, w) }); err != nil {
				return err
			}
		}
		return nil
	})
	for _, s := range stores {
		equal(t, readCount(t, s, w), goroutines*each)
	}
}

// patiently runs an Update again while the database says that it is busy.
func patiently(s store.Store, fn func(store.Tx) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := s.Update(ctx, fn)
		if err == nil || care.KindOf(err) != care.KindUnavailable || ctx.Err() != nil {
			return err
		}
	}
}

func twoDraw(t *testing.T, open func() store.Store) {
	stores := two(t, open)
	c := openClinic(t, stores[0], "acme-health", "live")
	const goroutines, each = 6, 12
	together(t, goroutines, func(g int) error {
		for i := range each {
			err := patiently(stores[g%2], func(tx store.Tx) error {
				n, err := tx.NextPerson(c.Scope, 2024)
				if err != nil {
					return err
				}
				p := c.patient(g*each + i)
				p.Number = n
				return tx.CreatePatient(p)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	got := get(t, stores[1], func(tx store.Tx) ([]care.Patient, error) { return tx.Patients(c.Scope, 0, 1000) })
	equal(t, len(got), goroutines*each)
	equal(t, got[len(got)-1].Number, care.PersonNumber(2024, goroutines*each))
}

func twoAppend(t *testing.T, open func() store.Store) {
	stores := two(t, open)
	const goroutines, each = 6, 10
	together(t, goroutines, func(g int) error {
		for i := range each {
			err := patiently(stores[g%2], func(tx store.Tx) error {
				return appendNext(tx, "acme-health", 1+i%3, at(i), fmt.Sprint(g, i))
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	for _, s := range stores {
		equal(t, len(verifyChain(t, s, "acme-health")), goroutines*each)
	}
}

func oneCloses(t *testing.T, open func() store.Store) {
	first, second := open(), closing(t, open())
	w := openWard(t, first, "acme-health", "live")
	closeNow(t, first)
	writeCount(t, second, w, 7)
	equal(t, readCount(t, second, w), 7)
	third := closing(t, open())
	equal(t, readCount(t, third, w), 7)
	writeCount(t, third, w, 8)
	equal(t, readCount(t, second, w), 8)
}

func twoPage(t *testing.T, open func() store.Store) {
	stores := two(t, open)
	w := openWard(t, stores[0], "acme-health", "live")
	book := callBook{calls: []care.Call{w.Call}}
	for n := range 40 {
		call := w.call(10+n, w.Patient)
		call.CalledAt = on(n * 7 % 20)
		book.calls = append(book.calls, call)
		update(t, stores[n%2], func(tx store.Tx) error { return tx.CreateCall(call) })
		for _, s := range stores {
			view(t, s, func(tx store.Tx) error {
				return book.check(tx, w.Scope, w.Patient.ID, care.CallPage{Size: 5}, 0, 1, len(book.calls)/5, 2)
			})
		}
	}
}

func openedInUse(t *testing.T, open func() store.Store) {
	s := closing(t, open())
	w := openWard(t, s, "acme-health", "live")
	view(t, s, func(tx store.Tx) error {
		other := open()
		defer closeNow(t, other)
		if err := other.Check(within(t)); err != nil {
			return err
		}
		got, err := tx.Encounter(w.Scope, w.Encounter.ID)
		if err != nil {
			return err
		}
		return differ(got, w.Encounter)
	})
}
