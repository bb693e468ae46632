package dir

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
)

const insideEnv = "CHARTLINE_TEST_MOUNTS"

// inOwnMounts runs scenario in a process of its own with mounts of its own, so
// that nothing mounted outlives it. Others than root get a user namespace too.
func inOwnMounts(t *testing.T, scenario func(t *testing.T)) {
	t.Helper()
	if os.Getenv(insideEnv) != "" {
		scenario(t)
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1")
	cmd.Env = append(os.Environ(), insideEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v (the test needs root or user namespaces, to mount a small file system)\n%s", err, out)
	}
}

// small mounts an empty file system in memory and returns its place.
func small(t *testing.T, options string) string {
	t.Helper()
	place := t.TempDir()
	if err := syscall.Mount("none", place, "tmpfs", 0, options); err != nil {
		t.Fatalf("mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(place, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmounting: %v", err)
		}
	})
	return place
}

func remount(t *testing.T, place string, flags uintptr) {
	t.Helper()
	if err := syscall.Mount("none", place, "", syscall.MS_REMOUNT|flags, ""); err != nil {
		t.Fatalf("remounting: %v", err)
	}
}

func put(t *testing.T, s blob.Store, key string, n int) error {
	t.Helper()
	_, err := s.Put(t.Context(), key, bytes.NewReader(blobtest.Data(n)), blob.PutOptions{})
	return err
}

func TestAFullDiskRefusesWritesKeepsReadsAndRecovers(t *testing.T) {
	inOwnMounts(t, func(t *testing.T) {
		place := small(t, "size=4m")
		s := open(t, place, Options{})
		blobtest.MustPut(t, s, "acme/a", blobtest.Data(1<<20))
		for range 2 {
			if err := put(t, s, "acme/b", 5<<20); !errors.Is(err, blob.ErrFull) {
				t.Errorf("Put of too much: %v, want ErrFull", err)
			}
			if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
				t.Errorf("Sweep = %d, %v", n, err)
			}
		}
		filler := filepath.Join(place, "FILLER")
		if err := os.WriteFile(filler, make([]byte, 8<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
			t.Fatalf("filling the disk: %v", err)
		}
		if err := put(t, s, "acme/new/b", 1); !errors.Is(err, blob.ErrFull) {
			t.Errorf("Put on a full disk: %v, want ErrFull", err)
		}
		if err := s.Check(t.Context()); !errors.Is(err, blob.ErrFull) {
			t.Errorf("Check on a full disk: %v, want ErrFull", err)
		}
		blobtest.MustHold(t, s, "acme/a", blobtest.Data(1<<20))
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		blobtest.MustPut(t, s, "acme/b", blobtest.Data(2<<20))
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("Check after the disk has room again: %v", err)
		}
	})
}

func TestADiskWithoutInodesIsFull(t *testing.T) {
	inOwnMounts(t, func(t *testing.T) {
		place := small(t, "size=4m,nr_inodes=8")
		s := open(t, place, Options{})
		var full error
		stored := 0
		for full == nil && stored < 10 {
			if full = put(t, s, fmt.Sprintf("d%d/a", stored), 10); full == nil {
				stored++
			}
		}
		if !errors.Is(full, blob.ErrFull) || stored == 0 {
			t.Errorf("after %d objects: %v, want ErrFull", stored, full)
		}
		if got := blobtest.Keys(t, s, ""); len(got) != stored {
			t.Errorf("listed %q, want %d", got, stored)
		}
		if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("Sweep = %d, %v", n, err)
		}
	})
}

func TestTheFloorIsKeptWhileAStreamComesIn(t *testing.T) {
	inOwnMounts(t, func(t *testing.T) {
		const size, floor = 64 << 20, 32 << 20
		place := small(t, fmt.Sprintf("size=%d", size))
		s := open(t, place, Options{FreeFloor: floor})
		least := int64(size)
		r := readerFunc(func(p []byte) (int, error) {
			free, err := freeBytes(s.top)
			least = min(least, free)
			return len(p), err
		})
		_, err := s.Put(t.Context(), "a", r, blob.PutOptions{})
		if !errors.Is(err, blob.ErrFull) || !strings.Contains(err.Error(), "floor") {
			t.Errorf("an endless stream: %v, want ErrFull for the floor", err)
		}
		if least < floor-spaceEvery {
			t.Errorf("%d bytes were left at the least, the floor is %d", least, floor)
		}
		blobtest.MustBeEmpty(t, s)
		if free, err := freeBytes(s.top); err != nil || free < size-1<<20 {
			t.Errorf("%d bytes free afterwards, %v", free, err)
		}
	})
}

func TestADiskThatTurnsReadOnlyRefusesWritesKeepsReadsAndRecovers(t *testing.T) {
	inOwnMounts(t, func(t *testing.T) {
		place := small(t, "size=4m")
		s := open(t, place, Options{})
		blobtest.MustPut(t, s, "acme/a", blobtest.Data(1000))
		remount(t, place, syscall.MS_RDONLY)
		for op, err := range map[string]error{
			"Put": put(t, s, "acme/b", 10), "Check": s.Check(t.Context()), "Remove": s.Remove(t.Context(), "acme/a"),
		} {
			if !errors.Is(err, syscall.EROFS) || errors.Is(err, blob.ErrFull) {
				t.Errorf("%s: %v, want EROFS", op, err)
			}
		}
		blobtest.MustHold(t, s, "acme/a", blobtest.Data(1000))
		if _, err := Open(filepath.Join(place, "new"), Options{}); !errors.Is(err, syscall.EROFS) {
			t.Errorf("opening a new directory: %v, want EROFS", err)
		}
		if _, err := Open(place, Options{}); !errors.Is(err, syscall.EROFS) || !strings.Contains(err.Error(), "not writable") {
			t.Errorf("opening the directory: %v, want EROFS, not writable", err)
		}
		remount(t, place, 0)
		blobtest.MustPut(t, s, "acme/b", blobtest.Data(10))
		if n, err := s.Sweep(t.Context()); n != 0 || err != nil {
			t.Errorf("Sweep = %d, %v", n, err)
		}
	})
}

func TestADirectoryUnderAFreshMountIsNoticed(t *testing.T) {
	inOwnMounts(t, func(t *testing.T) {
		place := small(t, "size=4m")
		s := open(t, place, Options{})
		if err := syscall.Mount("none", place, "tmpfs", 0, "size=4m"); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "no longer the directory") {
			t.Errorf("Check: %v", err)
		}
		if err := syscall.Unmount(place, syscall.MNT_DETACH); err != nil {
			t.Fatal(err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("Check after the mount is gone: %v", err)
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
