package backup

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// A day at one step a second is 86,400 objects. Each step stays for an hour; after
// that those of one minute become one, which stands for them: it is stored, and
// only the next time around, when nobody reads them any more who had listed them
// before, they go.
const (
	fineFor   = time.Hour
	coarse    = time.Minute
	tidyEvery = 10 * time.Minute
	// mergeLimit is how large the steps together are that become one: they are held
	// in memory.
	mergeLimit = 16 << 20
)

// merge merges the old steps of all backups at the target, beside what else is
// done; of the one that is followed those up to a number, as the next may be there
// without anybody's knowledge and come again.
func (f *following) merge(ctx context.Context, current string, upTo int) <-chan error {
	done := make(chan error, 1)
	go func() {
		f.tidy.Lock()
		defer f.tidy.Unlock()
		done <- f.mergeAll(ctx, current, upTo)
	}()
	return done
}

func (f *following) mergeAll(ctx context.Context, current string, upTo int) error {
	all, err := f.target.All(ctx)
	if err != nil {
		return err
	}
	before := f.o.Now().Add(-cmp.Or(f.o.Fine, fineFor))
	var failed error
	for _, m := range all {
		if m.Followed == 0 || m.ID > current || m.Sealed() && f.source.Seal == nil {
			continue // nobody follows it, or not yet, or it was sealed and this process does not
		}
		l, err := f.target.after(ctx, m.ID, 0)
		if err == nil && m.ID == current {
			l.chain = slices.DeleteFunc(l.chain, func(s Step) bool { return s.Number > upTo })
		}
		if err == nil {
			err = f.mergeOne(ctx, m, l, before)
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("backup %s: %w", m.ID, err))
		}
	}
	return failed
}

func (f *following) mergeOne(ctx context.Context, m Manifest, l after, before time.Time) error {
	for _, s := range l.replaced {
		if err := f.target.store.Remove(ctx, s.key); err != nil {
			return err
		}
	}
	for _, group := range groupsOf(l.chain, before) {
		if err := f.mergeSteps(ctx, m, group); err != nil {
			return fmt.Errorf("steps %d to %d: %w", group[0].First, group[len(group)-1].Number, err)
		}
	}
	return nil
}

// groupsOf are the steps of a chain that are to become one each.
func groupsOf(chain []Step, before time.Time) (groups [][]Step) {
	var group []Step
	size := int64(0)
	end := func() {
		if len(group) > 1 {
			groups = append(groups, group)
		}
		group, size = nil, 0
	}
	for _, s := range chain {
		if !s.At.Before(before) {
			break
		}
		if len(group) > 0 && (!s.At.Truncate(coarse).Equal(group[0].At.Truncate(coarse)) || size+s.size > mergeLimit || s.First != group[len(group)-1].Number+1) {
			end()
		}
		group, size = append(group, s), size+s.size
	}
	end()
	return groups
}

// mergeSteps stores one step that stands for several, each of which it proves.
func (f *following) mergeSteps(ctx context.Context, m Manifest, group []Step) error {
	whole := merged{parts: map[string][][]byte{}}
	said := Step{First: group[0].First}
	var lines []line
	for _, s := range group {
		if s.came.objects > 0 {
			came, err := f.target.objectsOf(ctx, m, s)
			if err != nil {
				return err
			}
			lines = append(lines, came...)
		}
		digest, err := f.target.walkStep(ctx, m, &s, said.As, whole.putter())
		if err != nil {
			return err
		}
		said.Number, said.At, said.As, said.Before = s.Number, s.At, digest, cmp.Or(said.Before, s.Before)
		said.Gone, said.Damaged = append(said.Gone, s.Gone...), append(said.Damaged, s.Damaged...)
	}
	for part, changes := range whole.parts {
		one, err := f.db.Merge(part, changes)
		if err != nil {
			return err
		}
		whole.parts[part] = [][]byte{one}
	}
	var objects bytes.Buffer
	for _, l := range sortLines(lines) {
		objects.Write(l.append(nil))
		said.came.objects, said.came.bytes = said.came.objects+1, said.came.bytes+l.info.Size
	}
	_, err := f.store(ctx, m, said, objects.Bytes(), whole.added, whole)
	return err
}

// merged is what several steps hold.
type merged struct {
	names []string // of the parts
	parts map[string][][]byte
	added []growth
}

func (w *merged) putter() Putter {
	return Putter{
		Part: func(part string, changes io.Reader) error {
			b, err := io.ReadAll(changes)
			if w.parts[part] == nil {
				w.names = append(w.names, part)
			}
			w.parts[part] = append(w.parts[part], b)
			return err
		},
		Added: func(extra string, from int64, text []byte) error {
			w.added = append(w.added, growth{extra, from, text})
			return nil
		},
	}
}

var _ store.Changes = merged{}

// Parts implements store.Changes, as the other methods do.
func (w merged) Parts() []string { return w.names }

// Size is of a part that was merged.
func (w merged) Size(part string) int64 { return int64(len(w.parts[part][0])) }

// Copy writes a part that was merged.
func (w merged) Copy(_ context.Context, part string, to io.Writer) error {
	_, err := to.Write(w.parts[part][0])
	return err
}

// Objects are listed beside it.
func (merged) Objects() []care.StoredObject { return nil }
