package blob_test

import (
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
)

func TestKeysThatServersMakeAreGood(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"a", "0", "-", "_", "acme-health/live/6f/6f1c2b9e-3f1a-4c55-9d0e-0a6c1b6f0d11",
		strings.Repeat("a", blob.MaxPart), strings.Repeat("a/", blob.MaxKey/2-1) + "bb",
	} {
		if err := blob.CheckKey(key); err != nil {
			t.Errorf("CheckKey(%q): %v", key, err)
		}
		if err := blob.CheckPrefix(key + "/"); len(key) < blob.MaxKey && err != nil {
			t.Errorf("CheckPrefix(%q/): %v", key, err)
		}
	}
	if err := blob.CheckPrefix(""); err != nil {
		t.Errorf("CheckPrefix of nothing: %v", err)
	}
}

func TestKeysThatNoServerMakesAreBad(t *testing.T) {
	t.Parallel()
	for _, key := range blobtest.Hostile() {
		err := blob.CheckKey(key)
		if !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("CheckKey(%q) = %v, want ErrBadKey", key, err)
		}
		if len(key) > 2 && err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
	for _, prefix := range []string{"/", "//", "a//", "..", "../", "A", "a\x00"} {
		if err := blob.CheckPrefix(prefix); !errors.Is(err, blob.ErrBadKey) {
			t.Errorf("CheckPrefix(%q) = %v, want ErrBadKey", prefix, err)
		}
	}
}

func FuzzCheckKeyAgainstItsDescription(f *testing.F) {
	for _, key := range blobtest.Hostile() {
		f.Add(key)
	}
	f.Add("acme-health/live/6f1c2b9e")
	described := regexp.MustCompile(`\A[a-z0-9_-]{1,128}(/[a-z0-9_-]{1,128})*\z`)
	f.Fuzz(func(t *testing.T, key string) {
		good := described.MatchString(key) && len(key) <= blob.MaxKey
		if err := blob.CheckKey(key); (err == nil) != good {
			t.Fatalf("CheckKey(%q) = %v, described as good: %v", key, err, good)
		}
		if good && (path.Clean(key) != key || !filepath.IsLocal(key)) {
			t.Fatalf("%q is good but is not a clean local path", key)
		}
	})
}
