package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"chartline/internal/blob"
	"chartline/internal/store"
)

// Source is what is backed up.
type Source struct {
	Store  store.Snapshotter
	Engine string // the name of the database's engine
	// Media is the media store's bytes as they are stored: sealed ones stay so.
	Media blob.Store
	// Opened is the same with what is sealed opened, which proves it before it is
	// copied; nil proves nothing.
	Opened blob.Store
	// Seal, where not nil, encrypts the database's parts and what is secret.
	Seal func(context.Context, io.Writer) (io.WriteCloser, error)
	// Extras are copied before the database.
	Extras  []Extra
	Program string // its version
}

// Extra is something small that belongs to the database.
type Extra struct {
	Name   string
	Open   func() (io.ReadCloser, error)
	Secret bool
	// Grows says that it is added to, and nothing else.
	Grows bool
}

// Meter is told how much there is to do, and how much was done.
type Meter interface {
	Expect(bytes int64)
	Done(bytes int64)
}

// Options of a backup.
type Options struct {
	Meter Meter
	// Keep is how many finished backups stay, this one among them; 0 is all.
	Keep int
	Now  func() time.Time

	followed time.Duration // how often what comes after it is copied
}

// Created is what a backup did.
type Created struct {
	Manifest
	CopiedObjects, CopiedBytes int64
	Removed                    []string // backups that went to keep to Keep
}

// Create makes a backup. It is safe beside whatever else uses the source. What
// fails leaves no backup, and the objects that were copied for the next try.
func (t *Target) Create(ctx context.Context, s Source, o Options) (_ Created, err error) {
	h, err := t.claim(ctx, o.Now)
	if err != nil {
		return Created{}, err
	}
	defer func() { err = errors.Join(err, h.release(ctx)) }()
	return t.create(ctx, s, o)
}

// create makes a backup. The target is the caller's to change. What is returned
// with an error has an ID where the backup is there all the same, and the removal
// of others failed.
func (t *Target) create(ctx context.Context, s Source, o Options) (_ Created, err error) {
	c := &creation{target: t, source: s, meter: o.Meter}
	if err := c.begin(ctx, o.Now().UTC()); err != nil {
		return Created{}, err
	}
	c.made.Followed = o.followed.Milliseconds()
	if err := c.run(ctx, o.Now); err != nil {
		return Created{}, errors.Join(err, t.remove(context.WithoutCancel(ctx), c.made.ID))
	}
	if o.Keep > 0 {
		c.made.Removed, err = t.prune(ctx, o.Keep)
	}
	return c.made, err
}

// idTime is how an id begins: the time, to the millisecond, less its point.
const idTime = "20060102t150405.000z"

// newID names a backup so that it comes after the one before, also where the
// clock went back.
func newID(at time.Time, before string) string {
	if id := formTime(at); id > before || !isID(before) {
		return id
	}
	last, err := parseTime(before)
	if err != nil {
		return formTime(at)
	}
	return formTime(last.Add(time.Millisecond))
}

func formTime(t time.Time) string { return strings.Replace(t.Format(idTime), ".", "", 1) }

func parseTime(s string) (time.Time, error) {
	if !isID(s) {
		return time.Time{}, errors.New("it is no time")
	}
	return time.Parse(idTime, s[:15]+"."+s[15:])
}

// creation is one backup being made.
type creation struct {
	target *Target
	source Source
	meter  Meter
	before Manifest // of the backup before; zero where there is none
	made   Created
}

// begin finds the backup before and names the new one.
func (c *creation) begin(ctx context.Context, now time.Time) error {
	ids, finished, err := c.target.IDs(ctx)
	if err != nil {
		return err
	}
	last := ""
	if len(ids) > 0 {
		last = ids[len(ids)-1]
	}
	c.made.Manifest = Manifest{Format: format, ID: newID(now, last), StartedAt: now.Truncate(time.Millisecond), Program: c.source.Program, Engine: c.source.Engine}
	for _, id := range slices.Backward(ids) {
		if !finished[id] {
			continue
		}
		c.before, err = c.target.Manifest(ctx, id)
		if err == nil || !errors.Is(err, ErrIncomplete) {
			return err
		}
	}
	c.before = Manifest{}
	return nil
}

func (c *creation) run(ctx context.Context, now func() time.Time) error {
	for _, x := range c.source.Extras {
		if err := c.extra(ctx, x); err != nil {
			return fmt.Errorf("copy %s: %w", x.Name, err)
		}
	}
	wanted, err := newSpool()
	if err != nil {
		return err
	}
	defer wanted.discard()
	if err := c.source.Store.Snapshot(ctx, func(s store.Snapshot) error { return c.database(ctx, s, wanted) }); err != nil {
		return err
	}
	if err := c.media(ctx, wanted); err != nil {
		return err
	}
	c.made.FinishedAt = now().UTC().Truncate(time.Millisecond)
	text, err := c.made.encode()
	if err != nil {
		return err
	}
	_, err = c.put(ctx, manifestName, func(w io.Writer) error { _, err := w.Write(text); return err })
	return err
}

func (c *creation) extra(ctx context.Context, x Extra) error {
	r, err := x.Open()
	if err != nil {
		return err
	}
	copied := func(w io.Writer) error { _, err := io.Copy(w, r); return err }
	part, err := c.part(ctx, x.Name, x.Secret, copied)
	c.made.Extras = append(c.made.Extras, part)
	return errors.Join(err, r.Close())
}

// database copies the database, and notes which objects its rows use.
func (c *creation) database(ctx context.Context, s store.Snapshot, wanted *spool) error {
	size, err := s.Size()
	if err != nil {
		return err
	}
	if c.made.Schema, err = s.SchemaVersion(ctx); err != nil {
		return err
	}
	if err := s.Check(ctx); err != nil {
		return fmt.Errorf("nothing was backed up: %w", err)
	}
	c.meter.Expect(size)
	for _, name := range s.Parts() {
		part, err := c.part(ctx, name, true, func(w io.Writer) error { return s.Copy(ctx, name, metered{w, c.meter}) })
		if err != nil {
			return fmt.Errorf("copy the database: %w", err)
		}
		c.made.Parts = append(c.made.Parts, part)
	}
	return wanted.fill(ctx, s.Tx())
}

// part stores what write writes, encrypted where it is secret and that can be.
func (c *creation) part(ctx context.Context, name string, secret bool, write func(io.Writer) error) (Part, error) {
	sealed := secret && c.source.Seal != nil
	if sealed {
		write = c.source.sealing(ctx, write)
	}
	info, err := c.put(ctx, name, write)
	part := partOf(name, info)
	part.Sealed = sealed
	return part, err
}

// sealing has what write writes encrypted.
func (s Source) sealing(ctx context.Context, write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error {
		to, err := s.Seal(ctx, w)
		if err != nil {
			return err
		}
		if err := write(to); err != nil {
			return err
		}
		return to.Close()
	}
}

// put stores what write writes as a part of the backup.
func (c *creation) put(ctx context.Context, name string, write func(io.Writer) error) (blob.Info, error) {
	return c.target.put(ctx, partKey(c.made.ID, name), write)
}

// put stores what write writes. write has returned when put does.
func (t *Target) put(ctx context.Context, key string, write func(io.Writer) error) (blob.Info, error) {
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := write(w)
		written <- err
		_ = w.CloseWithError(err) // never fails
	}()
	info, err := t.store.Put(ctx, key, r, blob.PutOptions{})
	_ = r.CloseWithError(errNotTaken) // never fails
	if cause := <-written; cause != nil && !errors.Is(cause, errNotTaken) {
		return info, cause
	}
	return info, err
}

// errNotTaken ends a writer whose words nobody takes any more.
var errNotTaken = errors.New("the target takes no more")

// metered counts what is written.
type metered struct {
	io.Writer
	meter Meter
}

func (m metered) Write(p []byte) (int, error) {
	n, err := m.Writer.Write(p)
	m.meter.Done(int64(n))
	return n, err
}
