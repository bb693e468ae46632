package storetest

import (
	"encoding/json"
	"fmt"

	"chartline/internal/care"
	"chartline/internal/store"
)

func (c clinic) file(n int) care.File {
	return care.File{
		Scope: c.Scope, ID: uid(c.label+" file", n), Name: fmt.Sprintf("%s scan %d.pdf", c.mark, n), ContentType: "application/pdf",
		Size: int64(2000 + n), SHA256: digest(c.mark+" file", n), BlobKey: fmt.Sprintf("%s/file/%06d", c.mark, n),
		Uploader: "uploader " + c.label, CreatedAt: at(n),
	}
}

func (c clinic) form(n int, p care.Patient) care.Form {
	return care.Form{
		Scope: c.Scope, ID: uid(c.label+" form", n), Patient: p.ID, Name: c.mark + " intake", Sender: c.mark,
		Responses: fmt.Appendf(nil, `[{"text": %q}]`, c.mark), Files: []string{c.file(1).ID}, CreatedAt: at(n),
	}
}

func (c clinic) formDefinition(n int) care.FormDefinition {
	return care.FormDefinition{
		Scope: c.Scope, ID: uid(c.label+" definition", n), Name: fmt.Sprintf("%s intake %05d", c.label, n),
		Questions: []care.FormQuestion{{Text: c.mark, Type: care.QuestionSingle, Required: true, Options: []string{"yes", "no"}}},
		CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) labReport(n int, p care.Patient) care.LabReport {
	return care.LabReport{Scope: c.Scope, ID: uid(c.label+" report", n), Patient: p.ID, Sender: c.mark, CreatedAt: at(n)}
}

func (c clinic) observation(n int) care.Observation {
	return care.Observation{
		ID: fmt.Sprint("obs ", n), BioMarker: c.mark + " HbA1c", Result: json.RawMessage("5.40"), Unit: "%", Flag: "N",
		RangeHigh: "5.60", RangeLow: "4.0", Effective: "2026-03-18T14:22:07.1+05:30", EffectiveAt: at(n),
	}
}

func (c clinic) reading(n int, p care.Patient) care.Reading {
	return care.Reading{
		Scope: c.Scope, ID: uid(c.label+" reading", n), Patient: p.ID, Kind: care.ReadingSteps, Key: fmt.Sprint("key ", n), Source: c.mark,
		Recorded: "2026-03-18", Day: "2026-03-18", RecordedAt: at(n), Steps: ptr(int64(n)), CreatedAt: epoch,
	}
}

func (c clinic) note(n int, p care.Patient, d care.Provider) care.Note {
	return care.Note{
		Scope: c.Scope, ID: uid(c.label+" note", n), Patient: p.ID, Provider: d.Number, Title: fmt.Sprintf("%s note %d", c.mark, n),
		Text: c.mark, Sender: c.mark, CreatedAt: at(n),
	}
}

func (c clinic) analysis(n int, p care.Patient, e care.Encounter) care.Analysis {
	return care.Analysis{
		Scope: c.Scope, ID: uid(c.label+" analysis", n), Patient: p.ID, Encounter: e.ID, Status: care.AnalysisCompleted, Engine: c.mark,
		Document: fmt.Appendf(nil, `{"summary":%q}`, c.mark), Sender: c.mark, CreatedAt: at(n), UpdatedAt: at(n),
	}
}

// charts is one of everything in a chart beside visits, calls and recordings.
type charts struct {
	File, Uncited care.File
	Form          care.Form
	Definition    care.FormDefinition
	Report        care.LabReport
	Observation   care.Observation
	Reading       care.Reading
	Note          care.Note
	Analysis      care.Analysis
}

// chartsOf makes them for a ward and a recording of its encounter, numbered n.
func chartsOf(w ward, r care.Recording, n int) charts {
	c := charts{
		File: w.file(10 * n), Uncited: w.file(10*n + 1), Form: w.form(n, w.Patient), Definition: w.formDefinition(n),
		Report: w.labReport(n, w.Patient), Observation: w.observation(n), Reading: w.reading(n, w.Patient),
		Note: w.note(n, w.Patient, w.Provider), Analysis: w.analysis(n, w.Patient, w.Encounter),
	}
	c.File.Patient, c.File.CitedAt = w.Patient.ID, ptr(epoch)
	c.Note.Encounter = &w.Encounter.ID
	c.Analysis.Recording = r.ID
	return c
}

func (c charts) create(tx store.Tx) error {
	return all(
		func() error { return each([]care.File{c.File, c.Uncited}, tx.CreateFile) },
		func() error { return tx.CreateFormDefinition(c.Definition) },
		func() error { return tx.CreateForm(c.Form) },
		func() error { return tx.CreateLabReport(c.Report) },
		func() error { return tx.AddObservation(c.Report, 0, c.Observation) },
		func() error { return tx.CreateReading(c.Reading) },
		func() error { return tx.CreateNote(c.Note) },
		func() error { return tx.CreateAnalysis(c.Analysis) },
	)
}

// dumpCharts reads all there is in a scope's charts.
func dumpCharts(tx store.Tx, s care.Scope, put func(string, any, error)) {
	definitions, err := tx.FormDefinitions(s, "", 1000)
	put("form definitions", definitions, err)
	forms, err := tx.Forms(s, "", nil, 1000)
	put("forms", len(forms), err)
	for _, f := range forms {
		form, err := tx.Form(s, f.ID)
		put("form "+f.ID, form, err)
		for _, id := range f.Files {
			file, err := tx.File(s, id)
			put("file "+id, file, err)
		}
	}
	reports, err := tx.LabReports(s, "", nil, 1000)
	put("lab reports", len(reports), err)
	for _, r := range reports {
		report, err := tx.LabReport(s, r.ID)
		put("lab report "+r.ID, report, err)
	}
	roster, total, err := tx.Roster(s, store.RosterPage{Size: 1000})
	put("roster", []any{roster, total}, err)
	for _, e := range roster {
		for _, kind := range care.ReadingKinds() {
			readings, err := tx.ReadingsOf(s, []string{e.Patient.ID}, kind, care.ReadingRange{}, 1000)
			put(string(kind)+" of "+e.Patient.ID, readings, err)
		}
	}
	notes, err := tx.Notes(s, "", nil, 1000)
	put("notes", len(notes), err)
	for _, n := range notes {
		note, err := tx.Note(s, n.ID)
		put("note "+n.ID, note, err)
	}
	analyses, err := tx.Analyses(s, store.AnalysisFilter{}, nil, 1000)
	put("analyses", len(analyses), err)
	for _, a := range analyses {
		analysis, err := tx.Analysis(s, a.ID)
		put("analysis "+a.ID, analysis, err)
	}
}

func chartMethods() []method {
	end := &store.Place{CreatedAt: at(1e6), ID: "z"}
	return []method{
		{"Roster", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) {
			entries, total, err := tx.Roster(s, store.RosterPage{Size: 100})
			return pair(entries, total, err)
		}},
		{"Roster", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			entries, total, err := tx.Roster(s, store.RosterPage{Size: 1, Page: 1, From: ptr(at(-1)), Until: ptr(k.Patient.CreatedAt)})
			return pair(entries, total, err)
		}},
		{"CreateFile", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.File.Scope = s
			return none(tx.CreateFile(k.File))
		}},
		{"File", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.File(s, k.File.ID) }},
		{"UpdateFile", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Uncited.Scope, k.Uncited.Patient = s, k.Patient.ID
			return none(tx.UpdateFile(k.Uncited))
		}},
		{"UncitedFiles", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			files, bytes, err := tx.UncitedFiles(s, k.Uncited.Uploader)
			return pair(files, bytes, err)
		}},
		{"UncitedBefore", everywhere, false, func(tx store.Tx, _ care.Scope, _ things) (any, error) { return tx.UncitedBefore(at(1e6), 9) }},
		{"DeleteFile", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) { return none(tx.DeleteFile(s, k.Uncited.ID)) }},
		{"CreateForm", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Form.Scope, k.Form.ID = s, uid("further", 1)
			return none(tx.CreateForm(k.Form))
		}},
		{"Form", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Form(s, k.Form.ID) }},
		{"Forms", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Forms(s, "", end, 100) }},
		{"Forms", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Forms(s, k.Patient.ID, nil, 100) }},
		{"CreateFormDefinition", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Definition.Scope, k.Definition.ID = s, uid("further", 1)
			return none(tx.CreateFormDefinition(k.Definition))
		}},
		{"FormDefinition", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.FormDefinition(s, k.Definition.ID)
		}},
		{"FormDefinitionNamed", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.FormDefinitionNamed(s, k.Definition.Name)
		}},
		{"UpdateFormDefinition", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Definition.Scope, k.Definition.Name = s, "taken over"
			return none(tx.UpdateFormDefinition(k.Definition))
		}},
		{"DeleteFormDefinition", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.DeleteFormDefinition(s, k.Definition.ID))
		}},
		{"FormDefinitions", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.FormDefinitions(s, "", 100) }},
		{"CreateLabReport", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Report.Scope = s
			return none(tx.CreateLabReport(k.Report))
		}},
		{"AddObservation", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Report.Scope, k.Observation.ID = s, "further"
			return none(tx.AddObservation(k.Report, 7, k.Observation))
		}},
		{"ObservationReport", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.ObservationReport(s, k.Patient.ID, k.Observation.ID)
		}},
		{"LabReport", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.LabReport(s, k.Report.ID) }},
		{"LabReports", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.LabReports(s, "", end, 100) }},
		{"LabReports", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.LabReports(s, k.Patient.ID, nil, 100)
		}},
		{"CreateReading", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Reading.Scope, k.Reading.ID = s, uid("further", 1)
			return none(tx.CreateReading(k.Reading))
		}},
		{"ReadingsOf", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.ReadingsOf(s, []string{k.Patient.ID, twin(s).Patient.ID}, care.ReadingSteps, care.ReadingRange{FromDay: "2026-03-01"}, 100)
		}},
		{"LastContacts", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			last, err := tx.LastContacts(s, []string{k.Patient.ID, uid("nobody", 1)})
			return last, err
		}},
		{"CreateNote", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Note.Scope, k.Note.ID = s, uid("further", 1)
			return none(tx.CreateNote(k.Note))
		}},
		{"Note", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Note(s, k.Note.ID) }},
		{"Notes", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Notes(s, "", end, 100) }},
		{"Notes", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Notes(s, k.Patient.ID, nil, 100) }},
		{"CreateAnalysis", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Analysis.Scope, k.Analysis.ID = s, uid("further", 1)
			return none(tx.CreateAnalysis(k.Analysis))
		}},
		{"Analysis", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Analysis(s, k.Analysis.ID) }},
		{"UpdateAnalysis", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Analysis.Scope, k.Analysis.Engine = s, "taken over"
			return none(tx.UpdateAnalysis(k.Analysis))
		}},
		{"Analyses", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) {
			return tx.Analyses(s, store.AnalysisFilter{}, end, 100)
		}},
		{"Analyses", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Analyses(s, store.AnalysisFilter{Patient: k.Patient.ID, Encounter: k.Encounter.ID}, nil, 100)
		}},
	}
}
