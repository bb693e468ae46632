package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/backup"
	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
	"chartline/internal/testkit"
)

// followed is a clinic that is followed until end is called.
type followed struct {
	*clinic
	made  []backup.Created
	steps chan backup.Step
	stop  func()
	end   func()
}

func follow(t *testing.T, c *clinic, source backup.Source, change func(*backup.Following)) *followed {
	t.Helper()
	f := &followed{clinic: c, steps: make(chan backup.Step, 1000)}
	began := make(chan struct{}, 100)
	o := backup.Following{Options: backup.Options{Meter: silent{}, Now: time.Now}, Every: time.Millisecond, Renew: time.Hour,
		Made:    func(m backup.Created) { f.made = append(f.made, m); began <- struct{}{} },
		Stepped: func(s backup.Step) { f.steps <- s },
		Failed:  func(err error) { t.Error(err) },
		Untidy:  func(err error) { t.Error(err) },
	}
	if change != nil {
		change(&o)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.target.Follow(ctx, source, c.Store.(store.Followed), o) }()
	select {
	case <-began:
	case err := <-ended:
		t.Fatal(err)
	}
	f.stop = stop
	f.end = func() {
		stop()
		must(t, <-ended)
		close(f.steps)
	}
	return f
}

// upload adds a recording of the clinic's one call.
func (c *clinic) upload(t *testing.T, name string) care.Recording {
	t.Helper()
	up, err := c.Recordings.Upload(t.Context(), testkit.Operator(), recordings.Upload{Scope: c.scope, Name: name, Owner: care.Owner{Kind: care.OwnerCall, ID: c.call},
		ContentType: "audio/mpeg"}, strings.NewReader("ID3\x04"+strings.Repeat(name, 1000)))
	must(t, err)
	return up.Recording
}

// putBack makes a database of a backup and the steps after it.
func (c *clinic) putBack(t *testing.T, m backup.Manifest, until time.Time) (*sqlite.DB, backup.After, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chartline.db")
	must(t, sqlite.Unpack(path, func(part string) (io.ReadCloser, error) { return c.target.Part(t.Context(), m, part) }))
	c.target.Until(until)
	defer c.target.Until(time.Time{})
	after, err := c.target.Walk(t.Context(), m, backup.Putter{
		Part:  func(part string, changes io.Reader) error { return sqlite.Apply(path, part, changes) },
		Added: func(string, int64, []byte) error { return nil },
	})
	if err != nil {
		return nil, after, err
	}
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db, after, nil
}

// has is the names of the recordings of a database.
func (c *clinic) has(t *testing.T, db store.Store) (names []string) {
	t.Helper()
	must(t, db.View(t.Context(), func(tx store.Tx) error {
		for _, r := range c.all {
			if found, err := tx.Recording(c.scope, r.ID); err == nil && found.DeletedAt == nil {
				names = append(names, found.Name)
			} else if err != nil && !care.IsNotFound(err) {
				return err
			}
		}
		return nil
	}))
	slices.Sort(names)
	return names
}

func TestWhatIsCommittedAfterABackupIsCopiedWithItsObjects(t *testing.T) {
	t.Parallel()
	c := open(t, 2)
	f := follow(t, c, c.source(c.Media), nil)
	late := c.upload(t, "late.mp3")
	c.all = append(c.all, late)
	for s := range f.steps {
		if c.held(t, late.BlobKey) {
			break
		}
		if s.Number > 100 {
			t.Fatal("no step brought the object")
		}
	}
	_, err := c.Recordings.Delete(t.Context(), recordings.Ask{Actor: testkit.Operator(), Scope: c.scope, ID: c.all[0].ID})
	must(t, err)
	c.all = append(c.all, c.upload(t, "last.mp3")) // is copied although it is time to stop
	f.end()

	m := f.made[0].Manifest
	db, after, err := c.putBack(t, m, time.Time{})
	must(t, err)
	if names := c.has(t, db); !slices.Equal(names, []string{"b.mp3", "last.mp3", "late.mp3"}) {
		t.Errorf("restored %v after %d steps", names, after.Steps)
	}
	must(t, db.Verify(t.Context()))
	must(t, c.target.Check(t.Context(), m))
	must(t, c.target.Compare(t.Context(), m, db, func(r backup.Row) { t.Errorf("%s has no object", r.ID) }))
	_, _, err = c.target.Rehash(t.Context(), m, silent{}, func(key string, why error) { t.Error(why) })
	must(t, err)
	listed, err := c.target.After(t.Context(), m)
	must(t, err)
	if listed.Steps != after.Steps || !listed.Until.Equal(after.Until) || after.Steps < 2 {
		t.Errorf("listed %+v, walked %+v", listed, after)
	}
	before, none, err := c.putBack(t, m, m.StartedAt.Add(-time.Second))
	must(t, err)
	if names := c.has(t, before); none.Steps != 0 || !slices.Equal(names, []string{"a.mp3", "b.mp3"}) {
		t.Errorf("up to the backup's own time there are %v after %d steps", names, none.Steps)
	}
}

// held reports whether the target has an object.
func (c *clinic) held(t *testing.T, key string) bool {
	t.Helper()
	o, err := c.target.Media().Open(t.Context(), key, -1)
	if errors.Is(err, blob.ErrNotFound) {
		return false
	}
	must(t, err)
	must(t, o.Close())
	return true
}

// damage changes one file under the target's root whose name contains what.
func (c *clinic) damage(t *testing.T, what string, change func([]byte) []byte) {
	t.Helper()
	done := false
	must(t, filepath.WalkDir(c.root, func(path string, d os.DirEntry, err error) error {
		if err != nil || done || d.IsDir() || !strings.Contains(path, what) {
			return err
		}
		done = true
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if b = change(b); b == nil {
			return os.Remove(path)
		}
		return os.WriteFile(path, b, 0o600)
	}))
	if !done {
		t.Fatalf("there is no %s", what)
	}
}

func TestAStepThatIsCutChangedOrMissingIsRefused(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func([]byte) []byte{
		"cut":     func(b []byte) []byte { return b[:len(b)-1] },
		"longer":  func(b []byte) []byte { return append(b, 0) },
		"changed": func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"missing": func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, 1)
			f := follow(t, c, c.source(c.Media), nil)
			for n := range 3 {
				c.all = append(c.all, c.upload(t, "late"+string(rune('0'+n))+".mp3"))
				<-f.steps
			}
			f.end()
			m := f.made[0].Manifest
			c.damage(t, filepath.Join("after", "00000002-"), change)
			_, after, err := c.putBack(t, m, time.Time{})
			if !errors.Is(err, backup.ErrIncomplete) || after.Steps != 1 {
				t.Fatalf("after %d steps: %v", after.Steps, err)
			}
			db, _, err := c.putBack(t, m, after.Until)
			must(t, err)
			if names := c.has(t, db); len(names) == 0 {
				t.Error("nothing is left of what came before")
			}
		})
	}
}

// flaky is a target's store that does what it is told and says that it has not.
type flaky struct {
	blob.Store
	lies, refusals atomic.Int64
}

var errFlaky = errors.New("the line was cut")

func (s *flaky) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	if strings.Contains(key, "/after/") && s.refusals.Add(-1) >= 0 {
		return blob.Info{}, errFlaky
	}
	info, err := s.Store.Put(ctx, key, r, o)
	if strings.Contains(key, "/after/") && s.lies.Add(-1) >= 0 {
		return blob.Info{}, errors.Join(err, errFlaky)
	}
	return info, err
}

func TestAStepWhoseAnswerWasLostIsPutAgain(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	line := &flaky{Store: c.store}
	c.target = backup.NewTarget(line)
	line.lies.Store(2)
	line.refusals.Store(1)
	failed := make(chan error, 100)
	f := follow(t, c, c.source(c.Media), func(o *backup.Following) { o.Failed = func(err error) { failed <- err } })
	c.all = append(c.all, c.upload(t, "late.mp3"))
	for range 3 {
		if err := <-failed; !errors.Is(err, errFlaky) {
			t.Error(err)
		}
	}
	<-f.steps
	c.all = append(c.all, c.upload(t, "last.mp3"))
	f.end()
	db, _, err := c.putBack(t, f.made[0].Manifest, time.Time{})
	must(t, err)
	if names := c.has(t, db); !slices.Equal(names, []string{"a.mp3", "last.mp3", "late.mp3"}) {
		t.Errorf("restored %v", names)
	}
}

func TestFollowingGoesOnFromANewBackup(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	renewed := make(chan struct{}, 100)
	f := follow(t, c, c.source(c.Media), func(o *backup.Following) {
		o.Renew, o.Keep = 50*time.Millisecond, 1
		made := o.Made
		o.Made = func(m backup.Created) { made(m); renewed <- struct{}{} }
	})
	for n := range 3 {
		c.all = append(c.all, c.upload(t, "late"+string(rune('0'+n))+".mp3"))
		<-renewed
	}
	c.all = append(c.all, c.upload(t, "last.mp3"))
	f.end()
	m, err := c.target.Newest(t.Context())
	must(t, err)
	db, _, err := c.putBack(t, m, time.Time{})
	must(t, err)
	if names := c.has(t, db); len(names) != 5 {
		t.Errorf("restored %v", names)
	}
	must(t, c.target.Compare(t.Context(), m, db, func(r backup.Row) { t.Errorf("%s has no object", r.ID) }))
	_, _, err = c.target.Rehash(t.Context(), m, silent{}, func(key string, why error) { t.Error(why) })
	must(t, err)
}

// unwilling is a target's store that keeps old backups.
type unwilling struct {
	blob.Store
	asked func()
}

func (s *unwilling) Remove(ctx context.Context, key string) error {
	if strings.HasSuffix(key, "/manifest") {
		s.asked()
		return errFlaky
	}
	return s.Store.Remove(ctx, key)
}

// The backup is there, and is the one that a restore begins with: that an older
// one could not go, or that it was time to stop just then, is no reason not to
// follow it.
func TestABackupWhoseForerunnersStayIsFollowedAllTheSame(t *testing.T) {
	t.Parallel()
	for name, stops := range map[string]bool{"they cannot be removed": false, "it is time to stop": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := open(t, 1)
			asked, failed := make(chan struct{}), make(chan error, 100)
			place := &unwilling{Store: c.store, asked: func() {}}
			c.target = backup.NewTarget(place)
			var f *followed
			follows := make(chan struct{})
			place.asked = sync.OnceFunc(func() {
				<-follows
				c.all = append(c.all, c.upload(t, "late.mp3")) // the new one is without it
				if stops {
					f.stop()
				}
				close(asked)
			})
			f = follow(t, c, c.source(c.Media), func(o *backup.Following) {
				o.Renew, o.Keep = 50*time.Millisecond, 1
				o.Failed = func(err error) {
					select {
					case failed <- err:
					default: // enough
					}
				}
			})
			close(follows)
			<-asked
			if !stops {
				if err := <-failed; !errors.Is(err, errFlaky) {
					t.Error(err)
				}
			}
			f.end()
			newest, err := c.target.Newest(t.Context())
			must(t, err)
			db, _, err := c.putBack(t, newest, time.Time{})
			must(t, err)
			if names := c.has(t, db); newest.ID == f.made[0].ID || !slices.Equal(names, []string{"a.mp3", "late.mp3"}) {
				t.Errorf("restored %v of the backup %s, the first is %s", names, newest.ID, f.made[0].ID)
			}
		})
	}
}

func TestWhatAnExtraGrowsByComesWithTheSteps(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	var text atomic.Pointer[string]
	set := func(s string) { text.Store(&s) }
	set("one\n")
	source := c.source(c.Media)
	source.Extras = []backup.Extra{{Name: "checkpoints", Grows: true, Open: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(*text.Load())), nil }}}
	f := follow(t, c, source, nil)
	for _, s := range []string{"one\ntwo\n", "one\ntwo\nthree\n"} {
		set(s)
		c.all = append(c.all, c.upload(t, "late"+string(rune('0'+len(s)))+".mp3"))
		<-f.steps
	}
	f.end()
	var got []byte
	_, err := c.target.Walk(t.Context(), f.made[0].Manifest, backup.Putter{
		Part: func(_ string, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
		Added: func(_ string, from int64, text []byte) error {
			got = append(got[:from], text...)
			return nil
		},
	})
	must(t, err)
	if !bytes.HasPrefix([]byte("one\ntwo\nthree\n"), got) || len(got) < len("one\ntwo\n") {
		t.Errorf("%q", got)
	}
}

func TestAFollowedPlaceIsNobodyElses(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	f := follow(t, c, c.source(c.Media), nil)
	_, err := c.target.Create(t.Context(), c.source(c.Media), backup.Options{Meter: silent{}, Now: time.Now})
	if !errors.Is(err, backup.ErrBusy) {
		t.Error(err)
	}
	f.end()
	_, err = c.target.Create(t.Context(), c.source(c.Media), backup.Options{Meter: silent{}, Now: time.Now})
	must(t, err)
}
