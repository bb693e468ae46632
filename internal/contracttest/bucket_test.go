package contracttest

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/blob"
	"chartline/internal/blob/s3"
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

// F21: while the bucket's server is gone, requests about media say that they may
// be tried again; all that was answered before is there when it is back.
func TestABucketThatIsGoneAndComesBackLosesNothing(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	bucket := server.Bucket(t)
	bucket.Limits = s3.Limits{Attempts: 2, Pause: 5 * time.Millisecond}
	w := newWorldWith(t, testkit.Options{Bucket: &bucket, BucketDir: server.File(bucket.Bucket, bucket.Prefix)})
	ask := func(method, target, body string) reply {
		t.Helper()
		headers := []string{w.fill("Authorization: Bearer {{token}}"), "Content-Type: audio/mpeg"}
		a, err := w.exchange(method, w.request(method, w.fill(target), headers, []byte(body)), "")
		w.must(err)
		return a
	}
	const content, upload = "/api/v1/recordings/{{recording}}/content", "/api/v1/recordings?call={{call3}}&name="
	before := ask("GET", content, "")
	if a := ask("POST", upload+"kept", "ID3 kept"); before.status != 200 || a.status != 201 {
		t.Fatalf("with the bucket: %d and %d: %s", before.status, a.status, a.body)
	}
	server.Stop()
	for target, method := range map[string]string{content: "GET", upload + "lost": "POST"} {
		a := ask(method, target, "ID3 lost")
		if a.status != 503 || a.header.Get("Retry-After") == "" || bytes.Contains(a.body, []byte("127.0.0.1")) {
			t.Errorf("%s without the bucket: %d %v %s", method, a.status, a.header, a.body)
		}
	}
	if a := ask("GET", "/readyz", ""); a.status != 503 {
		t.Errorf("ready without the bucket: %d", a.status)
	}
	server.Restart(t)
	if a := ask("GET", content, ""); a.status != 200 || !bytes.Equal(a.body, before.body) {
		t.Errorf("once it is back: %d, %d bytes", a.status, len(a.body))
	}
	for name, status := range map[string]int{"kept": 200, "lost": 201} {
		if a := ask("POST", upload+name, "ID3 "+name); a.status != status {
			t.Errorf("%s again: %d, want %d: %s", name, a.status, status, a.body)
		}
	}
	if a := ask("GET", "/readyz", ""); a.status != 200 {
		t.Errorf("ready once it is back: %d", a.status)
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
