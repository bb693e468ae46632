package faulttest

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// traceCommand runs a command in a process of its own, which must succeed, and
// has m do what it did.
func (s *site) traceCommand(t *testing.T, m *diskModel, args ...string) (out string) {
	t.Helper()
	log := filepath.Join(t.TempDir(), "trace")
	all := append([]string{"-f", "-o", log}, recorded()...)
	all = append(append(append(all, os.Args[0]), args...), "--data", s.dir)
	cmd := exec.Command(strace(t)[0], all...)
	cmd.Env = append(os.Environ(), childVariable+"=1", "GORACE=atexit_sleep_ms=0")
	for name, value := range s.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	text, err := cmd.Output()
	if err != nil {
		t.Fatalf("chartline %s: %v", strings.Join(args, " "), err)
	}
	for _, at := range readTrace(t, log) {
		m.step(at)
	}
	return string(text)
}

// afterCut is the site when the power has been cut and nothing is left but what
// was flushed.
func (s *site) afterCut(t *testing.T, m *diskModel) *site {
	t.Helper()
	top := t.TempDir()
	must(t, m.lay(top, lost, nil))
	in, err := filepath.Rel(m.top, s.dir)
	must(t, err)
	return &site{dir: filepath.Join(top, in), env: s.env}
}

// F4: an installation is begun by commands, in a directory that was not there.
func TestWhatACommandBeganOutlivesACutOfPowerRightAfterIt(t *testing.T) {
	t.Parallel()
	top, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	s := &site{dir: filepath.Join(top, "srv", "clinic", "data"), env: map[string]string{"CHARTLINE_FREE_DISK_FLOOR": "0"}}
	m := newDiskModel(t, top)
	s.traceCommand(t, m, "tenant", "create", "acme-health")
	if out := s.afterCut(t, m).command(t, "tenant", "list"); !strings.Contains(out, "acme-health") {
		t.Errorf("of the tenant is left: %s", out)
	}
	s.traceCommand(t, m, "instance", "create", "live", "--tenant", "acme-health", "--time-zone", "UTC")
	var client struct{ Name, Secret string }
	must(t, json.Unmarshal([]byte(s.traceCommand(t, m, "client", "create", "--tenant", "acme-health", "--all-grants", "--json")), &client))
	var made struct{ Token string }
	must(t, json.Unmarshal([]byte(s.traceCommand(t, m, "client", "token", client.Name, "--tenant", "acme-health", "--json")), &made))

	left := s.afterCut(t, m)
	left.tenants = []*tenant{newTenant(credentials{"acme-health", client.Name, client.Secret, made.Token})}
	p := left.start(t)
	call := left.first().open(t).mustHaveCall(t)
	if _, got, err := left.first().upload(t.Context(), "1771580000001.mp3", "call", call.key, sound(5000)); err != nil || got.status != http.StatusCreated {
		t.Errorf("%v, %v", got, err)
	}
	left.verify(t)
	p.stop()
}

// F4, F28: a restore that was reported done.
func TestWhatWasRestoredOutlivesACutOfPowerRightAfterIt(t *testing.T) {
	t.Parallel()
	s, to := stocked(t)
	top, err := filepath.EvalSymlinks(t.TempDir())
	must(t, err)
	put := &site{dir: filepath.Join(top, "srv", "data"), env: s.env}
	m := newDiskModel(t, top)
	put.traceCommand(t, m, "restore", to)
	left := put.afterCut(t, m)
	left.examine(t)
	if n := len(left.objects(t)); n != 12 {
		t.Errorf("of 12 objects %d are left", n)
	}
	left.start(t).stop()
	if n := strings.Count(left.command(t, "recording", "list", "--tenant", s.first().tenantName), ".mp3"); n != 12 {
		t.Errorf("of 12 recordings %d are listed", n)
	}
}
