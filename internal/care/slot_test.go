package care

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func day(t testing.TB, text string) time.Time {
	t.Helper()
	d, ok := ParseDate(text)
	if !ok {
		t.Fatalf("%q is no date", text)
	}
	return d
}

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func week(t testing.TB, text string) Week {
	t.Helper()
	w, err := ParseWeek(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// open is a diary with no bounds of booking.
func open(zone *time.Location, w Week) Diary {
	return Diary{Zone: zone, Week: w, Latest: time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)}
}

func TestSlotsOfADay(t *testing.T) {
	t.Parallel()
	hour, long := Service{Minutes: 60}, Service{Minutes: 30, BufferMinutes: 10}
	for _, c := range []struct {
		what, zone, hours, date, asked string
		service                        Service
		want                           []string
	}{
		{"an ordinary day", "America/New_York", "mon-fri 09:00-12:00", "2026-03-18", "", hour, []string{"09:00 AM", "10:00 AM", "11:00 AM"}},
		{"a break", "America/New_York", "wed 09:00-11:00,13:00-15:00", "2026-03-18", "", hour, []string{"09:00 AM", "10:00 AM", "01:00 PM", "02:00 PM"}},
		{"a day off", "America/New_York", "mon-fri 09:00-12:00", "2026-03-21", "", hour, []string{}},
		{"a buffer after each; the last one may reach past the end", "UTC", "wed 09:00-11:00", "2026-03-18", "", long, []string{"09:00 AM", "09:40 AM", "10:20 AM"}},
		{"longer than the work", "UTC", "wed 09:00-09:55", "2026-03-18", "", hour, []string{}},
		{"clocks go forward: two does not exist", "America/New_York", "sun 01:00-05:00", "2026-03-08", "", hour, []string{"01:00 AM", "03:00 AM", "04:00 AM"}},
		{"clocks go back: one is there twice and shown once", "America/New_York", "sun 00:00-04:00", "2026-11-01", "", hour, []string{"12:00 AM", "01:00 AM", "02:00 AM", "03:00 AM"}},
		{"work that lies in the hour that is skipped", "America/New_York", "sun 02:00-03:00", "2026-03-08", "", hour, []string{}},
		{"clocks go forward at midnight", "Africa/Cairo", "fri 00:00-03:00", "2026-04-24", "", hour, []string{"01:00 AM", "02:00 AM"}},
		{"half an hour of daylight saving", "Australia/Lord_Howe", "sun 01:00-04:00", "2026-10-04", "", hour, []string{"01:00 AM", "02:30 AM"}},
		{"a half-hour zone asked from another", "Asia/Kolkata", "wed 09:00-11:00", "2026-03-18", "UTC", hour, []string{"03:30 AM", "04:30 AM"}},
		{"the patient's date is the day before", "Asia/Tokyo", "thu 09:00-12:00", "2026-03-18", "America/Los_Angeles", hour, []string{"05:00 PM", "06:00 PM", "07:00 PM"}},
		{"the patient's day has parts of two of the provider's", "Asia/Tokyo", "thu 15:00-18:00; wed 16:00-18:00", "2026-03-18", "America/Los_Angeles", hour,
			[]string{"12:00 AM", "01:00 AM", "11:00 PM"}},
		{"a day that a zone left out", "Pacific/Apia", "mon-sun 09:00-17:00", "2011-12-30", "", hour, []string{}},
	} {
		zone := zoneOf(t, c.zone)
		asked := zone
		if c.asked != "" {
			asked = zoneOf(t, c.asked)
		}
		got := ClockTimes(open(zone, week(t, c.hours)).Slots(day(t, c.date), asked, c.service), asked)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.what, diff)
		}
	}
}

func TestSlotsLeaveOutWhatIsTakenPastTooSoonAndTooFar(t *testing.T) {
	t.Parallel()
	at := func(h, m int) time.Time { return time.Date(2026, 3, 18, h, m, 0, 0, time.UTC) }
	d := open(time.UTC, week(t, "wed 09:00-17:00"))
	d.Held = []Interval{{at(10, 30), at(11, 0)}}
	d.Days = []ScheduleDay{{Date: "2026-03-25"}, {Date: "2026-03-21", Spans: Spans{{9 * 60, 10 * 60}}}}
	d.Now, d.Earliest, d.Latest = at(11, 0), at(13, 30), at(15, 0)
	for date, want := range map[string][]string{"2026-03-18": {"02:00 PM", "03:00 PM"}, "2026-03-25": {}, "2026-03-21": {}} {
		if diff := cmp.Diff(want, ClockTimes(d.Slots(day(t, date), time.UTC, Service{Minutes: 60}), time.UTC)); diff != "" {
			t.Errorf("%s: %s", date, diff)
		}
	}
	d.Now, d.Earliest, d.Latest = at(9, 0), at(9, 0), at(23, 0).AddDate(1, 0, 0)
	want := []string{"11:00 AM", "12:00 PM", "01:00 PM", "02:00 PM", "03:00 PM", "04:00 PM"}
	if diff := cmp.Diff(want, ClockTimes(d.Slots(day(t, "2026-03-18"), time.UTC, Service{Minutes: 60}), time.UTC)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"09:00 AM"}, ClockTimes(d.Slots(day(t, "2026-03-21"), time.UTC, Service{Minutes: 60}), time.UTC)); diff != "" {
		t.Error(diff)
	}
	if d.Free(at(9, 0), Service{Minutes: 60}) || d.Free(at(10, 0), Service{Minutes: 60}) || d.Free(at(11, 5), Service{Minutes: 60}) || !d.Free(at(16, 0), Service{Minutes: 60}) {
		t.Error("Free does not say what Slots shows")
	}
}

// slowSlots is Slots for somebody with a clock and patience: minute by minute.
func slowSlots(d Diary, date time.Time, zone *time.Location, s Service) []time.Time {
	working := func(t time.Time) string { // the provider's date, "" for not at work
		local := t.In(d.Zone)
		text := local.Format(time.DateOnly)
		spans := d.Week[local.Weekday()]
		for _, other := range d.Days {
			if other.Date == text {
				spans = other.Spans
				break
			}
		}
		for _, span := range spans {
			if m := local.Hour()*60 + local.Minute(); m >= span.From && m < span.Until {
				return text
			}
		}
		return ""
	}
	var out []time.Time
	var begun, worksOn string
	next := time.Time{}
	for t := date.AddDate(0, 0, -3); t.Before(date.AddDate(0, 0, 4)); t = t.Add(time.Minute) {
		if worksOn = working(t); worksOn == "" {
			begun = ""
			continue
		}
		if worksOn != begun {
			begun, next = worksOn, t
		}
		if !t.Equal(next) {
			continue
		}
		next = t.Add(s.Held())
		ok := t.In(zone).Format(time.DateOnly) == date.Format(time.DateOnly)
		for m := t; m.Before(t.Add(s.Length())); m = m.Add(time.Minute) {
			ok = ok && working(m) == begun
		}
		for m := t; m.Before(t.Add(s.Held())); m = m.Add(time.Minute) {
			for _, h := range d.Held {
				ok = ok && (m.Before(h.From) || !m.Before(h.Until))
			}
		}
		if ok && t.After(d.Now) && !t.Before(d.Earliest) && !t.After(d.Latest) {
			out = append(out, t)
		}
	}
	return out
}

func drawSpans(t *rapid.T, name string) Spans {
	marks := rapid.SliceOfNDistinct(rapid.IntRange(0, 288), 0, 6, rapid.ID[int]).Draw(t, name)
	slices.Sort(marks)
	var out Spans
	for i := 0; i+1 < len(marks); i += 2 {
		out = append(out, Span{marks[i] * 5, marks[i+1] * 5})
	}
	return out
}

func TestSlotsAreWhatASlowModelSays(t *testing.T) {
	t.Parallel()
	zones := []string{
		"America/New_York", "America/Havana", "America/St_Johns", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Beirut", "Africa/Cairo",
		"Australia/Lord_Howe", "Pacific/Apia", "Pacific/Chatham", "Pacific/Kiritimati", "Europe/London", "UTC",
	}
	dates := []string{
		"2026-03-08", "2026-11-01", "2026-03-29", "2026-10-25", "2026-04-05", "2026-10-04", "2026-04-24", "2026-10-29", "2026-10-30",
		"2026-09-27", "2026-06-15", "2011-12-29", "2011-12-30", "2011-12-31", "2026-12-31", "2028-02-29",
	}
	rapid.Check(t, func(t *rapid.T) {
		var d Diary
		zone, _ := LoadZone(rapid.SampledFrom(zones).Draw(t, "provider's zone"))
		asked, _ := LoadZone(rapid.SampledFrom(zones).Draw(t, "asked zone"))
		date, _ := ParseDate(rapid.SampledFrom(dates).Draw(t, "date"))
		date = date.AddDate(0, 0, rapid.IntRange(-1, 1).Draw(t, "days off it"))
		d.Zone = zone
		for i := range d.Week {
			d.Week[i] = drawSpans(t, weekdays[i])
		}
		if rapid.Bool().Draw(t, "an unusual day") {
			d.Days = []ScheduleDay{{Date: date.Format(time.DateOnly), Spans: drawSpans(t, "its spans")}}
		}
		s := Service{Minutes: 5 * rapid.Int64Range(1, 24).Draw(t, "length"), BufferMinutes: 5 * rapid.Int64Range(0, 6).Draw(t, "buffer")}
		for range rapid.IntRange(0, 4).Draw(t, "appointments") {
			from := date.Add(time.Duration(rapid.IntRange(-24*12, 48*12).Draw(t, "from")) * 5 * time.Minute)
			d.Held = append(d.Held, Interval{from, from.Add(time.Duration(rapid.IntRange(1, 30).Draw(t, "for")) * 5 * time.Minute)})
		}
		d.Now = date.Add(time.Duration(rapid.IntRange(-48, 30).Draw(t, "now")) * time.Hour)
		d.Earliest = d.Now.Add(time.Duration(rapid.IntRange(0, 5).Draw(t, "notice")) * time.Hour)
		d.Latest = d.Now.Add(time.Duration(rapid.IntRange(6, 96).Draw(t, "horizon")) * time.Hour)
		got, want := d.Slots(date, asked, s), slowSlots(d, date, asked, s)
		if diff := cmp.Diff(want, got, cmp.Comparer(time.Time.Equal)); diff != "" {
			t.Fatal(diff)
		}
		for _, at := range got {
			if !d.Free(at, s) {
				t.Fatalf("the slot at %v is not free", at)
			}
		}
	})
}

func TestAClockTimeIsReadAsItIsShown(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{"09:00 AM": 540, "9:00 am": 540, "12:00 AM": 0, "12:30 PM": 750, "14:05": 845, " 01:15 PM ": 795, "1:15PM": 795} {
		if got, ok := ParseClockTime(text); !ok || got != want {
			t.Errorf("%q: got %d, %t", text, got, ok)
		}
	}
	for _, text := range []string{"", "9", "25:00", "13:00 PM", "09:00:00", "noon"} {
		if got, ok := ParseClockTime(text); ok {
			t.Errorf("%q: got %d", text, got)
		}
	}
	zone := zoneOf(t, "America/New_York")
	twice := open(zone, week(t, "sun 00:00-04:00")).Slots(day(t, "2026-11-01"), zone, Service{Minutes: 30})
	if got, ok := SlotAt(twice, zone, 60); !ok || !got.Equal(time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC)) {
		t.Errorf("of two hours the first is meant: got %v", got)
	}
}

func TestHoursAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"mon-fri 09:00-12:00,13:00-17:00; sat 10:00-14:00": "mon-fri 09:00-12:00,13:00-17:00; sat 10:00-14:00",
		"fri-mon 22:00-24:00":                              "mon 22:00-24:00; fri-sun 22:00-24:00",
		"tue 09:00-10:00; thu 09:00-10:00":                 "tue 09:00-10:00; thu 09:00-10:00",
		"mon-sun 00:00-24:00":                              "mon-sun 00:00-24:00",
		"Mon 13:00-17:00,09:00-13:00":                      "mon 09:00-17:00",
		"":                                                 "",
		"sun ;mon 00:00-24:00":                             "mon 00:00-24:00",
	} {
		w, err := ParseWeek(text)
		if err != nil || w.String() != want {
			t.Errorf("%q: got %q, %v", text, w, err)
		}
		again, err := ParseWeek(w.String())
		if err != nil || !slices.EqualFunc(again[:], w[:], slices.Equal[Spans]) {
			t.Errorf("%q: read again it is %q, %v", text, again, err)
		}
	}
	for _, text := range []string{
		"monday 09:00-10:00", "mon 9-5", "mon 09:00-08:00", "mon 09:00-09:00", "mon 09:01-10:00", "mon 09:00-11:00,10:00-12:00", "mon 24:00-24:00",
		"mon 09:00-25:00", "mon 09:00-10:00; mon 11:00-12:00", "mon-xyz 09:00-10:00", "mon 9:00-10:00", "mon 09:00",
	} {
		if w, err := ParseWeek(text); KindOf(err) != KindInvalid {
			t.Errorf("%q: got %v, %v", text, w, err)
		}
	}
}

func TestAppointmentsThatOverlapShareAPieceOfTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) Appointment {
			start := time.Date(2026, 3, 18, 0, rapid.IntRange(0, 600).Draw(t, name), 0, 0, time.UTC)
			return Appointment{Start: start, Minutes: 5 * rapid.Int64Range(1, 20).Draw(t, "minutes"), BufferMinutes: 5 * rapid.Int64Range(0, 5).Draw(t, "buffer")}
		}
		a, b := draw("a"), draw("b")
		a1, a2 := a.Pieces()
		b1, b2 := b.Pieces()
		share := a1 <= b2 && b1 <= a2
		overlap := a.Held().Overlaps(b.Held())
		onPieces := a.Start.Minute()%HoldMinutes == 0 && b.Start.Minute()%HoldMinutes == 0
		if overlap && !share || onPieces && share != overlap {
			t.Fatalf("%v and %v: overlap %t, share %t", a.Held(), b.Held(), overlap, share)
		}
	})
}
