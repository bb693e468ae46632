package storetest

import (
	"testing"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

// pageWatch asks the same pages again after every change: what an engine
// remembers of them must not outlive what it remembers.
type pageWatch struct {
	scope     care.Scope
	book      callBook
	questions []question
	// pages are the numbers to ask beside a question's own.
	pages func(callBook, question) []int
}

type question struct {
	patient string
	page    care.CallPage
}

func (p *pageWatch) ask(tx store.Tx, b callBook) error {
	return each(p.questions, func(q question) error { return b.check(tx, p.scope, q.patient, q.page, p.pages(b, q)...) })
}

// play makes a change, keeps it or asks in its transaction and undoes it, and
// asks after it. change is given a book of its own.
func (p *pageWatch) play(t tb, s store.Store, undo bool, change func(store.Tx, *callBook) error) {
	t.Helper()
	var next callBook
	err := s.Update(within(t), func(tx store.Tx) error {
		next = p.book.clone()
		if err := change(tx, &next); err != nil || !undo {
			return err
		}
		if err := p.ask(tx, next); err != nil {
			return err
		}
		return errUndo
	})
	if err != nil && err != errUndo {
		t.Fatalf("update: %v", err)
	}
	if !undo {
		p.book = next
	}
	view(t, s, func(tx store.Tx) error { return p.ask(tx, p.book) })
}

// callPagesModel plays batches of random changes, some undone.
func callPagesModel(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	n := 1
	rapid.Check(t, func(t *rapid.T) {
		y := callPlay{ward: w, n: &n}
		for range 2 {
			n++
			y.patients = append(y.patients, w.patient(n))
		}
		update(t, s, func(tx store.Tx) error { return each(y.patients, tx.CreatePatient) })
		watch := pageWatch{scope: w.Scope, pages: func(_ callBook, q question) []int {
			return []int{q.page.Page, q.page.Page + 1, max(0, q.page.Page-1)}
		}}
		for range 3 {
			patient, page := y.ask(t)
			watch.questions = append(watch.questions, question{patient, page})
		}
		for range rapid.IntRange(2, 5).Draw(t, "batches") {
			drawn := watch.book.clone()
			var changes []func(store.Tx) error
			for range rapid.IntRange(1, 4).Draw(t, "changes") {
				changes = append(changes, y.change(t, &drawn))
			}
			watch.play(t, s, rapid.IntRange(0, 2).Draw(t, "undo") == 0, func(tx store.Tx, b *callBook) error {
				*b = drawn
				return inOrder(tx, changes)
			})
		}
	})
}

// callPagesDeep has a patient of some thousand calls, so that what an engine
// does to reach far pages is used, and moves through them as people do while
// calls come in, are moved in time, and are undone.
func callPagesDeep(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	patient := w.patient(2)
	update(t, s, func(tx store.Tx) error { return tx.CreatePatient(patient) })
	const calls = 900
	watch := pageWatch{scope: w.Scope, pages: through, questions: []question{
		{patient.ID, care.CallPage{Size: 20}},
		{patient.ID, care.CallPage{Size: 20, Ascending: true}},
		{patient.ID, care.CallPage{Size: 250}},
		{patient.ID, care.CallPage{Size: 50, Filter: care.CallFilter{Direction: care.Inbound}}},
		{patient.ID, care.CallPage{Size: 30, Ascending: true, Filter: care.CallFilter{From: ptr(on(100)), Until: ptr(on(420))}}},
	}}
	add := func(count int) func(store.Tx, *callBook) error {
		return func(tx store.Tx, b *callBook) error {
			for range count {
				n := shuffled(len(b.calls))
				call := w.call(10+len(b.calls), patient)
				call.CalledAt, call.Direction = on(n%(calls/2)), care.Directions()[n/3%2]
				b.calls = append(b.calls, call)
			}
			return each(b.calls[len(b.calls)-count:], tx.CreateCall)
		}
	}
	move := func(which ...int) func(store.Tx, *callBook) error {
		return func(tx store.Tx, b *callBook) error {
			for _, i := range which {
				b.calls[i].CalledAt, b.calls[i].Direction = on(shuffled(i)%(calls/2)), care.Inbound
				if err := tx.UpdateCall(b.calls[i]); err != nil {
					return err
				}
			}
			return nil
		}
	}
	watch.play(t, s, false, add(calls))
	watch.play(t, s, true, add(1))
	watch.play(t, s, false, move(7))
	watch.play(t, s, true, move(800, 801, 802))
	watch.play(t, s, false, add(3))
	watch.play(t, s, false, add(15))
	watch.play(t, s, false, move(1, 600, 890))
}

// through is a way through a list: from its middle to the ends and back.
func through(b callBook, q question) []int {
	last := (len(b.list(q.patient, q.page)) - 1) / q.page.Size
	middle := last / 2
	return []int{middle, middle + 1, middle, middle - 1, last, last - 1, last + 1, 0}
}
