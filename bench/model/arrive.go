package model

import (
	"math"
	"math/rand/v2"
	"sort"
	"time"
)

// Arrival is one request.
type Arrival struct {
	Due    time.Duration // from the stretch's beginning
	Kind   Kind
	Tenant int
	Pick   float64 // from 0 to 1: which of the tenant's things; near 1 are the newest
}

// Arrivals draws what is asked in a stretch of the peak of that hour, speed times
// as fast: independent arrivals, which do not wait for each other.
func (m *Model) Arrivals(h int, speed float64, length time.Duration, seed uint64) []Arrival {
	var all []Kind
	for k := range Kinds {
		all = append(all, k)
	}
	u := m.urn(h, all...)
	rng := rand.New(rand.NewPCG(seed, 2)) // #nosec G404 -- a simulation's
	var out []Arrival
	for at := 0.0; ; {
		at += rng.ExpFloat64() / (u.rate() * m.Peak() * speed)
		if at >= length.Seconds() {
			return out
		}
		a := u.draw(rng)
		a.Due = time.Duration(at * float64(time.Second))
		out = append(out, a)
	}
}

// Only draws arrivals of one kind without end, all due at once.
func (m *Model) Only(k Kind, h int, seed uint64) func() Arrival {
	u, rng := m.urn(h, k), rand.New(rand.NewPCG(seed, 3)) // #nosec G404 -- a simulation's
	return func() Arrival { return u.draw(rng) }
}

// urn holds what may be asked in an hour, each as often as its rate.
type urn struct {
	what []Arrival
	upTo []float64 // the sum of the rates up to each
}

func (m *Model) urn(h int, kinds ...Kind) urn {
	var u urn
	var sum float64
	for t := range m.Tenants {
		for _, k := range kinds {
			if rate := m.Rate(t, h, k); rate > 0 {
				sum += rate
				u.what, u.upTo = append(u.what, Arrival{Kind: k, Tenant: t}), append(u.upTo, sum)
			}
		}
	}
	return u
}

func (u urn) rate() float64 { return u.upTo[len(u.upTo)-1] }

func (u urn) draw(rng *rand.Rand) Arrival {
	a := u.what[min(sort.SearchFloat64s(u.upTo, rng.Float64()*u.rate()), len(u.what)-1)]
	a.Pick = age(a.Kind, rng.Float64())
	return a
}

// age chooses how new a thing is asked for.
func age(k Kind, u float64) float64 {
	switch k {
	case Fresh, Download:
		return 1 - u/100 // of the last days
	case Later:
		return 1 - math.Pow(u, 3) // half of them in the last eighth, the rest back to the beginning
	}
	return u
}
