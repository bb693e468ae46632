package backup_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/backup"
	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/store"
)

// under lists what the target has of a backup under a name.
func (c *clinic) under(t *testing.T, m backup.Manifest, name string) (keys []string) {
	t.Helper()
	for e, err := range c.store.List(t.Context(), "backups/"+m.ID+"/"+name+"/") {
		must(t, err)
		keys = append(keys, e.Key)
	}
	return keys
}

// until waits until everything up to a time is there, and nothing else than what
// is expected to be.
func (f *followed) until(t *testing.T, at time.Time) backup.After {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); ; time.Sleep(time.Millisecond) {
		after, err := f.target.After(t.Context(), f.made[0].Manifest)
		must(t, err)
		if !after.Until.Before(at) {
			return after
		}
		if time.Now().After(end) {
			t.Fatalf("it is followed up to %v, and it is %v", after.Until, at)
		}
	}
}

// A clinic at night: nobody writes for an hour, and who looks sees that the
// follower is alive; one that was killed is seen not to be.
func TestWhileNothingIsCommittedAFollowedPlaceSaysSo(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	f := follow(t, c, c.source(c.Media), func(o *backup.Following) { o.Now = now })
	c.all = append(c.all, c.upload(t, "late.mp3"))
	m := f.made[0].Manifest
	steps := f.until(t, now()).Steps
	idle := now()
	for range 6 {
		ahead.Add(int64(10 * time.Minute))
		f.until(t, now())
	}
	if after := f.until(t, now()); after.Steps != steps {
		t.Errorf("nothing was committed, and there are %d steps after %d", after.Steps, steps)
	}
	if said := c.under(t, m, "seen"); len(said) > 2 {
		t.Errorf("all of this is said: %q", said)
	}
	ahead.Add(int64(time.Hour))
	c.all = append(c.all, c.upload(t, "last.mp3"))
	f.end()

	for until, want := range map[time.Time][]string{
		{}:                           {"a.mp3", "last.mp3", "late.mp3"},
		idle:                         {"a.mp3", "late.mp3"},
		idle.Add(60 * time.Minute):   {"a.mp3", "late.mp3"},
		now().Add(60 * time.Minute):  {"a.mp3", "last.mp3", "late.mp3"},
		now().Add(-24 * time.Hour):   {"a.mp3"},
		idle.Add(-120 * time.Minute): {"a.mp3"},
	} {
		db, _, err := c.putBack(t, m, until)
		must(t, err)
		if names := c.has(t, db); !slices.Equal(names, want) {
			t.Errorf("up to %v there are %v, want %v", until, names, want)
		}
	}
}

func TestTheEndOfWhatWasFollowedCannotBeCutOffUnseen(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	f := follow(t, c, c.source(c.Media), nil)
	c.all = append(c.all, c.upload(t, "late.mp3"))
	f.until(t, time.Now())
	f.end() // which says up to when
	m := f.made[0].Manifest
	steps := c.under(t, m, "after")
	must(t, c.store.Remove(t.Context(), steps[len(steps)-1]))
	if _, _, err := c.putBack(t, m, time.Time{}); !errors.Is(err, backup.ErrIncomplete) || !strings.Contains(err.Error(), "is missing") {
		t.Errorf("its last step was taken away: %v", err)
	}
}

func TestWhatCameWithTheStepsIsCounted(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	f := follow(t, c, c.source(c.Media), nil)
	f.until(t, time.Now())
	late := c.upload(t, "late.mp3")
	f.end()
	m := f.made[0].Manifest
	after, err := c.target.After(t.Context(), m)
	must(t, err)
	stored := int64(0)
	for e, err := range c.store.List(t.Context(), "backups/"+m.ID+"/after/") {
		must(t, err)
		stored += e.Size
	}
	if after.Objects != 1 || after.Bytes != late.Size || after.Stored != stored || stored == 0 || m.Followed != 1 {
		t.Errorf("%d objects, %d bytes, %d stored; the object has %d, the steps %d", after.Objects, after.Bytes, after.Stored, late.Size, stored)
	}
}

func TestAnObjectThatIsSealedAnewComesWithTheNextStep(t *testing.T) {
	t.Parallel()
	c := open(t, 3)
	f := follow(t, c, c.source(c.Media), nil)
	f.until(t, time.Now())
	for _, i := range []int{0, 2} { // the last row among them
		was := c.all[i]
		from, err := c.Media.Open(t.Context(), was.BlobKey, was.Size)
		must(t, err)
		key := was.BlobKey + "-anew"
		_, err = c.Media.Put(t.Context(), key, from, blob.PutOptions{})
		must(t, errors.Join(err, from.Close()))
		must(t, c.Store.Update(t.Context(), func(tx store.Tx) error {
			return tx.ReplaceObject(care.StoredObject{Scope: c.scope, Noun: "recording", ID: was.ID, Key: was.BlobKey}, key)
		}))
		eventually(t, "it is not copied", func() bool { return c.held(t, key) })
	}
	c.all = append(c.all, c.upload(t, "late.mp3"))
	f.end()
	m := f.made[0].Manifest
	db, _, err := c.putBack(t, m, time.Time{})
	must(t, err)
	if names := c.has(t, db); len(names) != 4 {
		t.Errorf("restored %v", names)
	}
	must(t, c.target.Check(t.Context(), m))
	must(t, c.target.Compare(t.Context(), m, db, func(r backup.Row) { t.Errorf("%s has no object", r.ID) }))
	after, err := c.target.After(t.Context(), m)
	must(t, err)
	if after.Objects > 5 { // and no list of all, whichever row is the last
		t.Errorf("%d objects came with the steps", after.Objects)
	}
}
