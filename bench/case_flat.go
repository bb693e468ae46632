package main

import (
	"fmt"
	"regexp"
	"strconv"

	"chartline/bench/load"
	"chartline/bench/stats"
)

// flat compares our server with itself: much data against little.
func (b *bench) flat() error {
	if err := b.flatLookup(); err != nil {
		return err
	}
	ours, err := b.startChartline(b.million())
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	next := anyOf(0, ours.data.quiet-1)
	quiet := asks(ours.server, ours.token, func(dst []byte) []byte {
		return ours.callsPath(dst, ours.data.quietPatient(next()), 0, "")
	})
	busy := b.busyPage(ours, func() int { return 0 }, "")
	p, err := b.versus(b.small("busy", ours.server, busy), b.small("quiet", ours.server, quiet))
	if err != nil {
		return err
	}
	b.report.add("flat", figure{what: fmt.Sprintf("first page of %d calls against %d", ours.data.busyCalls, quietCalls), value: p.rate,
		floor: atLeast(0.8), detail: []string{p.ours.requests(), p.theirs.requests()}})
	return nil
}

func (b *bench) flatLookup() error {
	var sides [2]side
	sets := [2]dataset{b.tenMillion(), b.thousand()}
	for i, d := range sets {
		c, err := b.startChartline(d)
		if err != nil {
			return err
		}
		defer c.server.Stop()
		next := anyOf(1, d.encounters)
		sides[i] = b.small(d.name, c.server, asks(c.server, c.token, func(dst []byte) []byte { return c.lookupPath(dst, next()) }))
	}
	p, err := b.versus(sides[0], sides[1])
	if err != nil {
		return err
	}
	b.report.add("flat", figure{what: fmt.Sprintf("look-up among %d encounters against %d", sets[0].encounters, sets[1].encounters), value: p.rate,
		floor: atLeast(0.55), detail: []string{p.ours.requests(), p.theirs.requests()}})
	return nil
}

// pages holds pages of one patient with very many calls against the first.
func (b *bench) pages() error {
	ours, err := b.startChartline(b.million())
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	last := ours.data.busyCalls/20 - 1
	first := func() int { return 0 }
	if err := holdsTotal(b.busyPage(ours, first, ""), `"totalElements":`, ours.data.busyCalls); err != nil {
		return err
	}
	for _, c := range []struct {
		what  string
		pages func() int
		conns int
		floor *bound
	}{
		{"last page against the first", func() int { return last }, b.opt.Conns, atLeast(0.8)},
		{"page after page from the first", oneAfterAnother(0, last), 1, atLeast(0.8)},
		{"page after page from the middle", oneAfterAnother(last/2, last), 1, atLeast(0.8)},
		{"any page of the far middle", anyOf(last/10, last*9/10), 2, nil},
	} {
		p, err := b.versus(
			side{"these", ours.server, b.busyPage(ours, c.pages, ""), c.conns},
			side{"first", ours.server, b.busyPage(ours, first, ""), c.conns})
		if err != nil {
			return fmt.Errorf("%s: %w", c.what, err)
		}
		b.report.add("pages", figure{what: fmt.Sprintf("%s, %d connections", c.what, c.conns), value: p.rate, floor: c.floor,
			detail: []string{p.ours.requests(), p.theirs.requests()}})
	}
	if err := b.filteredTotals(ours); err != nil {
		return err
	}
	return b.deepPeer(ours)
}

// filteredTotals must be exact; what they cost is reported.
func (b *bench) filteredTotals(ours *chartline) error {
	target := b.busyPage(ours, func() int { return 0 }, "&status=NO_ANSWER")
	if err := holdsTotal(target, `"totalElements":`, ours.data.unanswered()); err != nil {
		return err
	}
	client, err := load.Dial(target, 1)
	if err != nil {
		return err
	}
	defer client.Close()
	m := &measured{label: "chartline"}
	for range max(b.opt.Pairs/4, 1) {
		if err := m.add(ours.server, client, b.opt.Slice); err != nil {
			return err
		}
	}
	ms := m.each(func(i int) float64 { return m.slices[i].Elapsed.Seconds() / float64(m.slices[i].Requests) * 1e3 })
	b.report.add("pages", figure{what: fmt.Sprintf("first page and exact total of %d under a filter", ours.data.unanswered()),
		value: stats.Of(ms), unit: "ms", detail: []string{m.requests()}})
	return nil
}

// deepPeer compares a page of the far middle with the peer's, totals left out
// there because they would drown it.
func (b *bench) deepPeer(ours *chartline) error {
	peer, err := b.startPocketbase(b.million())
	if err != nil {
		return err
	}
	defer peer.server.Stop()
	last := ours.data.busyCalls/20 - 1
	theirNext := anyOf(last/10, last*9/10)
	theirs := asks(peer.server, peer.token, func(dst []byte) []byte {
		return peer.callsPath(dst, peer.data.busyPatient(), theirNext(), "&skipTotal=1")
	})
	if err := holdsRow(theirs); err != nil {
		return err
	}
	p, err := b.versus(
		side{"chartline", ours.server, b.busyPage(ours, anyOf(last/10, last*9/10), ""), 2},
		side{"pocketbase", peer.server, theirs, 2})
	if err != nil {
		return err
	}
	b.report.add("pages", figure{what: "any page of the far middle against PocketBase skipTotal", value: p.rate,
		detail: []string{p.ours.requests(), p.theirs.requests()}})
	return nil
}

func (b *bench) busyPage(c *chartline, page func() int, more string) load.Target {
	return asks(c.server, c.token, func(dst []byte) []byte {
		return c.callsPath(dst, c.data.busyPatient(), page(), more)
	})
}

var (
	number   = regexp.MustCompile(`^\s*(\d+)`)
	firstRow = regexp.MustCompile(`"items":\s*\[\s*\{`)
)

// holdsTotal checks that the answer is about as many rows as the data set has:
// a benchmark of wrong answers measures nothing.
func holdsTotal(target load.Target, key string, want int) error {
	body, _, err := fetch(target)
	if err != nil {
		return err
	}
	for at := 0; at+len(key) <= len(body); at++ {
		if string(body[at:at+len(key)]) != key {
			continue
		}
		m := number.FindSubmatch(body[at+len(key):])
		if m != nil && string(m[1]) == strconv.Itoa(want) {
			return nil
		}
		return fmt.Errorf("%s is not %d in %.200s", key, want, body)
	}
	return fmt.Errorf("no %s in %.200s", key, body)
}

// holdsRow checks that a peer's answer has at least one row.
func holdsRow(target load.Target) error {
	body, _, err := fetch(target)
	if err != nil {
		return err
	}
	if !firstRow.Match(body) {
		return fmt.Errorf("no rows in %.200s", body)
	}
	return nil
}
