package proc

import (
	"testing"
	"time"
)

func TestWhatAServersChildrenUseIsCounted(t *testing.T) {
	t.Parallel()
	s, err := Start(Spec{Name: "parent", Path: "/bin/sh", Args: []string{"-c", "(while :; do :; done) & trap 'kill $!' TERM; wait"}, Core: AllCores})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	for range 600 {
		all, err := s.CPUOfAll()
		if err != nil {
			t.Fatal(err)
		}
		own, err := s.CPU()
		if err != nil {
			t.Fatal(err)
		}
		if all > own+50*time.Millisecond {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("a busy child is not counted in half a minute")
}
