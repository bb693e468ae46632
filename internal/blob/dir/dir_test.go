package dir

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
)

func open(t testing.TB, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestADirectoryKeepsTheStoresPromises(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store { return open(t, t.TempDir(), Options{}) })
}

func TestFilesAndDirectoriesAreTheOwnersAlone(t *testing.T) {
	t.Parallel()
	top := filepath.Join(t.TempDir(), "new", "media")
	s := open(t, top, Options{})
	blobtest.MustPut(t, s, "acme/live/a", blobtest.Data(10))
	files := 0
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		want := fs.FileMode(0o600)
		if d.IsDir() {
			want = fs.ModeDir | 0o700
		} else {
			files++
		}
		if fi.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, fi.Mode(), want)
		}
		return nil
	})
	if err != nil || files != 1 {
		t.Errorf("the tree holds %d files, %v", files, err)
	}
}

func TestObjectsOutliveTheStoreThatWroteThem(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	s, err := Open(top, Options{})
	if err != nil {
		t.Fatal(err)
	}
	blobtest.MustPut(t, s, "acme/live/a", blobtest.Data(1000))
	o, err := s.Open(t.Context(), "acme/live/a", 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(o); err != nil || !bytes.Equal(got, blobtest.Data(1000)) {
		t.Errorf("an open object after Close: %d bytes, %v", len(got), err)
	}
	if _, err := s.Put(t.Context(), "b", strings.NewReader("x"), blob.PutOptions{}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Put after Close: %v, want fs.ErrClosed", err)
	}
	blobtest.MustHold(t, open(t, top, Options{}), "acme/live/a", blobtest.Data(1000))
}

func TestAnObjectIsAPlainFileForTheKernelToSend(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{})
	blobtest.MustPut(t, s, "a", blobtest.Data(1000))
	o, err := s.Open(t.Context(), "a", 1000)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	f := o.(blob.Filer).File()
	if got, err := io.ReadAll(f); err != nil || !bytes.Equal(got, blobtest.Data(1000)) {
		t.Errorf("the file holds %d bytes, %v", len(got), err)
	}
}

func TestDamageIsSeenBeforeTheFirstByte(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(path string) error{
		"emptied":     func(p string) error { return os.Truncate(p, 0) },
		"truncated":   func(p string) error { return os.Truncate(p, 999) },
		"grown":       func(p string) error { return os.Truncate(p, 1001) },
		"a directory": func(p string) error { return errors.Join(os.Remove(p), os.MkdirAll(p+"/x", 0o700)) },
		"a pipe":      func(p string) error { return errors.Join(os.Remove(p), mkfifo(p)) },
		"removed":     os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			s := open(t, top, Options{})
			blobtest.MustPut(t, s, "acme/a", blobtest.Data(1000))
			if err := damage(filepath.Join(top, "acme/a")); err != nil {
				t.Fatal(err)
			}
			want := blob.ErrDamaged
			if name == "removed" || name == "a directory" {
				want = blob.ErrNotFound
			}
			if _, err := s.Open(t.Context(), "acme/a", 1000); !errors.Is(err, want) {
				t.Errorf("Open: %v, want %v", err, want)
			}
		})
	}
}

func TestAnObjectThatShrinksWhileItIsReadFails(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	s := open(t, top, Options{})
	blobtest.MustPut(t, s, "a", blobtest.Data(100_000))
	o, err := s.Open(t.Context(), "a", 100_000)
	if err != nil {
		t.Fatal(err)
	}
	defer o.Close()
	if err := os.Truncate(filepath.Join(top, "a"), 50_000); err != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, o); n != 50_000 || !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("read %d bytes, %v; want 50000 and ErrDamaged", n, err)
	}
	if n, err := o.ReadAt(make([]byte, 10), 49_995); n != 5 || !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("ReadAt = %d, %v; want 5 and ErrDamaged", n, err)
	}
}

// An attacker, or an operator's slip, puts a link in an object's place: to
// /etc/passwd, to another recording, or in place of a directory on its way.
func TestLinksAreNeverFollowedOut(t *testing.T) {
	t.Parallel()
	top, outside := t.TempDir(), t.TempDir()
	secret := filepath.Join(outside, "a")
	if err := os.WriteFile(secret, blobtest.Data(1000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, top, Options{})
	blobtest.MustPut(t, s, "acme/live/other", blobtest.Data(1000))
	for key, target := range map[string]string{
		"absolute": secret, "relative": "../../../../../../../../" + secret, "passwd": "/etc/passwd", "inside": "acme/live/other",
		"nowhere": "/does/not/exist", "itself": "itself",
	} {
		if err := os.Symlink(target, filepath.Join(top, key)); err != nil {
			t.Fatal(err)
		}
		if o, err := s.Open(t.Context(), key, -1); !errors.Is(err, blob.ErrDamaged) {
			t.Errorf("Open of a link (%s) = %v, %v; want ErrDamaged", key, o, err)
		}
		if _, err := s.Put(t.Context(), key, strings.NewReader("x"), blob.PutOptions{}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("Put over a link (%s): %v, want fs.ErrExist", key, err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(top, "linked")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(t.Context(), "linked/a", -1); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("Open under a linked directory: %v, want ErrDamaged", err)
	}
	if _, err := s.Put(t.Context(), "linked/b", strings.NewReader("x"), blob.PutOptions{}); err == nil {
		t.Error("Put under a linked directory succeeded")
	}
	if err := s.Remove(t.Context(), "linked/a"); err == nil {
		t.Error("Remove under a linked directory succeeded")
	}
	if err := s.Remove(t.Context(), "absolute"); err != nil {
		t.Errorf("Remove of a link: %v", err)
	}
	if got := blobtest.Keys(t, s, ""); !slices.Equal(got, []string{"acme/live/other"}) {
		t.Errorf("listed %q", got)
	}
	left, err := os.ReadDir(outside)
	if err != nil || len(left) != 1 || left[0].Name() != "a" {
		t.Errorf("outside there is now %v, %v", left, err)
	}
}

func TestForeignFilesAreNeitherListedNorServedNorSwept(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	s := open(t, top, Options{})
	blobtest.MustPut(t, s, "a", blobtest.Data(10))
	for _, name := range []string{"lost+found/x", ".DS_Store", "README.txt", "B"} {
		path := filepath.Join(top, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("x"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	if got := blobtest.Keys(t, s, ""); !slices.Equal(got, []string{"a"}) {
		t.Errorf("listed %q", got)
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("Sweep = %d, %v", n, err)
	}
}

func TestADirectoryOfAnyLengthIsListedInOrder(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{})
	var want []string
	for i := range 100 {
		key := fmt.Sprintf("a/%02d", i)
		if i%7 == 0 {
			key += "/x"
		}
		want = append(want, key)
		blobtest.MustPut(t, s, key, nil)
	}
	for _, batch := range []int{1, 2, 7, 50, 99, 100, 101, 1000} {
		var got []string
		w := walk{ctx: t.Context(), batch: batch, yield: func(e blob.Entry) bool {
			got = append(got, e.Key)
			return true
		}}
		if err := w.dir(s.root, ""); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("in batches of %d: %q", batch, got)
		}
	}
}

func TestAKeyUnderAnObjectIsRefused(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{})
	blobtest.MustPut(t, s, "acme/a", blobtest.Data(10))
	if _, err := s.Put(t.Context(), "acme/a/b", strings.NewReader("x"), blob.PutOptions{}); !errors.Is(err, blob.ErrBadKey) {
		t.Errorf("Put under an object: %v, want ErrBadKey", err)
	}
	if _, err := s.Put(t.Context(), "acme", strings.NewReader("x"), blob.PutOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("Put over a directory: %v, want fs.ErrExist", err)
	}
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("Sweep = %d, %v", n, err)
	}
}

func TestARemovedDirectoryIsMadeAgain(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	s := open(t, top, Options{})
	blobtest.MustPut(t, s, "acme/live/a", blobtest.Data(10))
	if err := os.RemoveAll(filepath.Join(top, "acme")); err != nil {
		t.Fatal(err)
	}
	blobtest.MustPut(t, s, "acme/live/a", blobtest.Data(20))
	blobtest.MustHold(t, s, "acme/live/a", blobtest.Data(20))
}

func TestUnderTheFloorWritesStopAndReadsGoOn(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	blobtest.MustPut(t, open(t, top, Options{}), "a", blobtest.Data(1000))
	s := open(t, top, Options{FreeFloor: 1 << 60})
	if _, err := s.Put(t.Context(), "b", strings.NewReader("x"), blob.PutOptions{}); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Put: %v, want ErrFull", err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, blob.ErrFull) {
		t.Errorf("Check: %v, want ErrFull", err)
	}
	blobtest.MustHold(t, s, "a", blobtest.Data(1000))
	if err := s.Remove(t.Context(), "a"); err != nil {
		t.Errorf("Remove: %v", err)
	}
	blobtest.MustBeEmpty(t, s)
}

func TestADirectoryThatCannotServeIsRefusedClearly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		file:          "is not a directory",
		file + "/sub": "not a directory",
		"/proc/sub":   "no such file or directory",
	} {
		s, err := Open(path, Options{})
		if err == nil {
			t.Errorf("Open(%s) succeeded: %v", path, s.Close())
		} else if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("Open(%s): %q does not say %q", path, err, want)
		}
	}
}

func TestCheckNoticesThatTheDirectoryWasReplaced(t *testing.T) {
	t.Parallel()
	top := filepath.Join(t.TempDir(), "media")
	s := open(t, top, Options{})
	if err := os.Rename(top, top+"-old"); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Check after the directory went: %v, want fs.ErrNotExist", err)
	}
	if err := os.Mkdir(top, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no longer the directory") {
		t.Errorf("Check after another came: %v", err)
	}
}

func TestADeadWritersFileIsSweptAndALiveOnesIsNot(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	s, other := open(t, top, Options{}), open(t, top, Options{})
	dead := filepath.Join(top, tmpDir, "DEAD")
	if err := os.WriteFile(dead, blobtest.Data(100), 0o600); err != nil {
		t.Fatal(err)
	}
	live, err := s.newStage()
	if err != nil {
		t.Fatal(err)
	}
	for i, sweeper := range []*Store{other, s} {
		if n, err := sweeper.Sweep(t.Context()); n != 1-i || err != nil {
			t.Errorf("sweep %d removed %d, %v", i, n, err)
		}
	}
	if _, err := os.Stat(filepath.Join(top, tmpDir, live.name)); err != nil {
		t.Errorf("the live writer's file: %v", err)
	}
	if err := live.discard(); err != nil {
		t.Error(err)
	}
	blobtest.MustBeEmpty(t, s)
}

// Writers and sweepers race for as long as it takes to make many files: no
// writer may lose its file to a sweeper.
func TestSweepersNeverTakeAWritersFile(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), Options{})
	stop := make(chan struct{})
	swept := make(chan int)
	for range 2 {
		go func() {
			total := 0
			for {
				n, err := s.Sweep(t.Context())
				if err != nil {
					t.Errorf("Sweep: %v", err)
				}
				total += n
				select {
				case <-stop:
					swept <- total
					return
				default:
				}
			}
		}()
	}
	deadline := time.Now().Add(time.Second)
	for i := 0; i < 400 && time.Now().Before(deadline); i++ {
		blobtest.MustPut(t, s, fmt.Sprintf("a/%d", i), []byte("x"))
	}
	close(stop)
	t.Logf("%d half-made files were swept and made again", <-swept+<-swept)
	if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("at the end Sweep = %d, %v", n, err)
	}
}

func FuzzKeysReachOneFileOrNone(f *testing.F) {
	for _, key := range append(blobtest.Hostile(), "a", "acme/live/a", "-", "a/b/c/d") {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		around := t.TempDir()
		s := open(t, filepath.Join(around, "media"), Options{})
		_, err := s.Put(t.Context(), key, strings.NewReader("x"), blob.PutOptions{})
		var want []string
		if blob.CheckKey(key) == nil {
			want = []string{key}
			if err != nil {
				t.Fatalf("Put(%q): %v", key, err)
			}
			blobtest.MustHold(t, s, key, []byte("x"))
		} else if !errors.Is(err, blob.ErrBadKey) {
			t.Fatalf("Put(%q): %v, want ErrBadKey", key, err)
		}
		var found []string
		err = filepath.WalkDir(around, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() {
				rel, _ := filepath.Rel(filepath.Join(around, "media"), path)
				found = append(found, rel)
			}
			return err
		})
		if err != nil || !slices.Equal(found, want) {
			t.Fatalf("Put(%q) made %q, %v", key, found, err)
		}
	})
}
