package recordings_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/visits"
	"chartline/internal/jobs"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

var (
	live     = care.Scope{Tenant: "acme-health", Instance: "live"}
	operator = testkit.Operator()
	system   = care.Actor{Kind: care.ActorSystem, ID: "server"}
)

// clinic is a kit with a patient who has a call and a session.
type clinic struct {
	*testkit.Kit
	patient       care.Patient
	call, session care.Owner
}

func open(t *testing.T, o testkit.Options) clinic {
	t.Helper()
	c := clinic{Kit: testkit.New(t, o)}
	c.Tenant(t, live.Tenant, live.Instance)
	ctx := t.Context()
	var err error
	c.patient, err = c.People.CreatePatient(ctx, operator, care.Patient{Scope: live, LastName: "Quill"}, nil)
	must(t, err)
	provider, err := c.People.CreateProvider(ctx, operator, care.Provider{Scope: live, LastName: "Broome"}, nil)
	must(t, err)
	e, err := c.Visits.CreateEncounter(ctx, operator, visits.NewEncounter{Scope: live, Patient: care.PersonRef{ID: c.patient.ID}, Provider: care.PersonRef{Number: provider.Number}}, nil)
	must(t, err)
	s, err := c.Visits.CreateSession(ctx, operator, care.Session{Scope: live, Encounter: e.ID, Status: care.SessionCompleted, Start: testkit.Start}, nil)
	must(t, err)
	r, err := c.Voice.CreateCall(ctx, operator, care.PersonRef{ID: c.patient.ID}, care.Call{Scope: live, Direction: care.Inbound, Status: care.CallCompleted, CalledAt: testkit.Start}, nil)
	must(t, err)
	c.call, c.session = care.Owner{Kind: care.OwnerCall, ID: r.Call.ID}, care.Owner{Kind: care.OwnerSession, ID: s.ID}
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (c clinic) upload(t *testing.T, name string) (recordings.Uploaded, error) {
	t.Helper()
	u := recordings.Upload{Scope: live, Name: name, Owner: c.call, ContentType: "audio/mpeg"}
	return c.Recordings.Upload(t.Context(), operator, u, strings.NewReader("ID3 "+name))
}

func (c clinic) keys(t *testing.T) []string {
	t.Helper()
	var keys []string
	for e, err := range c.Media.List(t.Context(), "") {
		must(t, err)
		keys = append(keys, e.Key)
	}
	return keys
}

// later is after everything that the test has stored has come of age: stored
// objects bear the system's time.
func (c clinic) later() { c.Clock.Move(time.Since(c.Clock.Now()) + 2*time.Hour) }

func TestASweepRemovesWhatNothingUsesOnceItIsOldEnough(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	kept, err := c.upload(t, "kept")
	must(t, err)
	var orphans []string
	for _, key := range []string{"acme-health/live/00/orphan", "birch-clinic/live/00/orphan"} {
		_, err := c.Media.Put(t.Context(), key, strings.NewReader("bytes of a crash"), blob.PutOptions{})
		must(t, err)
		orphans = append(orphans, key)
	}
	swept, err := c.Recordings.Sweep(t.Context(), system)
	must(t, err)
	if swept.Orphans != 0 || len(c.keys(t)) != 3 {
		t.Errorf("a fresh object was swept: %+v, %v", swept, c.keys(t))
	}
	c.later()
	swept, err = c.Recordings.Sweep(t.Context(), system)
	must(t, err)
	if keys := c.keys(t); swept.Orphans != len(orphans) || !slices.Equal(keys, []string{kept.Recording.BlobKey}) {
		t.Errorf("swept %+v, left %v", swept, keys)
	}
	page, err := c.Oversight.List(t.Context(), operator, care.AuditFilter{}, oversight.Page{NewestFirst: true, Limit: 10})
	must(t, err)
	if !slices.ContainsFunc(page.Entries, func(e care.AuditEntry) bool { return e.Reason == "sweep of 2 unused objects" && e.ActorID == "server" }) {
		t.Errorf("the sweep is not in the log: %+v", page.Entries)
	}
	client := care.Actor{Kind: care.ActorClient, ID: "c", Tenant: live.Tenant, Home: live.Instance, Instances: []string{live.Instance}}
	if _, err := c.Recordings.Sweep(t.Context(), client); care.KindOf(err) != care.KindForbidden {
		t.Errorf("a client sweeps: %v", err)
	}
}

func TestASweepOfMoreThanItHoldsAtOnceIsWhole(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	c.later()
	old := manyObjects{Store: c.Media, n: 1000, removed: map[string]bool{}}
	swept, err := recordings.New(c.Gate, &old).Sweep(t.Context(), system)
	must(t, err)
	if swept.Orphans != 1000 || len(old.removed) != 1000 {
		t.Errorf("swept %+v, removed %d", swept, len(old.removed))
	}
}

// failing is a database whose next commits fail after they were begun, or are
// lost after they were made.
type failing struct {
	store.Store
	before, after error
}

func (f *failing) Update(ctx context.Context, fn func(store.Tx) error) error {
	if f.before != nil {
		return f.before
	}
	if err := f.Store.Update(ctx, fn); err != nil {
		return err
	}
	return f.after
}

// F3: what a failure between the bytes and the row leaves is never shown, never
// lost where the row was made after all, and collected where it was not.
func TestAnUploadWhoseOutcomeIsUnknownIsWholeOrCollected(t *testing.T) {
	t.Parallel()
	var f *failing
	c := open(t, testkit.Options{Store: func(s store.Store) store.Store { f = &failing{Store: s}; return f }})
	unknown := care.Unavailable(errors.New("the connection broke"))

	f.before = unknown
	if _, err := c.upload(t, "lost"); care.KindOf(err) != care.KindUnavailable {
		t.Fatalf("got %v", err)
	}
	f.before, f.after = nil, unknown
	if _, err := c.upload(t, "made"); care.KindOf(err) != care.KindUnavailable {
		t.Fatalf("got %v", err)
	}
	f.after = nil
	if n := len(c.keys(t)); n != 2 {
		t.Fatalf("%d objects, want both", n)
	}
	c.later()
	_, err := c.Recordings.Sweep(t.Context(), system)
	must(t, err)
	again, err := c.upload(t, "made")
	must(t, err)
	if again.Created || len(c.keys(t)) != 1 {
		t.Errorf("created again: %t, objects: %v", again.Created, c.keys(t))
	}
	content, err := c.Recordings.Open(t.Context(), operator, live, again.Recording.ID)
	must(t, err)
	defer content.Object.Close()
	if got, err := io.ReadAll(content.Object); err != nil || string(got) != "ID3 made" {
		t.Errorf("delivered %q, %v", got, err)
	}
}

// stuck is a media store that cannot remove.
type stuck struct {
	blob.Store
	jammed bool
}

func (s *stuck) Remove(ctx context.Context, key string) error {
	if s.jammed {
		return errors.New("device or resource busy")
	}
	return s.Store.Remove(ctx, key)
}

func TestDeletingIsDoneOnceItIsCommittedAndTheBytesFollow(t *testing.T) {
	t.Parallel()
	var s *stuck
	c := open(t, testkit.Options{Media: func(b blob.Store) blob.Store { s = &stuck{Store: b, jammed: true}; return s }})
	up, err := c.upload(t, "x")
	must(t, err)
	gone, err := c.Recordings.Delete(t.Context(), recordings.Ask{Actor: operator, Scope: live, ID: up.Recording.ID, Reason: "asked for"})
	must(t, err)
	if gone.DeletedAt == nil || len(c.keys(t)) != 1 {
		t.Fatalf("deleted at %v, objects %v", gone.DeletedAt, c.keys(t))
	}
	if _, err := c.Recordings.Open(t.Context(), operator, live, up.Recording.ID); !care.IsNotFound(err) {
		t.Errorf("a deleted recording opens: %v", err)
	}
	s.jammed = false
	c.later()
	swept, err := c.Recordings.Sweep(t.Context(), system)
	must(t, err)
	if swept.Orphans != 1 || len(c.keys(t)) != 0 {
		t.Errorf("swept %+v, left %v", swept, c.keys(t))
	}
}

// endless is sound that is made while it is read.
type endless struct{ left int }

func (e *endless) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.left)
	copy(p, "ID3")
	e.left -= n
	return n, nil
}

func TestAnUploadTakesTheSameMemoryWhateverItsSize(t *testing.T) {
	c := open(t, testkit.Options{})
	measure := func(size int, name string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := c.Recordings.Upload(t.Context(), operator, recordings.Upload{Scope: live, Name: name, Owner: c.call, ContentType: "audio/mpeg"}, &endless{size})
		must(t, err)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	measure(1<<20, "warm")
	if small, large := measure(1<<20, "small"), measure(64<<20, "large"); large > small+2<<20 {
		t.Errorf("1 MiB takes %d bytes, 64 MiB %d", small, large)
	}
}

func TestWhatItIsIsSeenByItsFirstBytes(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	for name, u := range map[string]struct {
		contentType string
		begins      []byte
		ok          bool
	}{
		"mp3 with a tag":      {"audio/mpeg", []byte("ID3\x04"), true},
		"mp3 without":         {"audio/mp3", []byte{0xFF, 0xFB, 0x90, 0x64}, true},
		"aac":                 {"audio/mpeg", []byte{0xFF, 0xF1, 0x50, 0x80}, false},
		"wav":                 {"audio/x-wav", []byte("RIFF\x24\x00\x00\x00WAVEfmt "), true},
		"avi":                 {"audio/wav", []byte("RIFF\x24\x00\x00\x00AVI LIST"), false},
		"ogg":                 {"application/ogg", []byte("OggS\x00"), true},
		"m4a":                 {"audio/x-m4a", []byte("\x00\x00\x00\x1cftypM4A \x00\x00"), true},
		"mp4":                 {"video/mp4", []byte("\x00\x00\x00\x1cftypisom\x00\x00"), true},
		"heic":                {"video/mp4", []byte("\x00\x00\x00\x1cftypheic\x00\x00"), false},
		"webm":                {"video/webm", []byte("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"), true},
		"matroska as webm":    {"audio/webm", []byte("\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska"), false},
		"matroska":            {"video/x-matroska", []byte("\x1a\x45\xdf\xa3\xa3\x42\x82\x88matroska"), true},
		"gif with a zip tail": {"video/mp4", []byte("GIF89a\x00\x00PK\x03\x04"), false},
		"text":                {"audio/mpeg", []byte("hello"), false},
		"one byte":            {"audio/wav", []byte("R"), false},
		"another type":        {"image/png", []byte("\x89PNG"), false},
		"no type":             {"", []byte("ID3\x04"), false},
	} {
		_, err := c.Recordings.Upload(t.Context(), operator, recordings.Upload{Scope: live, Name: name, Owner: c.session, ContentType: u.contentType}, bytes.NewReader(append(u.begins, make([]byte, 2000)...)))
		if u.ok && err != nil || !u.ok && care.KindOf(err) != care.KindUnsupportedMedia {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// manyObjects lists n old objects that are nobody's.
type manyObjects struct {
	blob.Store
	n       int
	removed map[string]bool
}

func (m *manyObjects) List(context.Context, string) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		for i := range m.n {
			if !yield(blob.Entry{Key: fmt.Sprintf("acme-health/live/%04d", i)}, nil) {
				return
			}
		}
	}
}

func (m *manyObjects) Remove(_ context.Context, key string) error {
	m.removed[key] = true
	return nil
}

// reluctant removes nothing while it is told not to.
type reluctant struct {
	blob.Store
	times atomic.Int64
}

func (s *reluctant) Remove(ctx context.Context, key string) error {
	if s.times.Add(-1) >= 0 {
		return errors.New("the bucket does not answer")
	}
	return s.Store.Remove(ctx, key)
}

func TestBytesOfADeletedRecordingGoAlsoWhereTheyCouldNotGoAtOnce(t *testing.T) {
	t.Parallel()
	var media *reluctant
	c := open(t, testkit.Options{Media: func(s blob.Store) blob.Store { media = &reluctant{Store: s}; return media }})
	r := c.fill(t, 1)[0]
	media.times.Store(3)
	_, err := c.Recordings.Delete(t.Context(), recordings.Ask{Actor: operator, Scope: live, ID: r.ID})
	must(t, err)
	there := func() bool {
		o, err := c.Media.Open(t.Context(), r.BlobKey, -1)
		if err == nil {
			must(t, o.Close())
		}
		return err == nil
	}
	if !there() {
		t.Error("the bytes went although they could not")
	}
	ctx, stop := context.WithCancel(t.Context())
	var failed atomic.Int64
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		jobs.NewRunner(jobs.Options{Store: c.Store, Now: c.Clock.Now, Poll: time.Millisecond, Log: slog.New(slog.DiscardHandler),
			Told: func(_ string, o jobs.Outcome) {
				switch o {
				case jobs.Failed:
					failed.Add(1)
				case jobs.Done:
					close(done)
				}
				c.Clock.Move(time.Minute) // to the next attempt
			},
			Handlers: map[string]jobs.Handler{care.JobRemoveMedia: func(ctx context.Context, j care.Job) (jobs.Effect, error) {
				return nil, c.Recordings.RemoveMedia(ctx, j.Payload)
			}}}).Run(ctx)
	}()
	select {
	case <-done:
	case <-time.After(3 * time.Minute):
		t.Error("the job is not done")
	}
	stop()
	<-ended
	if there() || failed.Load() != 2 {
		t.Errorf("the bytes are there: %v; %d attempts failed", there(), failed.Load())
	}
}
