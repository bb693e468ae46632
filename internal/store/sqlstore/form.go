package sqlstore

import (
	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	sqlFormAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $4),
		EXISTS (SELECT 1 FROM form WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlFormInsert = `
	INSERT INTO form (tenant, instance, id, patient, name, definition, files, sender, created_at, responses)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`

	colsForm = `
	SELECT tenant, instance, id, patient, name, definition, files, sender, created_at`
	sqlForm  = colsForm + `, responses FROM form WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlForms = colsForm + ` FROM form WHERE tenant = $1 AND instance = $2 AND (created_at, id) < ($3, $4)
	ORDER BY created_at DESC, id DESC LIMIT $5`
	sqlFormsOf = colsForm + ` FROM form WHERE tenant = $1 AND instance = $2 AND patient = $5 AND (created_at, id) < ($3, $4)
	ORDER BY created_at DESC, id DESC LIMIT $6`

	sqlFormDefinitionAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		$5 AND EXISTS (SELECT 1 FROM form_definition WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM form_definition WHERE tenant = $1 AND instance = $2 AND name = $4 AND id <> $3)`
	sqlFormDefinitionInsert = `
	INSERT INTO form_definition (tenant, instance, id, name, questions, created_at, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	sqlFormDefinitionUpdate = `
	UPDATE form_definition SET name = $4, questions = $5, updated_at = $6 WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlFormDefinitionDelete = `
	DELETE FROM form_definition WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsFormDefinition = `
	SELECT tenant, instance, id, name, questions, created_at, updated_at FROM form_definition WHERE tenant = $1 AND instance = $2 AND `
	sqlFormDefinition      = colsFormDefinition + `id = $3`
	sqlFormDefinitionNamed = colsFormDefinition + `name = $3`
	sqlFormDefinitions     = colsFormDefinition + `name > $3 ORDER BY name LIMIT $4`
)

// scanFormHead reads a form without its responses.
func scanFormHead(r *row) care.Form {
	return care.Form{
		Scope: scanScope(r), ID: r.text(), Patient: r.text(), Name: r.text(), Definition: r.text(), Files: listOf[string](r),
		Sender: r.text(), CreatedAt: r.time(),
	}
}

func scanForm(r *row) care.Form {
	f := scanFormHead(r)
	f.Responses = r.bytes()
	return f
}

func (t *tx) CreateForm(f care.Form) error {
	if err := t.admit("form", []string{"patient"}, []string{"id"}, sqlFormAdmit, f.Tenant, f.Instance, f.ID, f.Patient); err != nil {
		return err
	}
	files, err := listText(f.Files)
	if err != nil {
		return err
	}
	_, err = t.exec(sqlFormInsert, f.Tenant, f.Instance, f.ID, f.Patient, f.Name, f.Definition, files, f.Sender, micros(f.CreatedAt), blob(f.Responses))
	return err
}

func (t *tx) Form(s care.Scope, id string) (care.Form, error) {
	return one(t, "form", scanForm, sqlForm, s.Tenant, s.Instance, id)
}

func (t *tx) Forms(s care.Scope, patient string, after *store.Place, limit int) ([]care.Form, error) {
	at, id := placeOf(after)
	if patient == "" {
		return all(t, scanFormHead, sqlForms, s.Tenant, s.Instance, at, id, int64(limit))
	}
	return all(t, scanFormHead, sqlFormsOf, s.Tenant, s.Instance, at, id, patient, int64(limit))
}

func scanFormDefinition(r *row) care.FormDefinition {
	return care.FormDefinition{
		Scope: scanScope(r), ID: r.text(), Name: r.text(), Questions: listOf[care.FormQuestion](r), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) admitFormDefinition(d care.FormDefinition, isNew bool) error {
	return t.admit("form_definition", []string{"instance"}, []string{"id", "name"}, sqlFormDefinitionAdmit, d.Tenant, d.Instance, d.ID, d.Name, isNew)
}

func (t *tx) CreateFormDefinition(d care.FormDefinition) error {
	if err := t.admitFormDefinition(d, true); err != nil {
		return err
	}
	questions, err := listText(d.Questions)
	if err != nil {
		return err
	}
	_, err = t.exec(sqlFormDefinitionInsert, d.Tenant, d.Instance, d.ID, d.Name, questions, micros(d.CreatedAt), micros(d.UpdatedAt))
	return err
}

func (t *tx) FormDefinition(s care.Scope, id string) (care.FormDefinition, error) {
	return one(t, "form_definition", scanFormDefinition, sqlFormDefinition, s.Tenant, s.Instance, id)
}

func (t *tx) FormDefinitionNamed(s care.Scope, name string) (care.FormDefinition, error) {
	return one(t, "form_definition", scanFormDefinition, sqlFormDefinitionNamed, s.Tenant, s.Instance, name)
}

func (t *tx) UpdateFormDefinition(d care.FormDefinition) error {
	if err := t.admitFormDefinition(d, false); err != nil {
		return err
	}
	questions, err := listText(d.Questions)
	if err != nil {
		return err
	}
	return t.change("form_definition", sqlFormDefinitionUpdate, d.Tenant, d.Instance, d.ID, d.Name, questions, micros(d.UpdatedAt))
}

func (t *tx) DeleteFormDefinition(s care.Scope, id string) error {
	return t.change("form_definition", sqlFormDefinitionDelete, s.Tenant, s.Instance, id)
}

func (t *tx) FormDefinitions(s care.Scope, after string, limit int) ([]care.FormDefinition, error) {
	return all(t, scanFormDefinition, sqlFormDefinitions, s.Tenant, s.Instance, after, int64(limit))
}
