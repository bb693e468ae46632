package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"chartline/bench/stats"
)

// bound is what a figure is held against.
type bound struct {
	atLeast bool
	value   float64
}

func atLeast(v float64) *bound { return &bound{true, v} }
func atMost(v float64) *bound  { return &bound{false, v} }

func (l *bound) met(v float64) bool {
	if l.atLeast {
		return v >= l.value
	}
	return v <= l.value
}

func (l *bound) String() string {
	if l.atLeast {
		return fmt.Sprintf(">= %g", l.value)
	}
	return fmt.Sprintf("<= %g", l.value)
}

// figure is one line of the report. Without a floor it is for information.
type figure struct {
	what   string
	value  stats.Quartiles // a single measurement has only a median
	unit   string          // empty: a ratio
	floor  *bound
	goal   *bound
	detail []string
}

// single is a figure that was measured once.
func single(v float64) stats.Quartiles { return stats.Quartiles{Q1: v, Median: v, Q3: v} }

// report prints figures as they come and remembers whether floors were missed.
type report struct {
	w      io.Writer
	json   bool
	judge  bool // false where a quick run makes the figures mean nothing
	missed int
}

func (r *report) note(format string, args ...any) {
	if !r.json {
		_, _ = fmt.Fprintf(r.w, format+"\n", args...)
	}
}

func (r *report) add(caseName string, f figure) {
	verdict := r.verdict(f)
	if r.json {
		r.line(caseName, f, verdict)
		return
	}
	value := f.value.String()
	if f.value.Q1 == f.value.Q3 {
		value = stats.Short(f.value.Median)
	}
	line := fmt.Sprintf("%-10s %-58s %s", caseName, f.what, strings.TrimSpace(value+" "+f.unit))
	if f.floor != nil {
		line += "   floor " + f.floor.String()
	}
	if f.goal != nil {
		line += "   goal " + f.goal.String()
	}
	if verdict != "" {
		line += "   " + strings.ToUpper(verdict)
	}
	_, _ = fmt.Fprintln(r.w, line)
	for _, d := range f.detail {
		_, _ = fmt.Fprintf(r.w, "%-10s     %s\n", "", d)
	}
}

func (r *report) verdict(f figure) string {
	switch {
	case f.floor == nil || !r.judge:
		return ""
	case f.floor.met(f.value.Median):
		return "met"
	default:
		r.missed++
		return "missed"
	}
}

func (r *report) line(caseName string, f figure, verdict string) {
	out := map[string]any{
		"case": caseName, "what": f.what, "unit": f.unit,
		"median": f.value.Median, "q1": f.value.Q1, "q3": f.value.Q3, "detail": f.detail,
	}
	if f.floor != nil {
		out["floor"] = f.floor.String()
	}
	if f.goal != nil {
		out["goal"] = f.goal.String()
	}
	if verdict != "" {
		out["verdict"] = verdict
	}
	_ = json.NewEncoder(r.w).Encode(out) // to standard output; nothing to do about it
}
