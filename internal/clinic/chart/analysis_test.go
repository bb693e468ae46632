package chart_test

import (
	"slices"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/visits"
	"chartline/internal/testkit"
)

const document = `{"engine":"scribe",  "summary":"A cough.","actions":[{"do":"rest","dose":1.50}]}`

func (c *clinic) handIn(t testing.TB, of chart.AnalysisOf) (care.Analysis, error) {
	t.Helper()
	return c.Chart.HandInAnalysis(t.Context(), c.partner, chart.NewAnalysis{
		Scope: live, Of: of, Document: []byte(document), Engine: "scribe", EngineVersion: "2", Language: "en",
	})
}

func TestAnAnalysisIsADraftThatIsReadBackWordForWord(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	for _, of := range []chart.AnalysisOf{
		{RecordingName: "visit.mp3"}, {RecordingName: "archive/visit"}, {Encounter: c.encounter.ID}, {RecordingName: "visit", Encounter: c.encounter.ID},
	} {
		made, err := c.handIn(t, of)
		must(t, err)
		got, err := c.Chart.Analysis(t.Context(), c.partner, live, made.ID)
		must(t, err)
		recording := ""
		if of.RecordingName != "" {
			recording = c.recording.ID
		}
		if string(got.Document) != document || got.Patient != c.rosa.ID || got.Encounter != c.encounter.ID || got.Recording != recording ||
			got.Status != care.AnalysisCompleted || got.SignedBy != nil || got.Sender != "partner" {
			t.Errorf("%+v is kept as %+v\n%s", of, got, got.Document)
		}
	}
	if notes, err := c.Chart.Notes(t.Context(), c.partner, live, nil, nil, 10); err != nil || len(notes) > 0 {
		t.Errorf("it has entered the chart: %+v, %v", notes, err)
	}
}

func TestAnAnalysisNeedsAnEncounterThatIsThere(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	elsewhere, err := c.Visits.CreateEncounter(t.Context(), operator, visits.NewEncounter{
		Scope: live, Patient: ref(c.other), Provider: care.PersonRef{ID: c.provider.ID},
	}, nil)
	must(t, err)
	for what, of := range map[string]chart.AnalysisOf{
		"an unknown name": {RecordingName: "nobody"}, "no name": {}, "an unknown encounter": {Encounter: 987654}, "a name that is none": {RecordingName: "a\x00"},
		"another encounter's name": {RecordingName: "visit.mp3", Encounter: elsewhere.ID},
	} {
		_, err := c.handIn(t, of)
		if care.KindOf(err) != care.KindNotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = c.Chart.HandInAnalysis(t.Context(), c.partner, chart.NewAnalysis{Scope: live, Of: chart.AnalysisOf{RecordingName: "visit.mp3"}})
	fails(t, err, care.KindInvalid, "analysis") // no analyser is configured
	_, err = c.Chart.HandInAnalysis(t.Context(), c.partner, chart.NewAnalysis{Scope: live, Of: chart.AnalysisOf{RecordingName: "nobody"}})
	fails(t, err, care.KindNotFound) // which is told first
}

// What may not be heard may not be read either: withheld, refused, deleted.
func TestAnAnalysisIsThereAsLongAsItsRecordingMayBeHeard(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	made, err := c.handIn(t, chart.AnalysisOf{RecordingName: "visit.mp3"})
	must(t, err)
	whole, err := c.handIn(t, chart.AnalysisOf{Encounter: c.encounter.ID})
	must(t, err)
	listed := func() []string {
		t.Helper()
		found, err := c.Chart.Analyses(ctx, c.partner, live, chart.AnalysisFilter{}, nil, 10)
		must(t, err)
		var ids []string
		for _, a := range found {
			ids = append(ids, a.ID)
		}
		return ids
	}
	gone := func(why string) {
		t.Helper()
		if _, err := c.Chart.Analysis(ctx, c.partner, live, made.ID); !care.IsNotFound(err) {
			t.Errorf("%s: it is read: %v", why, err)
		}
		if _, err := c.Chart.SignAnalysis(ctx, c.partner, live, made.ID, care.PersonRef{ID: c.provider.ID}, nil); !care.IsNotFound(err) {
			t.Errorf("%s: it is signed: %v", why, err)
		}
		if _, err := c.handIn(t, chart.AnalysisOf{RecordingName: "visit.mp3"}); !care.IsNotFound(err) {
			t.Errorf("%s: another is taken: %v", why, err)
		}
		if ids := listed(); !slices.Equal(ids, []string{whole.ID}) {
			t.Errorf("%s: %v are listed", why, ids)
		}
	}
	ask := recordings.Ask{Actor: operator, Scope: live, ID: c.recording.ID, Reason: "asked for"}
	_, err = c.Recordings.Withhold(ctx, ask)
	must(t, err)
	gone("withheld")
	_, err = c.Recordings.Release(ctx, ask)
	must(t, err)
	if len(listed()) != 2 {
		t.Error("a released recording's is not listed")
	}
	_, err = c.Recordings.SetConsent(ctx, ask, care.ConsentRefused)
	must(t, err)
	gone("refused")
	_, err = c.Recordings.SetConsent(ctx, ask, care.ConsentGiven)
	must(t, err)
	_, err = c.Recordings.Delete(ctx, ask)
	must(t, err)
	gone("deleted")
}

func TestAnAnalysisIsSignedOnceByAProviderWhoMay(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	made, err := c.handIn(t, chart.AnalysisOf{RecordingName: "visit.mp3"})
	must(t, err)
	sign := func(actor care.Actor, p care.Provider) (care.Analysis, error) {
		return c.Chart.SignAnalysis(ctx, actor, live, made.ID, care.PersonRef{ID: p.ID}, nil)
	}
	_, err = sign(c.partner, c.another) // neither the encounter's nor of the care team
	fails(t, err, care.KindInvalid, "providerId")
	_, err = c.Chart.SignAnalysis(ctx, c.partner, live, made.ID, care.PersonRef{Number: 202699999999}, nil)
	fails(t, err, care.KindNotFound)
	nobody := c.partner
	nobody.Grants = nil
	_, err = sign(nobody, c.provider)
	fails(t, err, care.KindForbidden)

	person := care.Actor{Kind: care.ActorPerson, ID: "person", Tenant: live.Tenant, Home: "live", Instances: []string{"live"}, Provider: c.provider.Number,
		Grants: []care.Grant{{Tenant: live.Tenant, Instance: "live", Name: care.GrantNoteWrite}}}
	_, err = sign(person, c.another) // for somebody else
	if care.KindOf(err) != care.KindInvalid && care.KindOf(err) != care.KindForbidden && care.KindOf(err) != care.KindNotFound {
		t.Errorf("a person signs for another: %v", err)
	}

	c.Clock.Move(time.Minute)
	signed, err := sign(c.partner, c.provider)
	must(t, err)
	if *signed.SignedBy != c.provider.Number || !signed.SignedAt.Equal(c.Clock.Now()) || string(signed.Document) != document {
		t.Errorf("%+v", signed)
	}
	c.Clock.Move(time.Minute)
	again, err := sign(c.partner, c.provider)
	must(t, err)
	if !again.SignedAt.Equal(*signed.SignedAt) {
		t.Errorf("signed again at %v", again.SignedAt)
	}
	_, err = c.People.AddToCareTeam(ctx, operator, live, ref(c.rosa), care.PersonRef{ID: c.another.ID}, "", nil)
	must(t, err)
	_, err = sign(c.partner, c.another)
	fails(t, err, care.KindConflict)

	// One of the care team may sign what is not signed yet.
	second, err := c.handIn(t, chart.AnalysisOf{Encounter: c.encounter.ID})
	must(t, err)
	_, err = c.Chart.SignAnalysis(ctx, c.partner, live, second.ID, care.PersonRef{ID: c.another.ID}, nil)
	must(t, err)
}

func TestAnalysesAreListedNewestFirstAndNarrowed(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	var ids []string
	for range 3 {
		a, err := c.handIn(t, chart.AnalysisOf{Encounter: c.encounter.ID})
		must(t, err)
		ids = append([]string{a.ID}, ids...)
		c.Clock.Move(time.Second)
	}
	rosa, other, unknown := ref(c.rosa), ref(c.other), int64(987654)
	list := func(f chart.AnalysisFilter, after *chart.Place, limit int) []care.Analysis {
		t.Helper()
		found, err := c.Chart.Analyses(ctx, c.partner, live, f, after, limit)
		must(t, err)
		return found
	}
	first := list(chart.AnalysisFilter{Patient: &rosa, Encounter: &c.encounter.ID}, nil, 2)
	rest := list(chart.AnalysisFilter{Patient: &rosa}, &chart.Place{CreatedAt: first[1].CreatedAt, ID: first[1].ID}, 5)
	if len(first) != 2 || len(rest) != 1 || first[0].ID != ids[0] || first[1].ID != ids[1] || rest[0].ID != ids[2] || first[0].Document != nil {
		t.Errorf("%+v, then %+v", first, rest)
	}
	if none := list(chart.AnalysisFilter{Patient: &other, Encounter: &c.encounter.ID}, nil, 5); len(none) > 0 {
		t.Errorf("%+v", none)
	}
	_, err := c.Chart.Analyses(ctx, c.partner, live, chart.AnalysisFilter{Encounter: &unknown}, nil, 5)
	fails(t, err, care.KindNotFound)
}
