package blobtest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/blob"
)

// Hostile returns keys that no server makes and attackers do.
func Hostile() []string {
	return []string{
		"", "/", "a/", "/a", "/etc/passwd", "a//b", ".", "..", "../a", "../../etc/passwd", "a/../b", "a/..", "./a", "a.b", ".tmp/a",
		"A", "a\\b", "C:\\a", "a\x00b", "a\nb", "a\r\nX: y", " ", "a b", "a;rm", "' or 1=1", "%2e%2e/a", "..%2fa", "é", "\u202ea", "ａ", "🎙", "\xff", "*",
		strings.Repeat("a", blob.MaxPart+1), strings.Repeat("a/", blob.MaxKey), strings.Repeat("../", 50) + "a",
	}
}

func hostileKeys(t *testing.T, s blob.Store) {
	for _, key := range Hostile() {
		_, putErr := s.Put(t.Context(), key, bytes.NewReader(Data(10)), blob.PutOptions{})
		_, openErr := s.Open(t.Context(), key, -1)
		for op, err := range map[string]error{"Put": putErr, "Open": openErr, "Remove": s.Remove(t.Context(), key)} {
			if !errors.Is(err, blob.ErrBadKey) {
				t.Errorf("%s(%q): %v, want ErrBadKey", op, key, err)
			}
		}
		if blob.CheckPrefix(key) == nil {
			continue
		}
		n := 0
		for e, err := range s.List(t.Context(), key) {
			if n++; !errors.Is(err, blob.ErrBadKey) {
				t.Errorf("List(%q) yields %v, %v; want ErrBadKey", key, e, err)
			}
		}
		if n != 1 {
			t.Errorf("List(%q) yielded %d times, want once", key, n)
		}
	}
	MustBeEmpty(t, s)
}

// tree is in bytewise order: '-' before '/' before digits before '_' before letters.
var tree = []string{
	"-/a", "0", "a-b", "a-b-/x", "a/0", "a/a-", "a/a/x", "a/a0", "a/a_", "a/b", "a0/x", "a_/x", "aa", "acme/live/1", "acme/live/2", "acme/sandbox/1", "b", "b0",
}

func plant(t *testing.T, s blob.Store) {
	t.Helper()
	mixed := slices.Clone(tree)
	slices.Reverse(mixed)
	for i := 0; i+2 < len(mixed); i += 3 {
		mixed[i], mixed[i+2] = mixed[i+2], mixed[i]
	}
	for _, key := range mixed {
		MustPut(t, s, key, []byte(key))
	}
}

func listOrder(t *testing.T, s blob.Store) {
	if !slices.IsSorted(tree) {
		t.Fatal("the test's own list is out of order")
	}
	if got := Keys(t, s, ""); len(got) != 0 {
		t.Errorf("an empty store lists %q", got)
	}
	plant(t, s)
	if got := Keys(t, s, ""); !slices.Equal(got, tree) {
		t.Errorf("listed %q, want %q", got, tree)
	}
}

func listPrefix(t *testing.T, s blob.Store) {
	plant(t, s)
	for _, prefix := range []string{
		"-", "a", "a-", "a-b", "a-b-", "a/", "a/a", "a/a/", "a/a/x", "a/a/x/", "aa", "acme", "acme/", "acme/l", "acme/live/", "acme/live/2", "b", "c", "acme/liv/",
	} {
		want := []string{}
		for _, key := range tree {
			if strings.HasPrefix(key, prefix) {
				want = append(want, key)
			}
		}
		if got := Keys(t, s, prefix); !slices.Equal(got, want) {
			t.Errorf("List(%q) = %q, want %q", prefix, got, want)
		}
	}
}

func listStop(t *testing.T, s blob.Store) {
	plant(t, s)
	seen := 0
	for e, err := range s.List(t.Context(), "acme/") {
		if err != nil {
			t.Fatal(err)
		}
		if e.Size != int64(len(e.Key)) {
			t.Errorf("%s is listed with size %d", e.Key, e.Size)
		}
		if age := time.Since(e.ModTime); age < -time.Minute || age > time.Hour || e.ModTime.Location() != time.UTC {
			t.Errorf("%s is listed with time %v", e.Key, e.ModTime)
		}
		if seen++; seen == 2 {
			break
		}
	}
	if seen != 2 {
		t.Errorf("saw %d entries, want 2", seen)
	}
}
