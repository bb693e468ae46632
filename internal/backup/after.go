package backup

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"chartline/internal/blob"
)

// After is what lies after a backup.
type After struct {
	Steps int       // how many were copied, however many there are now
	Until time.Time // up to when everything is there; the backup's own time where there is no more
	Gone  []Row
	// Objects and Bytes are of the media that came with the steps, and Stored is what
	// the steps themselves take.
	Objects, Bytes, Stored int64
}

// after is what lies after a backup, as far as Until says: a chain of steps from
// one on, and what is of no use for it.
type after struct {
	seen     Step   // of which only number and time are set
	chain    []Step // each begins where the one before ends, or before that
	beyond   []Step // a step is missing before these
	replaced []Step // others stand for these
}

// after lists what lies after a backup from a step on, by keys alone.
func (t *Target) after(ctx context.Context, id string, from int) (l after, err error) {
	if l.seen, err = t.seen(ctx, id); err != nil { // before the steps, as it is written after them
		return l, err
	}
	var all []Step
	for e, err := range t.store.List(ctx, partKey(id, stepsPrefix)) {
		if err != nil {
			return l, err
		}
		s, err := parseStepKey(id, e)
		if err != nil {
			return l, err
		}
		if t.until.IsZero() || !s.At.After(t.until) {
			all = append(all, s)
		}
	}
	// Of those with one beginning the one that reaches furthest comes first; of one
	// that was put twice, since nobody knew that it was there, the later one, which
	// has what the earlier one has.
	slices.SortFunc(all, func(a, b Step) int {
		return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(b.Number, a.Number), b.At.Compare(a.At))
	})
	for _, s := range all {
		switch {
		case s.Number <= from:
			l.replaced = append(l.replaced, s)
		case s.First <= from+1:
			l.chain, from = append(l.chain, s), s.Number
		default:
			l.beyond = append(l.beyond, s)
		}
	}
	return l, nil
}

// reached sets up to when everything is there, once all of the chain is taken.
func (t *Target) reached(a *After, seen Step) {
	if seen.Number != a.Steps || !seen.At.After(a.Until) {
		return
	}
	a.Until = seen.At
	if !t.until.IsZero() && a.Until.After(t.until) {
		a.Until = t.until
	}
}

// After says what lies after a backup, from keys alone.
func (t *Target) After(ctx context.Context, m Manifest) (a After, err error) {
	a.Until = m.StartedAt
	l, err := t.after(ctx, m.ID, 0)
	if err != nil {
		return a, err
	}
	for _, s := range l.chain {
		a.Steps, a.Until = s.Number, s.At
		a.Objects, a.Bytes, a.Stored = a.Objects+s.came.objects, a.Bytes+s.came.bytes, a.Stored+s.size
	}
	t.reached(&a, l.seen)
	return a, nil
}

// While nothing is committed, who follows says now and then that nothing was: up
// to when, and after which step. There is one such word, or for a moment two.
//
//	backups/ID/seen/00000012-20261121t063000123z
const seenPrefix = "seen/"

func seenKey(id string, number int, at time.Time) string {
	return partKey(id, fmt.Sprintf("%s%08d-%s", seenPrefix, number, formTime(at)))
}

// seen is the last such word, or zero.
func (t *Target) seen(ctx context.Context, id string) (last Step, err error) {
	for e, err := range t.store.List(ctx, partKey(id, seenPrefix)) {
		if err != nil {
			return last, err
		}
		number, at, _ := strings.Cut(strings.TrimPrefix(e.Key, partKey(id, seenPrefix)), "-")
		s := Step{key: e.Key}
		var wrong [2]error
		s.Number, wrong[0] = strconv.Atoi(number)
		s.At, wrong[1] = parseTime(at)
		if errors.Join(wrong[:]...) != nil {
			return last, unreadable()
		}
		last = s // keys are in order
	}
	return last, nil
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
	digest := hexDigest(text)
	for tried := -1; ; {
		l, err := t.after(ctx, m.ID, a.Steps)
		if err == nil {
			err = t.walk(ctx, m, l.chain, &a, &digest, to)
		}
		switch {
		case errors.Is(err, blob.ErrNotFound) && a.Steps > tried:
			tried = a.Steps // it may have been put into another since they were listed
			continue
		case err != nil:
			return a, err
		case len(l.beyond) > 0 || t.until.IsZero() && l.seen.Number > a.Steps:
			return a, fmt.Errorf("%w: step %d after it is missing; --until %s restores what is before that", ErrIncomplete, a.Steps+1, a.Until.Format(time.RFC3339Nano))
		}
		t.reached(&a, l.seen)
		return a, nil
	}
}

// walk takes steps; digest is that of the one before them, and then of the last.
func (t *Target) walk(ctx context.Context, m Manifest, chain []Step, a *After, digest *string, to Putter) error {
	for _, s := range chain {
		before := *digest
		if s.First <= a.Steps { // it begins before what was taken already
			before = ""
		}
		last, err := t.walkStep(ctx, m, &s, before, to)
		if err != nil {
			return fmt.Errorf("step %d, after %s: %w", a.Steps+1, a.Until.Format(time.RFC3339Nano), err)
		}
		a.Steps, a.Until, a.Gone, *digest = s.Number, s.At, append(a.Gone, s.Gone...), last
	}
	return nil
}

func (t *Target) walkStep(ctx context.Context, m Manifest, s *Step, before string, to Putter) (digest string, err error) {
	r, closing, err := t.openStep(ctx, m, s)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, closing()) }()
	if before != "" && s.Before != before {
		return "", cut(nil)
	}
	for {
		name, size, err := r.next()
		extra, added := strings.CutPrefix(name, addedPrefix)
		switch {
		case errors.Is(err, io.EOF):
			sum := r.digest()
			return cmp.Or(s.As, hex.EncodeToString(sum[:])), nil
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
