package oversight_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
	"chartline/internal/policy"
)

const patient = "9d0a3a54-1d6b-4b56-9a3c-0d0f5e6a0001"

// mixed writes n entries of every sort in groups of every size, the first half
// of them indexed, and returns them.
func (w *world) mixed(t *testing.T, n int) []care.AuditEntry {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for made := 0; made < n; {
		group := make([]care.AuditEntry, min(1+random.IntN(40), n-made))
		for i := range group {
			group[i] = care.AuditEntry{
				At: noon.Add(time.Duration(random.IntN(48)-24) * time.Hour), Actor: care.ActorClient,
				ActorID: fmt.Sprintf("c%d", random.IntN(3)), Instance: []string{"live", "sandbox"}[random.IntN(2)],
				Action:  []care.Action{policy.RecordingRead, policy.PatientRead}[random.IntN(2)],
				Outcome: []care.Outcome{care.OutcomeAllowed, care.OutcomeRefused}[random.IntN(2)],
				Patient: []string{"", patient, "another"}[random.IntN(3)],
			}
		}
		w.write(t, tenant, group...)
		if made += len(group); made > n/2 && made-len(group) <= n/2 {
			w.checkpoint(t)
		}
	}
	return w.entries(t, tenant)
}

// pages reads page after page to the end.
func (w *world) pages(t *testing.T, actor care.Actor, f care.AuditFilter, p oversight.Page) []care.AuditEntry {
	t.Helper()
	var all []care.AuditEntry
	for next := &p; next != nil; {
		got, err := w.service.List(t.Context(), actor, f, *next)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, got.Entries...)
		next = got.Next
	}
	return all
}

func TestPagesHoldWhatTheFilterAsksForInEitherOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.mixed(t, 1200)
	morning, evening := noon.Add(-6*time.Hour), noon.Add(6*time.Hour)
	for name, c := range map[string]struct {
		filter care.AuditFilter
		want   func(care.AuditEntry) bool
	}{
		"everything": {care.AuditFilter{}, func(care.AuditEntry) bool { return true }},
		"an actor":   {care.AuditFilter{Actor: "c1"}, func(e care.AuditEntry) bool { return e.ActorID == "c1" }},
		"a patient":  {care.AuditFilter{Patient: patient}, func(e care.AuditEntry) bool { return e.Patient == patient }},
		"an instance": {care.AuditFilter{Instance: "sandbox"},
			func(e care.AuditEntry) bool { return e.Instance == "sandbox" }},
		"what was refused": {care.AuditFilter{Action: policy.PatientRead, Outcome: care.OutcomeRefused},
			func(e care.AuditEntry) bool {
				return e.Action == policy.PatientRead && e.Outcome == care.OutcomeRefused
			}},
		"from a time on": {care.AuditFilter{From: &morning}, func(e care.AuditEntry) bool { return !e.At.Before(morning) }},
		"a patient in a time": {care.AuditFilter{Patient: patient, From: &morning, Until: &evening},
			func(e care.AuditEntry) bool {
				return e.Patient == patient && !e.At.Before(morning) && e.At.Before(evening)
			}},
		"nothing": {care.AuditFilter{Actor: "nobody"}, func(care.AuditEntry) bool { return false }},
	} {
		c.filter.Chain = tenant
		want := slices.DeleteFunc(slices.Clone(all), func(e care.AuditEntry) bool { return !c.want(e) })
		if len(want) == len(all) != (name == "everything") || len(want) == 0 != (name == "nothing") {
			t.Fatalf("%s: the case shows nothing: %d of %d", name, len(want), len(all))
		}
		for _, limit := range []int{83, 1000} {
			// The listings' own entries come after what is asked for.
			p := oversight.Page{Limit: limit, Upto: int64(len(all))}
			if got := w.pages(t, operator, c.filter, p); !slices.Equal(got, want) {
				t.Fatalf("%s by %d, oldest first: %s", name, limit, cmp.Diff(want, got))
			}
			p.NewestFirst = true
			got := w.pages(t, operator, c.filter, p)
			slices.Reverse(got)
			if !slices.Equal(got, want) {
				t.Fatalf("%s by %d, newest first: %s", name, limit, cmp.Diff(want, got))
			}
		}
	}
}

func TestAPageKeepsToItsBoundsAndEndsWithItsOwnEntry(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 5, 5, 5)
	f := care.AuditFilter{Chain: tenant}
	for _, newest := range []bool{false, true} {
		got := w.pages(t, operator, f, oversight.Page{After: 3, Upto: 12, Limit: 4, NewestFirst: newest})
		if len(got) != 9 || min(got[0].Seq, got[8].Seq) != 4 || max(got[0].Seq, got[8].Seq) != 12 {
			t.Errorf("newest first %v: read %v", newest, got)
		}
	}
	// Every page of one reads is an entry more; the end is where it was at first.
	head := int64(len(w.entries(t, tenant)))
	if got := w.pages(t, operator, f, oversight.Page{Limit: 1}); int64(len(got)) != head+1 {
		t.Errorf("read %d entries of %d", len(got), head+1)
	}
}

func TestAPageThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, p := range []oversight.Page{{Limit: -1}, {Limit: oversight.MaxLimit + 1}, {After: -1}, {Upto: -1}} {
		if _, err := w.service.List(t.Context(), operator, care.AuditFilter{Chain: tenant}, p); care.KindOf(err) != care.KindInvalid {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func TestAClientReadsItsOwnInstanceOnlyAndEveryReadingIsInTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.write(t, tenant, care.AuditEntry{Instance: "live", ID: "1"}, care.AuditEntry{Instance: "sandbox", ID: "2"}, care.AuditEntry{ID: "3"})
	w.write(t, "another", care.AuditEntry{Instance: "live", ID: "4"})
	list := func(f care.AuditFilter) error {
		_, err := w.service.List(t.Context(), officer, f, oversight.Page{})
		return err
	}
	export := func(f care.AuditFilter) error {
		_, err := w.service.Export(t.Context(), officer, f, 0, &bytes.Buffer{})
		return err
	}
	for _, read := range []func(care.AuditFilter) error{list, export} {
		for _, f := range []care.AuditFilter{
			{Chain: tenant}, {Chain: tenant, Instance: "sandbox"}, {Chain: "another", Instance: "live"}, {Chain: ""}, {Instance: "live"},
		} {
			if err := read(f); care.KindOf(err) != care.KindForbidden {
				t.Errorf("%+v: %v", f, err)
			}
		}
	}
	got := w.pages(t, officer, care.AuditFilter{Chain: tenant, Instance: "live", Patient: patient}, oversight.Page{})
	if len(got) != 1 || got[0].Action != policy.AuditRead || got[0].Patient != patient {
		t.Errorf("who asked for a patient's entries is not among them: %+v", got)
	}
	var out bytes.Buffer
	if _, err := w.service.Export(t.Context(), officer, care.AuditFilter{Chain: tenant, Instance: "live"}, 0, &out); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, `"id":"1"`) || strings.Contains(text, `"id":"2"`) || strings.Contains(text, `"id":"3"`) {
		t.Errorf("it exported %s", text)
	}
	// Refusals about another tenant, and about none, are in the caller's chain.
	said := strings.Join(summary(w.entries(t, tenant)[3:]), "; ")
	want := strings.Repeat("officer audit.read refused; ", 5) + strings.Repeat("officer audit.export refused; ", 5) +
		"officer audit.read allowed; officer audit.export allowed"
	if said != want || len(w.entries(t, "another")) != 1 || len(w.entries(t, "")) != 0 {
		t.Errorf("the log says %s", said)
	}
}

func TestAnExportIsTheChainItselfAndGoesOnWhereItBroke(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	all := w.mixed(t, 1500)
	var want bytes.Buffer
	for _, g := range w.groups(t, tenant) {
		want.Write(g.Lines)
	}
	f := care.AuditFilter{Chain: tenant}
	var got bytes.Buffer
	broken := &breaking{to: &got, after: 700}
	first, err := w.service.Export(t.Context(), operator, f, 0, broken)
	if !errors.Is(err, errBroken) || first.Last != 700 || first.Entries != 700 {
		t.Fatalf("it came to %+v, %v", first, err)
	}
	second, err := w.service.Export(t.Context(), operator, f, first.Last, &got)
	if err != nil || second.Last != int64(len(all)+2) || second.Entries != second.Last-700 {
		t.Fatalf("it came to %+v, %v", second, err)
	}
	exported, own := got.Bytes()[:want.Len()], got.Bytes()[want.Len():]
	if !bytes.Equal(exported, want.Bytes()) {
		t.Error("the export is not what is stored")
	}
	if n := bytes.Count(own, []byte(`"action":"audit.export"`)); n != 2 || bytes.Count(own, []byte("\n")) != 2 {
		t.Errorf("after it comes %s", own)
	}
	if r := w.report(t, tenant); !r.OK() {
		t.Errorf("found %+v", r)
	}
}

var errBroken = errors.New("broken")

// breaking fails after some writes.
type breaking struct {
	to    *bytes.Buffer
	after int
}

func (b *breaking) Write(p []byte) (int, error) {
	if b.after--; b.after < 0 {
		return 0, errBroken
	}
	return b.to.Write(p)
}

func TestADamagedEntryIsNamedNotPassedOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, tenant, 2, 2, 2)
	w.tamper(t, `UPDATE audit_group SET entries = x'7b7d0a' WHERE last_seq = 4`)
	_, err := w.service.List(t.Context(), operator, care.AuditFilter{Chain: tenant}, oversight.Page{})
	if care.KindOf(err) != care.KindInternal || !strings.Contains(err.Error(), "damaged between 3 and 4") {
		t.Errorf("List returned %v", err)
	}
	done, err := w.service.Export(t.Context(), operator, care.AuditFilter{Chain: tenant}, 0, &bytes.Buffer{})
	if care.KindOf(err) != care.KindInternal || done.Last != 2 {
		t.Errorf("Export came to %+v, %v", done, err)
	}
}
