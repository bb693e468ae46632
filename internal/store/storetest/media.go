package storetest

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func mediaTests() []test {
	return []test{
		{"What a call's recordings amount to is kept true through every change", mediaModel},
		{"What a caller says a call's recordings amount to does not count", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			for _, claim := range []care.Media{care.MediaGiven, care.MediaUnknown, care.MediaNone} {
				call := w.Call
				call.Media = claim
				update(t, s, func(tx store.Tx) error { return tx.UpdateCall(call) })
				equal(t, media(t, s, w.Call), care.MediaNone)
			}
			update(t, s, func(tx store.Tx) error { return tx.CreateRecording(w.ofCall(w.recording(1, "x"), w.Call)) })
			update(t, s, func(tx store.Tx) error { return tx.UpdateCall(w.Call) })
			equal(t, media(t, s, w.Call), care.MediaGiven)
		}},
		{"Recordings made and changed at once leave their call true", mediaAtOnce},
	}
}

func media(t tb, s store.Store, c care.Call) care.Media {
	t.Helper()
	return get(t, s, func(tx store.Tx) (care.Call, error) { return tx.Call(c.Scope, c.ID) }).Media
}

// mediaModel creates, relinks, withholds, deletes and asks consent, and after
// each transaction compares every call with the sum of its recordings.
func mediaModel(t *testing.T, s store.Store) {
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := openWard(t, s, "acme-health", fmt.Sprint("i", n))
		other := w.patient(2)
		book := callBook{calls: []care.Call{w.Call, w.call(2, w.Patient), w.call(3, other)}}
		update(t, s, func(tx store.Tx) error {
			return all(
				func() error { return tx.CreatePatient(other) },
				func() error { return each(book.calls[1:], tx.CreateCall) },
			)
		})
		for range rapid.IntRange(1, 4).Draw(t, "transactions") {
			var changes []func(store.Tx) error
			for range rapid.IntRange(1, 4).Draw(t, "changes") {
				changes = append(changes, changeMedia(t, w, &book))
			}
			update(t, s, func(tx store.Tx) error { return inOrder(tx, changes) })
			view(t, s, func(tx store.Tx) error {
				for _, call := range book.calls {
					got, err := tx.Call(call.Scope, call.ID)
					if err != nil {
						return err
					}
					if want := book.media(call.ID); got.Media != want {
						return fmt.Errorf("a call's media is %d, want %d", got.Media, want)
					}
				}
				return book.check(tx, w.Scope, w.Patient.ID, care.CallPage{Size: 10, Filter: care.CallFilter{HasRecording: ptr(true)}}, 0)
			})
		}
	})
}

// changeMedia draws a new recording or another state and owner for one.
func changeMedia(t *rapid.T, w ward, book *callBook) func(store.Tx) error {
	own := func(r care.Recording) care.Recording {
		if i := rapid.IntRange(0, len(book.calls)).Draw(t, "owner"); i < len(book.calls) {
			return w.ofCall(r, book.calls[i])
		}
		return w.ofSession(r, w.Session, w.Patient)
	}
	if len(book.recordings) == 0 || rapid.IntRange(0, 2).Draw(t, "change") == 0 {
		i := len(book.recordings)
		r := drawState(t, own(w.recording(i, fmt.Sprint("name ", i))))
		book.recordings = append(book.recordings, r)
		return func(tx store.Tx) error { return tx.CreateRecording(r) }
	}
	r := &book.recordings[rapid.IntRange(0, len(book.recordings)-1).Draw(t, "which")]
	switch rapid.IntRange(0, 3).Draw(t, "what") {
	case 0:
		*r = own(*r)
	case 1:
		r.Consent = rapid.SampledFrom(care.Consents()).Draw(t, "consent")
	case 2:
		if r.WithheldAt = ptr(at(9)); rapid.Bool().Draw(t, "released") {
			r.WithheldAt = nil
		}
	case 3:
		r.DeletedAt = ptr(at(9))
	}
	changed := *r
	return func(tx store.Tx) error { return tx.UpdateRecording(changed) }
}

func mediaAtOnce(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	const goroutines = 6
	together(t, goroutines, func(g int) error {
		r := w.ofCall(w.recording(g, fmt.Sprint("name ", g)), w.Call)
		for _, step := range []func(store.Tx) error{
			func(tx store.Tx) error { return tx.CreateRecording(r) },
			func(tx store.Tx) error {
				r.Consent = care.ConsentUnknown
				return tx.UpdateRecording(r)
			},
			func(tx store.Tx) error {
				r.WithheldAt = ptr(at(9))
				return tx.UpdateRecording(r)
			},
			func(tx store.Tx) error {
				r.WithheldAt = nil
				if g > 0 {
					r.Consent = care.ConsentRefused
				}
				return tx.UpdateRecording(r)
			},
		} {
			if err := s.Update(within(t), step); err != nil {
				return err
			}
		}
		return nil
	})
	equal(t, media(t, s, w.Call), care.MediaUnknown)
}
