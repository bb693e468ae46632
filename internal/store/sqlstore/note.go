package sqlstore

import (
	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	sqlNoteAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $4),
		EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $5),
		CAST($6 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $6),
		CAST($7 AS text) IS NULL OR EXISTS (SELECT 1 FROM note WHERE tenant = $1 AND instance = $2 AND id = $7),
		EXISTS (SELECT 1 FROM note WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlNoteInsert = `
	INSERT INTO note (tenant, instance, id, patient, provider, encounter, title, kind, about_date, amends, sender, created_at,
		body, subjective, objective, assessment, care_plan)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`

	colsNote = `
	SELECT n.tenant, n.instance, n.id, n.patient, n.provider, n.encounter, n.title, n.kind, n.about_date, n.amends, n.sender, n.created_at,
		EXISTS (SELECT 1 FROM note a WHERE a.tenant = n.tenant AND a.instance = n.instance AND a.amends = n.id)`
	sqlNote = colsNote + `, n.body, n.subjective, n.objective, n.assessment, n.care_plan
	FROM note n WHERE n.tenant = $1 AND n.instance = $2 AND n.id = $3`
	sqlNotes = colsNote + ` FROM note n WHERE n.tenant = $1 AND n.instance = $2 AND (n.created_at, n.id) < ($3, $4)
	ORDER BY n.created_at DESC, n.id DESC LIMIT $5`
	sqlNotesOf = colsNote + ` FROM note n WHERE n.tenant = $1 AND n.instance = $2 AND n.patient = $5 AND (n.created_at, n.id) < ($3, $4)
	ORDER BY n.created_at DESC, n.id DESC LIMIT $6`
)

// scanNoteHead reads a note without its text.
func scanNoteHead(r *row) care.Note {
	return care.Note{
		Scope: scanScope(r), ID: r.text(), Patient: r.text(), Provider: r.int(), Encounter: r.maybeInt(), Title: r.text(), Type: r.text(),
		Date: r.text(), Amends: r.text(), Sender: r.text(), CreatedAt: r.time(), Amended: r.bool(),
	}
}

func scanNote(r *row) care.Note {
	n := scanNoteHead(r)
	n.Text = r.text()
	n.SOAP = care.SOAP{Subjective: r.text(), Objective: r.text(), Assessment: r.text(), Plan: r.text()}
	return n
}

func (t *tx) CreateNote(n care.Note) error {
	if err := t.admit("note", []string{"patient", "provider", "encounter", "note"}, []string{"id"},
		sqlNoteAdmit, n.Tenant, n.Instance, n.ID, n.Patient, n.Provider, maybeInt(n.Encounter), maybeText(n.Amends)); err != nil {
		return err
	}
	_, err := t.exec(sqlNoteInsert, n.Tenant, n.Instance, n.ID, n.Patient, n.Provider, maybeInt(n.Encounter), n.Title, n.Type, n.Date,
		maybeText(n.Amends), n.Sender, micros(n.CreatedAt), n.Text, n.SOAP.Subjective, n.SOAP.Objective, n.SOAP.Assessment, n.SOAP.Plan)
	return err
}

func (t *tx) Note(s care.Scope, id string) (care.Note, error) {
	return one(t, "note", scanNote, sqlNote, s.Tenant, s.Instance, id)
}

func (t *tx) Notes(s care.Scope, patient string, after *store.Place, limit int) ([]care.Note, error) {
	at, id := placeOf(after)
	if patient == "" {
		return all(t, scanNoteHead, sqlNotes, s.Tenant, s.Instance, at, id, int64(limit))
	}
	return all(t, scanNoteHead, sqlNotesOf, s.Tenant, s.Instance, at, id, patient, int64(limit))
}
