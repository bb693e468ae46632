package backup_test

import (
	"context"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/backup"
	"chartline/internal/blob"
)

// mergedClinic is a clinic that was followed through three uploads in each of
// four minutes, whose steps became one for each minute, and what those were
// before. The times are those of each minute's end.
func mergedClinic(t *testing.T) (c *clinic, m backup.Manifest, before map[string][]byte, minutes []time.Time) {
	t.Helper()
	c = open(t, 1)
	start := time.Now().Truncate(time.Minute).Add(time.Minute)
	var at, asked atomic.Int64
	at.Store(start.UnixNano())
	now := func() time.Time { asked.Add(1); return time.Unix(0, at.Add(int64(time.Microsecond))).UTC() }
	f := follow(t, c, c.source(c.Media), func(o *backup.Following) { o.Now, o.Tidy = now, 5*time.Millisecond })
	m = f.made[0].Manifest
	for minute := range 4 {
		for n := range 3 {
			at.Store(start.Add(time.Duration(minute)*time.Minute + time.Duration(n)*10*time.Second).UnixNano())
			// A step that asked before is over, and what comes is not in it.
			before := asked.Load()
			eventually(t, "it stands still", func() bool { return asked.Load() > before+2 })
			c.all = append(c.all, c.upload(t, "late"+string(rune('0'+minute))+string(rune('0'+n))+".mp3"))
			eventually(t, "it is not copied", func() bool {
				after, err := c.target.After(t.Context(), m)
				must(t, err)
				return after.Objects >= int64(len(c.all)-1)
			})
		}
		minutes = append(minutes, start.Add(time.Duration(minute+1)*time.Minute-time.Second))
	}
	before = map[string][]byte{}
	must(t, filepath.WalkDir(c.root, func(path string, d os.DirEntry, err error) error {
		if err == nil && strings.Contains(path, "/after/") && !d.IsDir() {
			before[path], err = os.ReadFile(path)
		}
		return err
	}))
	if len(before) < 8 {
		t.Fatalf("there are only %d steps", len(before))
	}
	at.Store(start.Add(3 * time.Hour).UnixNano())
	eventually(t, "they stay", func() bool { return len(c.under(t, m, "after")) <= 5 })
	f.end()
	return c, m, before, minutes
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// mustHold restores all, and to each minute, and compares.
func (c *clinic) mustHold(t *testing.T, m backup.Manifest, minutes []time.Time) {
	t.Helper()
	for i, until := range append(slices.Clone(minutes), time.Time{}) {
		want := min(1+3*(i+1), len(c.all))
		db, after, err := c.putBack(t, m, until)
		must(t, err)
		if names := c.has(t, db); len(names) != want {
			t.Errorf("up to %v there are %v after %d steps, want %d", until, names, after.Steps, want)
		}
		if until.IsZero() {
			must(t, db.Verify(t.Context()))
			must(t, c.target.Check(t.Context(), m))
			must(t, c.target.Compare(t.Context(), m, db, func(r backup.Row) { t.Errorf("%s has no object", r.ID) }))
		}
	}
	after, err := c.target.After(t.Context(), m)
	must(t, err)
	if after.Objects < int64(len(c.all)-1) {
		t.Errorf("%d objects are counted", after.Objects)
	}
}

func TestOldStepsOfAMinuteBecomeOne(t *testing.T) {
	t.Parallel()
	c, m, before, minutes := mergedClinic(t)
	c.mustHold(t, m, minutes)
	if kept := c.under(t, m, "after"); len(kept) >= len(before) {
		t.Errorf("%d steps are %d", len(before), len(kept))
	}

	// It was killed before all went that others stand for.
	keep := false
	for path, content := range before {
		if keep = !keep; keep {
			must(t, os.WriteFile(path, content, 0o600))
		}
	}
	c.mustHold(t, m, minutes)

	// The next one finds them, and takes them away.
	f := follow(t, c, c.source(c.Media), func(o *backup.Following) {
		o.Tidy = 5 * time.Millisecond
		o.Now = func() time.Time { return time.Now().Add(24 * time.Hour) }
	})
	eventually(t, "what others stand for stays", func() bool { return len(c.under(t, m, "after")) <= 5 })
	f.end()
	c.mustHold(t, m, minutes)

	c.damage(t, filepath.Join("after", "00000001-"), func(b []byte) []byte { b[len(b)/2] ^= 1; return b })
	if _, _, err := c.putBack(t, m, time.Time{}); !errors.Is(err, backup.ErrIncomplete) {
		t.Errorf("one that was changed is taken: %v", err)
	}
}

// late is a store whose list of steps is old the first times it is asked for.
type late struct {
	blob.Store
	keys []blob.Entry
	left atomic.Int64
}

func (s *late) List(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	if !strings.HasSuffix(prefix, "/after/") || s.left.Add(-1) < 0 {
		return s.Store.List(ctx, prefix)
	}
	return func(yield func(blob.Entry, error) bool) {
		for _, e := range s.keys {
			if !yield(e, nil) {
				return
			}
		}
	}
}

func TestStepsMayBecomeOneWhileTheyAreRead(t *testing.T) {
	t.Parallel()
	c, m, before, _ := mergedClinic(t)
	old := &late{Store: c.store}
	for path, content := range before {
		key, err := filepath.Rel(c.root, path)
		must(t, err)
		old.keys = append(old.keys, blob.Entry{Key: key, Size: int64(len(content))})
	}
	slices.SortFunc(old.keys, func(a, b blob.Entry) int { return strings.Compare(a.Key, b.Key) })
	for path, content := range before { // the first two are still there when they are read
		if strings.Contains(path, "/after/00000001-00000001-") || strings.Contains(path, "/after/00000002-00000002-") {
			must(t, os.WriteFile(path, content, 0o600))
		}
	}
	c.target = backup.NewTarget(old)
	old.left.Store(1)
	db, _, err := c.putBack(t, m, time.Time{})
	must(t, err)
	if names := c.has(t, db); len(names) != len(c.all) {
		t.Errorf("restored %v", names)
	}
	must(t, db.Verify(t.Context()))
}
