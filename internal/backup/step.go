package backup

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A step leads from the state of a backup, or of the step before, to a later one.
// Its key says its number and its time, and whether objects came with it:
//
//	backups/ID/after/00000001-20261121t063000123z[-media]
const (
	stepsPrefix = "after/"
	mediaSuffix = "-media"

	// The entries of a step, beside the parts of the database.
	entryStep    = "step"
	entryObjects = "objects" // as in an index
	addedPrefix  = "added-"  // to an extra that grows: from which byte on, a new line, and what was added
)

// stepLimit is more than what a step says of itself, and its list of objects, can be.
const stepLimit = 64 << 20

// Step is what is said of a step.
type Step struct {
	Number int       `json:"number"`
	At     time.Time `json:"at"` // what was committed before is in it
	// Before is the digest of the step before; of the backup's manifest for the first.
	Before string `json:"before"`
	// Gone and Damaged are as in a Manifest.
	Gone    []Row `json:"gone,omitempty"`
	Damaged []Row `json:"damaged,omitempty"`
	// Objects is the digest of the list of objects.
	Objects string `json:"objects,omitempty"`

	key   string
	media bool // objects came with it
}

// After is what lies after a backup.
type After struct {
	Steps int
	Until time.Time // the state that the last step leads to; the backup's own where there is none
	Gone  []Row
}

// stepKey names a step.
func stepKey(id string, s Step) string {
	suffix := ""
	if s.media {
		suffix = mediaSuffix
	}
	return partKey(id, fmt.Sprintf("%s%08d-%s%s", stepsPrefix, s.Number, strings.Replace(s.At.Format(idTime), ".", "", 1), suffix))
}

// steps lists the steps after a backup, by their keys alone, as far as Until
// says.
func (t *Target) steps(ctx context.Context, id string) iter.Seq2[Step, error] {
	return func(yield func(Step, error) bool) {
		for e, err := range t.store.List(ctx, partKey(id, stepsPrefix)) {
			s := Step{key: e.Key}
			if err == nil {
				s, err = parseStepKey(id, e.Key)
			}
			if !t.until.IsZero() && s.At.After(t.until) {
				return
			}
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

func parseStepKey(id, key string) (Step, error) {
	s := Step{key: key}
	name := strings.TrimPrefix(key, partKey(id, stepsPrefix))
	name, s.media = strings.CutSuffix(name, mediaSuffix)
	number, at, _ := strings.Cut(name, "-")
	var err error
	if s.Number, err = strconv.Atoi(number); err == nil && len(at) == len("20060102t150405000z") {
		s.At, err = time.Parse(idTime, at[:15]+"."+at[15:])
	} else {
		err = errors.Join(err, errors.New("its time is not one"))
	}
	if err != nil {
		return s, fmt.Errorf("%w: the key of a step after it cannot be read", ErrIncomplete)
	}
	return s, nil
}

// After says what lies after a backup, from the keys of the steps alone.
func (t *Target) After(ctx context.Context, m Manifest) (a After, err error) {
	a.Until = m.StartedAt
	for s, err := range t.steps(ctx, m.ID) {
		if err != nil {
			return a, err
		}
		a.Steps, a.Until = a.Steps+1, s.At
	}
	return a, nil
}

// openStep opens a step, and reads what it says of itself.
func (t *Target) openStep(ctx context.Context, m Manifest, s *Step) (_ *entryReader, closing func() error, err error) {
	o, err := t.store.Open(ctx, s.key, -1)
	if err != nil {
		return nil, nil, lost("step "+strconv.Itoa(s.Number), err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, o.Close())
		}
	}()
	in := io.Reader(within{ctx, o})
	if m.Sealed() {
		if t.open == nil {
			return nil, nil, ErrSealed
		}
		if in, err = t.open(ctx, in); err != nil {
			return nil, nil, err
		}
	}
	r := newEntryReader(in)
	text, err := r.small(entryStep)
	if err != nil {
		return nil, nil, err
	}
	said := Step{key: s.key, media: s.media}
	if err := json.Unmarshal(text, &said); err != nil || said.Number != s.Number || !said.At.Equal(s.At) {
		return nil, nil, cut(nil)
	}
	*s = said
	return r, o.Close, nil
}

// small reads an entry that must be the next.
func (r *entryReader) small(name string) ([]byte, error) {
	found, size, err := r.next()
	if err != nil || found != name || size > stepLimit {
		return nil, cut(err)
	}
	return io.ReadAll(r)
}

// stepObjects lists the objects that came with the steps after a backup, by key.
func (t *Target) stepObjects(ctx context.Context, m Manifest) (all []line, err error) {
	for s, err := range t.steps(ctx, m.ID) {
		if err != nil {
			return nil, err
		}
		if !s.media {
			continue
		}
		lines, err := t.objectsOf(ctx, m, s)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.key, b.key) })
	return slices.CompactFunc(all, func(a, b line) bool { return a.key == b.key }), nil
}

func (t *Target) objectsOf(ctx context.Context, m Manifest, s Step) (lines []line, err error) {
	r, closing, err := t.openStep(ctx, m, &s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, closing()) }()
	text, err := r.small(entryObjects)
	if err != nil {
		return nil, err
	}
	if hexDigest(text) != s.Objects {
		return nil, cut(nil)
	}
	for l, err := range parseLines(bytes.NewReader(text)) {
		if err != nil {
			return nil, err
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func hexDigest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Putter takes what a step holds.
type Putter struct {
	// Part is given what changed of a part of the database.
	Part func(part string, changes io.Reader) error
	// Added is given what an extra has from a place on.
	Added func(extra string, from int64, text []byte) error
}

// Walk goes through the steps after a backup, in order. Nothing that was given is
// to be used unless it returns no error.
func (t *Target) Walk(ctx context.Context, m Manifest, to Putter) (a After, err error) {
	text, err := m.encode()
	if err != nil {
		return a, err
	}
	a.Until = m.StartedAt
	var last string // the digest of what a.Steps follows
	digest := hexDigest(text)
	for s, err := range t.steps(ctx, m.ID) {
		if err != nil {
			return a, err
		}
		switch s.Number {
		case a.Steps + 1:
			last = digest
		case a.Steps: // put once more, since nobody knew that it was there: it has what the first has
		default:
			return a, fmt.Errorf("%w: step %d after it is missing; --until %s restores what is before that", ErrIncomplete, a.Steps+1, a.Until.Format(time.RFC3339Nano))
		}
		if digest, err = t.walkStep(ctx, m, &s, last, to); err != nil {
			return a, fmt.Errorf("step %d, after %s: %w", s.Number, a.Until.Format(time.RFC3339Nano), err)
		}
		a.Steps, a.Until, a.Gone = s.Number, s.At, append(a.Gone, s.Gone...)
	}
	return a, nil
}

func (t *Target) walkStep(ctx context.Context, m Manifest, s *Step, before string, to Putter) (digest string, err error) {
	r, closing, err := t.openStep(ctx, m, s)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, closing()) }()
	if s.Before != before {
		return "", cut(nil)
	}
	for {
		name, size, err := r.next()
		extra, added := strings.CutPrefix(name, addedPrefix)
		switch {
		case errors.Is(err, io.EOF):
			sum := r.digest()
			return hex.EncodeToString(sum[:]), nil
		case err != nil:
			return "", err
		case name == entryObjects:
		case added:
			err = putAdded(extra, r, size, to)
		default:
			err = to.Part(name, r)
		}
		if err != nil {
			return "", err
		}
	}
}

func putAdded(extra string, r io.Reader, size int64, to Putter) error {
	if size > stepLimit {
		return cut(nil)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	place, rest, ok := bytes.Cut(text, []byte("\n"))
	from, err := strconv.ParseInt(string(place), 10, 64)
	if err != nil || !ok {
		return cut(nil)
	}
	return to.Added(extra, from, rest)
}
