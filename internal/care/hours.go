package care

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// dayMinutes is the end of a day on the clock: 24:00.
const dayMinutes = 24 * 60

// Span is a part of a day as the clock on the wall shows it, in minutes since
// midnight. Until is not part of it and may be 24:00.
type Span struct{ From, Until int }

// String returns "09:00-17:00".
func (s Span) String() string { return clock(s.From) + "-" + clock(s.Until) }

func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// ParseSpan reads "09:00-17:00".
func ParseSpan(text string) (Span, error) {
	from, until, ok := strings.Cut(text, "-")
	f, fromOK := parseClock(strings.TrimSpace(from))
	u, untilOK := parseClock(strings.TrimSpace(until))
	if !ok || !fromOK || !untilOK || f >= u || f%HoldMinutes != 0 || u%HoldMinutes != 0 {
		return Span{}, Invalid("hours", "must be like 09:00-12:00, in steps of five minutes, the later time second")
	}
	return Span{f, u}, nil
}

func parseClock(s string) (int, bool) {
	if s == "24:00" {
		return dayMinutes, true
	}
	t, err := time.Parse("15:04", s)
	return t.Hour()*60 + t.Minute(), err == nil && len(s) == 5
}

// Spans are the parts of one day in order: what lies between two is a break.
type Spans []Span

// ParseSpans reads "09:00-12:00,13:00-17:00"; empty text is no span. Those that
// touch are joined.
func ParseSpans(text string) (Spans, error) {
	var out Spans
	for part := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		s, err := ParseSpan(part)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out.Joined()
}

// Joined returns spans in order, those that touch as one. Errors: Invalid, where
// two overlap.
func (s Spans) Joined() (Spans, error) {
	slices.SortFunc(s, func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	var out Spans
	for _, span := range s {
		last := len(out) - 1
		switch {
		case last >= 0 && span.From < out[last].Until:
			return nil, Invalid("hours", "must not overlap")
		case last >= 0 && span.From == out[last].Until:
			out[last].Until = span.Until
		default:
			out = append(out, span)
		}
	}
	return out, nil
}

// String returns "09:00-12:00,13:00-17:00".
func (s Spans) String() string {
	parts := make([]string, len(s))
	for i, span := range s {
		parts[i] = span.String()
	}
	return strings.Join(parts, ",")
}

// Week is the working hours of a week, by time.Weekday.
type Week [7]Spans

var weekdays = [...]string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// Weekdays returns the short names of days, Sunday first, as Week counts them.
func Weekdays() []string { return weekdays[:] }

// ParseWeek reads "mon-fri 09:00-12:00,13:00-17:00; sat 10:00-14:00". Days that
// are not named are free.
func ParseWeek(text string) (Week, error) {
	var w Week
	named := [7]bool{}
	for part := range strings.SplitSeq(text, ";") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		names, hours, _ := strings.Cut(part, " ")
		days, ok := parseDays(names)
		if !ok {
			return w, Invalid("hours", "must name days as mon, tue, wed, thu, fri, sat, sun or a range of them")
		}
		spans, err := ParseSpans(hours)
		if err != nil {
			return w, err
		}
		for _, d := range days {
			if named[d] {
				return w, Invalid("hours", "must name a day once")
			}
			named[d], w[d] = true, spans
		}
	}
	return w, nil
}

// parseDays reads "mon" or "mon-fri"; a range may pass Sunday.
func parseDays(text string) ([]int, bool) {
	first, last, isRange := strings.Cut(strings.ToLower(text), "-")
	if !isRange {
		last = first
	}
	from, until := slices.Index(weekdays[:], first), slices.Index(weekdays[:], last)
	if from < 0 || until < 0 {
		return nil, false
	}
	days := []int{from}
	for d := from; d != until; {
		d = (d + 1) % 7
		days = append(days, d)
	}
	return days, true
}

// String returns what ParseWeek reads: Monday first, days with the same hours that
// follow one another as a range.
func (w Week) String() string {
	var parts []string
	day := func(i int) int { return (i + 1) % 7 }
	for i := 0; i < 7; {
		end := i + 1
		for end < 7 && slices.Equal(w[day(end)], w[day(i)]) {
			end++
		}
		names := weekdays[day(i)]
		if end > i+1 {
			names += "-" + weekdays[day(end-1)]
		}
		if len(w[day(i)]) > 0 {
			parts = append(parts, names+" "+w[day(i)].String())
		}
		i = end
	}
	return strings.Join(parts, "; ")
}

// OfficeHours are those of a practice that was told none: Monday to Friday, nine
// to five.
func OfficeHours() Week {
	var w Week
	for d := time.Monday; d <= time.Friday; d++ {
		w[d] = Spans{{9 * 60, 17 * 60}}
	}
	return w
}
