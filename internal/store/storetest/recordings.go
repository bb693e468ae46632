package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/store"
)

func recordingTests() []test {
	return []test{
		{"A recording is found by its id, not by its name", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			r := w.ofCall(w.recording(1, "1771585033302"), w.Call)
			update(t, s, func(tx store.Tx) error { return tx.CreateRecording(r) })
			equal(t, get(t, s, func(tx store.Tx) (care.Recording, error) { return tx.Recording(w.Scope, r.ID) }), r)
			for _, id := range []string{"", r.Name, r.BlobKey, r.Owner.ID, "%", uid("nobody", 1)} {
				absent(t, s, func(tx store.Tx) (care.Recording, error) { return tx.Recording(w.Scope, id) })
			}
		}},
		{"An owner's recordings come earliest first, deleted ones too", recordingsOfOwner},
		{"Lists of recordings under any filter are those of a slow model", recordingsModel},
		{"A blob's key is in use while any recording of any scope has it", blobKeys},
		{"A deleted recording stays on record", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			r := w.ofCall(w.recording(1, "x"), w.Call)
			update(t, s, func(tx store.Tx) error { return tx.CreateRecording(r) })
			r.DeletedAt = ptr(at(9))
			update(t, s, func(tx store.Tx) error { return tx.UpdateRecording(r) })
			equal(t, get(t, s, func(tx store.Tx) (care.Recording, error) { return tx.Recording(w.Scope, r.ID) }), r)
		}},
	}
}

func byCreation(a, b care.Recording) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

func recordingIDs(recordings []care.Recording) []string {
	return names(recordings, func(r care.Recording) string { return r.ID })
}

func recordingsOfOwner(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	// The session's id is also a call's: the owner's kind tells them apart.
	var ofCall, ofSession []care.Recording
	for n := range 9 {
		r := w.recording(n, fmt.Sprint("name ", n))
		r.CreatedAt = at(5 - n/3)
		switch {
		case n%4 == 3:
			r.DeletedAt = ptr(at(50))
		case n%4 == 2:
			r.WithheldAt, r.WithheldReason = ptr(at(50)), "court order"
		}
		if n < 6 {
			ofCall = append(ofCall, w.ofCall(r, w.Call))
		} else {
			ofSession = append(ofSession, w.ofSession(r, w.Session, w.Patient))
		}
	}
	update(t, s, func(tx store.Tx) error { return each(slices.Concat(ofCall, ofSession), tx.CreateRecording) })
	slices.SortFunc(ofCall, byCreation)
	slices.SortFunc(ofSession, byCreation)
	for _, c := range []struct {
		owner care.Owner
		want  []care.Recording
	}{
		{care.Owner{Kind: care.OwnerCall, ID: w.Call.ID}, ofCall},
		{care.Owner{Kind: care.OwnerSession, ID: w.Session.ID}, ofSession},
		{care.Owner{Kind: care.OwnerSession, ID: w.Call.ID}, nil},
		{care.Owner{Kind: care.OwnerCall, ID: w.Session.ID}, nil},
		{care.Owner{}, nil},
	} {
		equal(t, get(t, s, func(tx store.Tx) ([]care.Recording, error) { return tx.RecordingsOf(w.Scope, c.owner) }), c.want)
	}
}

// fits reports whether a list under f shows r.
func fits(f care.RecordingFilter, r care.Recording) bool {
	return (f.IncludeDeleted || r.DeletedAt == nil) &&
		(f.Patient == "" || f.Patient == r.Patient) &&
		(f.Owner == (care.Owner{}) || f.Owner == r.Owner) &&
		(f.NameStatus == "" || f.NameStatus == r.NameStatus) &&
		(f.Consent == "" || f.Consent == r.Consent) &&
		(f.Withheld == nil || *f.Withheld == (r.WithheldAt != nil))
}

func recordingsModel(t *testing.T, s store.Store) {
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		w := openWard(t, s, "acme-health", fmt.Sprint("i", n))
		other := w.patient(2)
		otherCall := w.call(2, other)
		var all []care.Recording
		for i := range rapid.IntRange(0, 15).Draw(t, "recordings") {
			r := drawState(t, w.recording(i, fmt.Sprint("name ", i)))
			switch rapid.IntRange(0, 2).Draw(t, "owner") {
			case 0:
				r = w.ofCall(r, w.Call)
			case 1:
				r = w.ofCall(r, otherCall)
			case 2:
				r = w.ofSession(r, w.Session, w.Patient)
			}
			r.NameStatus = rapid.SampledFrom(care.NameStatuses()).Draw(t, "name")
			all = append(all, r)
		}
		update(t, s, func(tx store.Tx) error {
			if err := tx.CreatePatient(other); err != nil {
				return err
			}
			if err := tx.CreateCall(otherCall); err != nil {
				return err
			}
			return each(all, tx.CreateRecording)
		})
		slices.SortFunc(all, byCreation)
		slices.Reverse(all)
		for range 4 {
			f := drawFilter(t, []string{w.Patient.ID, other.ID}, []care.Owner{{Kind: care.OwnerCall, ID: w.Call.ID}, {Kind: care.OwnerSession, ID: w.Session.ID}})
			var before *store.RecordingKey
			var want []care.Recording
			if len(all) > 0 && rapid.Bool().Draw(t, "from the middle") {
				r := all[rapid.IntRange(0, len(all)-1).Draw(t, "before")]
				before = &store.RecordingKey{CreatedAt: r.CreatedAt, ID: r.ID}
			}
			for _, r := range all {
				if fits(f, r) && (before == nil || cmp.Or(r.CreatedAt.Compare(before.CreatedAt), cmp.Compare(r.ID, before.ID)) < 0) {
					want = append(want, r)
				}
			}
			limit := rapid.SampledFrom([]int{1, 2, 5, 100}).Draw(t, "limit")
			got := get(t, s, func(tx store.Tx) ([]care.Recording, error) { return tx.Recordings(w.Scope, f, before, limit) })
			equal(t, got, want[:min(limit, len(want))])
		}
	})
}

func drawFilter(t *rapid.T, patients []string, owners []care.Owner) care.RecordingFilter {
	f := care.RecordingFilter{
		Patient:        rapid.SampledFrom(append(patients, "", "", "")).Draw(t, "patient"),
		Owner:          rapid.SampledFrom(append(owners, care.Owner{}, care.Owner{})).Draw(t, "of"),
		NameStatus:     rapid.SampledFrom(append(care.NameStatuses(), "", "")).Draw(t, "status"),
		Consent:        rapid.SampledFrom(append(care.Consents(), "", "", "")).Draw(t, "consented"),
		IncludeDeleted: rapid.Bool().Draw(t, "deleted too"),
	}
	if rapid.Bool().Draw(t, "withheld?") {
		f.Withheld = ptr(rapid.Bool().Draw(t, "withheld"))
	}
	return f
}

func blobKeys(t *testing.T, s store.Store) {
	live, birch := openWard(t, s, "acme-health", "live"), openWard(t, s, "birch-clinic", "live")
	a, b := live.ofCall(live.recording(1, "x"), live.Call), birch.ofCall(birch.recording(1, "x"), birch.Call)
	a.BlobKey, b.BlobKey = "shared/key", "shared/key"
	used := func(key string) bool {
		return get(t, s, func(tx store.Tx) (bool, error) { return tx.BlobKeyUsed(key) })
	}
	equal(t, used(a.BlobKey), false)
	update(t, s, func(tx store.Tx) error { return each([]care.Recording{a, b}, tx.CreateRecording) })
	for _, r := range []*care.Recording{&a, &b} {
		equal(t, used("shared/key"), true)
		r.DeletedAt = ptr(at(9))
		update(t, s, func(tx store.Tx) error { return tx.UpdateRecording(*r) })
	}
	for _, key := range []string{"shared/key", "shared", "shared/%", ""} {
		equal(t, used(key), false)
	}
}
