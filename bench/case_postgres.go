package main

import (
	"fmt"
	"regexp"
	"strconv"

	"chartline/bench/load"
	"chartline/bench/stats"
)

// postgres asks for random encounters by their recording's name, out of a million
// in PostgreSQL, beside pgbench's select of one row by its key, prepared, on as
// many connections, and beside ourselves with SQLite. All servers use all cores;
// both loads are on one.
func (b *bench) postgres() error {
	d := b.visits()
	c, err := b.startPostgres(d)
	if err != nil {
		return err
	}
	defer c.stop(b)
	ours, err := b.openChartline(c.dir, d)
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	next := anyOf(1, d.encounters)
	our := b.small("postgres", ours.server, asks(ours.server, ours.token, func(dst []byte) []byte { return ours.lookupPath(dst, next()) }))
	if err := b.againstPgbench(c, our); err != nil {
		return err
	}
	b.database = ""
	local, err := b.startEverywhere(b.million())
	if err != nil {
		return err
	}
	defer local.server.Stop()
	other := anyOf(1, local.data.encounters)
	p, err := b.versus(b.small("sqlite", local.server, asks(local.server, local.token, func(dst []byte) []byte { return local.lookupPath(dst, other()) })), our)
	if err != nil {
		return err
	}
	b.report.add("postgres", figure{what: "look-ups with SQLite against look-ups with PostgreSQL", value: p.rate, floor: atLeast(1.3),
		detail: []string{p.ours.requests(), p.theirs.requests()}})
	return nil
}

// againstPgbench interleaves our slices with pgbench's.
func (b *bench) againstPgbench(c *cluster, our side) error {
	client, err := load.Dial(our.target, our.conns)
	if err != nil {
		return err
	}
	defer client.Close()
	if _, err := client.Run(b.opt.warm()); err != nil {
		return err
	}
	m := &measured{label: our.label}
	var their []float64
	for range b.opt.Pairs {
		if err := m.add(our.server, client, b.opt.Slice); err != nil {
			return err
		}
		tps, err := c.selects(our.conns)
		if err != nil {
			return err
		}
		their = append(their, tps)
	}
	ratios, err := stats.Ratios(m.rates(), their)
	if err != nil {
		return err
	}
	b.report.add("postgres", figure{what: fmt.Sprintf("look-ups against pgbench -S -M prepared, %d connections", our.conns), value: stats.Of(ratios), floor: atLeast(0.35),
		detail: []string{m.requests(), fmt.Sprintf("%-12s %8s tps", "pgbench", stats.Short(stats.Of(their).Median))}})
	return nil
}

// selects has each of pgbench's clients select some hundreds of times, for about a
// second, and gives the selects a second.
func (c *cluster) selects(conns int) (float64, error) {
	n := strconv.Itoa(conns)
	out, err := c.output("pgbench", c.at("-S", "-M", "prepared", "-n", "-t", "500", "-c", n, "-j", "1", "pgbench")...)
	if err != nil {
		return 0, err
	}
	m := regexp.MustCompile(`(?m)^tps = ([0-9.]+)`).FindStringSubmatch(out)
	if m == nil {
		return 0, fmt.Errorf("pgbench prints no tps:\n%s", out)
	}
	return strconv.ParseFloat(m[1], 64)
}

// visits is a million encounters, and no calls.
func (b *bench) visits() dataset {
	d := b.million()
	d.name, d.busyCalls, d.quiet = d.name+"-visits", 0, 0
	return d
}

// startEverywhere starts our server on all cores.
func (b *bench) startEverywhere(d dataset) (*chartline, error) {
	b.everywhere = true
	defer func() { b.everywhere = false }()
	return b.startChartline(d)
}
