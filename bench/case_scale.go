package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"chartline/bench/model"
	"chartline/bench/stats"
)

// measuredCosts is what was seen of one node with SQLite and with PostgreSQL, which
// the case simulate measures again; docs/decisions/scale.md says where and when.
func measuredCosts() map[string]model.Costs {
	return map[string]model.Costs{
		"sqlite": {CPU: micro(198, 211, 139, 242, 571, 370, 379, 288, 294, 2344, 904), Commit: 0.0005, Sealed: 0.8, Row: map[string]float64{
			"recording": 852, "data_key": 417, "encounter": 105, "video_session": 286, "voice_call": 488, "call_stats": 62, "patient": 423, "person": 34,
			"audit entry": 485, "audit_group": 160, "audit_subject": 55,
		}},
		"postgres": {CPU: micro(1485, 1323, 1221, 1191, 1519, 1300, 1389, 1478, 1149, 4330, 2378), Commit: 0.0015, Sealed: 0.8, Row: map[string]float64{
			"recording": 897, "data_key": 475, "encounter": 192, "video_session": 379, "voice_call": 557, "call_stats": 164, "patient": 494, "person": 102,
			"audit entry": 485, "audit_group": 115, "audit_subject": 187,
		}},
	}
}

// micro is what each kind takes, in microseconds, in the order of the kinds.
func micro(each ...float64) (cpu [model.Kinds]float64) {
	for k, v := range each {
		cpu[k] = v / 1e6
	}
	return cpu
}

// scale reckons a year of that many recordings; nothing runs.
func (b *bench) scale() error {
	m := model.New(model.Default(b.opt.Recordings, b.simulatedTenants()), 1)
	add := func(what string, v float64, unit string, detail ...string) {
		b.report.add("scale", figure{what: what, value: single(v), unit: unit, detail: detail})
	}
	busy, quiet := m.Busiest(), m.Quietest()
	add("recordings a year", m.Recordings/1e6, "million",
		fmt.Sprintf("%d tenants, the largest with %.0f %% of them, the hundredth largest with %.2g %%", len(m.Tenants), 100*m.Tenants[0].Part,
			100*m.Tenants[min(99, len(m.Tenants)-1)].Part))
	mean := 0.0
	for h := range model.Hours {
		mean += model.Sum(m.At(h)) / model.Hours
	}
	peak := model.Sum(m.At(busy)) * m.Peak()
	add("requests, mean of the year", mean, "a second")
	add("in the busiest minutes", peak, "a second", "of "+hourName(busy)+"; in the quietest hour, "+hourName(quiet)+", "+stats.Short(model.Sum(m.At(quiet))))
	b.report.note("%s", week(m))
	costs := measuredCosts()
	for _, engine := range []string{"sqlite", "postgres"} {
		c := costs[engine]
		g := m.Year(c)
		if engine == "sqlite" {
			b.yearOf(m, g, add)
		}
		cores, commits, each := m.Fullness(busy, m.Peak(), c)
		add(engine+": rows and their indexes", total(g.Bytes)/1e12, "TB a year", table(g)...)
		add(engine+": commits", g.Commits/1e6, "million a year", fmt.Sprintf("in the busiest minutes %.0f a second, shared by %.1f entries each", commits, each))
		add(engine+": processor", g.CPU/3600, "hours of one core a year", fmt.Sprintf("in the busiest minutes %.2f of one core", cores))
	}
	return nil
}

// yearOf is what does not depend on the engine.
func (b *bench) yearOf(m *model.Model, g model.Grown, add func(string, float64, string, ...string)) {
	var kinds []string
	busy := m.At(m.Busiest())
	for k := range model.Kinds {
		kinds = append(kinds, fmt.Sprintf("%-18v %8.1f million, %6s a second in the busiest minutes", k, g.Requests[k]/1e6, stats.Short(busy[k]*m.Peak())))
	}
	add("requests", model.Sum(g.Requests)/1e9, "billion a year", kinds...)
	add("media", g.Media/1e12, "TB a year", fmt.Sprintf("%.0f million objects of %.1f MB", m.Recordings/1e6, m.Bytes/1e6))
	var asked []string
	for _, verb := range slices.Sorted(maps.Keys(g.S3)) {
		asked = append(asked, fmt.Sprintf("%-5s %6.0f million", verb, g.S3[verb]/1e6))
	}
	add("requests to S3", total(g.S3)/1e6, "million a year", asked...)
}

func total(by map[string]float64) (sum float64) {
	for _, v := range by {
		sum += v
	}
	return sum
}

// table is what is added to each table.
func table(g model.Grown) (lines []string) {
	for _, name := range slices.SortedFunc(maps.Keys(g.Rows), func(a, b string) int { return int(g.Bytes[b]/1e6 - g.Bytes[a]/1e6) }) {
		lines = append(lines, fmt.Sprintf("%-14s %8.1f million rows, %7.1f GB", name, g.Rows[name]/1e6, g.Bytes[name]/1e9))
	}
	return lines
}

func hourName(h int) string {
	return fmt.Sprintf("%s %02d:00 UTC", [7]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}[h/24], h%24)
}

// week is the requests a second of each of its hours.
func week(m *model.Model) string {
	var out strings.Builder
	fmt.Fprintf(&out, "requests a second by hour of a mean week (UTC)\n      ")
	for h := range 24 {
		fmt.Fprintf(&out, "%5d", h)
	}
	for h := range model.Hours {
		if h%24 == 0 {
			fmt.Fprintf(&out, "\n%-6.3s", hourName(h))
		}
		fmt.Fprintf(&out, "%5.0f", model.Sum(m.At(h)))
	}
	return out.String()
}
