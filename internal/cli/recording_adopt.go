package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sync/errgroup"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

type recordingAdopt struct {
	Place     string     `arg:"" placeholder:"PLACE" help:"Where the objects are: a directory, or s3://BUCKET/PREFIX?..., with the media store's keys."`
	Scope     scopeFlags `embed:""`
	Map       string     `placeholder:"FILE" xor:"what" required:"" help:"Whose they are: CSV with a header, or JSON lines, with name, one of session, call and encounter, and where wanted as (the recording's name) and consent."`
	Unmatched bool       `xor:"what" required:"" help:"List what has not been adopted yet, and adopt nothing."`
	Parallel  int        `default:"4" placeholder:"N" help:"How many objects are read at once (default: 4)."`
	Settings  dataFlags  `embed:""`
}

// adoptedDoc is what became of one object.
type adoptedDoc struct {
	Object    string `json:"object"`
	Status    string `json:"status"` // adopted, waiting, already there, failed, unmatched
	Recording string `json:"recording,omitempty"`
	Bytes     int64  `json:"bytes,omitempty"`
	Error     string `json:"error,omitempty"`
}

// adoptedSum is the last line.
type adoptedSum struct {
	Adopted      int64 `json:"adopted"`
	Waiting      int64 `json:"waiting"`
	AlreadyThere int64 `json:"alreadyThere"`
	Failed       int64 `json:"failed"`
	Unmatched    int64 `json:"unmatched"`
	Bytes        int64 `json:"bytes"`
}

// adopting is one run.
type adopting struct {
	*app
	engine *engine
	scope  care.Scope
	place  string
	source blob.Source
	has    func(object string) (bool, error)

	mu  sync.Mutex
	sum adoptedSum
}

// Run adopts what the mapping names, some objects at a time. One that cannot be
// taken does not keep the others; what would fail for all of them does. Running
// it again goes on with what is missing.
func (c recordingAdopt) Run(a *app) error {
	if c.Parallel < 1 || c.Parallel > 64 {
		return usage{"--parallel must be from 1 to 64"}
	}
	return a.with(func(e *engine) error {
		place, err := placeName(e.settings, c.Place)
		if err != nil {
			return err
		}
		run := &adopting{app: a, engine: e, scope: c.Scope.scope(), place: place}
		if run.source, err = e.places.get(a.ctx, place); err != nil {
			return err
		}
		if run.has, err = e.recordings.Adopted(a.ctx, a.actor(), run.scope, place); err != nil {
			return err
		}
		if c.Unmatched {
			err = run.unmatched()
		} else {
			err = run.all(c.Map, c.Parallel)
		}
		return errors.Join(err, run.finish())
	})
}

// finish prints the sum.
func (r *adopting) finish() error {
	s := r.sum
	if r.json {
		if err := printLine(r.out, s); err != nil {
			return err
		}
	} else {
		writeFields(r.out, field{"adopted", fmt.Sprintf("%d, %s", s.Adopted, byteCount(s.Bytes))}, field{"waiting", fmt.Sprint(s.Waiting)},
			field{"already there", fmt.Sprint(s.AlreadyThere)}, field{"failed", fmt.Sprint(s.Failed)}, field{"unmatched", fmt.Sprint(s.Unmatched)})
	}
	if s.Failed > 0 {
		return fmt.Errorf("%d objects were not adopted; see above", s.Failed)
	}
	return nil
}

// unmatched lists what has no pointer.
func (r *adopting) unmatched() error {
	for e, err := range r.source.List(r.ctx) {
		if err != nil {
			return err
		}
		known, err := r.has(e.Key)
		if err != nil {
			return err
		}
		if known {
			r.sum.AlreadyThere++
			continue
		}
		if err := r.tell(adoptedDoc{Object: e.Key, Status: "unmatched", Bytes: e.Size}); err != nil {
			return err
		}
	}
	return nil
}

// all adopts what the mapping at path names. The bar shows how far the mapping is
// read: how many bytes lie behind it is not known.
func (r *adopting) all(path string, parallel int) (err error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	bar := r.newMeter()
	bar.Expect(info.Size())
	defer bar.wait()
	entries, err := readMapping(path, bar.reader(f))
	if err != nil {
		return err
	}
	workers, ctx := errgroup.WithContext(r.ctx)
	workers.SetLimit(parallel)
	for m, err := range entries {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return errors.Join(workers.Wait(), err)
		}
		workers.Go(func() error { return r.one(ctx, m) })
	}
	return workers.Wait()
}

// one adopts one object. It returns an error where the next would fail alike.
func (r *adopting) one(ctx context.Context, m mapped) error {
	known, err := r.has(m.Name)
	if err != nil {
		return err
	}
	if known {
		return r.tell(adoptedDoc{Object: m.Name, Status: "already there"})
	}
	up, err := r.adopt(ctx, m)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && (care.KindOf(err) == care.KindUnavailable || care.KindOf(err) == care.KindForbidden):
		return err
	case err != nil:
		return r.tell(adoptedDoc{Object: m.Name, Status: "failed", Error: explain(err)})
	}
	doc := adoptedDoc{Object: m.Name, Status: "adopted", Recording: up.Recording.ID, Bytes: up.Recording.Size}
	if !up.Created {
		doc.Status = "already there"
	} else if up.Recording.NameStatus == care.NameWaiting {
		doc.Status = "waiting"
	}
	return r.tell(doc)
}

func (r *adopting) adopt(ctx context.Context, m mapped) (up recordings.Uploaded, err error) {
	adoption, err := m.adoption()
	if err != nil {
		return up, err
	}
	object, version, err := r.source.Open(ctx, m.Name)
	switch {
	case errors.Is(err, blob.ErrNotFound):
		return up, &care.Error{Kind: care.KindNotFound, Noun: "object", Message: "there is no such object in the place"}
	case errors.Is(err, blob.ErrBadKey), errors.Is(err, blob.ErrDamaged):
		return up, &care.Error{Kind: care.KindInvalid, Noun: "object", Message: "the name leads to no object in the place"}
	case err != nil:
		return up, care.Unavailable(err)
	}
	defer func() { err = errors.Join(err, object.Close()) }()
	adoption.Scope, adoption.Place, adoption.Version = r.scope, r.place, version
	if adoption.ContentType, err = typeOf(object, m.Name, adoption.Owner.Kind); err != nil {
		return up, err
	}
	return r.engine.recordings.Adopt(ctx, r.actor(), adoption, object)
}

// tell counts what became of an object and prints it: as JSON all, for people
// what they must look at.
func (r *adopting) tell(d adoptedDoc) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch d.Status {
	case "adopted":
		r.sum.Adopted++
		r.sum.Bytes += d.Bytes
	case "waiting":
		r.sum.Adopted++
		r.sum.Waiting++
		r.sum.Bytes += d.Bytes
	case "already there":
		r.sum.AlreadyThere++
	case "failed":
		r.sum.Failed++
	case "unmatched":
		r.sum.Unmatched++
	}
	if r.json {
		return printLine(r.out, d)
	}
	if d.Status == "adopted" || d.Status == "already there" {
		return nil
	}
	_, err := fmt.Fprintf(r.out, "%-9s %s  %s\n", d.Status, printable(d.Object), printable(d.Recording+d.Error))
	return err
}
