package proc

import (
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestCPUTimeIsReadPastANameWithSpacesAndParentheses(t *testing.T) {
	t.Parallel()
	stat := []byte("42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 150 75 0 0 20 0 1 0 1000 1 1 1")
	got, err := cpuTime(stat)
	if err != nil || got != 2250*time.Millisecond {
		t.Errorf("cpuTime = %v, %v, want 2.25s", got, err)
	}
	if _, err := cpuTime([]byte("42 (x) S")); err == nil {
		t.Error("a short line was accepted")
	}
}

func TestAnonymousMemoryIsReadInBytes(t *testing.T) {
	t.Parallel()
	got, err := rssAnon([]byte("VmRSS:\t    9000 kB\nRssAnon:\t    1904 kB\nRssFile:\t 7096 kB\n"))
	if err != nil || got != 1904<<10 {
		t.Errorf("rssAnon = %d, %v", got, err)
	}
	if _, err := rssAnon([]byte("VmRSS: 1 kB\n")); err == nil {
		t.Error("no RssAnon was accepted")
	}
}

func TestAServerIsPinnedMeasuredAndStopped(t *testing.T) {
	t.Parallel()
	s, err := Start(Spec{Name: "sleeper", Path: "/bin/sleep", Args: []string{"60"}, Core: 0})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(s.cmd.Process.Pid, &set); err != nil {
		t.Fatal(err)
	}
	if set.Count() != 1 || !set.IsSet(0) {
		t.Errorf("%d cores, core 0: %v", set.Count(), set.IsSet(0))
	}
	if _, err := s.CPU(); err != nil {
		t.Error(err)
	}
	if anon, err := s.RssAnon(); err != nil || anon == 0 {
		t.Errorf("RssAnon %d, %v", anon, err)
	}
	s.Stop()
	if err := s.Alive(); err == nil {
		t.Error("still alive after Stop")
	}
}

func TestAServerThatEndsSaysWhatItPrinted(t *testing.T) {
	t.Parallel()
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Start(Spec{Name: "broken", Path: "/bin/sh", Args: []string{"-c", "echo no such data; exit 3"}, Addr: addr, Core: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	err = s.Listening(5 * time.Second)
	if err == nil || !strings.Contains(err.Error(), "no such data") || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("error %v", err)
	}
}
