package faulttest

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
)

// scrubbed is what a scrub tells.
type scrubbed struct {
	OK, Resumed, Finished bool
	Objects               int
	Damaged, Healed       int
	Named                 []struct{ ID, Damage string }
}

func (s *site) scrub(t *testing.T, want int, flags ...string) (doc scrubbed) {
	t.Helper()
	code, out, log := s.run(t.Context(), append([]string{"scrub", "--json"}, flags...)...)
	if code != want {
		t.Fatalf("scrub exits with %d: %s%s", code, out, log)
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return doc
}

// F9 and F11: what rots unseen is found by reading it back, answers as damaged
// from then on, and is delivered again once it is put back.
func TestWhatRottedIsFoundByAScrubAndNotDelivered(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	var all []*thing
	for range 5 {
		th, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(90_000))
		if err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}
		all = append(all, th)
	}
	if doc := s.scrub(t, 0); !doc.OK || !doc.Finished || doc.Objects != 5 {
		t.Errorf("of good ones: %+v", doc)
	}
	file := func(th *thing) string { return s.media(c.tenantName, "live", th.id[:2], th.id) }
	flipped, lost := all[1], all[3]
	kept, err := os.ReadFile(file(flipped))
	must(t, err)
	rotten := append([]byte{}, kept...)
	rotten[70_000] ^= 1
	must(t, os.WriteFile(file(flipped), rotten, 0o600))
	must(t, os.Rename(file(lost), file(lost)+"-aside"))

	doc := s.scrub(t, 1, "--rate", "10MiB")
	found := map[string]string{}
	for _, n := range doc.Named {
		found[n.ID] = n.Damage
	}
	if doc.Damaged != 2 || found[flipped.id] != "changed" || found[lost.id] != "missing" {
		t.Errorf("of rotten ones: %+v", doc)
	}
	for i, th := range all {
		got, err := c.get(t.Context(), "/api/v1/recordings/"+th.id+"/content")
		want := http.StatusOK
		if i == 1 || i == 3 {
			want = http.StatusServiceUnavailable
		}
		if err != nil || got.status != want {
			t.Errorf("recording %d: %v, %v", i, got.status, err)
		}
	}
	if f := s.doctor(t)["recordings"]; f.Verdict != "failed" || !strings.Contains(f.Found, flipped.id+": ") {
		t.Errorf("doctor says %+v", f)
	}
	if out := s.command(t, "scrub", "--list"); strings.Count(out, "recording ") != 2 {
		t.Errorf("listed: %s", out)
	}
	if out := s.command(t, "audit", "list", "--tenant", c.tenantName, "--json"); !strings.Contains(out, "scrub: damaged: changed") {
		t.Errorf("audited: %s", out)
	}

	must(t, os.WriteFile(file(flipped), kept, 0o600))
	must(t, os.Rename(file(lost)+"-aside", file(lost)))
	if doc := s.scrub(t, 0, "--damaged"); doc.Healed != 2 || doc.Objects != 2 {
		t.Errorf("put back: %+v", doc)
	}
	for _, th := range all {
		if got, err := c.listen(t.Context(), th); err != nil || got.status != http.StatusOK {
			t.Errorf("put back: %v, %v", got.status, err)
		}
	}
	s.verify(t)
	p.stop()
}

// A media store that is not there, or another's, is no rot.
func TestAScrubOfTheWrongPlaceMarksNothing(t *testing.T) {
	t.Parallel()
	s, _ := stocked(t)
	must(t, os.Rename(s.media(), s.media()+"-elsewhere"))
	if code, _, log := s.run(t.Context(), "scrub"); code != 1 || !strings.Contains(log, "is its disk mounted?") {
		t.Errorf("without the disk: %d, %s", code, log)
	}
	must(t, os.Rename(s.media()+"-elsewhere", s.media()))
	if doc := s.scrub(t, 0); doc.Objects != 12 || doc.Healed != 0 {
		t.Errorf("with it again: %+v", doc)
	}
}
