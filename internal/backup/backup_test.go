package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"chartline/internal/backup"
	"chartline/internal/blob"
	"chartline/internal/blob/dir"
	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// silent counts for nobody.
type silent struct{}

func (silent) Expect(int64) {}
func (silent) Done(int64)   {}

// clinic is a kit with recordings of a call, and a target.
type clinic struct {
	*testkit.Kit
	scope  care.Scope
	all    []care.Recording
	target *backup.Target
	store  blob.Store
	root   string // of the target
	call   string
}

func open(t *testing.T, count int) *clinic {
	t.Helper()
	c := &clinic{Kit: testkit.New(t, testkit.Options{}), scope: care.Scope{Tenant: "acme-health", Instance: "live"}}
	c.Tenant(t, c.scope.Tenant, c.scope.Instance)
	operator := testkit.Operator()
	p, err := c.People.CreatePatient(t.Context(), operator, care.Patient{Scope: c.scope, LastName: "Quill"}, nil)
	must(t, err)
	call, err := c.Voice.CreateCall(t.Context(), operator, care.PersonRef{ID: p.ID},
		care.Call{Scope: c.scope, Direction: care.Inbound, Status: care.CallCompleted, CalledAt: testkit.Start}, nil)
	must(t, err)
	c.call, c.root = call.Call.ID, t.TempDir()
	for i := range count {
		up, err := c.Recordings.Upload(t.Context(), operator, recordings.Upload{Scope: c.scope, Name: string(rune('a'+i)) + ".mp3",
			Owner: care.Owner{Kind: care.OwnerCall, ID: call.Call.ID}, ContentType: "audio/mpeg"}, bytes.NewReader(append([]byte("ID3\x04"), bytes.Repeat([]byte{byte(i)}, 5000)...)))
		must(t, err)
		c.all = append(c.all, up.Recording)
	}
	media, err := dir.Open(c.root, dir.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, media.Close()) })
	c.store, c.target = media, backup.NewTarget(media)
	return c
}

func (c *clinic) source(media blob.Store) backup.Source {
	return backup.Source{Store: c.Store.(store.Snapshotter), Engine: "sqlite", Media: media, Program: "test"}
}

func (c *clinic) create(t *testing.T, media blob.Store) backup.Created {
	t.Helper()
	made, err := c.target.Create(t.Context(), c.source(media), backup.Options{Meter: silent{}, Now: c.Clock.Now})
	must(t, err)
	return made
}

// hooked tells before an object is opened.
type hooked struct {
	blob.Store
	once sync.Once
	hook func()
}

func (h *hooked) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	h.once.Do(h.hook)
	return h.Store.Open(ctx, key, size)
}

func TestARecordingThatIsDeletedWhileTheMediaAreCopiedIsNotMissing(t *testing.T) {
	t.Parallel()
	c := open(t, 100) // more than are looked at together
	last := c.all[0]
	for _, r := range c.all {
		if r.BlobKey > last.BlobKey {
			last = r
		}
	}
	made := c.create(t, &hooked{Store: c.Media, hook: func() {
		_, err := c.Recordings.Delete(t.Context(), recordings.Ask{Actor: testkit.Operator(), Scope: c.scope, ID: last.ID})
		must(t, err)
	}})
	if len(made.Gone) != 1 || made.Gone[0].ID != last.ID || len(made.Damaged) != 0 || made.Objects != 99 {
		t.Errorf("gone %v, damaged %v, %d objects", made.Gone, made.Damaged, made.Objects)
	}
	must(t, c.target.Check(t.Context(), made.Manifest))
}

func TestABackupCopiesWhatIsNewOnly(t *testing.T) {
	t.Parallel()
	c := open(t, 5)
	first := c.create(t, c.Media)
	second := c.create(t, c.Media)
	if first.CopiedObjects != 5 || second.CopiedObjects != 0 || second.Objects != 5 || second.Bytes != first.Bytes {
		t.Errorf("first %+v, second %+v", first, second)
	}
	// What rots at the target is brought anew where its size tells.
	key := "media/" + c.all[0].BlobKey
	must(t, c.store.Remove(t.Context(), key))
	_, err := c.store.Put(t.Context(), key, bytes.NewReader([]byte("cut")), blob.PutOptions{})
	must(t, err)
	if err := c.target.Check(t.Context(), second.Manifest); !errors.Is(err, backup.ErrIncomplete) {
		t.Errorf("a cut object: %v", err)
	}
	third := c.create(t, c.Media)
	if third.CopiedObjects != 1 {
		t.Errorf("third %+v", third)
	}
	must(t, c.target.Check(t.Context(), second.Manifest))
	_, _, err = c.target.Rehash(t.Context(), third.Manifest, silent{}, func(key string, why error) { t.Errorf("%s: %v", key, why) })
	must(t, err)
}

func TestTheNewestBackupIsTheLastOneAlsoWhenTheClockWentBack(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	c.create(t, c.Media)
	c.Clock.Move(-48 * time.Hour)
	last := c.create(t, c.Media)
	newest, err := c.target.Newest(t.Context())
	must(t, err)
	if newest.ID != last.ID {
		t.Errorf("newest is %s, the last one %s", newest.ID, last.ID)
	}
}

func TestOneBackupAtATimeChangesATarget(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	c.create(t, &hooked{Store: c.Media, hook: func() {
		_, err := c.target.Create(t.Context(), c.source(c.Media), backup.Options{Meter: silent{}, Now: c.Clock.Now})
		if !errors.Is(err, backup.ErrBusy) {
			t.Errorf("a second one beside it: %v", err)
		}
	}})
	for _, word := range []string{`{"host":"elsewhere","pid":1,"at":"2026-03-18T14:00:00Z"}`, "not a word"} {
		_, err := c.store.Put(t.Context(), "underway/dead", bytes.NewReader([]byte(word)), blob.PutOptions{})
		must(t, err)
		c.create(t, c.Media) // over what the dead left
	}
	_, err := c.store.Put(t.Context(), "underway/alive", bytes.NewReader([]byte(`{"host":"elsewhere","pid":1,"at":"2026-03-18T14:55:00Z"}`)), blob.PutOptions{})
	must(t, err)
	if _, err = c.target.Create(t.Context(), c.source(c.Media), backup.Options{Meter: silent{}, Now: c.Clock.Now}); !errors.Is(err, backup.ErrBusy) {
		t.Errorf("beside one that is alive: %v", err)
	}
}

// renewing is a target's store in which another says that it is alive, by a new
// word in the old one's place, just when the old one is to be read.
type renewing struct {
	blob.Store
	once sync.Once
}

func (s *renewing) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	var err error
	if key == "underway/alive-1" {
		s.once.Do(func() {
			_, err = s.Put(ctx, "underway/alive-2", bytes.NewReader([]byte(`{"host":"elsewhere","pid":1,"at":"2026-03-18T14:59:00Z"}`)), blob.PutOptions{})
			err = errors.Join(err, s.Remove(ctx, key))
		})
	}
	if err != nil {
		return nil, err
	}
	return s.Store.Open(ctx, key, size)
}

func TestWhoSaysAnewThatItIsAliveIsNotTakenForDead(t *testing.T) {
	t.Parallel()
	c := open(t, 1)
	_, err := c.store.Put(t.Context(), "underway/alive-1", bytes.NewReader([]byte(`{"host":"elsewhere","pid":1,"at":"2026-03-18T14:54:00Z"}`)), blob.PutOptions{})
	must(t, err)
	c.target = backup.NewTarget(&renewing{Store: c.store})
	if _, err := c.target.Create(t.Context(), c.source(c.Media), backup.Options{Meter: silent{}, Now: c.Clock.Now}); !errors.Is(err, backup.ErrBusy) {
		t.Errorf("beside one that is alive: %v", err)
	}
}

// failing breaks off.
type failing struct{ blob.Store }

func (failing) Open(context.Context, string, int64) (blob.Object, error) {
	return nil, io.ErrUnexpectedEOF
}

func TestABackupThatFailsIsNone(t *testing.T) {
	t.Parallel()
	c := open(t, 3)
	_, err := c.target.Create(t.Context(), c.source(failing{c.Media}), backup.Options{Meter: silent{}, Now: c.Clock.Now})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("created: %v", err)
	}
	if _, err := c.target.Newest(t.Context()); !errors.Is(err, backup.ErrNone) {
		t.Errorf("newest: %v", err)
	}
	c.create(t, c.Media)
}
