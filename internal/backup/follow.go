package backup

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	// slowest is how long after a failure the next try comes at most, and for a
	// whole backup.
	slowest      = 30 * time.Second
	slowestWhole = 10 * time.Minute
	// idle is how often it is said that nothing was committed, at most.
	idle = 10 * time.Second
	// lastTry is how long the last step may take once it is time to stop.
	lastTry = 30 * time.Second
)

// Following are the options of Follow.
type Following struct {
	Options
	// Every is how often what was committed is copied; Renew how often a backup of
	// all of it is made, from which a restore then begins.
	Every, Renew time.Duration
	// Fine is how long each step stays; of older ones those of a minute become one.
	// Tidy is how often that is done. Zero is an hour, and ten minutes.
	Fine, Tidy time.Duration
	// Made is told of each such backup, Stepped of each step after it, and Failed
	// of what goes wrong and is tried again, one after another.
	Made    func(Created)
	Stepped func(Step)
	Failed  func(error)
	// Untidy is told why steps that should have become one did not.
	Untidy func(error)
}

// Follow makes a backup, and then copies what is committed, and the objects that
// come with it, until ctx ends. Nothing is told to be there before it is. The
// target is its own until it returns.
func (t *Target) Follow(ctx context.Context, s Source, db store.Followed, o Following) (err error) {
	h, err := t.claim(ctx, o.Now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.release(ctx)) }()
	f := &following{target: t, source: s, db: db, o: o}
	began := f.begin(ctx)
	if !began.there() {
		return began.err
	}
	c := began.chain
	defer func() { err = errors.Join(err, c.close()) }()
	f.tell(ctx, began)
	return f.run(ctx, &c)
}

// following copies to one target.
type following struct {
	target *Target
	source Source
	db     store.Followed
	o      Following
	tidy   sync.Mutex // held by who removes or merges what is at the target
}

// chain is a backup with the steps after it.
type chain struct {
	follower store.Follower
	of       Manifest
	steps    int
	at       time.Time        // of the last that was tried: none comes before it
	last     string           // the digest of the last
	seen     string           // the key of what was last said of nothing
	sent     map[string]int64 // how much of each extra that grows
}

func (c *chain) close() error {
	if c.follower == nil {
		return nil
	}
	return c.follower.Close()
}

// begin makes a backup, from which on everything is followed.
func (f *following) begin(ctx context.Context) (r renewed) {
	r.sent = map[string]int64{}
	o := f.o.Options
	o.followed = f.o.Every
	if r.follower, r.err = f.db.Follow(ctx); r.err != nil {
		return r
	}
	if r.made, r.err = f.target.create(ctx, f.source, o); !r.there() {
		r.err = errors.Join(r.err, r.close())
		return r
	}
	r.of = r.made.Manifest
	text, fault := r.of.encode()
	r.last, r.err = hexDigest(text), errors.Join(r.err, fault)
	return r
}

// run copies until ctx ends, and what was committed until then.
func (f *following) run(ctx context.Context, c *chain) error {
	renew := time.NewTimer(f.o.Renew)
	defer renew.Stop()
	tidy := time.NewTicker(cmp.Or(f.o.Tidy, tidyEvery))
	defer tidy.Stop()
	wait := f.o.Every
	var next <-chan renewed // of the backup that is being made
	var tidied <-chan error // of the steps that are being merged
	defer func() {
		if tidied != nil {
			<-tidied
		}
	}()
	for {
		var began renewed
		select {
		case <-ctx.Done():
			return f.end(ctx, c, next)
		case <-renew.C:
			next = f.renew(ctx)
			continue
		case <-tidy.C:
			if tidied == nil {
				tidied = f.merge(ctx, c.of.ID, c.steps)
			}
			continue
		case err := <-tidied:
			if tidied = nil; err != nil && ctx.Err() == nil {
				f.o.Untidy(err)
			}
			continue
		case began = <-next:
			next = nil
			if !began.there() {
				renew.Reset(min(f.o.Renew, slowestWhole))
				f.failed(ctx, fmt.Errorf("a new backup to go on from: %w", began.err))
				continue
			}
			renew.Reset(f.o.Renew)
			if err := errors.Join(f.step(ctx, c, 0), c.close()); err != nil {
				f.failed(ctx, err)
			}
			*c = began.chain
			f.tell(ctx, began)
		case <-time.After(wait):
		}
		err := f.step(ctx, c, idle)
		switch {
		case err == nil:
			wait = f.o.Every
			continue
		case errors.Is(err, store.ErrTooFarBehind) && next == nil:
			next = f.renew(ctx)
		}
		f.failed(ctx, err)
		wait = min(2*wait, max(slowest, f.o.Every))
	}
}

// end copies what was committed until now.
func (f *following) end(ctx context.Context, c *chain, next <-chan renewed) error {
	last, stop := context.WithTimeout(context.WithoutCancel(ctx), lastTry)
	defer stop()
	err := f.step(last, c, 0)
	if next != nil {
		if began := <-next; began.there() { // a restore would begin there
			err = errors.Join(err, f.step(last, &began.chain, 0), began.close())
		}
	}
	return err
}

// failed tells of what goes wrong, unless it is that ctx ended.
func (f *following) failed(ctx context.Context, err error) {
	if ctx.Err() == nil {
		f.o.Failed(err)
	}
}

// renewed is what became of a new chain. Its backup may be there although
// something failed, such as the removal of old ones: it is followed then, as a
// restore begins with the newest.
type renewed struct {
	chain
	made Created
	err  error
}

func (r renewed) there() bool { return r.made.ID != "" }

// renew begins a new chain beside the one that goes on.
func (f *following) renew(ctx context.Context) <-chan renewed {
	began := make(chan renewed, 1)
	go func() { began <- f.begin(ctx) }()
	return began
}

// tell tells of a backup that is there, and of what failed after it.
func (f *following) tell(ctx context.Context, r renewed) {
	f.o.Made(r.made)
	if r.err != nil {
		f.failed(ctx, r.err)
	}
}

// step copies what was committed since the last one, or says that nothing was,
// unless it said so less than quiet before.
func (f *following) step(ctx context.Context, c *chain, quiet time.Duration) error {
	at := f.o.Now().UTC().Truncate(time.Millisecond) // what was committed before is there
	if !at.After(c.at) {
		at = c.at.Add(time.Millisecond)
	}
	added, err := f.added(c) // before the database, too: no checkpoint is of an entry to come
	if err != nil {
		return err
	}
	copied := false
	err = c.follower.Next(ctx, func(changes store.Changes) error {
		copied = true
		return f.put(ctx, c, at, changes, added)
	})
	switch {
	case err != nil || copied:
		return err
	case len(added) > 0:
		return f.put(ctx, c, at, nothing{}, added)
	case at.Sub(c.at) >= quiet:
		return f.say(ctx, c, at)
	}
	return nil
}

// nothing is that no part of the database changed.
type nothing struct{ store.Changes }

func (nothing) Parts() []string              { return nil }
func (nothing) Objects() []care.StoredObject { return nil }

// say says that nothing was committed since the last step, up to now.
func (f *following) say(ctx context.Context, c *chain, at time.Time) error {
	key := seenKey(c.of.ID, c.steps, at)
	if _, err := f.target.store.Put(ctx, key, strings.NewReader(""), blob.PutOptions{}); err != nil {
		return err
	}
	before := c.seen
	c.seen, c.at = key, at
	if before == "" {
		return nil
	}
	return f.target.store.Remove(ctx, before)
}

// growth is what an extra has more than was copied.
type growth struct {
	name string
	from int64
	text []byte
}

func (f *following) added(c *chain) (all []growth, err error) {
	for _, x := range f.source.Extras {
		if !x.Grows {
			continue
		}
		r, err := x.Open()
		if err != nil {
			return nil, err
		}
		text, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, err
		}
		from := c.sent[x.Name]
		if int64(len(text)) < from { // it is another
			from = 0
		}
		if int64(len(text)) > from {
			all = append(all, growth{x.Name, from, text[from:]})
		}
	}
	return all, nil
}

// put stores a step, its objects first.
func (f *following) put(ctx context.Context, c *chain, at time.Time, changes store.Changes, added []growth) error {
	c.at = at
	step := Step{First: c.steps + 1, Number: c.steps + 1, At: at, Before: c.last}
	objects, err := f.objects(ctx, &step, changes)
	if err != nil {
		return err
	}
	last, err := f.store(ctx, c.of, step, objects, added, changes)
	if err != nil {
		return err
	}
	c.steps, c.last = step.Number, last
	for _, g := range added {
		c.sent[g.name] = g.from + int64(len(g.text))
	}
	f.o.Stepped(step)
	return nil
}

// store stores a step and returns its digest.
func (f *following) store(ctx context.Context, m Manifest, step Step, objects []byte, added []growth, changes store.Changes) (digest string, err error) {
	if len(objects) > 0 {
		step.Objects = hexDigest(objects)
	}
	said, err := json.Marshal(step)
	if err != nil {
		return "", err
	}
	var sum [32]byte
	write := func(w io.Writer) (err error) {
		sum, err = writeStep(ctx, w, said, objects, added, changes)
		return err
	}
	if m.Sealed() {
		write = f.source.sealing(ctx, write)
	}
	_, err = f.target.put(ctx, stepKey(m.ID, step), write)
	return hex.EncodeToString(sum[:]), err
}

func writeStep(ctx context.Context, to io.Writer, said, objects []byte, added []growth, changes store.Changes) (sum [32]byte, err error) {
	w := newEntryWriter(to)
	small := func(name string, text []byte) error {
		return w.entry(name, int64(len(text)), func(w io.Writer) error { _, err := w.Write(text); return err })
	}
	if err := small(entryStep, said); err != nil {
		return sum, err
	}
	if len(objects) > 0 {
		if err := small(entryObjects, objects); err != nil {
			return sum, err
		}
	}
	for _, g := range added {
		if err := small(addedPrefix+g.name, append(fmt.Appendf(nil, "%d\n", g.from), g.text...)); err != nil {
			return sum, err
		}
	}
	for _, part := range changes.Parts() {
		if err := w.entry(part, changes.Size(part), func(w io.Writer) error { return changes.Copy(ctx, part, w) }); err != nil {
			return sum, err
		}
	}
	return w.end()
}

// objects copies what came with a step, and lists what is there of it.
func (f *following) objects(ctx context.Context, step *Step, changes store.Changes) ([]byte, error) {
	c := &creation{target: f.target, source: f.source, meter: f.o.Meter}
	var batch []*object
	for _, o := range changes.Objects() {
		w := &object{wanted: wanted{row: rowOf(o), size: o.Size, sum: o.SHA256}, line: line{key: o.Key}}
		there, err := f.target.Media().Open(ctx, o.Key, -1)
		switch {
		case err == nil:
			w.held, w.heldSize = true, there.Size()
			if err := there.Close(); err != nil {
				return nil, err
			}
		case !errors.Is(err, blob.ErrNotFound):
			return nil, err
		}
		batch = append(batch, w)
	}
	slices.SortFunc(batch, func(a, b *object) int { return cmp.Compare(a.row.Key, b.row.Key) })
	batch = slices.CompactFunc(batch, func(a, b *object) bool { return a.row.Key == b.row.Key })
	var lines bytes.Buffer
	if err := c.batch(ctx, batch, &lines); err != nil {
		return nil, err
	}
	step.Gone, step.Damaged, step.came = c.made.Gone, c.made.Damaged, quantity{c.made.Objects, c.made.Bytes}
	return lines.Bytes(), nil
}
