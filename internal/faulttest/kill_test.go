package faulttest

import (
	"os"
	"testing"
	"time"
)

// F1.
func TestAServerKilledUnderLoadLosesNothingAndShowsNothingHalf(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s := newSite(t)
	p := s.start(t)
	clinics := []clinic{s.tenants[0].open(t), s.tenants[1].open(t)}
	done := 0
	for range *rounds {
		l := begin(t, rng, 4, none, clinics...)
		l.more(20+rng.IntN(100), 0)
		p.kill()
		done += l.end().done
		p = s.start(t)
		s.verify(t)
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d requests were answered in %d rounds", done, *rounds)
	p.kill()

	// What the kills left behind goes once it is an hour old; nothing else does.
	long := time.Now().Add(-2 * time.Hour)
	for _, object := range s.objects(t) {
		must(t, os.Chtimes(object, long, long))
	}
	p = s.start(t)
	used := 0
	for _, tn := range s.tenants {
		used += len(tn.known("recordings", there))
	}
	eventually(t, "objects that nothing uses stay", func() bool { return len(s.objects(t)) <= used })
	for _, tn := range s.tenants {
		for _, th := range tn.known("recordings", there) {
			th.heard = false
		}
	}
	s.verify(t)
	p.stop()
}
