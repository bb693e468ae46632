package care

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Interval is a stretch of time; Until is not part of it.
type Interval struct{ From, Until time.Time }

// Overlaps reports whether the two share any time.
func (i Interval) Overlaps(j Interval) bool { return i.From.Before(j.Until) && j.From.Before(i.Until) }

// Diary is what a provider's slots are worked out from.
type Diary struct {
	Zone *time.Location // the provider's
	Week Week
	// Days are the dates that are not as usual.
	Days []ScheduleDay
	// Held is the time that is taken.
	Held []Interval
	// Nothing begins at Now or before, before Earliest, or after Latest.
	Now, Earliest, Latest time.Time
}

// DiarySpan is the time of which a Diary must know to answer for a date in any
// zone.
func DiarySpan(date time.Time) Interval {
	return Interval{date.AddDate(0, 0, -2), date.AddDate(0, 0, 4)}
}

// Slots returns when a service can begin on date, a midnight in UTC that stands
// for the day, as the clock in zone counts days; in order.
//
// A day's slots follow one another from the beginning of each stretch of work,
// as long as the service with its buffer takes; the service must end before the
// stretch does. Stretches are cut by the provider's clock and measured in time
// that passes: a night on which clocks change has an hour less or more.
func (d Diary) Slots(date time.Time, zone *time.Location, s Service) []time.Time {
	return d.starts(date, zone, s, s)
}

// starts returns when taken can begin on date, at the times at which slots of
// grid follow one another.
func (d Diary) starts(date time.Time, zone *time.Location, grid, taken Service) []time.Time {
	var out []time.Time
	for offset := -2; offset <= 2; offset++ {
		day := date.AddDate(0, 0, offset)
		for _, work := range d.work(day) {
			for at := work.From; !at.Add(taken.Length()).After(work.Until); at = at.Add(grid.Held()) {
				if sameDate(at.In(zone), date) && d.free(at, taken) {
					out = append(out, at)
				}
			}
		}
	}
	slices.SortFunc(out, time.Time.Compare)
	return out
}

// Free reports whether the service can begin at t: whether it is one of Slots.
func (d Diary) Free(t time.Time, s Service) bool { return d.FreeAmong(t, s, s) }

// FreeAmong reports whether what lasts as long as taken can begin at t, which is
// one of the times at which slots of grid follow one another.
func (d Diary) FreeAmong(t time.Time, grid, taken Service) bool {
	y, m, day := t.In(d.Zone).Date()
	starts := d.starts(time.Date(y, m, day, 0, 0, 0, 0, time.UTC), d.Zone, grid, taken)
	return slices.ContainsFunc(starts, t.Equal)
}

func (d Diary) free(at time.Time, s Service) bool {
	if !at.After(d.Now) || at.Before(d.Earliest) || at.After(d.Latest) {
		return false
	}
	wanted := Interval{at, at.Add(s.Held())}
	return !slices.ContainsFunc(d.Held, wanted.Overlaps)
}

// work returns the stretches of time in which the provider works on a day of
// their own.
func (d Diary) work(day time.Time) []Interval {
	spans := d.Week[day.Weekday()]
	text := day.Format(time.DateOnly)
	if i := slices.IndexFunc(d.Days, func(x ScheduleDay) bool { return x.Date == text }); i >= 0 {
		spans = d.Days[i].Spans
	}
	return shown(day, spans, d.Zone)
}

// shown returns when the clock in zone shows a time of spans on day. While the
// zone's offset stays the same that is plain; so it is asked for each stretch of
// one offset, and what touches is joined: times that clocks skip are never
// shown, those that they repeat twice.
func shown(day time.Time, spans Spans, zone *time.Location) []Interval {
	if len(spans) == 0 {
		return nil
	}
	var out []Interval
	reach := Interval{day.Add(-30 * time.Hour), day.Add(54 * time.Hour)}
	for t := reach.From.In(zone); ; {
		_, seconds := t.Zone()
		offset := time.Duration(seconds) * time.Second
		begin, end := t.ZoneBounds()
		for _, span := range spans {
			from := day.Add(time.Duration(span.From)*time.Minute - offset)
			until := day.Add(time.Duration(span.Until)*time.Minute - offset)
			if !begin.IsZero() && from.Before(begin) {
				from = begin.UTC()
			}
			if !end.IsZero() && until.After(end) {
				until = end.UTC()
			}
			if from.Before(until) {
				out = append(out, Interval{from, until})
			}
		}
		if end.IsZero() || end.After(reach.Until) {
			return joined(out)
		}
		t = end
	}
}

// joined sorts intervals and joins those that touch.
func joined(all []Interval) []Interval {
	slices.SortFunc(all, func(a, b Interval) int { return a.From.Compare(b.From) })
	var out []Interval
	for _, i := range all {
		if last := len(out) - 1; last >= 0 && !i.From.After(out[last].Until) {
			out[last].Until = i.Until
			continue
		}
		out = append(out, i)
	}
	return out
}

func sameDate(t, date time.Time) bool {
	y, m, d := t.Date()
	return y == date.Year() && m == date.Month() && d == date.Day()
}

// ClockTimes returns the times of slots as their zone's clock shows them, "09:00
// AM", each once and in the clock's order: where clocks go back, one text stands
// for both hours.
func ClockTimes(slots []time.Time, zone *time.Location) []string {
	texts := make([]string, 0, len(slots))
	sorted := slices.Clone(slots)
	slices.SortFunc(sorted, func(a, b time.Time) int {
		return cmp.Compare(clockOf(a.In(zone)), clockOf(b.In(zone)))
	})
	for _, t := range sorted {
		texts = append(texts, t.In(zone).Format(clockLayout))
	}
	return slices.Compact(texts)
}

const clockLayout = "03:04 PM"

func clockOf(t time.Time) int { return t.Hour()*60 + t.Minute() }

// ParseClockTime reads "09:00 AM", "9:00 am" or "09:00" into minutes of the day.
func ParseClockTime(s string) (int, bool) {
	for _, layout := range []string{"3:04 PM", "3:04PM", "15:04"} {
		if t, err := time.Parse(layout, strings.ToUpper(strings.TrimSpace(s))); err == nil {
			return clockOf(t), true
		}
	}
	return 0, false
}

// SlotAt returns the earliest of slots that the clock in zone shows as minute.
func SlotAt(slots []time.Time, zone *time.Location, minute int) (time.Time, bool) {
	for _, t := range slots {
		if clockOf(t.In(zone)) == minute {
			return t, true
		}
	}
	return time.Time{}, false
}
