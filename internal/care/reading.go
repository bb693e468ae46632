package care

import (
	"log/slog"
	"slices"
	"strconv"
	"time"
)

// ReadingKind is what a device measured.
type ReadingKind string

// The kinds of reading (telehealth.md section 11).
const (
	ReadingSleep   ReadingKind = "sleep"
	ReadingSteps   ReadingKind = "steps"
	ReadingPulseOx ReadingKind = "pulse_ox"
)

// MaxReadings bounds how many arrive at once.
const MaxReadings = 1000

// What a device can have measured at most, in a day or at once.
const (
	maxSleep = 48 * 60 // minutes
	maxSteps = 1_000_000
	maxSpO2  = 100
	maxPulse = 500
)

// ReadingKinds returns every kind of reading.
func ReadingKinds() []ReadingKind { return []ReadingKind{ReadingSleep, ReadingSteps, ReadingPulseOx} }

// Reading is what a device measured of a patient, once.
type Reading struct {
	Scope
	ID      string // UUID
	Patient string // UUID
	Kind    ReadingKind
	// Key is the sender's id, for telling what was sent before: a patient has it
	// once a kind. Empty where the sender gave none.
	Key    string
	Source string // the device or program
	// Recorded is when, as it was sent: a date, or a date-time with an offset.
	// Day is the date in it, RecordedAt the instant (a date's first, in UTC).
	Recorded   string
	Day        string
	RecordedAt time.Time

	InBedMinutes  *int64 // sleep
	AsleepMinutes *int64 // sleep
	Steps         *int64 // steps
	SpO2          string // pulse_ox: per cent, a decimal as it was sent; empty where absent
	Pulse         string // pulse_ox: beats a minute, likewise
	CreatedAt     time.Time
}

// LogValue shows the id only.
func (r Reading) LogValue() slog.Value { return slog.StringValue(r.ID) }

// Check names every faulty field, by the names that it is sent with, and fills
// in Day and RecordedAt.
func (r *Reading) Check() error {
	var bad Problems
	bad.Check(slices.Contains(ReadingKinds(), r.Kind), "type", "must be sleep, steps or pulse_ox")
	r.readTime(&bad)
	count(&bad, "total_inbed_minutes", r.InBedMinutes, maxSleep)
	count(&bad, "total_sleep_minutes", r.AsleepMinutes, maxSleep)
	count(&bad, "steps", r.Steps, maxSteps)
	within(&bad, "spo2_percent", r.SpO2, maxSpO2)
	within(&bad, "pulse_bpm", r.Pulse, maxPulse)
	sleep, steps, ox := r.InBedMinutes != nil || r.AsleepMinutes != nil, r.Steps != nil, r.SpO2 != "" || r.Pulse != ""
	switch r.Kind {
	case ReadingSleep:
		bad.Check(r.AsleepMinutes != nil, "total_sleep_minutes", "is required")
		bad.Check(!steps, "steps", "is not of this type")
		bad.Check(!ox, "spo2_percent", "is not of this type")
	case ReadingSteps:
		bad.Check(steps, "steps", "is required")
		bad.Check(!sleep, "total_sleep_minutes", "is not of this type")
		bad.Check(!ox, "spo2_percent", "is not of this type")
	case ReadingPulseOx:
		bad.Check(ox, "spo2_percent", "is required, or pulse_bpm")
		bad.Check(!sleep, "total_sleep_minutes", "is not of this type")
		bad.Check(!steps, "steps", "is not of this type")
	}
	return bad.Err()
}

// clockSkew is how far ahead a clock may be; a date counts where it has begun
// anywhere.
const clockSkew = 24 * time.Hour

// CheckTime names a time that has not come yet.
func (r Reading) CheckTime(now time.Time) error {
	if r.RecordedAt.After(now.Add(clockSkew)) {
		return Invalid("recorded_date", "must not be in the future")
	}
	return nil
}

func (r *Reading) readTime(bad *Problems) {
	day, isDay := ParseDate(r.Recorded)
	at, isTime := ParseInstant(r.Recorded)
	switch {
	case isDay:
		r.Day, r.RecordedAt = r.Recorded, day
	case isTime:
		r.Day, r.RecordedAt = r.Recorded[:len(time.DateOnly)], Truncate(at)
	default:
		bad.Add("recorded_date", "must be YYYY-MM-DD, or a date-time with an offset (RFC 3339)")
	}
}

func count(bad *Problems, field string, n *int64, most int64) {
	bad.Check(n == nil || *n >= 0 && *n <= most, field, "must be 0 to "+strconv.FormatInt(most, 10))
}

func within(bad *Problems, field, decimal string, most float64) {
	n, err := strconv.ParseFloat(decimal, 64)
	bad.Check(decimal == "" || err == nil && n >= 0 && n <= most, field, "must be 0 to "+strconv.FormatFloat(most, 'f', -1, 64))
}

// ReadingRange narrows readings by when they were recorded; empty is no bound.
// Both ends are inclusive.
type ReadingRange struct {
	FromDay, UntilDay string     // dates, compared with the date as it was sent
	From, Until       *time.Time // instants
}

// ParseReadingRange reads two bounds, each a date, a date-time with an offset,
// or nothing. It names the one that is neither. Errors: Invalid.
func ParseReadingRange(from, until string) (ReadingRange, error) {
	var r ReadingRange
	var bad Problems
	readBound(&bad, "data_from", from, &r.FromDay, &r.From)
	readBound(&bad, "data_to", until, &r.UntilDay, &r.Until)
	return r, bad.Err()
}

func readBound(bad *Problems, field, text string, day *string, at **time.Time) {
	if text == "" {
		return
	}
	if _, ok := ParseDate(text); ok {
		*day = text
		return
	}
	t, ok := ParseInstant(text)
	if !ok {
		bad.Add(field, "must be YYYY-MM-DD, or a date-time with an offset (RFC 3339)")
		return
	}
	t = Truncate(t)
	*at = &t
}

// Contact is when a patient was last spoken to or seen, and for how long.
type Contact struct {
	At      time.Time
	Seconds int64
}
