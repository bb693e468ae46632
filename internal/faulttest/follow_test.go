package faulttest

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// follower is a process that follows a site.
type follower struct {
	cmd *exec.Cmd
	log *logBuffer
}

func (s *site) follow(t *testing.T, to string) *follower {
	t.Helper()
	f := &follower{cmd: exec.Command(os.Args[0], "backup", "follow", to, "--data", s.dir, "--every", "100ms"), log: &logBuffer{}} // #nosec G204 -- this program
	f.cmd.Env = append(os.Environ(), childVariable+"=1", "GORACE=atexit_sleep_ms=0 halt_on_error=1")
	for name, value := range s.env {
		f.cmd.Env = append(f.cmd.Env, name+"="+value)
	}
	f.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	f.cmd.Stderr = f.log
	before := s.followed(t, to)
	must(t, f.cmd.Start())
	t.Cleanup(func() {
		_ = f.cmd.Process.Kill() // it may have ended
		if t.Failed() {
			t.Logf("the follower said\n%s", f.log)
		}
	})
	eventually(t, "the followed backup is made", func() bool { return s.followed(t, to).After(before) })
	return f
}

// followed is up to when a place has everything, in the newest backup.
func (s *site) followed(t *testing.T, to string) time.Time {
	t.Helper()
	var doc struct{ Items []struct{ Until time.Time } }
	if code, out, _ := s.run(t.Context(), "backup", "list", to, "--json"); code != 0 || json.Unmarshal([]byte(out), &doc) != nil || len(doc.Items) == 0 {
		return time.Time{}
	}
	return doc.Items[0].Until
}

func (f *follower) kill(t *testing.T) {
	t.Helper()
	must(t, f.cmd.Process.Kill())
	_ = f.cmd.Wait() // it was killed
}

// F28: server and follower are killed and begin again under load; then the
// machine is lost, with both.
func TestWhatWasFollowedOutlivesItsMachine(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s, to := newSite(t), t.TempDir()
	p := s.start(t)
	c := s.tenants[0].open(t)
	l := begin(t, rng, 4, none, c)
	l.more(20, 0)
	f := s.follow(t, to)
	l.more(60, 0)
	p.kill() // under the follower, which goes on
	l.end()
	p = s.start(t)
	l = begin(t, rng, 4, none, c)
	l.more(60, 0)
	f.kill(t) // in the middle of a step, perhaps
	f = s.follow(t, to)
	l.more(60, 0)
	l.end()
	told := time.Now()
	// A write more, so that what was told before it lies before a step.
	if _, _, err := c.newPatient(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what was told is copied", func() bool { return s.followed(t, to).After(told) })
	f.kill(t)
	p.kill()
	must(t, os.RemoveAll(s.dir))
	s.command(t, "backup", "verify", to)
	s.command(t, "restore", to)
	p = s.start(t)
	s.enter(t)
	s.examine(t)
	s.tenants = s.tenants[:1]
	s.verify(t)
	p.stop()
}

// A follower that is told to stop copies what was committed before it ends; where
// the master key is kept apart, all of that is sealed.
func TestAFollowerThatIsToldToStopLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	s, to := newSite(t), t.TempDir()
	must(t, os.RemoveAll(filepath.Join(s.dir, "master.key")))
	s.env["CHARTLINE_MASTER_KEY"] = strings.Repeat("0123456789abcdef", 4)
	p := s.start(t)
	c := s.tenants[0].open(t)
	f := s.follow(t, to)
	for range 5 {
		if _, _, err := c.newPatient(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	must(t, f.cmd.Process.Signal(os.Interrupt))
	if err := f.cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, f.log)
	}
	p.kill()
	must(t, os.RemoveAll(s.dir))
	steps := 0
	for name, content := range files(t, to) {
		if strings.Contains(name, "/after/") {
			steps++
		}
		if bytes.Contains(content, []byte("Lindqvist")) {
			t.Errorf("%s has a patient's name", name)
		}
	}
	if steps == 0 {
		t.Error("nothing was copied after the backup")
	}
	s.command(t, "restore", to)
	p = s.start(t)
	s.enter(t)
	s.tenants = s.tenants[:1]
	s.verify(t)
	p.stop()
}
