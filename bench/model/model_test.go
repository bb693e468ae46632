package model

import (
	"math"
	"slices"
	"testing"
	"time"
)

func near(a, b, part float64) bool { return math.Abs(a-b) <= part*math.Abs(b) }

func TestTheHoursOfAWeekAddUpToAYear(t *testing.T) {
	t.Parallel()
	m := New(Default(1e8, 200), 1)
	g := m.Year(Costs{Commit: 0.002})
	for k := range Kinds {
		if want := 1e8 * m.PerRecording(k); !near(g.Requests[k], want, 1e-9) {
			t.Errorf("%v: %g requests a year, want %g", k, g.Requests[k], want)
		}
	}
	if !near(g.Rows["audit entry"], Sum(g.Requests), 1e-9) {
		t.Errorf("%g entries of %g requests", g.Rows["audit entry"], Sum(g.Requests))
	}
	if g.Commits > g.Rows["audit_group"] || g.Rows["audit_group"] > g.Rows["audit entry"] {
		t.Errorf("%g commits, %g groups, %g entries", g.Commits, g.Rows["audit_group"], g.Rows["audit entry"])
	}
}

func TestTheBusiestHourIsOfAWorkingDayAndTheQuietestIsNot(t *testing.T) {
	t.Parallel()
	m := New(Default(1e8, 200), 1)
	busy, quiet := m.Busiest(), m.Quietest()
	if day, clock := busy/24, busy%24; day > 4 || clock < 13 || clock > 23 { // 8 to 18 in the zones of Default
		t.Errorf("the busiest hour is %d of day %d, UTC", clock, day)
	}
	if ratio := Sum(m.At(busy)) / Sum(m.At(quiet)); ratio < 10 {
		t.Errorf("the busiest hour has %.1f times the requests of the quietest", ratio)
	}
}

func TestTenantsAreOfZipfsSizes(t *testing.T) {
	t.Parallel()
	m := New(Default(1e8, 200), 1)
	var sum float64
	for _, one := range m.Tenants {
		sum += one.Part
	}
	if !near(sum, 1, 1e-9) || !near(m.Tenants[0].Part, 10*m.Tenants[9].Part, 1e-9) {
		t.Errorf("parts add up to %g; the first is %g, the tenth %g", sum, m.Tenants[0].Part, m.Tenants[9].Part)
	}
}

func TestTheSameSeedDrawsTheSameArrivals(t *testing.T) {
	t.Parallel()
	m := New(Default(1e8, 50), 7)
	first := m.Arrivals(m.Busiest(), 2, 20*time.Second, 3)
	if again := New(Default(1e8, 50), 7).Arrivals(m.Busiest(), 2, 20*time.Second, 3); !slices.Equal(first, again) {
		t.Error("two drawings of one seed differ")
	}
	if other := m.Arrivals(m.Busiest(), 2, 20*time.Second, 4); slices.Equal(first, other) {
		t.Error("another seed draws the same")
	}
	if !slices.IsSortedFunc(first, func(a, b Arrival) int { return int(a.Due - b.Due) }) {
		t.Error("arrivals are out of order")
	}
}

func TestArrivalsComeAtTheRatesOfTheirHour(t *testing.T) {
	t.Parallel()
	m := New(Default(1e8, 50), 7)
	h := m.Busiest()
	const speed, seconds = 3, 200
	var counts [Kinds]float64
	for _, a := range m.Arrivals(h, speed, seconds*time.Second, 1) {
		counts[a.Kind]++
		if a.Pick < 0 || a.Pick > 1 || a.Due < 0 || a.Due >= seconds*time.Second {
			t.Fatalf("arrival %+v", a)
		}
	}
	for k, rate := range m.At(h) {
		want := rate * m.Peak() * speed * seconds
		if math.Abs(counts[k]-want) > 5*math.Sqrt(want)+1 { // of a Poisson count
			t.Errorf("%v: %g arrivals, want about %g", Kind(k), counts[k], want)
		}
	}
}

func TestMoreEntriesShareACommitTheMoreThereAre(t *testing.T) {
	t.Parallel()
	m := New(Default(1e8, 200), 1)
	c := Costs{Commit: 0.002}
	h := m.Busiest()
	_, few, alone := m.Fullness(h, 1, c)
	_, many, shared := m.Fullness(h, 100, c)
	if alone < 1 || shared < 5*alone || many < few || many > 1/c.Commit {
		t.Errorf("%.1f entries in each of %.0f commits a second, and %.1f in each of %.0f", alone, few, shared, many)
	}
}
