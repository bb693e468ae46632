package stats

import (
	"math/bits"
	"time"
)

// Histogram counts durations in buckets that are at most 1/32 wide: precise
// enough for percentiles, and adding to it costs a few nanoseconds.
type Histogram struct {
	counts [64 * sub]uint32
	total  uint64
}

const (
	subBits = 5
	sub     = 1 << subBits
)

func (h *Histogram) Add(d time.Duration) {
	h.counts[bucket(uint64(max(d, 0)))]++
	h.total++
}

// Merge adds what another histogram has counted.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
}

func (h *Histogram) Count() uint64 { return h.total }

// Percentile gives the lower bound of the bucket that holds the p-th percent
// (0 < p <= 100), or 0 for an empty histogram.
func (h *Histogram) Percentile(p float64) time.Duration {
	if h.total == 0 {
		return 0
	}
	rank := max(uint64(p/100*float64(h.total)+0.5), 1)
	var seen uint64
	for i, n := range h.counts {
		if seen += uint64(n); seen >= rank {
			return time.Duration(floor(i))
		}
	}
	return 0
}

func bucket(v uint64) int {
	if v < 2*sub {
		return int(v)
	}
	shift := bits.Len64(v) - subBits - 1
	return shift<<subBits + int(v>>shift)
}

func floor(b int) uint64 {
	if b < 2*sub {
		return uint64(b)
	}
	shift := b>>subBits - 1
	return uint64(b-shift<<subBits) << shift
}
