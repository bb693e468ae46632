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
	"slices"
	"strconv"
	"strings"
	"time"

	"chartline/internal/blob"
)

// A step leads from the state of a backup, or of the step before, to a later one.
// Its key says what can be known of it without a key to open it: its number, of
// the first of those that it stands for and of the last, its time, and how many
// objects of how many bytes came with it:
//
//	backups/ID/after/00000001-00000001-20261121t063000123z-0-0
const (
	stepsPrefix = "after/"

	// The entries of a step, beside the parts of the database.
	entryStep    = "step"
	entryObjects = "objects" // as in an index
	addedPrefix  = "added-"  // to an extra that grows: from which byte on, a new line, and what was added
)

// stepLimit is more than what a step says of itself, and its list of objects, can be.
const stepLimit = 64 << 20

// Step is what is said of a step.
type Step struct {
	First  int       `json:"first"` // of the steps that it stands for
	Number int       `json:"number"`
	At     time.Time `json:"at"` // what was committed before is in it
	// Before is the digest of the step before the first; of the backup's manifest
	// where there is none.
	Before string `json:"before"`
	// As is the digest of the last of the steps that it stands for, which the next
	// one tells of; empty where it is that step itself.
	As string `json:"as,omitempty"`
	// Gone and Damaged are as in a Manifest.
	Gone    []Row `json:"gone,omitempty"`
	Damaged []Row `json:"damaged,omitempty"`
	// Objects is the digest of the list of objects; empty where none came with it.
	Objects string `json:"objects,omitempty"`

	key  string
	size int64    // as it is stored
	came quantity // the objects that came with it
}

// quantity is how many objects, and how large they are together.
type quantity struct{ objects, bytes int64 }

// stepKey names a step.
func stepKey(id string, s Step) string {
	return partKey(id, fmt.Sprintf("%s%08d-%08d-%s-%d-%d", stepsPrefix, s.First, s.Number, formTime(s.At), s.came.objects, s.came.bytes))
}

func parseStepKey(id string, e blob.Entry) (s Step, err error) {
	s = Step{key: e.Key, size: e.Size}
	f := strings.Split(strings.TrimPrefix(e.Key, partKey(id, stepsPrefix)), "-")
	if len(f) != 5 {
		return s, unreadable()
	}
	var wrong [5]error
	s.First, wrong[0] = strconv.Atoi(f[0])
	s.Number, wrong[1] = strconv.Atoi(f[1])
	s.At, wrong[2] = parseTime(f[2])
	s.came.objects, wrong[3] = strconv.ParseInt(f[3], 10, 64)
	s.came.bytes, wrong[4] = strconv.ParseInt(f[4], 10, 64)
	if errors.Join(wrong[:]...) != nil || s.First < 1 || s.Number < s.First {
		return s, unreadable()
	}
	return s, nil
}

// unreadable says that a key is none that this program wrote.
func unreadable() error {
	return fmt.Errorf("%w: the key of a step after it cannot be read", ErrIncomplete)
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
	said := Step{key: s.key, size: s.size, came: s.came}
	if err := json.Unmarshal(text, &said); err != nil || said.First != s.First || said.Number != s.Number || !said.At.Equal(s.At) {
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
	l, err := t.after(ctx, m.ID, 0)
	if err != nil {
		return nil, err
	}
	for _, s := range slices.Concat(l.chain, l.beyond) {
		if s.came.objects == 0 {
			continue
		}
		lines, err := t.objectsOf(ctx, m, s)
		if err != nil {
			return nil, err
		}
		all = append(all, lines...)
	}
	return sortLines(all), nil
}

// sortLines sorts lines by key, each once.
func sortLines(all []line) []line {
	slices.SortFunc(all, func(a, b line) int { return cmp.Compare(a.key, b.key) })
	return slices.CompactFunc(all, func(a, b line) bool { return a.key == b.key })
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
