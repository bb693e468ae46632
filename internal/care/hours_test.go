package care

import (
	"slices"
	"testing"
)

// FuzzWeeksAreReadInOrderAndOnce reads any text as working hours. What is taken
// lies within its day, in steps of five minutes, in order and apart, and reads
// back as it is written.
func FuzzWeeksAreReadInOrderAndOnce(f *testing.F) {
	for _, text := range []string{
		"", ";", "mon", "mon-fri 09:00-12:00,13:00-17:00; sat 10:00-14:00", "fri-mon 22:00-24:00", "sun 00:00-24:00", "mon-mon 09:00-10:00", "mon 09:00-10:00,10:00-11:00",
		"mon 24:00-24:00", "mon 09:00-09:05;tue  23:55-24:00", "mon\t09:00-10:00", "mon -", "-", "mon-", "mon 09:00-10:00,,11:00-12:00,", "mon ０９:００-10:00", "mon 09:00-10:00\x00",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWeek(text)
		if err != nil {
			if KindOf(err) != KindInvalid {
				t.Fatalf("%q fails with %v", text, err)
			}
			return
		}
		for _, spans := range w {
			last := -1
			for _, s := range spans {
				if s.From <= last || s.From >= s.Until || s.Until > dayMinutes || s.From%HoldMinutes != 0 || s.Until%HoldMinutes != 0 {
					t.Fatalf("%q is read as %v", text, spans)
				}
				last = s.Until
			}
		}
		again, err := ParseWeek(w.String())
		if err != nil || !slices.EqualFunc(again[:], w[:], slices.Equal[Spans]) {
			t.Fatalf("%q is written as %q, which is read as %v, %v", text, w, again, err)
		}
	})
}
