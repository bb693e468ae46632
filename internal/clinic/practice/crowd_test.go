package practice_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
	"chartline/internal/testkit"
)

// TestOfManyWhoBookMoveAndCancelNoTwoShareATime lets a crowd do at once what it
// likes with one provider's day, with services of different lengths. Afterwards
// every time is given once, and what is free is what nobody has.
func TestOfManyWhoBookMoveAndCancelNoTwoShareATime(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, operator := t.Context(), testkit.Operator()
	long, err := c.Practice.CreateService(ctx, operator, care.Service{Scope: live, Name: "Therapy", Minutes: 50, BufferMinutes: 10}, nil)
	must(t, err)
	patient, err := c.People.CreatePatient(ctx, operator, care.Patient{Scope: live, LastName: "Quill"}, nil)
	must(t, err)
	morning := time.Date(2026, 3, 19, 13, 0, 0, 0, time.UTC) // nine in New York
	var crowd sync.WaitGroup
	for n := range 8 {
		crowd.Go(func() {
			r := rand.New(rand.NewPCG(20260319, uint64(n)))
			for range 40 {
				start := morning.Add(time.Duration(r.IntN(16)) * 30 * time.Minute)
				ask := practice.Ask{Actor: c.client, Scope: live, ID: int64(1 + r.IntN(12))}
				var err error
				switch r.IntN(4) {
				case 0:
					_, err = c.Practice.Cancel(ctx, ask)
				case 1:
					_, err = c.Practice.Reschedule(ctx, ask, practice.Rescheduling{Start: start})
				default:
					_, err = c.Practice.Book(ctx, c.client, practice.Booking{
						Scope: live, Patient: care.PersonRef{ID: patient.ID}, Provider: practice.ProviderRef{PersonRef: care.PersonRef{ID: c.provider.ID}},
						Service: practice.ServiceRef{ID: []int64{c.service.ID, long.ID}[r.IntN(2)]}, Start: start,
					}, nil)
				}
				if kind := care.KindOf(err); err != nil && kind != care.KindConflict && kind != care.KindNotFound {
					t.Error(err)
				}
			}
		})
	}
	crowd.Wait()
	all, err := c.Practice.Appointments(ctx, operator, live, practice.AppointmentList{}, 0, 1000)
	must(t, err)
	all = slices.DeleteFunc(all, func(a care.Appointment) bool { return !a.Holds() })
	if len(all) < 4 {
		t.Fatalf("only %d are booked in the end", len(all))
	}
	for i, a := range all {
		for _, b := range all[:i] {
			if a.Held().Overlaps(b.Held()) {
				t.Errorf("%d at %v and %d at %v share a time", a.ID, a.Start, b.ID, b.Start)
			}
		}
	}
	var want []string
	for at := morning; at.Before(morning.Add(8 * time.Hour)); at = at.Add(30 * time.Minute) {
		half := care.Interval{From: at, Until: at.Add(30 * time.Minute)}
		if !slices.ContainsFunc(all, func(a care.Appointment) bool { return a.Held().Overlaps(half) }) {
			want = append(want, at.Add(-4*time.Hour).Format("03:04 PM"))
		}
	}
	if got := c.slots(t, "2026-03-19", ""); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("free are %v, not %v", got, want)
	}
}
