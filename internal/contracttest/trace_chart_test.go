package contracttest

import (
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

func (x tracedTx) Roster(s care.Scope, p store.RosterPage) ([]care.RosterEntry, int, error) {
	x.trace.note("Roster")
	return x.Tx.Roster(s, p)
}

func (x tracedTx) CreateFile(a0 care.File) error {
	x.trace.note("CreateFile")
	return x.Tx.CreateFile(a0)
}

func (x tracedTx) File(s care.Scope, id string) (care.File, error) {
	x.trace.note("File")
	return x.Tx.File(s, id)
}

func (x tracedTx) UpdateFile(a0 care.File) error {
	x.trace.note("UpdateFile")
	return x.Tx.UpdateFile(a0)
}

func (x tracedTx) UncitedFiles(s care.Scope, uploader string) (files, bytes int64, err error) {
	x.trace.note("UncitedFiles")
	return x.Tx.UncitedFiles(s, uploader)
}

func (x tracedTx) UncitedBefore(t time.Time, limit int) ([]care.File, error) {
	x.trace.note("UncitedBefore")
	return x.Tx.UncitedBefore(t, limit)
}

func (x tracedTx) DeleteFile(s care.Scope, id string) error {
	x.trace.note("DeleteFile")
	return x.Tx.DeleteFile(s, id)
}

func (x tracedTx) CreateForm(a0 care.Form) error {
	x.trace.note("CreateForm")
	return x.Tx.CreateForm(a0)
}

func (x tracedTx) Form(s care.Scope, id string) (care.Form, error) {
	x.trace.note("Form")
	return x.Tx.Form(s, id)
}

func (x tracedTx) Forms(s care.Scope, patient string, after *store.Place, limit int) ([]care.Form, error) {
	x.trace.note("Forms")
	return x.Tx.Forms(s, patient, after, limit)
}

func (x tracedTx) CreateFormDefinition(a0 care.FormDefinition) error {
	x.trace.note("CreateFormDefinition")
	return x.Tx.CreateFormDefinition(a0)
}

func (x tracedTx) FormDefinition(s care.Scope, id string) (care.FormDefinition, error) {
	x.trace.note("FormDefinition")
	return x.Tx.FormDefinition(s, id)
}

func (x tracedTx) FormDefinitionNamed(s care.Scope, name string) (care.FormDefinition, error) {
	x.trace.note("FormDefinitionNamed")
	return x.Tx.FormDefinitionNamed(s, name)
}

func (x tracedTx) UpdateFormDefinition(a0 care.FormDefinition) error {
	x.trace.note("UpdateFormDefinition")
	return x.Tx.UpdateFormDefinition(a0)
}

func (x tracedTx) DeleteFormDefinition(s care.Scope, id string) error {
	x.trace.note("DeleteFormDefinition")
	return x.Tx.DeleteFormDefinition(s, id)
}

func (x tracedTx) FormDefinitions(s care.Scope, after string, limit int) ([]care.FormDefinition, error) {
	x.trace.note("FormDefinitions")
	return x.Tx.FormDefinitions(s, after, limit)
}

func (x tracedTx) CreateLabReport(r care.LabReport) error {
	x.trace.note("CreateLabReport")
	return x.Tx.CreateLabReport(r)
}

func (x tracedTx) AddObservation(r care.LabReport, n int, o care.Observation) error {
	x.trace.note("AddObservation")
	return x.Tx.AddObservation(r, n, o)
}

func (x tracedTx) ObservationReport(s care.Scope, patient, observation string) (string, error) {
	x.trace.note("ObservationReport")
	return x.Tx.ObservationReport(s, patient, observation)
}

func (x tracedTx) LabReport(s care.Scope, id string) (care.LabReport, error) {
	x.trace.note("LabReport")
	return x.Tx.LabReport(s, id)
}

func (x tracedTx) LabReports(s care.Scope, patient string, after *store.Place, limit int) ([]care.LabReport, error) {
	x.trace.note("LabReports")
	return x.Tx.LabReports(s, patient, after, limit)
}

func (x tracedTx) CreateReading(a0 care.Reading) error {
	x.trace.note("CreateReading")
	return x.Tx.CreateReading(a0)
}

func (x tracedTx) ReadingsOf(s care.Scope, patients []string, kind care.ReadingKind, r care.ReadingRange, limit int) ([]care.Reading, error) {
	x.trace.note("ReadingsOf")
	return x.Tx.ReadingsOf(s, patients, kind, r, limit)
}

func (x tracedTx) LastContacts(s care.Scope, patients []string) (map[string]care.Contact, error) {
	x.trace.note("LastContacts")
	return x.Tx.LastContacts(s, patients)
}

func (x tracedTx) CreateNote(a0 care.Note) error {
	x.trace.note("CreateNote")
	return x.Tx.CreateNote(a0)
}

func (x tracedTx) Note(s care.Scope, id string) (care.Note, error) {
	x.trace.note("Note")
	return x.Tx.Note(s, id)
}

func (x tracedTx) Notes(s care.Scope, patient string, after *store.Place, limit int) ([]care.Note, error) {
	x.trace.note("Notes")
	return x.Tx.Notes(s, patient, after, limit)
}

func (x tracedTx) CreateAnalysis(a0 care.Analysis) error {
	x.trace.note("CreateAnalysis")
	return x.Tx.CreateAnalysis(a0)
}

func (x tracedTx) Analysis(s care.Scope, id string) (care.Analysis, error) {
	x.trace.note("Analysis")
	return x.Tx.Analysis(s, id)
}

func (x tracedTx) UpdateAnalysis(a0 care.Analysis) error {
	x.trace.note("UpdateAnalysis")
	return x.Tx.UpdateAnalysis(a0)
}

func (x tracedTx) Analyses(s care.Scope, f store.AnalysisFilter, after *store.Place, limit int) ([]care.Analysis, error) {
	x.trace.note("Analyses")
	return x.Tx.Analyses(s, f, after, limit)
}
