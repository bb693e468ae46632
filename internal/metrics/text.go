package metrics

import (
	"bytes"
	"cmp"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// contentType is that of the text format.
const contentType = "text/plain; version=0.0.4; charset=utf-8"

// ServeHTTP shows every metric.
func (r *Registry) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(r.text()) // whoever asked has gone
}

// text is every metric, by name.
func (r *Registry) text() []byte {
	p := &page{}
	r.mu.Lock()
	families := slices.Clone(r.families)
	r.mu.Unlock()
	for _, f := range families {
		f.show(p)
	}
	for _, show := range r.others {
		show(p)
	}
	slices.SortFunc(p.parts, func(a, b part) int { return cmp.Compare(a.name, b.name) })
	var all bytes.Buffer
	for _, one := range p.parts {
		all.Write(one.text)
	}
	return all.Bytes()
}

// page gathers families, each under its head.
type page struct{ parts []part }

type part struct {
	name string
	text []byte
}

// label is a name with its value.
type label struct{ name, value string }

// head begins a family.
func (p *page) head(name, kind, help string) *part {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	p.parts = append(p.parts, part{name: name, text: []byte("# HELP " + name + " " + escape.Replace(help) + "\n# TYPE " + name + " " + kind + "\n")})
	return &p.parts[len(p.parts)-1]
}

// one is a family of one metric without labels.
func (p *page) one(name, kind, help string, value float64) {
	p.head(name, kind, help).line("", nil, value)
}

// line adds a metric.
func (p *part) line(suffix string, labels []label, value float64) {
	escape := strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
	b := append(p.text, p.name...)
	b = append(b, suffix...)
	for i, l := range labels {
		b = append(b, "{,"[min(i, 1)])
		b = append(append(b, l.name...), `="`...)
		b = append(append(b, escape.Replace(l.value)...), '"')
	}
	if len(labels) > 0 {
		b = append(b, '}')
	}
	p.text = append(append(append(b, ' '), number(value)...), '\n')
}

func number(v float64) string {
	if math.IsInf(v, 1) {
		return "+Inf"
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// show adds a family that has members.
func (f *family) show(p *page) {
	var members []*member
	f.members.Range(func(_, m any) bool {
		members = append(members, m.(*member))
		return true
	})
	if len(members) == 0 {
		return
	}
	slices.SortFunc(members, func(a, b *member) int { return slices.Compare(a.values, b.values) })
	at := p.head(f.name, f.kind, f.help)
	for _, m := range members {
		labels := make([]label, len(f.labels), len(f.labels)+1)
		for i, name := range f.labels {
			labels[i] = label{name, strings.ToValidUTF8(m.values[i], "\ufffd")}
		}
		if f.bounds == nil {
			at.line("", labels, float64(m.value.Load()))
			continue
		}
		f.showHistogram(at, m, labels)
	}
}

func (f *family) showHistogram(at *part, m *member, labels []label) {
	n := uint64(0)
	for i := range m.buckets {
		bound := math.Inf(1)
		if i < len(f.bounds) {
			bound = f.bounds[i]
		}
		n += m.buckets[i].Load()
		at.line("_bucket", append(labels, label{"le", number(bound)}), float64(n))
	}
	at.line("_sum", labels, math.Float64frombits(m.sum.Load()))
	at.line("_count", labels, float64(n))
}
