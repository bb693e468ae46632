package model

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Hours is how many a week has. Hour 0 begins on Monday at 00:00 UTC.
const Hours = 7 * 24

// Model is a year of those assumptions.
type Model struct {
	Assumptions
	Tenants []Tenant
	shapes  []shape // by zone
}

// Tenant is one of them, the largest first.
type Tenant struct {
	Part float64 // of all recordings
	Zone int
}

// shape is how a zone's week goes, for three ways of asking: mean 1.
type shape struct{ people, fresh, batch [Hours]float64 }

// New draws where the tenants are; sizes follow from their rank.
func New(a Assumptions, seed uint64) *Model {
	m := &Model{Assumptions: a}
	for _, z := range a.Zones {
		m.shapes = append(m.shapes, a.shape(z))
	}
	rng := rand.New(rand.NewPCG(seed, 1)) // #nosec G404 -- a simulation's
	var sum float64
	for k := range a.Tenants {
		t := Tenant{Part: math.Pow(float64(k+1), -a.Zipf)}
		for at := rng.Float64(); t.Zone < len(a.Zones)-1 && at >= a.Zones[t.Zone].Part; t.Zone++ {
			at -= a.Zones[t.Zone].Part
		}
		sum += t.Part
		m.Tenants = append(m.Tenants, t)
	}
	for k := range m.Tenants {
		m.Tenants[k].Part /= sum
	}
	return m
}

func (a Assumptions) shape(z Zone) shape {
	var s shape
	for h := range Hours {
		local := ((h+int(z.Offset))%Hours + Hours) % Hours
		s.people[h] = a.Week[local/24] * a.Day[local%24]
		if local%24 >= 22 || local%24 < 6 {
			s.batch[h] = 1
		}
	}
	for h := range Hours {
		for lag, part := range a.Lag {
			s.fresh[(h+lag)%Hours] += part * s.people[h]
		}
	}
	for _, one := range []*[Hours]float64{&s.people, &s.fresh, &s.batch} {
		var sum float64
		for _, v := range one {
			sum += v
		}
		for h := range one {
			one[h] *= Hours / sum
		}
	}
	return s
}

// Rate is how many requests of a kind a tenant makes a second in that hour of a
// mean week.
func (m *Model) Rate(tenant, h int, k Kind) float64 {
	t, s := m.Tenants[tenant], &m.shapes[m.Tenants[tenant].Zone]
	by, part := s.people[h], t.Part
	switch k {
	case Fresh, Unknown, Download:
		by = s.fresh[h]
	case Later:
		by = (1-m.Batch)*by + m.Batch*s.batch[h]
	case Audit:
		part = 1 / float64(len(m.Tenants)) // each has its officer, large or small
	}
	return m.Recordings / (weeks * Hours * hour) * m.PerRecording(k) * part * by
}

// At is all tenants' requests a second in that hour of a mean week, by kind.
func (m *Model) At(h int) (rates [Kinds]float64) {
	for t := range m.Tenants {
		for k := range Kinds {
			rates[k] += m.Rate(t, h, k)
		}
	}
	return rates
}

// Peak is how much more is asked in the busiest minutes of the busiest week than in
// that hour of a mean one.
func (m *Model) Peak() float64 { return m.Season * m.Crest }

// Busiest is the hour with the most requests, Quietest that with the fewest.
func (m *Model) Busiest() int  { return m.best(func(a, b float64) bool { return a > b }) }
func (m *Model) Quietest() int { return m.best(func(a, b float64) bool { return a < b }) }

func (m *Model) best(better func(a, b float64) bool) (found int) {
	for h := range Hours {
		if better(Sum(m.At(h)), Sum(m.At(found))) {
			found = h
		}
	}
	return found
}

// Sum adds up what is given by kind.
func Sum(by [Kinds]float64) (sum float64) {
	for _, v := range by {
		sum += v
	}
	return sum
}

// active is each tenant's part of what is asked in that hour, largest first.
func (m *Model) active(h int) []float64 {
	var parts []float64
	all := Sum(m.At(h))
	for t := range m.Tenants {
		var sum float64
		for k := range Kinds {
			sum += m.Rate(t, h, k)
		}
		parts = append(parts, sum/all)
	}
	slices.SortFunc(parts, func(a, b float64) int {
		if a > b {
			return -1
		}
		return 1
	})
	return parts
}
