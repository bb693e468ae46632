package dir

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
)

func TestAPipeInAnObjectsPlaceIsDamageAndNotWaitedFor(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	s := open(t, top, Options{})
	if err := syscall.Mkfifo(filepath.Join(top, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	if o, err := s.Open(t.Context(), "pipe", -1); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("Open of a pipe = %v, %v; want ErrDamaged", o, err)
	}
}

func TestBothWaysOfOpeningFindTheSame(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{})
	blobtest.MustPut(t, s, "acme/live/one", blobtest.Data(100))
	f := s.openPlain("acme/live/one")
	if f == nil {
		t.Fatal("a plain file was not opened in one call")
	}
	defer func() { _ = f.Close() }()
	listed, err := s.lstat("acme/live/one")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := f.Stat(); err != nil || info.Size() != listed.Size() || info.Mode() != listed.Mode() {
		t.Errorf("one call found %v, the careful way %v, %v", info, listed, err)
	}
	for _, key := range []string{"acme/live/two", "acme/live/one/under", "../acme", "/etc/passwd"} {
		if f := s.openPlain(key); f != nil {
			t.Errorf("%s was opened", key)
		}
	}
}
