package recordings_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/adopted"
	"chartline/internal/blob/dir"
	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

// withPlace is a clinic whose media store also reads the directory at path.
func withPlace(t *testing.T, path string) (clinic, blob.Source) {
	t.Helper()
	place, err := dir.OpenSource(path)
	must(t, err)
	t.Cleanup(func() { must(t, place.Close()) })
	var c clinic
	c = open(t, testkit.Options{Media: func(b blob.Store) blob.Store {
		return &adopted.Store{Store: b,
			Place: func(context.Context, string) (blob.Source, error) { return place, nil },
			Find: func(ctx context.Context, key string) (adopted.Pointer, error) {
				var o care.AdoptedObject
				err := c.Store.View(ctx, func(tx store.Tx) (err error) { o, err = tx.AdoptedObject(key); return err })
				if care.IsNotFound(err) {
					err = blob.ErrNotFound
				}
				return adopted.Pointer{Place: o.Place, Name: o.Name, Version: o.Version}, err
			}}
	}})
	return c, place
}

func (c clinic) adopt(t *testing.T, place blob.Source, object, as string, actor care.Actor) (recordings.Uploaded, error) {
	t.Helper()
	o, version, err := place.Open(t.Context(), object)
	must(t, err)
	defer o.Close()
	return c.Recordings.Adopt(t.Context(), actor, recordings.Adoption{
		Scope: live, Place: "dir:place", Object: object, Version: version, Name: as, Owner: c.session, ContentType: "audio/mpeg",
	}, o)
}

func TestAnAdoptedRecordingIsReadWhereItLies(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	must(t, os.WriteFile(filepath.Join(path, "Old.mp3"), []byte("ID3 of old"), 0o600))
	must(t, os.WriteFile(filepath.Join(path, "empty"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(path, "text"), []byte("text"), 0o600))
	c, place := withPlace(t, path)
	up, err := c.adopt(t, place, "Old.mp3", "old/1", operator)
	must(t, err)
	if !up.Created || up.Recording.Size != 10 || len(c.keys(t)) != 0 {
		t.Errorf("adopted %+v, stored %v", up, c.keys(t))
	}
	content, err := c.Recordings.Open(t.Context(), operator, live, up.Recording.ID)
	must(t, err)
	got, err := io.ReadAll(content.Object)
	must(t, err)
	must(t, content.Object.Close())
	if string(got) != "ID3 of old" {
		t.Errorf("delivered %q", got)
	}
	for what, tt := range map[string]struct {
		object, as string
		want       care.Kind
	}{
		"twice":       {"Old.mp3", "old/2", care.KindConflict},
		"empty":       {"empty", "empty", care.KindInvalid},
		"no media":    {"text", "text", care.KindUnsupportedMedia},
		"of no name":  {"Old.mp3", "", care.KindInvalid},
		"of a client": {"Old.mp3", "old/3", care.KindForbidden},
	} {
		actor := operator
		if what == "of a client" {
			actor = care.Actor{Kind: care.ActorClient, ID: "c", Tenant: live.Tenant, Home: live.Instance, Instances: []string{live.Instance}}
		}
		if _, err := c.adopt(t, place, tt.object, tt.as, actor); care.KindOf(err) != tt.want {
			t.Errorf("%s: %v, want %v", what, err, tt.want)
		}
	}
	again, err := c.adopt(t, place, "Old.mp3", "old/1", operator)
	if err != nil || again.Created || again.Recording.ID != up.Recording.ID {
		t.Errorf("the same again: %+v, %v", again, err)
	}
	_, err = c.Recordings.Delete(t.Context(), recordings.Ask{Actor: operator, Scope: live, ID: up.Recording.ID})
	must(t, err)
	if _, err := os.Stat(filepath.Join(path, "Old.mp3")); err != nil {
		t.Errorf("deleting took the object: %v", err)
	}
	if _, err := c.adopt(t, place, "Old.mp3", "old/4", operator); err != nil {
		t.Errorf("adopting what was forgotten: %v", err)
	}
}
