package storetest

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func callPageTests() []test {
	return []test{
		{"Pages of calls are those of a slow model", callPagesModel},
		{"Pages far in, neighbours and last ones are those of a slow model", callPagesDeep},
		{"Numbered pages may repeat a call when calls come in meanwhile, and never skip one", callPagesNeverSkip},
		{"Whether a call has a recording follows consent and what unknown consent counts as", callsRecorded},
		{"A page past the end is empty and still counts", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for _, page := range []int{1, 2, 1000, math.MaxInt32, math.MaxInt / 1000, math.MaxInt} {
				for _, size := range []int{1, 20, 1000} {
					got, total := callsPage(t, s, w.Scope, w.Patient.ID, care.CallPage{Page: page, Size: size})
					equal(t, got, nil)
					equal(t, total, 1)
				}
			}
		}},
		{"A patient without calls, or none at all, has an empty first page", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			update(t, s, func(tx store.Tx) error { return tx.CreatePatient(w.patient(2)) })
			for _, patient := range []string{w.patient(2).ID, uid("nobody", 1), "", "%"} {
				got, total := callsPage(t, s, w.Scope, patient, care.CallPage{Size: 20})
				equal(t, got, nil)
				equal(t, total, 0)
			}
		}},
	}
}

func callsPage(t tb, s store.Store, scope care.Scope, patient string, p care.CallPage) ([]care.CallItem, int) {
	t.Helper()
	var items []care.CallItem
	var total int
	view(t, s, func(tx store.Tx) (err error) {
		items, total, err = tx.CallsPage(scope, patient, p)
		return err
	})
	return items, total
}

// callBook is the slow model: calls and their recordings, looked through whole.
type callBook struct {
	calls      []care.Call
	recordings []care.Recording
}

func (b callBook) clone() callBook {
	return callBook{slices.Clone(b.calls), slices.Clone(b.recordings)}
}

// media is what a call's recordings amount to.
func (b callBook) media(call string) care.Media {
	var own []care.Recording
	for _, r := range b.recordings {
		if r.Owner == (care.Owner{Kind: care.OwnerCall, ID: call}) {
			own = append(own, r)
		}
	}
	return care.MediaOf(own)
}

// list returns all that a list's pages are cut from.
func (b callBook) list(patient string, p care.CallPage) []care.CallItem {
	var fit []care.CallItem
	for _, c := range b.calls {
		c.Media = b.media(c.ID)
		f := p.Filter
		if c.Patient == patient &&
			(f.From == nil || !c.CalledAt.Before(*f.From)) && (f.Until == nil || !c.CalledAt.After(*f.Until)) &&
			(f.Direction == "" || c.Direction == f.Direction) && (f.Status == "" || c.Status == f.Status) &&
			(f.HasRecording == nil || c.Media.Audible(p.UnknownRefused) == *f.HasRecording) {
			fit = append(fit, c.Item())
		}
	}
	slices.SortFunc(fit, func(a, b care.CallItem) int {
		return cmp.Or(a.CalledAt.Compare(b.CalledAt), cmp.Compare(a.ID, b.ID))
	})
	if !p.Ascending {
		slices.Reverse(fit)
	}
	return fit
}

// check compares pages in tx with the model's.
func (b callBook) check(tx store.Tx, scope care.Scope, patient string, p care.CallPage, pages ...int) error {
	whole := b.list(patient, p)
	for _, p.Page = range pages {
		from := min(p.Page*p.Size, len(whole))
		want := whole[from:min(from+p.Size, len(whole))]
		got, total, err := tx.CallsPage(scope, patient, p)
		if err == nil {
			err = differ(got, want)
		}
		if err == nil && total != len(whole) {
			err = fmt.Errorf("the total is %d, want %d", total, len(whole))
		}
		if err != nil {
			return fmt.Errorf("%+v: %w", p, err)
		}
	}
	return nil
}

// callPlay draws changes to a model and what to ask of it.
type callPlay struct {
	ward
	patients []care.Patient
	n        *int
}

// change draws one change, and returns it for the store and as made to book.
func (y callPlay) change(t *rapid.T, book *callBook) func(store.Tx) error {
	*y.n++
	if len(book.calls) == 0 || rapid.IntRange(0, 9).Draw(t, "change") < 5 {
		call := y.draw(t, y.call(*y.n, y.patients[0]))
		book.calls = append(book.calls, call)
		return func(tx store.Tx) error { return tx.CreateCall(call) }
	}
	i := rapid.IntRange(0, len(book.calls)-1).Draw(t, "which")
	if rapid.Bool().Draw(t, "call") {
		book.calls[i] = y.draw(t, book.calls[i])
		call := book.calls[i]
		return func(tx store.Tx) error { return tx.UpdateCall(call) }
	}
	r := drawState(t, y.ofCall(y.recording(*y.n, uid("name", *y.n)), book.calls[i]))
	book.recordings = append(book.recordings, r)
	return func(tx store.Tx) error { return tx.CreateRecording(r) }
}

func (y callPlay) draw(t *rapid.T, c care.Call) care.Call {
	c.Patient = rapid.SampledFrom(y.patients).Draw(t, "patient").ID
	c.CalledAt = on(rapid.IntRange(-4, 4).Draw(t, "called"))
	c.Direction = rapid.SampledFrom(care.Directions()).Draw(t, "direction")
	c.Status = rapid.SampledFrom(care.CallStatuses()[:3]).Draw(t, "status")
	c.Duration = rapid.Int64Range(0, 3).Draw(t, "duration")
	// Not the caller's to say.
	c.Media = rapid.SampledFrom([]care.Media{care.MediaNone, care.MediaUnknown, care.MediaGiven}).Draw(t, "media")
	return c
}

func (y callPlay) ask(t *rapid.T) (string, care.CallPage) {
	edge := func(label string) *time.Time {
		if !rapid.Bool().Draw(t, label+"?") {
			return nil
		}
		return ptr(on(rapid.IntRange(-5, 5).Draw(t, label)).Add(time.Duration(rapid.SampledFrom([]int64{0, 0, 1000, -1000, 5e8}).Draw(t, "part"))))
	}
	p := care.CallPage{
		Page: rapid.IntRange(0, 6).Draw(t, "page"), Size: rapid.SampledFrom([]int{1, 2, 3, 5, 20, 1000}).Draw(t, "size"),
		Ascending: rapid.Bool().Draw(t, "ascending"), UnknownRefused: rapid.Bool().Draw(t, "unknown is refused"),
	}
	if rapid.Bool().Draw(t, "filtered") {
		p.Filter = care.CallFilter{
			From: edge("from"), Until: edge("until"),
			Direction: rapid.SampledFrom([]care.Direction{"", "", care.Inbound, care.Outbound}).Draw(t, "direction"),
			Status:    rapid.SampledFrom([]care.CallStatus{"", "", care.CallQueued, care.CallRinging, care.CallBusy}).Draw(t, "status"),
		}
		if rapid.Bool().Draw(t, "recorded?") {
			p.Filter.HasRecording = ptr(rapid.Bool().Draw(t, "recorded"))
		}
	}
	return rapid.SampledFrom(y.patients).Draw(t, "of").ID, p
}

// callsRecorded has a call of each kind of media and asks for them under both
// settings of the instance.
func callsRecorded(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	book := callBook{calls: []care.Call{w.Call}}
	for i, consent := range care.Consents() {
		call := w.call(2+i, w.Patient)
		r := w.ofCall(w.recording(i, fmt.Sprint("name ", i)), call)
		r.Consent = consent
		book.calls, book.recordings = append(book.calls, call), append(book.recordings, r)
	}
	update(t, s, func(tx store.Tx) error {
		return all(
			func() error { return each(book.calls[1:], tx.CreateCall) },
			func() error { return each(book.recordings, tx.CreateRecording) },
		)
	})
	for _, refused := range []bool{false, true} {
		for _, has := range []*bool{nil, ptr(true), ptr(false)} {
			p := care.CallPage{Size: 10, UnknownRefused: refused, Filter: care.CallFilter{HasRecording: has}}
			view(t, s, func(tx store.Tx) error { return book.check(tx, w.Scope, w.Patient.ID, p, 0) })
		}
	}
}

// callPagesNeverSkip walks by page number while calls come in, at any time of
// the patient's history: what was there at the start is all seen.
func callPagesNeverSkip(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	n := 1
	rapid.Check(t, func(t *rapid.T) {
		n++
		patient := w.patient(n)
		create := func(count int) (ids []string) {
			var calls []care.Call
			for range count {
				n++
				call := w.call(n, patient)
				call.CalledAt = on(rapid.IntRange(0, 5).Draw(t, "called"))
				calls, ids = append(calls, call), append(ids, call.ID)
			}
			update(t, s, func(tx store.Tx) error { return each(calls, tx.CreateCall) })
			return ids
		}
		update(t, s, func(tx store.Tx) error { return tx.CreatePatient(patient) })
		start := create(rapid.IntRange(1, 15).Draw(t, "at the start"))
		p := care.CallPage{Size: rapid.IntRange(1, 5).Draw(t, "size"), Ascending: rapid.Bool().Draw(t, "ascending")}
		seen := map[string]bool{}
		for {
			items, total := callsPage(t, s, w.Scope, patient.ID, p)
			for _, item := range items {
				seen[item.ID] = true
			}
			if p.Page++; p.Page*p.Size >= total {
				break
			}
			if p.Page < 5 {
				create(rapid.IntRange(0, 3).Draw(t, "meanwhile"))
			}
		}
		for _, id := range start {
			if !seen[id] {
				t.Fatalf("the walk skipped a call: %+v", p)
			}
		}
	})
}
