package main

import (
	"fmt"
	"time"

	"chartline/bench/load"
	"chartline/bench/proc"
	"chartline/bench/stats"
)

// side is one of the two that are compared: a running server and what to ask it.
type side struct {
	label  string
	server *proc.Server
	target load.Target
	conns  int
}

// measured is what one side did, slice by slice.
type measured struct {
	label   string
	slices  []*load.Slice
	cpu     []time.Duration // of the server, in each slice
	latency stats.Histogram
}

// pairing is the outcome of interleaved slices: ratios are ours over theirs,
// each of a slice and the one right after it.
type pairing struct {
	ours, theirs *measured
	rate         stats.Quartiles // requests a second
	throughput   stats.Quartiles // body bytes a second
	cpuRequest   stats.Quartiles // server CPU a request
	cpuByte      stats.Quartiles // server CPU a body byte
}

// versus measures ours, theirs, ours, theirs, ... after a short slice each to
// warm up. Only one of them works at any moment.
func (b *bench) versus(ours, theirs side) (*pairing, error) {
	sides := [2]side{ours, theirs}
	var clients [2]*load.Client
	results := [2]*measured{{label: ours.label}, {label: theirs.label}}
	for i, s := range sides {
		client, err := load.Dial(s.target, s.conns)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.label, err)
		}
		defer client.Close()
		clients[i] = client
		if _, err := client.Run(b.opt.warm()); err != nil {
			return nil, fmt.Errorf("%s: %w", s.label, err)
		}
	}
	for range b.opt.Pairs {
		for i, s := range sides {
			if err := results[i].add(s.server, clients[i], b.opt.Slice); err != nil {
				return nil, fmt.Errorf("%s: %w", s.label, err)
			}
		}
	}
	return compare(results[0], results[1])
}

func (m *measured) add(server *proc.Server, client *load.Client, d time.Duration) error {
	before, err := server.CPU()
	if err != nil {
		return err
	}
	slice, err := client.Run(d)
	if err != nil {
		return err
	}
	after, err := server.CPU()
	if err != nil {
		return err
	}
	m.slices = append(m.slices, slice)
	m.cpu = append(m.cpu, after-before)
	m.latency.Merge(&slice.Latency)
	return nil
}

func compare(ours, theirs *measured) (*pairing, error) {
	p := &pairing{ours: ours, theirs: theirs}
	for _, c := range []struct {
		into *stats.Quartiles
		of   func(*measured) []float64
	}{
		{&p.rate, (*measured).rates},
		{&p.throughput, (*measured).throughputs},
		{&p.cpuRequest, (*measured).cpuPerRequest},
		{&p.cpuByte, (*measured).cpuPerByte},
	} {
		ratios, err := stats.Ratios(c.of(ours), c.of(theirs))
		if err != nil {
			return nil, fmt.Errorf("%s against %s: %w", ours.label, theirs.label, err)
		}
		*c.into = stats.Of(ratios)
	}
	return p, nil
}

func (m *measured) rates() []float64 {
	return m.each(func(i int) float64 { return m.slices[i].Rate() })
}

func (m *measured) throughputs() []float64 {
	return m.each(func(i int) float64 { return m.slices[i].Throughput() })
}

// The kernel counts CPU in ticks of 10 ms; a slice in which a server used less
// than one counts as half a tick, so that a ratio stays a number.
func (m *measured) cpuSeconds(i int) float64 { return max(m.cpu[i].Seconds(), 0.005) }

func (m *measured) cpuPerRequest() []float64 {
	return m.each(func(i int) float64 { return m.cpuSeconds(i) / float64(m.slices[i].Requests) })
}

func (m *measured) cpuPerByte() []float64 {
	return m.each(func(i int) float64 { return m.cpuSeconds(i) / float64(max(m.slices[i].Bytes, 1)) })
}

func (m *measured) each(f func(int) float64) []float64 {
	out := make([]float64, len(m.slices))
	for i := range m.slices {
		out[i] = f(i)
	}
	return out
}

// requests says how a side of many small answers did.
func (m *measured) requests() string {
	return fmt.Sprintf("%-12s %8s req/s  %7s µs CPU/req  p50 %v  p99 %v",
		m.label, stats.Short(stats.Of(m.rates()).Median), stats.Short(1e6*stats.Of(m.cpuPerRequest()).Median),
		m.latency.Percentile(50).Round(time.Microsecond), m.latency.Percentile(99).Round(time.Microsecond))
}

// bytes says how a side of large answers did.
func (m *measured) bytes() string {
	return fmt.Sprintf("%-12s %8s GB/s  %7s s CPU/GB",
		m.label, stats.Short(stats.Of(m.throughputs()).Median/1e9), stats.Short(1e9*stats.Of(m.cpuPerByte()).Median))
}
