package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuartilesInterpolateBetweenRanks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sample []float64
		want   Quartiles
	}{
		{[]float64{7}, Quartiles{7, 7, 7}},
		{[]float64{1, 2}, Quartiles{1.25, 1.5, 1.75}},
		{[]float64{5, 1, 3, 2, 4}, Quartiles{2, 3, 4}},
		{[]float64{1, 2, 3, 4}, Quartiles{1.75, 2.5, 3.25}},
		{[]float64{2, 2, 2, 1000}, Quartiles{2, 2, 251.5}},
	} {
		if got := Of(c.sample); got != c.want {
			t.Errorf("Of(%v) = %+v, want %+v", c.sample, got, c.want)
		}
	}
}

func TestQuartilesLeaveTheSampleAsItWas(t *testing.T) {
	t.Parallel()
	sample := []float64{3, 1, 2}
	Of(sample)
	if !slices.Equal(sample, []float64{3, 1, 2}) {
		t.Errorf("sample is now %v", sample)
	}
}

func TestNoSampleHasNoMedian(t *testing.T) {
	t.Parallel()
	if got := Of(nil); !math.IsNaN(got.Median) || got.String() != "- [- -]" {
		t.Errorf("Of(nil) = %v", got)
	}
}

func TestRatiosCancelNoiseThatBothSidesShare(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var ours, theirs []float64
	for range 50 {
		noise := 1 + 5*rng.Float64()
		ours, theirs = append(ours, 300*noise), append(theirs, 1000*noise)
	}
	ratios, err := Ratios(ours, theirs)
	if err != nil {
		t.Fatal(err)
	}
	if q := Of(ratios); math.Abs(q.Median-0.3) > 1e-9 || q.Q3-q.Q1 > 1e-9 {
		t.Errorf("ratios %v, want 0.3 throughout", q)
	}
	if q := Of(ours); q.Q3/q.Q1 < 1.2 {
		t.Errorf("the rates themselves should scatter: %v", q)
	}
}

func TestRatiosRefuseWhatIsNoPair(t *testing.T) {
	t.Parallel()
	if _, err := Ratios([]float64{1, 2}, []float64{1}); err == nil {
		t.Error("unequal lengths accepted")
	}
	if _, err := Ratios([]float64{1}, []float64{0}); err == nil {
		t.Error("division by a slice in which nothing happened")
	}
}

func TestFiguresArePrintedWithThreeDigits(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{0: "0", 0.0123: "0.012", 0.456: "0.46", 9.876: "9.88", 43.21: "43.2", 1234.5: "1234"} {
		if got := Short(v); got != want {
			t.Errorf("Short(%v) = %q, want %q", v, got, want)
		}
	}
}

func TestHistogramPercentilesAreWithinAThirtySecond(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	var h Histogram
	var all []time.Duration
	for range 20_000 {
		d := time.Duration(math.Exp(rng.Float64()*18)) + 1
		all = append(all, d)
		h.Add(d)
	}
	slices.Sort(all)
	for _, p := range []float64{1, 50, 90, 99, 99.9, 100} {
		want := all[max(int(p/100*float64(len(all))+0.5), 1)-1]
		if got := h.Percentile(p); got > want || float64(want-got) > float64(want)/32+1 {
			t.Errorf("p%v = %v, want %v", p, got, want)
		}
	}
}

func TestHistogramsMerge(t *testing.T) {
	t.Parallel()
	var a, b Histogram
	a.Add(10)
	b.Add(30)
	b.Add(-5)
	a.Merge(&b)
	if a.Count() != 3 || a.Percentile(100) != 30 || a.Percentile(1) != 0 {
		t.Errorf("count %d, p100 %v, p1 %v", a.Count(), a.Percentile(100), a.Percentile(1))
	}
	var empty Histogram
	if empty.Percentile(50) != 0 {
		t.Error("an empty histogram has a median")
	}
}
