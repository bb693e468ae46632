package recordings_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/testkit"
)

// fill brings in n recordings.
func (c clinic) fill(t *testing.T, n int) (all []care.Recording) {
	t.Helper()
	for i := range n {
		body := append([]byte("ID3\x04"), bytes.Repeat([]byte{byte(i)}, 100)...)
		up, err := c.Recordings.Upload(t.Context(), operator, recordings.Upload{Scope: live, Name: fmt.Sprintf("%d.mp3", i), Owner: c.call, ContentType: "audio/mpeg"}, bytes.NewReader(body))
		must(t, err)
		all = append(all, up.Recording)
	}
	return all
}

func TestAScrubThatIsStoppedGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	c.fill(t, 9)
	ctx, stop := context.WithCancel(t.Context())
	read := 0
	first, err := c.Recordings.Scrub(ctx, operator, recordings.ScrubOptions{Read: func(r io.Reader) io.Reader {
		if read++; read == 4 {
			stop()
		}
		return r
	}})
	if !errors.Is(err, context.Canceled) || first.Finished {
		t.Fatalf("stopped: %+v, %v", first, err)
	}
	second, err := c.Recordings.Scrub(t.Context(), operator, recordings.ScrubOptions{})
	must(t, err)
	if !second.Resumed || !second.Finished || second.Objects != 6 {
		t.Errorf("went on: %+v", second)
	}
	third, err := c.Recordings.Scrub(t.Context(), operator, recordings.ScrubOptions{})
	must(t, err)
	if third.Resumed || third.Objects != 9 {
		t.Errorf("again: %+v", third)
	}
}

// another answers with another's bytes.
type another struct {
	blob.Store
	wrong *bool
}

func (a another) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	if *a.wrong {
		return nil, blob.ErrDamaged
	}
	return a.Store.Open(ctx, key, size)
}

func TestAScrubThatFindsNearlyAllDamagedDoubtsTheStore(t *testing.T) {
	t.Parallel()
	wrong := false
	c := open(t, testkit.Options{Media: func(s blob.Store) blob.Store { return another{s, &wrong} }})
	all := c.fill(t, 60)
	wrong = true
	done, err := c.Recordings.Scrub(t.Context(), operator, recordings.ScrubOptions{})
	if !errors.Is(err, recordings.ErrDoubt) || done.Broken != 20 {
		t.Errorf("%+v, %v", done, err)
	}
	wrong = false
	done, err = c.Recordings.Scrub(t.Context(), operator, recordings.ScrubOptions{Damaged: true})
	must(t, err)
	if done.Healed != 20 {
		t.Errorf("with the right one again: %+v", done)
	}
	for _, r := range all {
		content, err := c.Recordings.Open(t.Context(), operator, live, r.ID)
		must(t, err)
		must(t, content.Object.Close())
	}
}

func TestTheMarkOfWhatWasDeletedGoes(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	all := c.fill(t, 3)
	must(t, c.Media.Remove(t.Context(), all[1].BlobKey))
	done, err := c.Recordings.Scrub(t.Context(), operator, recordings.ScrubOptions{})
	must(t, err)
	if done.Broken != 1 || done.Damaged[0].ID != all[1].ID || done.Damaged[0].Damage != care.DamageMissing {
		t.Errorf("found %+v", done)
	}
	_, err = c.Recordings.Delete(t.Context(), recordings.Ask{Actor: operator, Scope: live, ID: all[1].ID})
	must(t, err)
	_, err = c.Recordings.Scrub(t.Context(), operator, recordings.ScrubOptions{})
	must(t, err)
	marks, err := c.Recordings.Damaged(t.Context(), operator, "", 10)
	must(t, err)
	if len(marks) != 0 {
		t.Errorf("marks stay: %+v", marks)
	}
}
