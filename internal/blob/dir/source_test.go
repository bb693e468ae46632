package dir_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"time"

	"chartline/internal/blob"
	"chartline/internal/blob/dir"
)

func TestASourceReadsWhatIsInItAndNothingElse(t *testing.T) {
	t.Parallel()
	outside, root := t.TempDir(), t.TempDir()
	write := func(name, text string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	write(filepath.Join(outside, "secret"), "secret")
	write(filepath.Join(root, "2024", "Visit 1.MP3"), "one")
	write(filepath.Join(root, "é"), "two")
	for link, to := range map[string]string{"out": filepath.Join(outside, "secret"), "up": "../" + filepath.Base(outside) + "/secret", "in": "é", "folder": outside} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := dir.OpenSource(root)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for name, want := range map[string]string{"2024/Visit 1.MP3": "one", "é": "two", "in": "two"} {
		o, version, err := s.Open(t.Context(), name)
		if err != nil || version == "" {
			t.Errorf("%s: version %q, %v", name, version, err)
			continue
		}
		if got, err := io.ReadAll(o); string(got) != want || err != nil {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	}
	for name, want := range map[string]error{
		"out": blob.ErrDamaged, "up": blob.ErrDamaged, "folder/secret": blob.ErrDamaged, "gone": blob.ErrNotFound, "2024": blob.ErrNotFound, "pipe": blob.ErrNotFound,
		"": blob.ErrBadKey, ".": blob.ErrBadKey, "/etc/passwd": blob.ErrBadKey, "../x": blob.ErrBadKey, "2024/../é": blob.ErrBadKey, "2024//x": blob.ErrBadKey, "é/": blob.ErrBadKey,
	} {
		if o, _, err := s.Open(t.Context(), name); !errors.Is(err, want) || o != nil {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	var names []string
	for e, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, e.Key)
	}
	if want := []string{"2024/Visit 1.MP3", "é"}; !slices.Equal(names, want) {
		t.Errorf("lists %q, want %q", names, want)
	}
}

func TestAChangedFileIsAnotherVersion(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	file := filepath.Join(root, "a")
	s, err := dir.OpenSource(root)
	if err == nil {
		err = os.WriteFile(file, []byte("one"), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	version := func() string {
		t.Helper()
		o, v, err := s.Open(t.Context(), "a")
		if err == nil {
			err = o.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	before := version()
	if version() != before {
		t.Error("the version is another although nothing changed")
	}
	if err := os.Chtimes(file, time.Time{}, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	if version() == before {
		t.Error("the version is the same after a change")
	}
}
