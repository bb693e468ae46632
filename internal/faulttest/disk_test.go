package faulttest

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const insideVariable = "CHARTLINE_TEST_MOUNTS"

// inOwnMounts runs scenario in a process of its own with mounts of its own, so
// that nothing mounted outlives it. Others than root get a user namespace too.
func inOwnMounts(t *testing.T, scenario func(t *testing.T)) {
	t.Helper()
	if os.Getenv(insideVariable) != "" {
		scenario(t)
		return
	}
	t.Parallel()
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v", fmt.Sprintf("-seed=%d", *seed))
	cmd.Env = append(os.Environ(), insideVariable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: syscall.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v (the test needs root or user namespaces, to mount a small file system)\n%s", err, out)
	}
	t.Logf("%s", out)
}

// mount mounts an empty file system in memory at place.
func mount(t *testing.T, place, options string) {
	t.Helper()
	if err := syscall.Mount("none", place, "tmpfs", 0, options); err != nil {
		t.Fatalf("mounting a tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(place, syscall.MNT_DETACH) })
}

// disk is a small file system that can be filled.
type disk struct {
	t     *testing.T
	place string
}

func (d disk) filler() string { return filepath.Join(d.place, "FILLER") }

// leave fills the disk but for n bytes.
func (d disk) leave(n int64) {
	d.t.Helper()
	d.free()
	var st syscall.Statfs_t
	must(d.t, syscall.Statfs(d.place, &st))
	size := int64(st.Bavail)*st.Bsize - n
	if err := os.WriteFile(d.filler(), make([]byte, size), 0o600); err != nil && !errors.Is(err, syscall.ENOSPC) {
		d.t.Fatal(err)
	}
}

// free takes away what fills it.
func (d disk) free() {
	d.t.Helper()
	if err := os.Remove(d.filler()); err != nil && !errors.Is(err, os.ErrNotExist) {
		d.t.Fatal(err)
	}
}

// F6.
func TestAFullDiskRefusesUploadsThenEverythingAndRecoversByItself(t *testing.T) {
	inOwnMounts(t, func(t *testing.T) {
		d := disk{t, t.TempDir()}
		mount(t, d.place, "size=48m")
		s := newSiteIn(t, filepath.Join(d.place, "data"))
		s.env["CHARTLINE_FREE_DISK_FLOOR"] = "8MiB"
		p := s.start(t)
		c := s.first().open(t)
		call := c.mustHaveCall(t)
		recording, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(100_000))
		if err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}

		// Under the floor: no uploads; all else goes on.
		d.leave(7 << 20)
		_, got, err = c.upload(t.Context(), c.newName(), "call", call.key, sound(100))
		if err != nil || got.status != http.StatusInsufficientStorage || got.header.Get("Retry-After") == "" {
			t.Errorf("an upload under the floor: %v, %v", got, err)
		}
		if got, err := c.listen(t.Context(), recording); err != nil || got.status != http.StatusOK {
			t.Errorf("a download under the floor: %v, %v", got.status, err)
		}
		if _, got, err := c.newPatient(t.Context()); err != nil || got.status != http.StatusCreated {
			t.Errorf("a new patient under the floor: %v, %v", got, err)
		}
		c.mustBeReady(t, http.StatusOK, "media", "full")

		// Nothing is left: sooner or later the log of the database cannot grow,
		// and from then on nothing can be audited.
		d.leave(0)
		refused := 0
		for end := time.Now().Add(patience); refused < 50 && time.Now().Before(end); {
			got, err := c.get(t.Context(), "/api/v1/patients?limit=1")
			switch {
			case err == nil && got.status == http.StatusServiceUnavailable:
				refused++
			case err == nil && got.status == http.StatusOK:
				refused = 0
			default:
				t.Fatalf("on a full disk: %v, %v", got, err)
			}
		}
		c.refuseAll(t, recording, call)
		c.mustBeReady(t, http.StatusServiceUnavailable, "database", "failing")
		c.mustBeReady(t, http.StatusServiceUnavailable, "media", "full")

		d.free()
		c.mustRecover(t)
		s.verify(t)

		// The same under load, the disk filling and emptying.
		l := begin(t, draw(t), 4, but(http.StatusServiceUnavailable, http.StatusInsufficientStorage), c)
		for range 3 {
			d.leave(0)
			l.more(0, 10)
			d.free()
			l.more(10, 0)
		}
		l.end()
		c.mustRecover(t)
		s.verify(t)

		// Killed on a full disk.
		l = begin(t, draw(t), 4, but(http.StatusServiceUnavailable, http.StatusInsufficientStorage), c)
		d.leave(0)
		l.more(0, 5)
		p.kill()
		l.end()
		if q := s.startUnder(t, nil); q.url != "" {
			q.kill()
		} else if !strings.Contains(q.log.whole(), "full") {
			t.Errorf("on a full disk it starts with exit %d: %s", q.exitCode(), q.log)
		}
		d.free()
		p = s.start(t)
		s.verify(t)
		p.stop()
	})
}

// F12: the disk of the recordings turns read-only while the database's does not.
func TestMediaThatTurnReadOnlyRefuseUploadsAndRecoverByThemselves(t *testing.T) {
	inOwnMounts(t, func(t *testing.T) {
		s := newSite(t)
		mount(t, s.media(), "size=16m")
		p := s.start(t)
		c := s.first().open(t)
		call := c.mustHaveCall(t)
		recording, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(100_000))
		if err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}
		must(t, syscall.Mount("none", s.media(), "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""))
		if _, got, err = c.upload(t.Context(), c.newName(), "call", call.key, sound(100)); err != nil || got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
			t.Errorf("an upload: %v, %v", got, err)
		}
		if got, err := c.listen(t.Context(), recording); err != nil || got.status != http.StatusOK {
			t.Errorf("a download: %v, %v", got.status, err)
		}
		c.mustBeReady(t, http.StatusServiceUnavailable, "media", "failing")
		if got, err := c.remove(t.Context(), recording); err != nil || got.status != http.StatusNoContent {
			t.Errorf("a deletion: %v, %v", got, err) // nobody hears it any more; its bytes wait for the sweep
		}
		must(t, syscall.Mount("none", s.media(), "", syscall.MS_REMOUNT, ""))
		c.mustRecover(t)
		s.verify(t)
		p.stop()
	})
}
