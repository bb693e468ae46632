package calls

import (
	"errors"
	"regexp"
	"strings"
	"time"

	"chartline/internal/care"
)

var (
	errDate     = errors.New("not an ISO 8601 date or date-time")
	datePattern = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:[Tt](\d{2}:\d{2})(:\d{2})?(?:[.,](\d+))?([Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?$`)
)

// readDate reads startDate or endDate. A bare date is that whole day in zone:
// its first instant, or its last where end is true.
func readDate(bad *care.Problems, name, text string, zone *time.Location, end bool) *time.Time {
	if text == "" {
		return nil
	}
	t, day, err := parseDate(text)
	switch {
	case err != nil:
		bad.Add(name, "must be an ISO 8601 date or date-time")
		return nil
	case day && end:
		t = startOfDay(t.AddDate(0, 0, 1), zone).Add(-time.Nanosecond)
	case day:
		t = startOfDay(t, zone)
	}
	t = t.UTC()
	return &t
}

// ceilSecond and floorSecond cut an inclusive bound to calledAt's precision.
func ceilSecond(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	up := t.Add(time.Second - time.Nanosecond).Truncate(time.Second)
	return &up
}

func floorSecond(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	down := t.Truncate(time.Second)
	return &down
}

// parseDate reads an ISO 8601 date, or date-time with any fraction and offset;
// without an offset it is UTC. A space where an unescaped + stood is read as +.
// day reports a bare date, given as its midnight UTC.
func parseDate(text string) (t time.Time, day bool, err error) {
	if i := strings.LastIndexByte(text, ' '); i > len("2006-01-02T15") {
		text = text[:i] + "+" + text[i+1:]
	}
	m := datePattern.FindStringSubmatch(text)
	if m == nil {
		return time.Time{}, false, errDate
	}
	date, clock, seconds, fraction, offset := m[1], m[2], m[3], m[4], m[5]
	if clock == "" {
		t, err = time.Parse(time.DateOnly, date)
		return t, true, err
	}
	if seconds == "" {
		if fraction != "" {
			return time.Time{}, false, errDate
		}
		seconds = ":00"
	}
	if fraction != "" {
		fraction = "." + fraction[:min(len(fraction), 9)]
	}
	switch {
	case offset == "", offset == "z":
		offset = "Z"
	case len(offset) == 3:
		offset += ":00"
	case len(offset) == 5:
		offset = offset[:3] + ":" + offset[3:]
	}
	t, err = time.Parse(time.RFC3339Nano, date+"T"+clock+seconds+fraction+offset)
	return t, false, err
}

// startOfDay returns the first instant of t's date in zone, also where clocks
// skip or repeat midnight; of a day that they skip whole, the next one's.
func startOfDay(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.Date()
	start := time.Date(y, m, d, 0, 0, 0, 0, zone)
	began, ends := start.ZoneBounds()
	switch shown := start.Format(time.DateOnly); {
	case shown < t.Format(time.DateOnly): // midnight is in a gap, and this before it
		return ends
	case shown > t.Format(time.DateOnly):
		return began
	}
	if before := start.Add(-time.Hour); before.Day() == d {
		return before
	}
	return start
}
