package main

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"chartline/bench/load"
	"chartline/bench/model"
	"chartline/bench/stats"
)

// replayConns bounds how many requests are under way at once; more wait, and their
// waiting counts.
const replayConns = 256

// What keeping up means: every request is sent, none fails, and of a hundred
// ninety-nine are answered a second after they were due at the latest.
const (
	keepsUpWithin = time.Second
	patience      = 3 * time.Second
)

// replayed is how a stretch went.
type replayed struct {
	load.Played
	readings
	speed   float64
	due     int
	length  time.Duration
	wrong   map[string]int // by kind and status
	latency [model.Kinds]stats.Histogram
}

// replay asks what is asked in a stretch of the model's busiest hour.
func (b *bench) replay(w *world, speed float64, seed uint64) (*replayed, error) {
	arrivals := w.model.Arrivals(w.model.Busiest(), speed, b.opt.Stretch, seed)
	r := &replayed{speed: speed, due: len(arrivals), length: b.opt.Stretch, wrong: map[string]int{}}
	due := make([]time.Duration, len(arrivals))
	for i, a := range arrivals {
		due[i] = a.Due
	}
	var addrs []netip.AddrPort
	for _, node := range w.nodes {
		addrs = append(addrs, node.Addr)
	}
	player, err := load.NewPlayer(replayConns, addrs...)
	if err != nil {
		return nil, err
	}
	defer player.Close()
	before, err := w.read(true)
	if err != nil {
		return nil, err
	}
	r.Played, err = player.Play(load.Script{
		Due: due, Patience: patience,
		Request: func(dst []byte, i int) []byte { return w.request(dst, arrivals[i]) },
		Answered: func(i, status int, late time.Duration) {
			kind := arrivals[i].Kind
			r.latency[kind].Add(late)
			if status != statuses[kind] {
				r.wrong[fmt.Sprintf("%v: %d", kind, status)]++
			}
		},
	})
	if err != nil {
		return nil, err
	}
	after, err := w.read(true)
	r.readings = after.since(before)
	return r, err
}

// merged is the latency of some kinds together.
func (r *replayed) merged(kinds ...model.Kind) *stats.Histogram {
	h := new(stats.Histogram)
	for _, k := range kinds {
		h.Merge(&r.latency[k])
	}
	return h
}

func (r *replayed) all() *stats.Histogram {
	h := new(stats.Histogram)
	for k := range r.latency {
		h.Merge(&r.latency[k])
	}
	return h
}

// fault is why this was not keeping up; empty where it was.
func (r *replayed) fault() string {
	switch late := r.all().Percentile(99); {
	case len(r.wrong) > 0:
		var what []string
		for _, k := range slices.Sorted(maps.Keys(r.wrong)) {
			what = append(what, fmt.Sprintf("%s %d times", k, r.wrong[k]))
		}
		return strings.Join(what, ", ")
	case r.Sent < r.due:
		return fmt.Sprintf("requests waited %v to be sent", patience)
	case late > keepsUpWithin:
		return fmt.Sprintf("one in a hundred had no answer after %v", late.Round(time.Millisecond))
	}
	return ""
}

func (r *replayed) offered() float64 { return float64(r.due) / r.length.Seconds() }

// figure reports it.
func (r *replayed) figure(engine string) figure {
	all, seconds, sent := r.all(), r.Elapsed.Seconds(), float64(max(r.Sent, 1))
	line := func(name string, h *stats.Histogram) string {
		at := func(p float64) time.Duration { return h.Percentile(p).Round(10 * time.Microsecond) }
		return fmt.Sprintf("%-12s p50 %v  p90 %v  p99 %v  p99.9 %v  most %v", name, at(50), at(90), at(99), at(99.9), at(100))
	}
	used := fmt.Sprintf("%-12s %.2f cores, %.0f µs a request", "processor", r.ours.Seconds()/seconds, r.ours.Seconds()/sent*1e6)
	if r.theirs > 0 {
		used += fmt.Sprintf("; PostgreSQL %.2f cores, %.0f µs", r.theirs.Seconds()/seconds, r.theirs.Seconds()/sent*1e6)
	}
	f := figure{
		what: fmt.Sprintf("%s, %s times the peak: %s requests/s, 99th percentile", engine, stats.Short(r.speed), stats.Short(r.offered())),
		unit: "ms", value: single(float64(all.Percentile(99)) / float64(time.Millisecond)),
		detail: []string{
			line("all", all),
			line("look-ups", r.merged(model.Fresh, model.Later, model.Unknown)),
			line("lists", r.merged(model.Page, model.Audit)),
			line("arrivals", r.merged(model.Call, model.Encounter, model.Session)),
			line("media", r.merged(model.Upload, model.Download, model.Range)),
			used,
			fmt.Sprintf("%-12s %.0f a second, shared by %.1f changes or groups and %.1f entries each", "commits", r.commits/seconds, r.updates/r.commits, r.entries/r.commits),
			fmt.Sprintf("%-12s %.0f entries and %.0f rows a second, %.0f bytes an entry", "audit", r.entries/seconds, r.groups/seconds, r.auditBytes/max(r.entries, 1)),
		},
	}
	if fault := r.fault(); fault != "" {
		f.detail = append(f.detail, fmt.Sprintf("%-12s %s; %d of %d sent", "falls behind", fault, r.Sent, r.due))
	} else if r.Waiting > 0 {
		f.detail = append(f.detail, fmt.Sprintf("%-12s up to %d for one of %d connections", "waited", r.Waiting, replayConns))
	}
	return f
}
