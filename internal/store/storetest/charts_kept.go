package storetest

import (
	"cmp"
	"fmt"
	"strings"

	"chartline/internal/care"
	"chartline/internal/store"
)

func chartTrips() []test {
	return []test{
		tripFile().test(), tripForm().test(), tripFormDefinition().test(), tripLabReport().test(), tripReading().test(),
		tripNote().test(), tripAnalysis().test(),
	}
}

func tripFile() trip[care.File] {
	return trip[care.File]{
		noun: "a file",
		of: func(w ward, round int) care.File {
			v := filled[care.File](round)
			v.Scope, v.ID, v.Patient, v.CreatedAt = w.Scope, uid("trip", 1), w.patient(1+round).ID, epoch
			return v
		},
		create: store.Tx.CreateFile,
		read:   func(tx store.Tx, v care.File) (care.File, error) { return tx.File(v.Scope, v.ID) },
		update: store.Tx.UpdateFile,
		bare:   func(v *care.File) { v.Patient, v.CitedAt = "", nil },
	}
}

func tripForm() trip[care.Form] {
	return trip[care.Form]{
		noun: "a form",
		of: func(w ward, round int) care.Form {
			v := filled[care.Form](round)
			v.Scope, v.ID, v.Patient = w.Scope, uid("trip", 1), w.Patient.ID
			return v
		},
		create: store.Tx.CreateForm,
		read:   func(tx store.Tx, v care.Form) (care.Form, error) { return tx.Form(v.Scope, v.ID) },
		bare:   func(v *care.Form) { v.Definition, v.Files = "", nil },
	}
}

func tripFormDefinition() trip[care.FormDefinition] {
	return trip[care.FormDefinition]{
		noun: "a form's definition",
		of: func(w ward, round int) care.FormDefinition {
			v := filled[care.FormDefinition](round)
			v.Scope, v.ID, v.CreatedAt = w.Scope, uid("trip", 1), epoch
			return v
		},
		create: store.Tx.CreateFormDefinition,
		read: func(tx store.Tx, v care.FormDefinition) (care.FormDefinition, error) {
			return tx.FormDefinition(v.Scope, v.ID)
		},
		update: store.Tx.UpdateFormDefinition,
		bare:   func(v *care.FormDefinition) { v.Questions = nil },
	}
}

func tripLabReport() trip[care.LabReport] {
	return trip[care.LabReport]{
		noun: "a lab report",
		of: func(w ward, round int) care.LabReport {
			v := filled[care.LabReport](round)
			v.Scope, v.ID, v.Patient = w.Scope, uid("trip", 1), w.Patient.ID
			return v
		},
		create: func(tx store.Tx, v care.LabReport) error {
			if err := tx.CreateLabReport(v); err != nil {
				return err
			}
			for i, o := range v.Observations {
				if err := tx.AddObservation(v, i, o); err != nil {
					return err
				}
			}
			return nil
		},
		read: func(tx store.Tx, v care.LabReport) (care.LabReport, error) { return tx.LabReport(v.Scope, v.ID) },
		bare: func(v *care.LabReport) {
			v.Observations = []care.Observation{{ID: "only", EffectiveAt: epoch}, {ID: "other", EffectiveAt: epoch}}
		},
	}
}

// oneObservation is tripLabReport of a report with a single observation.
func oneObservation() trip[care.LabReport] {
	tr := tripLabReport()
	of := tr.of
	tr.of = func(w ward, round int) care.LabReport {
		v := of(w, round)
		v.Observations = v.Observations[:1]
		return v
	}
	return tr
}

func tripReading() trip[care.Reading] {
	return trip[care.Reading]{
		noun: "a reading",
		of: func(w ward, round int) care.Reading {
			v := filled[care.Reading](round)
			v.Scope, v.ID, v.Patient, v.Day = w.Scope, uid("trip", 1), w.Patient.ID, "2026-03-18"
			return v
		},
		create: store.Tx.CreateReading,
		read: func(tx store.Tx, v care.Reading) (care.Reading, error) {
			return only(tx.ReadingsOf(v.Scope, []string{v.Patient}, v.Kind, care.ReadingRange{}, 10))
		},
		bare: func(v *care.Reading) {
			v.Key, v.Source, v.InBedMinutes, v.AsleepMinutes, v.Steps, v.SpO2, v.Pulse = "", "", nil, nil, nil, "", ""
		},
	}
}

func tripNote() trip[care.Note] {
	return trip[care.Note]{
		noun: "a note",
		of: func(w ward, round int) care.Note {
			v := filled[care.Note](round)
			v.Scope, v.ID, v.Patient, v.Provider, v.Encounter = w.Scope, uid("trip", 1), w.Patient.ID, w.Provider.Number, &w.Encounter.ID
			v.Amends, v.Amended = w.note(77, w.Patient, w.Provider).ID, false
			return v
		},
		create: func(tx store.Tx, v care.Note) error {
			if v.Amends != "" {
				first := v
				first.ID, first.Amends = v.Amends, ""
				if err := tx.CreateNote(first); err != nil {
					return err
				}
			}
			return tx.CreateNote(v)
		},
		read: func(tx store.Tx, v care.Note) (care.Note, error) { return tx.Note(v.Scope, v.ID) },
		bare: func(v *care.Note) {
			*v = care.Note{Scope: v.Scope, ID: v.ID, Patient: v.Patient, Provider: v.Provider, CreatedAt: v.CreatedAt}
		},
		zero: []string{".Amended"},
	}
}

func tripAnalysis() trip[care.Analysis] {
	return trip[care.Analysis]{
		noun: "an analysis",
		of: func(w ward, round int) care.Analysis {
			v := filled[care.Analysis](round)
			v.Scope, v.ID, v.CreatedAt = w.Scope, uid("trip", 1), epoch
			v.Patient, v.Encounter, v.Recording = w.patient(1+round).ID, int64(1+round), w.recording(1, "x").ID
			v.SignedBy = ptr(w.provider(1 + round).Number)
			return v
		},
		create: func(tx store.Tx, v care.Analysis) error {
			w := wardIn(clinicOf(v.Tenant, v.Instance))
			if err := tx.CreateRecording(w.ofSession(w.recording(1, "x"), w.Session, w.Patient)); err != nil {
				return err
			}
			return tx.CreateAnalysis(v)
		},
		read:   func(tx store.Tx, v care.Analysis) (care.Analysis, error) { return tx.Analysis(v.Scope, v.ID) },
		update: store.Tx.UpdateAnalysis,
		bare: func(v *care.Analysis) {
			v.Recording, v.Engine, v.EngineVersion, v.Language, v.SignedBy, v.SignedAt = "", "", "", "", nil, nil
		},
	}
}

func chartCollisions() []collision {
	return []collision{
		{"a file's id", "id", func(tx store.Tx, k things) error { return tx.CreateFile(k.File) }},
		{"a form's id", "id", func(tx store.Tx, k things) error { return tx.CreateForm(k.Form) }},
		{"a form definition's id", "id", func(tx store.Tx, k things) error {
			d := k.formDefinition(901)
			d.ID = k.Definition.ID
			return tx.CreateFormDefinition(d)
		}},
		{"a form definition's name", "name", func(tx store.Tx, k things) error {
			d := k.formDefinition(901)
			d.Name = k.Definition.Name
			return tx.CreateFormDefinition(d)
		}},
		{"another form definition's name in a change", "name", func(tx store.Tx, k things) error {
			d := k.formDefinition(901)
			if err := tx.CreateFormDefinition(d); err != nil {
				return err
			}
			d.Name = k.Definition.Name
			return tx.UpdateFormDefinition(d)
		}},
		{"a lab report's id", "id", func(tx store.Tx, k things) error { return tx.CreateLabReport(k.Report) }},
		{"an observation's id in another report of the patient", "id", func(tx store.Tx, k things) error {
			r := k.labReport(901, k.Patient)
			if err := tx.CreateLabReport(r); err != nil {
				return err
			}
			return tx.AddObservation(r, 0, k.Observation)
		}},
		{"a reading's id", "id", func(tx store.Tx, k things) error {
			r := k.reading(901, k.Patient)
			r.ID = k.Reading.ID
			return tx.CreateReading(r)
		}},
		{"a reading's key", "key", func(tx store.Tx, k things) error {
			r := k.reading(901, k.Patient)
			r.Key = k.Reading.Key
			return tx.CreateReading(r)
		}},
		{"a note's id", "id", func(tx store.Tx, k things) error { return tx.CreateNote(k.Note) }},
		{"an analysis' id", "id", func(tx store.Tx, k things) error { return tx.CreateAnalysis(k.Analysis) }},
	}
}

func chartReferences() []reference {
	return []reference{
		{"a file of an instance", func(tx store.Tx, k, _ things) error {
			f := k.file(900)
			f.Instance = "nowhere"
			return tx.CreateFile(f)
		}},
		{"a file's patient", func(tx store.Tx, k, other things) error {
			f := k.Uncited
			f.Patient = other.Patient.ID
			return tx.UpdateFile(f)
		}},
		{"a form's patient", func(tx store.Tx, k, other things) error { return tx.CreateForm(k.form(900, other.Patient)) }},
		{"a form definition of an instance", func(tx store.Tx, k, _ things) error {
			d := k.formDefinition(900)
			d.Instance = "nowhere"
			return tx.CreateFormDefinition(d)
		}},
		{"a lab report's patient", func(tx store.Tx, k, other things) error { return tx.CreateLabReport(k.labReport(900, other.Patient)) }},
		{"an observation's report", func(tx store.Tx, k, other things) error {
			return tx.AddObservation(k.labReport(900, k.Patient), 0, k.observation(900))
		}},
		{"an observation's report of another patient", func(tx store.Tx, k, other things) error {
			r := k.Report
			r.Patient = other.Patient.ID
			return tx.AddObservation(r, 0, k.observation(900))
		}},
		{"a reading's patient", func(tx store.Tx, k, other things) error { return tx.CreateReading(k.reading(900, other.Patient)) }},
		{"a note's patient", func(tx store.Tx, k, other things) error { return tx.CreateNote(k.note(900, other.Patient, k.Provider)) }},
		{"a note's provider", func(tx store.Tx, k, other things) error { return tx.CreateNote(k.note(900, k.Patient, other.Provider)) }},
		{"a note's encounter", func(tx store.Tx, k, other things) error {
			n := k.note(900, k.Patient, k.Provider)
			n.Encounter = &other.Encounter.ID
			return tx.CreateNote(n)
		}},
		{"the note that a note amends", func(tx store.Tx, k, other things) error {
			n := k.note(900, k.Patient, k.Provider)
			n.Amends = other.Note.ID
			return tx.CreateNote(n)
		}},
		{"an analysis' patient", func(tx store.Tx, k, other things) error {
			return tx.CreateAnalysis(k.analysis(900, other.Patient, k.Encounter))
		}},
		{"an analysis' encounter", func(tx store.Tx, k, other things) error {
			return tx.CreateAnalysis(k.analysis(900, k.Patient, other.Encounter))
		}},
		{"an analysis' recording", func(tx store.Tx, k, other things) error {
			a := k.analysis(900, k.Patient, k.Encounter)
			a.Recording = other.Recording.ID
			return tx.CreateAnalysis(a)
		}},
		{"an analysis' signer", func(tx store.Tx, k, other things) error {
			a := k.Analysis
			a.SignedBy = &other.Provider.Number
			return tx.UpdateAnalysis(a)
		}},
	}
}

func chartListings() []listing {
	return []listing{
		listingOf("form definitions",
			func(tx store.Tx, w ward, n int) error { return tx.CreateFormDefinition(w.formDefinition(shuffled(n))) },
			func(tx store.Tx, w ward, after string, limit int) ([]care.FormDefinition, error) {
				return tx.FormDefinitions(w.Scope, after, limit)
			},
			func(v care.FormDefinition) string { return v.Name }, strings.Compare),
		formListing("forms", false), formListing("forms of a patient", true),
		placed("lab reports",
			func(tx store.Tx, w ward, n int) error { return tx.CreateLabReport(later(w.labReport(n, w.Patient), n)) },
			func(tx store.Tx, w ward, after *store.Place, limit int) ([]care.LabReport, error) {
				return tx.LabReports(w.Scope, "", after, limit)
			},
			func(v care.LabReport) store.Place { return store.Place{CreatedAt: v.CreatedAt, ID: v.ID} }),
		placed("lab reports of a patient",
			func(tx store.Tx, w ward, n int) error { return tx.CreateLabReport(later(w.labReport(n, w.Patient), n)) },
			func(tx store.Tx, w ward, after *store.Place, limit int) ([]care.LabReport, error) {
				return tx.LabReports(w.Scope, w.Patient.ID, after, limit)
			},
			func(v care.LabReport) store.Place { return store.Place{CreatedAt: v.CreatedAt, ID: v.ID} }),
		noteListing("notes", false), noteListing("notes of a patient", true),
		analysisListing("analyses", func(ward) store.AnalysisFilter { return store.AnalysisFilter{} }),
		analysisListing("analyses of a patient", func(w ward) store.AnalysisFilter { return store.AnalysisFilter{Patient: w.Patient.ID} }),
		analysisListing("analyses of an encounter", func(w ward) store.AnalysisFilter { return store.AnalysisFilter{Encounter: w.Encounter.ID} }),
	}
}

// later spreads things over time, several at once.
func later(r care.LabReport, n int) care.LabReport {
	r.CreatedAt = at(shuffled(n) / 4)
	return r
}

// placed lists newest first by creation and id.
func placed[T any](name string, create func(store.Tx, ward, int) error, page func(store.Tx, ward, *store.Place, int) ([]T, error), key func(T) store.Place) listing {
	return listingOf(name, create,
		func(tx store.Tx, w ward, after store.Place, limit int) ([]T, error) {
			if after == (store.Place{}) {
				return page(tx, w, nil, limit)
			}
			return page(tx, w, &after, limit)
		}, key,
		func(a, b store.Place) int {
			return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), strings.Compare(b.ID, a.ID))
		})
}

func patientOf(w ward, one bool) string {
	if one {
		return w.Patient.ID
	}
	return ""
}

func formListing(name string, one bool) listing {
	return placed(name,
		func(tx store.Tx, w ward, n int) error {
			f := w.form(n, w.Patient)
			f.CreatedAt = at(shuffled(n) / 4)
			return tx.CreateForm(f)
		},
		func(tx store.Tx, w ward, after *store.Place, limit int) ([]care.Form, error) {
			return tx.Forms(w.Scope, patientOf(w, one), after, limit)
		},
		func(v care.Form) store.Place { return store.Place{CreatedAt: v.CreatedAt, ID: v.ID} })
}

func noteListing(name string, one bool) listing {
	return placed(name,
		func(tx store.Tx, w ward, n int) error {
			v := w.note(n, w.Patient, w.Provider)
			v.CreatedAt = at(shuffled(n) / 4)
			return tx.CreateNote(v)
		},
		func(tx store.Tx, w ward, after *store.Place, limit int) ([]care.Note, error) {
			return tx.Notes(w.Scope, patientOf(w, one), after, limit)
		},
		func(v care.Note) store.Place { return store.Place{CreatedAt: v.CreatedAt, ID: v.ID} })
}

func analysisListing(name string, filter func(ward) store.AnalysisFilter) listing {
	return placed(name,
		func(tx store.Tx, w ward, n int) error {
			v := w.analysis(n, w.Patient, w.Encounter)
			v.CreatedAt, v.Language = at(shuffled(n)/4), fmt.Sprint(n)
			return tx.CreateAnalysis(v)
		},
		func(tx store.Tx, w ward, after *store.Place, limit int) ([]care.Analysis, error) {
			return tx.Analyses(w.Scope, filter(w), after, limit)
		},
		func(v care.Analysis) store.Place { return store.Place{CreatedAt: v.CreatedAt, ID: v.ID} })
}
