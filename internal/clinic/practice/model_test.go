package practice_test

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
	"chartline/internal/testkit"
)

// diary is a provider as somebody with paper keeps them: hours, unusual days and
// every appointment that was made and not cancelled.
type diary struct {
	*clinic
	who      practice.ProviderRef
	service  care.Service
	patients []care.Patient
	care.Diary
	booked map[int64]care.Appointment
}

// TestWhatIsShownIsWhatCanBeBooked books, cancels and moves as chance has it,
// around days on which clocks change, for providers and patients in zones of half
// hours and of other dates. What is shown as free is what the paper says, books,
// and nothing else does; no two appointments ever share a minute.
func TestWhatIsShownIsWhatCanBeBooked(t *testing.T) {
	t.Parallel()
	c := open(t)
	horizon := int64(400)
	_, err := c.Practice.Change(t.Context(), testkit.Operator(), live, practice.Change{HorizonDays: &horizon})
	must(t, err)
	var patients []care.Patient
	for n := range 2 {
		done, err := c.Practice.Register(t.Context(), c.client, c.registration(n, 0))
		must(t, err)
		patients = append(patients, done.Patient)
	}
	var made atomic.Int64
	rapid.Check(t, func(r *rapid.T) {
		d := newDiary(t, r, c, made.Add(1))
		d.patients = patients
		for range rapid.IntRange(1, 6).Draw(r, "steps") {
			d.step(t, r)
		}
	})
}

var zones = []string{
	"America/New_York", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Niue", "Europe/London", "UTC",
}

// days are some on which clocks change, and some on which they do not.
var days = []string{"2026-03-29", "2026-04-05", "2026-09-27", "2026-10-04", "2026-10-25", "2026-11-01", "2027-03-14", "2026-06-15", "2026-12-31", "2026-03-18"}

func newDiary(t *testing.T, r *rapid.T, c *clinic, n int64) *diary {
	ctx, by := t.Context(), testkit.Operator()
	name := rapid.SampledFrom(zones).Draw(r, "provider's zone")
	p, err := c.People.CreateProvider(ctx, by, care.Provider{Scope: live, LastName: "Model", Email: fmt.Sprintf("model%d@example.org", n), TimeZone: name}, nil)
	must(t, err)
	s, err := c.Practice.CreateService(ctx, by, care.Service{
		Scope: live, Name: fmt.Sprint("Model ", n), Minutes: 5 * rapid.Int64Range(2, 18).Draw(r, "length"), BufferMinutes: 5 * rapid.Int64Range(0, 4).Draw(r, "buffer"),
	}, nil)
	must(t, err)
	d := &diary{clinic: c, who: practice.ProviderRef{Email: p.Email}, service: s, booked: map[int64]care.Appointment{}}
	zone, err := care.LoadZone(name)
	must(t, err)
	now := testkit.Start
	d.Diary = care.Diary{Zone: zone, Now: now, Earliest: now, Latest: now.AddDate(0, 0, 400)}
	for i := range d.Week {
		d.Week[i] = spans(r, "hours")
	}
	_, err = c.Practice.ChangeSchedule(ctx, by, live, d.who, practice.ScheduleChange{Hours: care.SetTo(d.Week)})
	must(t, err)
	return d
}

// spans are up to two stretches of work, at any time of the day.
func spans(r *rapid.T, label string) care.Spans {
	marks := rapid.SliceOfNDistinct(rapid.IntRange(0, 288), 0, 4, rapid.ID[int]).Draw(r, label)
	slices.Sort(marks)
	var out care.Spans
	for i := 0; i+1 < len(marks); i += 2 {
		out = append(out, care.Span{From: marks[i] * care.HoldMinutes, Until: marks[i+1] * care.HoldMinutes})
	}
	return out
}

// step asks what is free and checks it, and then changes something.
func (d *diary) step(t *testing.T, r *rapid.T) {
	ctx, by := t.Context(), testkit.Operator()
	date, _ := care.ParseDate(rapid.SampledFrom(days).Draw(r, "date"))
	zone, err := care.LoadZone(rapid.SampledFrom(zones).Draw(r, "asked in"))
	must(t, err)
	got, err := d.Practice.Slots(ctx, by, practice.SlotQuery{
		Scope: live, Provider: d.who, Service: practice.ServiceRef{ID: d.service.ID}, Date: date.Format(time.DateOnly), TimeZone: zone.String(),
	})
	must(t, err)
	if diff := cmp.Diff(d.Slots(date, zone, d.service), got.Times, cmp.Comparer(time.Time.Equal)); diff != "" {
		r.Fatalf("shown on %v in %v: %s", date, zone, diff)
	}
	d.book(t, r, date, got.Times)
	switch {
	case len(d.booked) > 0 && rapid.Bool().Draw(r, "cancel one"):
		id := rapid.SampledFrom(d.ids()).Draw(r, "cancelled")
		_, err := d.Practice.Cancel(ctx, practice.Ask{Actor: by, Scope: live, ID: id, Reason: "a model"})
		must(t, err)
		delete(d.booked, id)
	case len(d.booked) > 0 && len(got.Times) > 0 && rapid.Bool().Draw(r, "move one"):
		d.move(t, r, rapid.SampledFrom(got.Times).Draw(r, "moved to"))
	case rapid.Bool().Draw(r, "change a day"):
		day := care.ScheduleDay{Scope: live, Date: date.Format(time.DateOnly), Spans: spans(r, "its hours")}
		_, err := d.Practice.SetDay(ctx, by, d.who, day)
		must(t, err)
		d.Days = slices.DeleteFunc(d.Days, func(x care.ScheduleDay) bool { return x.Date == day.Date })
		d.Days = append(d.Days, day)
	}
	d.hold(r)
}

// book tries a time that is shown, or any other of the day.
func (d *diary) book(t *testing.T, r *rapid.T, date time.Time, shown []time.Time) {
	at := date.Add(time.Duration(rapid.IntRange(-12*12, 36*12).Draw(r, "five minutes")) * care.HoldMinutes * time.Minute)
	if len(shown) > 0 && rapid.Bool().Draw(r, "a shown one") {
		at = rapid.SampledFrom(shown).Draw(r, "slot")
	}
	y, m, day := at.In(d.Zone).Date()
	free := slices.ContainsFunc(d.Slots(time.Date(y, m, day, 0, 0, 0, 0, time.UTC), d.Zone, d.service), at.Equal)
	a, err := d.Practice.Book(t.Context(), testkit.Operator(), practice.Booking{
		Scope: live, Patient: care.PersonRef{Number: rapid.SampledFrom(d.patients).Draw(r, "patient").Number}, Provider: d.who,
		Service: practice.ServiceRef{ID: d.service.ID}, Start: at,
	}, nil)
	switch {
	case free && err != nil:
		r.Fatalf("%v is free, and booking it fails: %v", at, err)
	case !free && care.KindOf(err) != care.KindConflict:
		r.Fatalf("%v is not free, and booking it gives %v, %v", at, a, err)
	case free:
		d.booked[a.ID] = a
	}
	d.hold(r)
}

// move puts an appointment to another time; its own counts as free for it.
func (d *diary) move(t *testing.T, r *rapid.T, to time.Time) {
	id := rapid.SampledFrom(d.ids()).Draw(r, "moved")
	before := d.booked[id]
	delete(d.booked, id)
	d.hold(r)
	free := d.Free(to, d.service)
	a, err := d.Practice.Reschedule(t.Context(), practice.Ask{Actor: testkit.Operator(), Scope: live, ID: id}, practice.Rescheduling{Start: to})
	if free != (err == nil) || err != nil && care.KindOf(err) != care.KindConflict {
		r.Fatalf("free is %t, and moving gives %v", free, err)
	}
	if err != nil {
		a = before
	}
	d.booked[id] = a
}

// hold writes down what is taken, and looks that nothing is taken twice.
func (d *diary) hold(r *rapid.T) {
	d.Held = nil
	for _, a := range d.booked {
		for _, other := range d.Held {
			if other.Overlaps(a.Held()) {
				r.Fatalf("%v and %v are the same provider's", other, a.Held())
			}
		}
		d.Held = append(d.Held, a.Held())
	}
}

func (d *diary) ids() []int64 {
	var ids []int64
	for id := range d.booked {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
