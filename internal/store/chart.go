package store

import (
	"time"

	"chartline/internal/care"
)

// Place is a place in a list that is ordered by creation, then id. Such lists
// are newest first, and hold what is after a place: older.
type Place struct {
	CreatedAt time.Time
	ID        string
}

// Roster is the patients as numbered pages.
type Roster interface {
	// Roster returns one numbered page of patients with their details, in order
	// of creation, and how many there are in all.
	Roster(s care.Scope, p RosterPage) ([]care.RosterEntry, int, error)
}

// RosterPage asks for one page of patients.
type RosterPage struct {
	Page, Size int // counted from 0
	// From and Until narrow by creation; both are inclusive.
	From, Until *time.Time
}

// Files holds uploaded files.
type Files interface {
	CreateFile(care.File) error
	File(s care.Scope, id string) (care.File, error)
	UpdateFile(care.File) error
	// UncitedFiles returns how many of an uploader's files no form cites, and
	// how many bytes they have.
	UncitedFiles(s care.Scope, uploader string) (files, bytes int64, err error)
	// UncitedBefore lists at most limit files of any scope that were uploaded
	// before t and that no form cites, oldest first.
	UncitedBefore(t time.Time, limit int) ([]care.File, error)
	// DeleteFile removes a file that no form cites; one that a form does is
	// NotFound.
	DeleteFile(s care.Scope, id string) error
}

// Forms holds answered forms and what forms must be.
type Forms interface {
	CreateForm(care.Form) error
	Form(s care.Scope, id string) (care.Form, error)
	// Forms lists newest first, without their responses; patient "" means all.
	Forms(s care.Scope, patient string, after *Place, limit int) ([]care.Form, error)
	CreateFormDefinition(care.FormDefinition) error
	FormDefinition(s care.Scope, id string) (care.FormDefinition, error)
	FormDefinitionNamed(s care.Scope, name string) (care.FormDefinition, error)
	UpdateFormDefinition(care.FormDefinition) error
	DeleteFormDefinition(s care.Scope, id string) error
	// FormDefinitions lists by name, those after the given one.
	FormDefinitions(s care.Scope, after string, limit int) ([]care.FormDefinition, error)
}

// Labs holds laboratory reports.
type Labs interface {
	// CreateLabReport stores r without its observations.
	CreateLabReport(r care.LabReport) error
	// AddObservation stores the n-th observation of a report. Conflict where the
	// patient has one of that id.
	AddObservation(r care.LabReport, n int, o care.Observation) error
	// ObservationReport returns the id of the report in which a patient has an
	// observation.
	ObservationReport(s care.Scope, patient, observation string) (string, error)
	// LabReport returns a report with its observations in order.
	LabReport(s care.Scope, id string) (care.LabReport, error)
	// LabReports lists newest first, without observations; patient "" means all.
	LabReports(s care.Scope, patient string, after *Place, limit int) ([]care.LabReport, error)
}

// Readings holds what devices measured, and when patients were last in contact.
type Readings interface {
	// CreateReading stores r. Conflict names id, or key where the patient has
	// one of that key and kind.
	CreateReading(care.Reading) error
	// ReadingsOf returns readings of several patients, each one's in order of
	// time, at most limit in all: one statement however many patients.
	ReadingsOf(s care.Scope, patients []string, kind care.ReadingKind, r care.ReadingRange, limit int) ([]care.Reading, error)
	// LastContacts returns, by patient, the latest voice call or video session
	// that took place: as many statements for one as for a hundred.
	LastContacts(s care.Scope, patients []string) (map[string]care.Contact, error)
}

// Notes holds chart notes, which never change.
type Notes interface {
	CreateNote(care.Note) error
	Note(s care.Scope, id string) (care.Note, error)
	// Notes lists newest first, without their texts; patient "" means all.
	Notes(s care.Scope, patient string, after *Place, limit int) ([]care.Note, error)
}

// Analyses holds what programs made of encounters. One whose recording may not
// be heard is not found and not listed.
type Analyses interface {
	CreateAnalysis(care.Analysis) error
	Analysis(s care.Scope, id string) (care.Analysis, error)
	UpdateAnalysis(care.Analysis) error
	// Analyses lists newest first, without their documents.
	Analyses(s care.Scope, f AnalysisFilter, after *Place, limit int) ([]care.Analysis, error)
}

// AnalysisFilter narrows a list of analyses. Zero fields do not narrow.
type AnalysisFilter struct {
	Patient   string // UUID
	Encounter int64
}
