package chart_test

import (
	"encoding/json"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/testkit"
)

func observation(id, result string) care.Observation {
	return care.Observation{
		ID: id, BioMarker: "Hemoglobin A1c", Result: json.RawMessage(result), Unit: "%", Flag: "H", RangeHigh: "5.70", RangeLow: "-0.00",
		Effective: "2026-03-17T08:00:00.123456789-05:00", EffectiveAt: testkit.Start,
	}
}

func TestAnObservationIsKeptOnceExactlyAsItWasSent(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	add := func(p care.Patient, observations ...care.Observation) chart.LabOutcome {
		t.Helper()
		out, err := c.Chart.AddLabReport(ctx, c.partner, live, ref(p), observations)
		must(t, err)
		return out
	}
	first := add(c.rosa, observation("a", `6.10`), observation("b", `"<2.0"`), observation("a", `7`))
	if first.Accepted != 2 || first.Duplicates != 1 {
		t.Errorf("%+v", first)
	}
	got, err := c.Chart.LabReport(ctx, c.partner, live, first.Report)
	must(t, err)
	o := got.Observations[0]
	if len(got.Observations) != 2 || string(o.Result) != `6.10` || o.RangeHigh != "5.70" || o.RangeLow != "-0.00" || o.Effective != "2026-03-17T08:00:00.123456789-05:00" ||
		o.Flag != "H" || string(got.Observations[1].Result) != `"<2.0"` {
		t.Errorf("%+v", got.Observations)
	}
	second := add(c.rosa, observation("a", `9`), observation("c", `1e2`))
	if second.Accepted != 1 || second.Duplicates != 1 || second.Report == first.Report {
		t.Errorf("%+v", second)
	}
	third := add(c.rosa, observation("c", `9`), observation("a", `9`))
	if third.Accepted != 0 || third.Duplicates != 2 || third.Report != second.Report {
		t.Errorf("%+v, not the report that has it", third)
	}
	if other := add(c.other, observation("a", `9`)); other.Accepted != 1 { // whose it is counts
		t.Errorf("%+v", other)
	}
	if again, err := c.Chart.LabReport(ctx, c.partner, live, first.Report); err != nil || string(again.Observations[0].Result) != `6.10` {
		t.Errorf("it has changed: %+v, %v", again, err)
	}
	rosa := ref(c.rosa)
	if list, err := c.Chart.LabReports(ctx, c.partner, live, &rosa, nil, 10); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	_, err = c.Chart.AddLabReport(ctx, c.partner, live, care.PersonRef{Number: 202699999999}, []care.Observation{observation("z", `1`)})
	fails(t, err, care.KindNotFound)
}

func TestReadingsAreKeptOnceByTheirKeyAndKind(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	n := int64(400)
	steps := care.Reading{Kind: care.ReadingSteps, Key: "k", Recorded: "2026-03-17", Steps: &n}
	sleep := care.Reading{Kind: care.ReadingSleep, Key: "k", Recorded: "2026-03-17", AsleepMinutes: &n}
	nameless := care.Reading{Kind: care.ReadingSteps, Recorded: "2026-03-17", Steps: &n}
	out, err := c.Chart.AddReadings(ctx, c.partner, live, ref(c.rosa), []care.Reading{steps, sleep, steps, nameless, nameless})
	must(t, err)
	if out != (chart.ReadingOutcome{Accepted: 4, Duplicates: 1}) {
		t.Errorf("%+v", out)
	}
	faulty := steps
	faulty.Steps = nil
	early := nameless
	early.Recorded = "2026-03-21"
	_, err = c.Chart.AddReadings(ctx, c.partner, live, ref(c.rosa), []care.Reading{nameless, faulty, early})
	fails(t, err, care.KindInvalid, "readings[1].steps", "readings[2].recorded_date")
	found, err := c.Chart.Readings(ctx, c.partner, live, []string{c.rosa.ID, c.other.ID}, care.ReadingSteps, care.ReadingRange{})
	must(t, err)
	if len(found[c.rosa.ID]) != 3 || len(found[c.other.ID]) != 0 {
		t.Errorf("%+v", found)
	}
}

func TestMoreReadingsThanAPageHoldsAreNotCutButRefused(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	many := make([]care.Reading, 5001)
	for i := range many {
		n := int64(i)
		many[i] = care.Reading{Kind: care.ReadingSteps, Recorded: "2026-03-17", Steps: &n}
	}
	patients := []string{c.rosa.ID, c.other.ID}
	for i := range 4 {
		p := []care.Patient{c.rosa, c.other}[i%2]
		_, err := c.Chart.AddReadings(t.Context(), c.partner, live, ref(p), many[:5000])
		must(t, err)
	}
	found, err := c.Chart.Readings(t.Context(), c.partner, live, patients, care.ReadingSteps, care.ReadingRange{})
	must(t, err)
	if n := len(found[c.rosa.ID]) + len(found[c.other.ID]); n != chart.MaxPageReadings {
		t.Errorf("%d are found", n)
	}
	_, err = c.Chart.AddReadings(t.Context(), c.partner, live, ref(c.rosa), many[5000:])
	must(t, err)
	_, err = c.Chart.Readings(t.Context(), c.partner, live, patients, care.ReadingSteps, care.ReadingRange{})
	fails(t, err, care.KindInvalid, "data_from")
	_, err = c.Chart.Readings(t.Context(), c.partner, live, patients[1:], care.ReadingSteps, care.ReadingRange{})
	must(t, err)
}

func TestANoteIsAddedAndAmendedAndNeverChanged(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	email := "ines@example.org"
	ines, err := c.People.CreateProvider(ctx, operator, care.Provider{Scope: live, LastName: "Brandt", Email: email}, nil)
	must(t, err)
	add := func(n care.Note, p care.Patient) (care.Note, error) {
		n.Scope = live
		return c.Chart.AddNote(ctx, c.partner, chart.NewNote{Note: n, Patient: ref(p), ProviderEmail: "INES@example.org"})
	}
	first, err := add(care.Note{Text: " Lungs are clear.\r\n", Title: " Cough ", Encounter: &c.encounter.ID, Date: "2026-03-18"}, c.rosa)
	must(t, err)
	second, err := add(care.Note{SOAP: care.SOAP{Plan: "rest"}, Amends: first.ID}, c.rosa)
	must(t, err)
	got, err := c.Chart.Note(ctx, c.partner, live, first.ID)
	must(t, err)
	if got.Text != "Lungs are clear." || got.Title != "Cough" || !got.Amended || got.Provider != ines.Number || got.Sender != "partner" {
		t.Errorf("%+v", got)
	}
	if again, err := c.Chart.Note(ctx, c.partner, live, second.ID); err != nil || again.Amends != first.ID || again.Amended || again.SOAP.Plan != "rest" {
		t.Errorf("%+v, %v", again, err)
	}

	unknown := int64(987654)
	for what, n := range map[string]care.Note{
		"a note of another patient": {Text: "a", Amends: first.ID}, "no note": {Text: "a", Amends: "5f0c9b1e-3a3d-4c11-9a57-0d8f6b1c2d3e"},
		"what is no id": {Text: "a", Amends: "x"}, "an encounter of another patient": {Text: "a", Encounter: &c.encounter.ID}, "no encounter": {Text: "a", Encounter: &unknown},
	} {
		if _, err := add(n, c.other); care.KindOf(err) != care.KindNotFound {
			t.Errorf("a note that refers to %s: %v", what, err)
		}
	}
	_, err = add(care.Note{}, c.rosa)
	fails(t, err, care.KindInvalid, "note")
	_, err = add(care.Note{Text: "a\x00", Title: "b\n\x01", Date: "2026-03-20"}, c.rosa)
	fails(t, err, care.KindInvalid, "note", "title", "note_date")

	// Two who share an address: nobody knows whose note it is.
	_, err = c.People.CreateProvider(ctx, operator, care.Provider{Scope: live, LastName: "Twin", Email: email}, nil)
	must(t, err)
	_, err = add(care.Note{Text: "a"}, c.rosa)
	fails(t, err, care.KindAmbiguous)
	c.Clock.Move(time.Second)
	if notes, err := c.Chart.Notes(ctx, c.partner, live, nil, nil, 10); err != nil || len(notes) != 2 || notes[0].Text != "" {
		t.Errorf("%+v, %v", notes, err)
	}
}

func TestAPracticeIsReachedByItsCodeByWhoMayUseIt(t *testing.T) {
	t.Parallel()
	c := open(t, testkit.Options{})
	ctx := t.Context()
	for code, want := range map[string]care.Scope{"": live, "live": live, "sandbox": {Tenant: live.Tenant, Instance: "sandbox"}} {
		if at, err := c.Chart.At(ctx, c.partner, live, code); err != nil || at != want {
			t.Errorf("%q is %+v, %v", code, at, err)
		}
	}
	c.Tenant(t, "birch-clinic", "birch")
	bound := c.partner
	bound.Instances = []string{"live"}
	for _, code := range []string{"nowhere", "birch", "sandbox"} {
		if _, err := c.Chart.At(ctx, bound, live, code); care.KindOf(err) != care.KindNotFound {
			t.Errorf("%q: %v", code, err)
		}
	}
}
