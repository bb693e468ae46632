package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/config"
)

type scrubCmd struct {
	Rate     string    `placeholder:"SIZE" help:"Read at most so much a second, such as 50MiB (default: as fast as it goes)."`
	Restart  bool      `help:"Begin with the first object, and not where an earlier scrub stopped."`
	Damaged  bool      `help:"Read those alone that were found damaged, such as after files were put back."`
	List     bool      `help:"Read nothing; list what was found damaged."`
	Settings dataFlags `embed:""`
}

type scrubDoc struct {
	OK       bool         `json:"ok"`
	Resumed  bool         `json:"resumed"`
	Finished bool         `json:"finished"`
	Objects  int64        `json:"objects"`
	Bytes    int64        `json:"bytes"`
	Healed   int          `json:"healed"`
	Broken   int          `json:"damaged"`
	Named    []damagedDoc `json:"named"`
}

type damagedDoc struct {
	Noun     string      `json:"noun"`
	Tenant   string      `json:"tenant"`
	Instance string      `json:"instance"`
	ID       string      `json:"id"`
	Key      string      `json:"key"`
	Damage   care.Damage `json:"damage"`
	FoundAt  time.Time   `json:"foundAt"`
}

func docOfDamaged(d care.DamagedObject) damagedDoc {
	return damagedDoc{Noun: d.Noun, Tenant: d.Tenant, Instance: d.Instance, ID: d.ID, Key: d.Key, Damage: d.Damage, FoundAt: d.FoundAt}
}

// errRotten ends a scrub that found something.
var errRotten = errors.New("stored objects are missing or changed; see above: put them back from a backup, then run chartline scrub --damaged")

// Run reads the media store back, beside a server or without one. Interrupted it
// keeps its place.
func (c scrubCmd) Run(a *app) error {
	rate := int64(0)
	if c.Rate != "" {
		var err error
		if rate, err = config.ParseSize(c.Rate); err != nil {
			return usage{"--rate " + err.Error()}
		}
	}
	return a.with(func(e *engine) error {
		if c.List {
			return listDamaged(a, e)
		}
		bar := a.newMeter()
		pace := pace{ctx: a.ctx, rate: rate, began: time.Now()}
		done, err := e.recordings.Scrub(a.ctx, a.actor(), recordings.ScrubOptions{Restart: c.Restart, Damaged: c.Damaged, Expect: bar.Expect,
			Read: func(r io.Reader) io.Reader { return &paced{&pace, bar, r} }})
		bar.wait()
		doc := scrubDoc{OK: err == nil && done.Broken == 0, Resumed: done.Resumed, Finished: done.Finished, Objects: done.Objects, Bytes: done.Bytes,
			Healed: done.Healed, Broken: done.Broken, Named: docs(done.Damaged, docOfDamaged)}
		if err := errors.Join(err, a.show(doc, func(w io.Writer) { writeScrub(w, doc, c.Damaged) })); err != nil {
			return err
		}
		if !doc.OK {
			return errRotten
		}
		return nil
	})
}

func writeScrub(w io.Writer, d scrubDoc, some bool) {
	what := "read"
	switch {
	case d.Resumed:
		what = "read on from an earlier scrub"
	case some:
		what = "read again"
	}
	fmt.Fprintf(w, "%d objects, %s, %s", d.Objects, byteCount(d.Bytes), what)
	if !d.Finished && !some {
		fmt.Fprint(w, ", not to the end: the next scrub goes on from here")
	}
	fmt.Fprintln(w)
	if d.Healed > 0 {
		fmt.Fprintf(w, "%d that were damaged are good again\n", d.Healed)
	}
	for _, o := range d.Named {
		fmt.Fprintf(w, "DAMAGED: %s %s of %s/%s: %s is %s\n", o.Noun, o.ID, printable(o.Tenant), printable(o.Instance), o.Key, o.Damage)
	}
	if more := d.Broken - len(d.Named); more > 0 {
		fmt.Fprintf(w, "and %d more: chartline scrub --list\n", more)
	}
}

// listed is how many damaged objects are read at a time.
const listed = 1000

func listDamaged(a *app, e *engine) error {
	var all []damagedDoc
	for after, more := "", true; more; {
		batch, err := e.recordings.Damaged(a.ctx, a.actor(), after, listed)
		if err != nil {
			return err
		}
		all = append(all, docs(batch, docOfDamaged)...)
		if more = len(batch) == listed; more {
			after = batch[listed-1].Key
		}
	}
	return showPage(a, all, "",
		column[damagedDoc]{"WHAT", func(d damagedDoc) string { return d.Noun + " " + d.ID }},
		column[damagedDoc]{"OF", func(d damagedDoc) string { return d.Tenant + "/" + d.Instance }},
		column[damagedDoc]{"DAMAGE", func(d damagedDoc) string { return string(d.Damage) }},
		column[damagedDoc]{"FOUND", func(d damagedDoc) string { return when(d.FoundAt) }},
		column[damagedDoc]{"OBJECT", func(d damagedDoc) string { return d.Key }})
}

// pace keeps what many readers read under a rate, on the average since it began.
type pace struct {
	ctx   context.Context
	rate  int64 // bytes a second; 0 is no bound
	began time.Time
	bytes int64
}

func (p *pace) read(n int) error {
	if p.rate <= 0 {
		return nil
	}
	p.bytes += int64(n)
	due := p.began.Add(time.Duration(float64(p.bytes) / float64(p.rate) * float64(time.Second)))
	select {
	case <-time.After(time.Until(due)):
		return nil
	case <-p.ctx.Done():
		return p.ctx.Err()
	}
}

// paced reads at a pace and tells the bar.
type paced struct {
	pace *pace
	bar  *progress
	io.Reader
}

func (p *paced) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	p.bar.Done(int64(n))
	if wait := p.pace.read(n); wait != nil {
		return n, wait
	}
	return n, err
}
