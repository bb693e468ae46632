package blob

import (
	"errors"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func TestKeysThatServersMakeAreGood(t *testing.T) {
	t.Parallel()
	for _, key := range []string{
		"a", "0", "-", "_", "acme-health/live/6f/6f1c2b9e-3f1a-4c55-9d0e-0a6c1b6f0d11",
		strings.Repeat("a", MaxPart), strings.Repeat("a/", MaxKey/2-1) + "bb",
	} {
		if err := CheckKey(key); err != nil {
			t.Errorf("CheckKey(%q): %v", key, err)
		}
		if err := CheckPrefix(key + "/"); len(key) < MaxKey && err != nil {
			t.Errorf("CheckPrefix(%q/): %v", key, err)
		}
	}
	if err := CheckPrefix(""); err != nil {
		t.Errorf("CheckPrefix of nothing: %v", err)
	}
}

// HostileKeys are what attackers send where a key might be made of it.
var hostileKeys = []string{
	"", "/", "//", "a/", "/a", "a//b", ".", "..", "../a", "a/..", "a/../b", "./a", "a/.", "a.b", ".tmp/x", "A", "a\\b", "C:\\a", "c:",
	"a\x00b", "a\nb", "a\r\nb", " a", "a b", "a;rm", "' or 1=1", "%2e%2e", "..%2f", "é", "\u202ea", "ａ", "\xff", "~", "*", "?",
	strings.Repeat("a", MaxPart+1), strings.Repeat("a/", MaxKey/2) + "a",
}

func TestKeysThatNoServerMakesAreBad(t *testing.T) {
	t.Parallel()
	for _, key := range hostileKeys {
		err := CheckKey(key)
		if !errors.Is(err, ErrBadKey) {
			t.Errorf("CheckKey(%q) = %v, want ErrBadKey", key, err)
		}
		if len(key) > 2 && err != nil && strings.Contains(err.Error(), key) {
			t.Errorf("the error repeats the key: %v", err)
		}
	}
	for _, prefix := range []string{"/", "//", "a//", "..", "../", "A", "a\x00"} {
		if err := CheckPrefix(prefix); !errors.Is(err, ErrBadKey) {
			t.Errorf("CheckPrefix(%q) = %v, want ErrBadKey", prefix, err)
		}
	}
}

func FuzzCheckKeyAgainstItsDescription(f *testing.F) {
	for _, key := range hostileKeys {
		f.Add(key)
	}
	f.Add("acme-health/live/6f1c2b9e")
	described := regexp.MustCompile(`\A[a-z0-9_-]{1,128}(/[a-z0-9_-]{1,128})*\z`)
	f.Fuzz(func(t *testing.T, key string) {
		good := described.MatchString(key) && len(key) <= MaxKey
		if err := CheckKey(key); (err == nil) != good {
			t.Fatalf("CheckKey(%q) = %v, described as good: %v", key, err, good)
		}
		if good && (path.Clean(key) != key || !filepath.IsLocal(key)) {
			t.Fatalf("%q is good but is not a clean local path", key)
		}
	})
}
