package main

import (
	"fmt"

	"chartline/bench/load"
	"chartline/bench/model"
	"chartline/bench/stats"
)

// simulate replays the busiest minutes of a year on running servers, as fast as they
// come and faster, until these do not keep up.
func (b *bench) simulate() error {
	m := model.New(model.Default(b.opt.Recordings, b.simulatedTenants()), 1)
	for _, engine := range b.opt.Engines {
		if err := b.simulateOn(engine, m); err != nil {
			return fmt.Errorf("%s: %w", engine, err)
		}
	}
	return nil
}

func (b *bench) simulateOn(engine string, m *model.Model) error {
	w, err := b.startWorld(m, engine)
	if err != nil {
		return err
	}
	defer w.stop(b)
	costs, err := b.alone(w, engine)
	if err != nil {
		return err
	}
	cores, _, _ := m.Fullness(m.Busiest(), m.Peak(), costs)
	b.report.add("simulate", figure{what: engine + ", the peak as reckoned from these, of one core", value: single(cores)})
	if b.opt.Speed > 0 {
		_, err := b.replayAt(w, engine, b.opt.Speed)
		return err
	}
	return b.knee(w, engine)
}

// alone measures each kind by itself, all connections busy: what it takes of the
// processors.
func (b *bench) alone(w *world, engine string) (c model.Costs, err error) {
	for k := range model.Kinds {
		client, err := load.Dial(w.alone(k, 1), b.opt.Conns)
		if err != nil {
			return c, err
		}
		before := readings{}
		err = w.readProcesses(&before)
		var slice *load.Slice
		if err == nil {
			slice, err = client.Run(b.opt.Slice)
		}
		client.Close()
		after := readings{}
		if err == nil {
			err = w.readProcesses(&after)
		}
		if err != nil {
			return c, fmt.Errorf("%v: %w", k, err)
		}
		used := after.since(before)
		n := float64(slice.Requests)
		c.CPU[k] = (used.ours + used.theirs).Seconds() / n
		b.report.add("simulate", figure{what: fmt.Sprintf("%s, %v alone", engine, k), value: single(c.CPU[k] * 1e6), unit: "µs CPU",
			detail: []string{fmt.Sprintf("%s requests/s, %s changes a commit", stats.Short(slice.Rate()), stats.Short(used.updates/max(used.commits, 1)))}})
	}
	return c, nil
}

// replayAt replays at one speed, and once more where that was too fast: on a shared
// machine something else may have been.
func (b *bench) replayAt(w *world, engine string, speed float64) (r *replayed, err error) {
	for seed := range uint64(2) {
		if r, err = b.replay(w, speed, 1+seed); err != nil {
			return nil, err
		}
		b.report.add("simulate", r.figure(engine))
		if r.fault() == "" {
			break
		}
	}
	return r, nil
}

// knee doubles the speed until servers do not keep up, then looks between.
func (b *bench) knee(w *world, engine string) error {
	var last, broke *replayed
	for speed := b.opt.From; broke == nil; {
		r, err := b.replayAt(w, engine, speed)
		if err != nil {
			return err
		}
		if r.fault() != "" {
			broke = r
		} else {
			last, speed = r, speed*2
		}
	}
	if last == nil {
		b.report.note("%s does not keep up with %s times the peak", engine, stats.Short(b.opt.From))
		return nil
	}
	for broke.speed/last.speed > 1.1 {
		r, err := b.replayAt(w, engine, (last.speed+broke.speed)/2)
		if err != nil {
			return err
		}
		if r.fault() != "" {
			broke = r
		} else {
			last = r
		}
	}
	b.report.add("simulate", figure{
		what:  engine + " keeps up with this many times the peak",
		value: single(last.speed), detail: []string{fmt.Sprintf("%s requests/s; at %s %s", stats.Short(last.offered()), stats.Short(broke.offered()), broke.fault())},
	})
	return nil
}

func (b *bench) simulatedTenants() int {
	if b.opt.Quick {
		return 20
	}
	return simulatedTenants
}
