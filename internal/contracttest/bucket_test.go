package contracttest

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/s3/s3test"
	"chartline/internal/testkit"
)

// aboutMedia are the conversations in which stored bytes come or go.
func aboutMedia() []string {
	return []string{
		"attacks/names-that-become-headers", "attacks/ranges-that-add-up", "attacks/stored-bytes-replaced", "calls/ranges", "calls/recording",
		"native/content", "native/idempotency", "native/recordings", "native/recordings-decided", "native/uploads", "ops/ops",
	}
}

func TestConversationsAboutRecordingsAreTheSameWithABucket(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	converseAboutMedia(t, func(t *testing.T) testkit.Options {
		bucket := server.Bucket(t)
		return testkit.Options{Bucket: &bucket, BucketDir: server.File(bucket.Bucket, bucket.Prefix)}
	})
}

// Sealed media are every other test's; plain ones go out by the kernel.
func TestConversationsAboutRecordingsAreTheSameWithPlainMedia(t *testing.T) {
	t.Parallel()
	converseAboutMedia(t, func(*testing.T) testkit.Options { return testkit.Options{Plain: true} })
}

// converseAboutMedia replays the conversations about media with a kit of its own
// for each.
func converseAboutMedia(t *testing.T, with func(t *testing.T) testkit.Options) {
	t.Helper()
	left := aboutMedia()
	for _, c := range conversations(t) {
		name, err := filepath.Rel(filepath.Join(root, "testdata", "contract"), strings.TrimSuffix(c.file, ".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		i := slices.Index(left, name)
		if i < 0 {
			continue
		}
		left = slices.Delete(left, i, i+1)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replay(t, c, with(t))
		})
	}
	if len(left) > 0 {
		t.Errorf("there are no conversations %v", left)
	}
}

// fillBucket puts what files hold of the media directory into the bucket.
func (w *world) fillBucket(files map[string][]byte) {
	w.t.Helper()
	for name, content := range files {
		key, ok := strings.CutPrefix(filepath.ToSlash(name), "media/")
		if !ok || blob.CheckKey(key) != nil {
			continue
		}
		_, err := w.kit.Objects.Put(w.t.Context(), key, bytes.NewReader(content), blob.PutOptions{})
		w.must(err)
	}
}
