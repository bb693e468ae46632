package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"chartline/bench/load"
	"chartline/bench/stats"
)

func TestAFigureIsJudgedByItsMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		floor *bound
		value float64
		want  string
	}{
		{atLeast(0.25), 0.25, "MET"},
		{atLeast(0.25), 0.249, "MISSED"},
		{atMost(1.1), 1.1, "MET"},
		{atMost(1.1), 1.2, "MISSED"},
	} {
		var out strings.Builder
		r := &report{w: &out, judge: true}
		r.add("x", figure{what: "y", value: stats.Quartiles{Q1: 0, Median: c.value, Q3: 9}, floor: c.floor})
		if !strings.Contains(out.String(), "   "+c.want) || (r.missed == 1) != (c.want == "MISSED") {
			t.Errorf("%v against %v: %q, %d missed", c.value, c.floor, out.String(), r.missed)
		}
	}
}

func TestAQuickRunJudgesNothing(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := &report{w: &out}
	r.add("x", figure{what: "y", value: single(1), floor: atLeast(2)})
	if strings.Contains(out.String(), "MISSED") || r.missed != 0 {
		t.Errorf("%q, %d missed", out.String(), r.missed)
	}
}

func TestJSONIsOneObjectALine(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	r := &report{w: &out, json: true, judge: true}
	r.note("not in JSON")
	r.add("x", figure{what: "y", value: stats.Quartiles{Q1: 1, Median: 2, Q3: 3}, unit: "ms", floor: atMost(60)})
	var got map[string]any
	if err := json.Unmarshal([]byte(out.String()), &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{"case": "x", "median": 2.0, "q3": 3.0, "floor": "<= 60", "verdict": "met", "unit": "ms"} {
		if got[key] != want {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
}

func TestACompareIsOfAdjacentSlices(t *testing.T) {
	t.Parallel()
	side := func(perSlice ...int) *measured {
		m := &measured{label: "x"}
		for _, n := range perSlice {
			m.slices = append(m.slices, &load.Slice{Requests: n, Bytes: int64(n) * 1000, Elapsed: time.Second})
			m.cpu = append(m.cpu, time.Second/2)
		}
		return m
	}
	p, err := compare(side(100, 400, 50), side(200, 800, 100))
	if err != nil {
		t.Fatal(err)
	}
	half := stats.Quartiles{Q1: 0.5, Median: 0.5, Q3: 0.5}
	twice := stats.Quartiles{Q1: 2, Median: 2, Q3: 2}
	if p.rate != half || p.throughput != half || p.cpuRequest != twice || p.cpuByte != twice {
		t.Errorf("rate %v, throughput %v, CPU %v a request and %v a byte", p.rate, p.throughput, p.cpuRequest, p.cpuByte)
	}
}
