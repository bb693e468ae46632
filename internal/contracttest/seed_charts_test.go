package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

// seedCharts is what is in patients' charts beside visits and calls.
type seedCharts struct {
	FormDefinitions []seedFormDefinition
	Forms           []seedForm
	Labs            []seedLab
	Readings        []seedReading
	Notes           []seedNote
	Analyses        []seedAnalysis
}

type seedFormDefinition struct {
	As, Name  string
	Questions []care.FormQuestion
}

// seedForm is a form with one answer, and a file that it cites.
type seedForm struct {
	As, FileAs, File, Name string
	Patient                int64
	Answer                 string
}

type seedLab struct {
	As           string
	Patient      int64
	Observations []struct{ ID, BioMarker, Result, Unit string }
}

type seedReading struct {
	Patient     int64
	Key, Source string
	Date        string
	Steps       int64
}

type seedNote struct {
	As, Provider, Title, Text string
	Patient                   int64
}

type seedAnalysis struct{ As, Recording, Summary string }

func (w *world) plantCharts(scope care.Scope, c seedCharts) {
	w.t.Helper()
	ctx, actor := w.t.Context(), testkit.Operator()
	for _, d := range c.FormDefinitions {
		made, err := w.kit.Chart.CreateFormDefinition(ctx, actor, care.FormDefinition{Scope: scope, Name: d.Name, Questions: d.Questions}, nil)
		w.must(err)
		w.name(d.As, made.ID)
	}
	for _, f := range c.Forms {
		w.plantForm(scope, f)
	}
	for _, l := range c.Labs {
		var observations []care.Observation
		for _, o := range l.Observations {
			observations = append(observations, care.Observation{
				ID: o.ID, BioMarker: o.BioMarker, Result: json.RawMessage(o.Result), Unit: o.Unit, RangeHigh: "9.90", RangeLow: "0.10",
				Effective: "2026-03-17T08:00:00Z", EffectiveAt: testkit.Start,
			})
			w.mark(scope.Tenant, o.ID, o.BioMarker)
		}
		made, err := w.kit.Chart.AddLabReport(ctx, actor, scope, care.PersonRef{Number: l.Patient}, observations)
		w.must(err)
		w.name(l.As, made.Report)
	}
	for _, r := range c.Readings {
		_, err := w.kit.Chart.AddReadings(ctx, actor, scope, care.PersonRef{Number: r.Patient}, []care.Reading{
			{Kind: care.ReadingSteps, Key: r.Key, Source: r.Source, Recorded: r.Date, Steps: &r.Steps},
		})
		w.must(err)
		w.mark(scope.Tenant, r.Key, r.Source)
	}
	for _, n := range c.Notes {
		made, err := w.kit.Chart.AddNote(ctx, actor, chart.NewNote{
			Note: care.Note{Scope: scope, Title: n.Title, Text: n.Text}, Patient: care.PersonRef{Number: n.Patient}, ProviderEmail: n.Provider,
		})
		w.must(err)
		w.name(n.As, made.ID)
		w.mark(scope.Tenant, n.Title, n.Text)
	}
	for _, a := range c.Analyses {
		made, err := w.kit.Chart.HandInAnalysis(ctx, actor, chart.NewAnalysis{
			Scope: scope, Of: chart.AnalysisOf{RecordingName: a.Recording}, Engine: "scribe",
			Document: fmt.Appendf(nil, `{"engine": "scribe", "summary": %q}`, a.Summary),
		})
		w.must(err)
		w.name(a.As, made.ID)
		w.mark(scope.Tenant, a.Summary)
	}
}

func (w *world) plantForm(scope care.Scope, f seedForm) {
	w.t.Helper()
	ctx, actor := w.t.Context(), testkit.Operator()
	given := false
	files, err := w.kit.Chart.Upload(ctx, actor, scope, "files", func() (chart.Incoming, error) {
		if given {
			return chart.Incoming{}, io.EOF
		}
		given = true
		return chart.Incoming{Name: f.File, Body: bytes.NewReader(mediaFile(w.t, f.File).bytes)}, nil
	})
	w.must(err)
	w.name(f.FileAs, files[0].ID)
	made, err := w.kit.Chart.SubmitForm(ctx, actor, chart.NewForm{
		Scope: scope, Patient: care.PersonRef{Number: f.Patient}, Name: f.Name, Field: "form_responses",
		Responses: fmt.Appendf(nil, `[{"question_type": "text", "text": "What is it?", "answer": {"text": %q}},
			{"question_type": "file", "text": "A picture of it", "answer": {"uuid": %q}}]`, f.Answer, files[0].ID),
	})
	w.must(err)
	w.name(f.As, made.ID)
	w.mark(scope.Tenant, f.Name, f.Answer, f.File)
}

// plantWaiting makes files that a client has brought and no form cites. They have
// no bytes.
func (w *world) plantWaiting(client string, n int) {
	w.t.Helper()
	scope := care.Scope{Tenant: w.tenantOf(client), Instance: "live"}
	w.must(w.db.Update(w.t.Context(), func(tx store.Tx) error {
		for range n {
			id := uuid.NewString()
			if err := tx.CreateFile(care.File{
				Scope: scope, ID: id, Name: "waiting.pdf", ContentType: "application/pdf",
				Size: 1, BlobKey: "waiting/" + id, Uploader: client, CreatedAt: w.kit.Clock.Now(),
			}); err != nil {
				return err
			}
		}
		return nil
	}))
}
