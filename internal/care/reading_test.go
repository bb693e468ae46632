package care

import (
	"fmt"
	"testing"
	"time"
)

func number(n int64) *int64 { return &n }

func TestAReadingIsWhatItsTypeSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		reading Reading
		faults  map[string]string
	}{
		{Reading{Kind: ReadingSteps, Recorded: "2026-03-17", Steps: number(0)}, nil},
		{Reading{Kind: ReadingSleep, Recorded: "2026-03-17", AsleepMinutes: number(431), InBedMinutes: number(480)}, nil},
		{Reading{Kind: ReadingSleep, Recorded: "2026-03-17T23:30:00.123-05:00", AsleepMinutes: number(431)}, nil},
		{Reading{Kind: ReadingPulseOx, Recorded: "2026-03-17", SpO2: "97.50"}, nil},
		{Reading{Kind: ReadingPulseOx, Recorded: "2026-03-17", Pulse: "61"}, nil},
		{Reading{Kind: "weight", Recorded: "2026-03-17"}, map[string]string{"type": "must be sleep, steps or pulse_ox"}},
		{Reading{Kind: ReadingSteps}, map[string]string{"recorded_date": "must be YYYY-MM-DD, or a date-time with an offset (RFC 3339)", "steps": "is required"}},
		{Reading{Kind: ReadingSteps, Recorded: "2026-02-30", Steps: number(1_000_001), SpO2: "97"}, map[string]string{
			"recorded_date": "must be YYYY-MM-DD, or a date-time with an offset (RFC 3339)", "steps": "must be 0 to 1000000", "spo2_percent": "is not of this type"}},
		{Reading{Kind: ReadingSteps, Recorded: "2026-03-17T08:00:00", Steps: number(-1), InBedMinutes: number(1)}, map[string]string{
			"recorded_date": "must be YYYY-MM-DD, or a date-time with an offset (RFC 3339)", "steps": "must be 0 to 1000000", "total_sleep_minutes": "is not of this type"}},
		{Reading{Kind: ReadingSleep, Recorded: "2026-03-17", InBedMinutes: number(2881), Steps: number(1)}, map[string]string{
			"total_inbed_minutes": "must be 0 to 2880", "total_sleep_minutes": "is required", "steps": "is not of this type"}},
		{Reading{Kind: ReadingPulseOx, Recorded: "2026-03-17", SpO2: "100.1", Pulse: "-1"}, map[string]string{
			"spo2_percent": "must be 0 to 100", "pulse_bpm": "must be 0 to 500"}},
		{Reading{Kind: ReadingPulseOx, Recorded: "2026-03-17", SpO2: "NaN", Pulse: "Inf"}, map[string]string{
			"spo2_percent": "must be 0 to 100", "pulse_bpm": "must be 0 to 500"}},
		{Reading{Kind: ReadingPulseOx, Recorded: "2026-03-17"}, map[string]string{"spo2_percent": "is required, or pulse_bpm"}},
	} {
		if got := faultsOf(c.reading.Check()); fmt.Sprint(got) != fmt.Sprint(c.faults) {
			t.Errorf("%+v has the faults %v, not %v", c.reading, got, c.faults)
		}
	}
}

func TestAReadingsDayIsTheOneThatWasSentAndItsInstantTheTrueOne(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]string{
		"2026-03-17":                        {"2026-03-17", "2026-03-17T00:00:00Z"},
		"2026-03-17T23:30:00-05:00":         {"2026-03-17", "2026-03-18T04:30:00Z"},
		"2026-03-17T00:10:00.1234567+05:30": {"2026-03-17", "2026-03-16T18:40:00.123456Z"},
		"2024-02-29t12:00:00.123456789123z": {"2024-02-29", "2024-02-29T12:00:00.123456Z"},
	} {
		r := Reading{Kind: ReadingSteps, Recorded: text, Steps: number(1)}
		if err := r.Check(); err != nil || r.Day != want[0] || r.RecordedAt.UTC().Format(time.RFC3339Nano) != want[1] {
			t.Errorf("%s: %s, %v, %v", text, r.Day, r.RecordedAt, err)
		}
	}
	now := time.Date(2026, 3, 18, 15, 0, 0, 0, time.UTC)
	for text, ok := range map[string]bool{"2026-03-19": true, "2026-03-20": false, "2026-03-19T14:59:00Z": true, "2026-03-19T15:00:01Z": false} {
		r := Reading{Kind: ReadingSteps, Recorded: text, Steps: number(1)}
		if err := r.Check(); err != nil || (r.CheckTime(now) == nil) != ok {
			t.Errorf("%s: %v, %v", text, err, r.CheckTime(now))
		}
	}
}

func TestARangeOfReadingsIsReadOrItsFaultyBoundsNamed(t *testing.T) {
	t.Parallel()
	r, err := ParseReadingRange("2026-03-01", "2026-03-31T23:59:59+02:00")
	if err != nil || r.FromDay != "2026-03-01" || r.From != nil || r.UntilDay != "" || !r.Until.Equal(time.Date(2026, 3, 31, 21, 59, 59, 0, time.UTC)) {
		t.Errorf("%+v, %v", r, err)
	}
	if r, err := ParseReadingRange("", ""); err != nil || r != (ReadingRange{}) {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := ParseReadingRange("01.03.2026", "2026-03-31T23:59:59"); len(faultsOf(err)) != 2 {
		t.Errorf("%v", err)
	}
}

// FuzzReadingTimes reads any time: what is taken has a day and an instant that
// belong together.
func FuzzReadingTimes(f *testing.F) {
	for _, s := range []string{"2026-03-17", "2026-03-17T23:30:00-05:00", "9999-12-31T23:59:59-12:00", "0001-01-01", "2026-03-17T24:00:00Z", "2026-03-17T23:59:60Z", "", "x", "2026-03-17T08:00:00+14:00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := Reading{Kind: ReadingSteps, Recorded: text, Steps: number(1)}
		if err := r.Check(); err != nil {
			if len(faultsOf(err)) == 0 {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		day, ok := ParseDate(r.Day)
		if apart := r.RecordedAt.Sub(day); !ok || apart < -24*time.Hour || apart > 48*time.Hour {
			t.Errorf("%q is of the day %q at %v", text, r.Day, r.RecordedAt)
		}
	})
}
