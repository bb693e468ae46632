package sqlite_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// callModel is what a patient's calls are, to compare pages with.
type callModel []care.CallItem

// page counts from the start, which is what every page must look like.
func (m callModel) page(p care.CallPage) ([]care.CallItem, int) {
	fits := slices.DeleteFunc(slices.Clone(m), func(c care.CallItem) bool {
		f := p.Filter
		return f.From != nil && c.CalledAt.Before(*f.From) || f.Until != nil && c.CalledAt.After(*f.Until) ||
			f.Direction != "" && f.Direction != c.Direction || f.Status != "" && f.Status != c.Status ||
			f.HasRecording != nil && *f.HasRecording != c.Media.Audible(p.UnknownRefused)
	})
	slices.SortFunc(fits, func(a, b care.CallItem) int {
		n := cmp.Or(a.CalledAt.Compare(b.CalledAt), strings.Compare(a.ID, b.ID))
		if !p.Ascending {
			n = -n
		}
		return n
	})
	from := min(p.Page*p.Size, len(fits))
	return fits[from:min(from+p.Size, len(fits))], len(fits)
}

// TestEveryPageIsWhatCountingFromTheStartGives reads pages of a long list in
// all manners, most of them beside one read before, while calls come and change.
func TestEveryPageIsWhatCountingFromTheStartGives(t *testing.T) {
	t.Parallel()
	seed := rand.Uint64() // #nosec G404
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0)) // #nosec G404
	db := open(t)
	update(t, db, seedPeople)
	var model callModel
	add := func(n int) {
		update(t, db, func(tx store.Tx) error {
			for range n {
				c := care.Call{
					Scope: live, ID: fmt.Sprintf("%08x-5b8a-4b0e-9a55-%012x", r.Uint32(), len(model)), Patient: patientID,
					Direction: care.Directions()[r.IntN(2)], Status: care.CallStatuses()[r.IntN(9)], Duration: int64(r.IntN(100)),
					CalledAt: noon.Add(-time.Duration(r.IntN(1000)) * time.Hour), CreatedAt: noon, UpdatedAt: noon,
				}
				if err := tx.CreateCall(c); err != nil {
					return err
				}
				model = append(model, c.Item())
			}
			return nil
		})
	}
	add(1500)
	for n := range 120 {
		if n%30 == 29 {
			changeCalls(t, r, db, model)
			add(r.IntN(5))
		}
		p := care.CallPage{Filter: anyFilter(r), Size: []int{1, 7, 20, 100}[r.IntN(4)], Ascending: r.IntN(2) == 0, UnknownRefused: r.IntN(2) == 0}
		_, total := model.page(p)
		start := r.IntN(total/p.Size + 1)
		for _, p.Page = range []int{start, start + 1, start + 2, start + 1, start, max(start-1, 0), max(start-3, 0), total / p.Size, total} {
			want, total := model.page(p)
			view(t, db, func(tx store.Tx) error {
				got, n, err := tx.CallsPage(live, patientID, p)
				if n != total || !slices.Equal(got, want) {
					t.Fatalf("page %+v: %d of %d calls, want %d of %d\n got %v\nwant %v", p, len(got), n, len(want), total, got, want)
				}
				return err
			})
		}
	}
}

func anyFilter(r *rand.Rand) (f care.CallFilter) {
	from, until, has := noon.Add(-time.Duration(r.IntN(1000))*time.Hour), noon.Add(-time.Duration(r.IntN(300))*time.Hour), r.IntN(2) == 0
	switch r.IntN(8) {
	case 0:
		f.From = &from
	case 1:
		f.Until = &until
	case 2:
		f.Direction = care.Inbound
	case 3:
		f.HasRecording = &has
	case 4:
		f = care.CallFilter{From: &from, Until: &until, Status: care.CallCompleted, HasRecording: &has}
	}
	return f
}

// changeCalls moves some calls in time and gives others a recording.
func changeCalls(t *testing.T, r *rand.Rand, db store.Store, model callModel) {
	t.Helper()
	update(t, db, func(tx store.Tx) error {
		for n := range 10 {
			item := &model[r.IntN(len(model))]
			c, err := tx.Call(live, item.ID)
			if err != nil {
				return err
			}
			if n%2 == 0 {
				c.CalledAt = noon.Add(-time.Duration(r.IntN(1000)) * time.Hour)
				err = tx.UpdateCall(c)
			} else {
				recorded := recording(fmt.Sprintf("%08x-0000-4b0e-9a55-%012x", r.Uint32(), n), fmt.Sprint(r.Uint64()), care.Owner{Kind: care.OwnerCall, ID: c.ID}, nil)
				recorded.Consent = care.Consents()[r.IntN(3)]
				err = tx.CreateRecording(recorded)
			}
			if err != nil {
				return err
			}
			if c, err = tx.Call(live, item.ID); err != nil {
				return err
			}
			*item = c.Item()
		}
		return nil
	})
}
