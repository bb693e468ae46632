package faulttest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// verify holds a running server against what was acknowledged: I1 to I4, I6 and
// I7 of the invariants. (I5 is start's.)
//
//	I1 what a 2xx acknowledged is there and byte-identical
//	I2 what is listed has its bytes, whole
//	I3 every answer that told something has its audit entry, and the log is whole
//	I4 the database is sound
//	I6 no temporary file outlives the sweep
//	I7 nobody sees another tenant's
func (s *site) verify(t testing.TB) {
	t.Helper()
	for _, tn := range s.tenants {
		for _, n := range nouns {
			for _, fault := range tn.compare(n.path, n.key, tn.list(t, n.path, n.key)) {
				t.Errorf("%s: %s", tn.tenantName, fault)
			}
		}
		tn.hear(t)
		if len(tn.things) > 0 { // else it was only shown that it has nothing
			tn.findAnswers(t, s)
		}
	}
	s.examine(t)
	if !s.unswept {
		s.mustBeSwept(t)
	}
}

// list reads all of a noun, by key.
func (tn *tenant) list(t testing.TB, noun, key string) map[string]fields {
	t.Helper()
	all := map[string]fields{}
	for cursor := ""; ; {
		path := "/api/v1/" + noun + "?limit=1000"
		if cursor != "" {
			path += "&cursor=" + cursor
		}
		got, err := tn.get(t.Context(), path)
		if err != nil || got.status != http.StatusOK {
			t.Fatalf("listing %s: %v, %v", noun, got, err)
		}
		doc, err := decode(got.body)
		must(t, err)
		items, _ := doc["items"].([]any)
		for _, item := range items {
			f := fields{}
			for name, v := range item.(map[string]any) {
				f[name] = fmt.Sprint(v)
			}
			if _, twice := all[f[key]]; twice {
				t.Errorf("%s %s is listed twice", noun, f[key])
			}
			all[f[key]] = f
		}
		next, more := doc["nextCursor"].(string)
		if !more {
			return all
		}
		cursor = next
	}
}

// heardAgain is how many recordings are compared of those that were compared
// before.
const heardAgain = 20

// hear downloads what there is and compares it.
func (tn *tenant) hear(t testing.TB) {
	t.Helper()
	again := 0
	for _, th := range tn.known("recordings", there) {
		if th.heard {
			if again++; again > heardAgain {
				continue
			}
		}
		got, err := tn.listen(t.Context(), th)
		if err != nil || got.status != http.StatusOK {
			t.Errorf("recording %s is listed and answers %v, %v", th.key, got.status, err)
			continue
		}
		th.heard = true
	}
}

// findAnswers looks for the audit entry of every answer.
func (tn *tenant) findAnswers(t testing.TB, s *site) {
	t.Helper()
	out := s.command(t, "audit", "export", "--tenant", tn.tenantName, "--after", fmt.Sprint(tn.exported))
	tn.mu.Lock()
	defer tn.mu.Unlock()
	for line := range strings.Lines(out) {
		var e struct {
			Seq     int64
			Request string
		}
		must(t, json.Unmarshal([]byte(line), &e))
		if e.Seq != tn.exported+1 {
			t.Errorf("entry %d follows %d", e.Seq, tn.exported)
		}
		tn.exported = e.Seq
		delete(tn.answered, e.Request)
	}
	for id, what := range tn.answered {
		t.Errorf("%s: no audit entry of request %s: %s", tn.tenantName, id, what)
	}
	clear(tn.answered)
}

// finding is what doctor says of one part.
type finding struct{ Check, Verdict, Found, Do string }

// doctor examines everything and returns what it finds, by check.
func (s *site) doctor(t testing.TB) map[string]finding {
	t.Helper()
	_, out, log := s.run(t.Context(), "doctor", "--deep", "--json")
	var doc struct{ Findings []finding }
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("doctor says %s%s: %v", out, log, err)
	}
	found := map[string]finding{}
	for _, f := range doc.Findings {
		found[f.Check] = f
	}
	return found
}

// examine runs doctor, which must find nothing broken: the database, the audit
// log, every recording.
func (s *site) examine(t testing.TB) {
	t.Helper()
	found := s.doctor(t)
	for _, check := range []string{"database", "audit log", "media store", "recordings"} {
		if f := found[check]; f.Verdict != "ok" && f.Verdict != "warning" {
			t.Errorf("doctor finds of %s: %+v", check, f)
		}
	}
}

// mustBeSwept waits until no temporary file is left.
func (s *site) mustBeSwept(t testing.TB) {
	t.Helper()
	eventually(t, "temporary files stay", func() bool {
		left, err := os.ReadDir(s.media(".tmp"))
		return err == nil && len(left) == 0
	})
}

// objects are the stored objects, by key.
func (s *site) objects(t testing.TB) []string {
	t.Helper()
	found, err := filepath.Glob(s.media("*", "*", "*", "*"))
	must(t, err)
	return found
}

// patience bounds what must not hang, on the slowest machine: nothing waits so
// long where all is well.
const patience = 3 * time.Minute

// eventually waits until so is true.
func eventually(t testing.TB, otherwise string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(otherwise)
		}
	}
}
