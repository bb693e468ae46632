package main

import (
	"fmt"

	"chartline/bench/load"
	"chartline/bench/proc"
)

// lookup asks for a random encounter by its recording's name, out of a million.
func (b *bench) lookup() error {
	ours, err := b.startChartline(b.million())
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	paths := func() func([]byte) []byte {
		next := anyOf(1, ours.data.encounters)
		return func(dst []byte) []byte { return ours.lookupPath(dst, next()) }
	}
	our := b.small("chartline", ours.server, asks(ours.server, ours.token, paths()))
	if err := b.againstYardstick("lookup", our, goals{floor: 0.25, goal: 0.40}); err != nil {
		return err
	}

	peer, err := b.startPocketbase(b.million())
	if err != nil {
		return err
	}
	defer peer.server.Stop()
	for _, c := range []struct {
		what  string
		path  func([]byte, int) []byte
		floor *bound
		goal  *bound
	}{
		{"requests against PocketBase, the recording's row alone", peer.lookupPath, atLeast(1.2), atLeast(2)},
		{"requests against PocketBase, expanded to our answer", peer.expandPath, nil, nil},
	} {
		next := anyOf(1, peer.data.encounters)
		theirs := b.small("pocketbase", peer.server, asks(peer.server, peer.token, func(dst []byte) []byte { return c.path(dst, next()) }))
		if err := holdsRow(theirs.target); err != nil {
			return err
		}
		p, err := b.versus(our, theirs)
		if err != nil {
			return err
		}
		b.report.add("lookup", figure{what: c.what, value: p.rate, floor: c.floor, goal: c.goal,
			detail: []string{p.ours.requests(), p.theirs.requests()}})
	}
	return b.memory("lookup", ours, peer)
}

// calls asks for the first page of the calls of patients who have a hundred.
func (b *bench) calls() error {
	ours, err := b.startChartline(b.million())
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	next := anyOf(0, ours.data.quiet-1)
	our := b.small("chartline", ours.server, asks(ours.server, ours.token, func(dst []byte) []byte {
		return ours.callsPath(dst, ours.data.quietPatient(next()), 0, "")
	}))
	if err := holdsTotal(our.target, `"totalElements":`, quietCalls); err != nil {
		return err
	}
	if err := b.againstYardstick("calls", our, goals{floor: 0.25, goal: 0.40}); err != nil {
		return err
	}

	peer, err := b.startPocketbase(b.million())
	if err != nil {
		return err
	}
	defer peer.server.Stop()
	for _, c := range []struct {
		what, more string
		floor      *bound
	}{
		{"first page against PocketBase as it is, with totals", "", atLeast(4)},
		{"first page against PocketBase with skipTotal", "&skipTotal=1", nil},
	} {
		next := anyOf(0, peer.data.quiet-1)
		theirs := b.small("pocketbase", peer.server, asks(peer.server, peer.token, func(dst []byte) []byte {
			return peer.callsPath(dst, peer.data.quietPatient(next()), 0, c.more)
		}))
		if err := holdsRow(theirs.target); err != nil {
			return err
		}
		p, err := b.versus(our, theirs)
		if err != nil {
			return err
		}
		b.report.add("calls", figure{what: c.what, value: p.rate, floor: c.floor,
			detail: []string{p.ours.requests(), p.theirs.requests()}})
	}
	return b.memory("calls", ours, peer)
}

// small is a side that answers small things on -conns connections.
func (b *bench) small(label string, server *proc.Server, target load.Target) side {
	return side{label: label, server: server, target: target, conns: b.opt.Conns}
}

// goals are about a ratio of rates; where both are 0 it is only reported.
type goals struct{ floor, goal float64 }

func (g goals) bounds() (floor, goal *bound) {
	if g == (goals{}) {
		return nil, nil
	}
	return atLeast(g.floor), atLeast(g.goal)
}

// againstYardstick compares ours with a bare handler that answers ours' own
// bytes to ours' own requests.
func (b *bench) againstYardstick(name string, our side, g goals) error {
	body, contentType, err := fetch(our.target)
	if err != nil {
		return fmt.Errorf("an answer to give the yardstick: %w", err)
	}
	server, err := b.startYardstick(body, contentType)
	if err != nil {
		return err
	}
	defer server.Stop()
	target := our.target
	target.Addr = server.Addr
	p, err := b.versus(our, side{label: "yardstick", server: server, target: target, conns: our.conns})
	if err != nil {
		return err
	}
	floor, goal := g.bounds()
	b.report.add(name, figure{what: fmt.Sprintf("requests against bare net/http, the same %d bytes", len(body)), value: p.rate,
		floor: floor, goal: goal, detail: []string{p.ours.requests(), p.theirs.requests()}})
	b.report.add(name, figure{what: "CPU a request against bare net/http", value: p.cpuRequest})
	return nil
}

// memory reports what the load has left in both servers.
func (b *bench) memory(name string, ours *chartline, peer *pocketbase) error {
	our, err := ours.server.RssAnon()
	if err != nil {
		return err
	}
	their, err := peer.server.RssAnon()
	if err != nil {
		return err
	}
	b.report.add(name, figure{what: "anonymous memory after the load", value: single(float64(our) / 1e6), unit: "MB",
		goal: atMost(80), detail: []string{fmt.Sprintf("pocketbase %.1f MB", float64(their)/1e6)}})
	return nil
}
