package stats

import (
	"fmt"
	"math"
	"slices"
)

// Quartiles are the 25th, 50th and 75th percentile of a sample.
type Quartiles struct {
	Q1, Median, Q3 float64
}

// Of computes quartiles by linear interpolation between the closest ranks
// (the method that spreadsheets and NumPy use). An empty sample gives NaN.
func Of(sample []float64) Quartiles {
	sorted := slices.Sorted(slices.Values(sample))
	return Quartiles{Q1: at(sorted, 0.25), Median: at(sorted, 0.5), Q3: at(sorted, 0.75)}
}

func at(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	rank := q * float64(len(sorted)-1)
	low := int(math.Floor(rank))
	if low+1 == len(sorted) {
		return sorted[low]
	}
	return sorted[low] + (rank-float64(low))*(sorted[low+1]-sorted[low])
}

func (q Quartiles) String() string {
	return fmt.Sprintf("%s [%s %s]", Short(q.Median), Short(q.Q1), Short(q.Q3))
}

// Short prints a figure with three significant digits.
func Short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v):
		return "-"
	case a >= 100 || a == 0:
		return fmt.Sprintf("%.0f", v)
	case a >= 10:
		return fmt.Sprintf("%.1f", v)
	case a >= 0.1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.2g", v)
	}
}

// Ratios divides each of ours by the one of theirs that was measured beside
// it. What the machine did to both in that moment cancels out, which is why
// the median of these is steady where the rates themselves are not.
func Ratios(ours, theirs []float64) ([]float64, error) {
	if len(ours) != len(theirs) {
		return nil, fmt.Errorf("%d slices against %d: not pairs", len(ours), len(theirs))
	}
	ratios := make([]float64, len(ours))
	for i := range ours {
		if theirs[i] <= 0 {
			return nil, fmt.Errorf("pair %d: the other side measured %v", i, theirs[i])
		}
		ratios[i] = ours[i] / theirs[i]
	}
	return ratios, nil
}
