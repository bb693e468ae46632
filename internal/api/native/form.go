package native

import (
	"context"
	"time"

	"chartline/internal/care"
)

// form is an answered form as lists show it.
type form struct {
	ID           string    `json:"id" format:"uuid"`
	PatientID    string    `json:"patientId" format:"uuid"`
	Name         string    `json:"name"`
	DefinitionID *string   `json:"definitionId" format:"uuid" doc:"What it was checked by; null where forms of its name are free"`
	Files        []string  `json:"files" nullable:"false" doc:"Ids of the files that it cites"`
	SentBy       string    `json:"sentBy" doc:"The client that sent it"`
	CreatedAt    time.Time `json:"createdAt"`
}

type formRead struct {
	form
	Responses verbatim `json:"responses" doc:"The questions and their answers, word for word"`
}

func lowerForm(f care.Form) form {
	return form{
		ID: f.ID, PatientID: f.Patient, Name: f.Name, DefinitionID: orNull(f.Definition), Files: append([]string{}, f.Files...),
		SentBy: f.Sender, CreatedAt: f.CreatedAt.UTC(),
	}
}

func (s *Surface) listForms(ctx context.Context, c call, in ofPatient) (list[form], error) {
	after, err := in.place(c.cursors)
	if err != nil {
		return list[form]{}, err
	}
	found, err := s.Chart.Forms(ctx, c.Actor, c.Scope, optionalPerson(in.Patient), after, in.limit()+1)
	if err != nil {
		return list[form]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerForm, func(f care.Form) string { return placeAt(f.CreatedAt, f.ID) }), nil
}

type formPath struct {
	Form string `path:"form" doc:"The form's id"`
}

func (s *Surface) getForm(ctx context.Context, c call, in formPath) (formRead, error) {
	f, err := s.Chart.Form(ctx, c.Actor, c.Scope, in.Form)
	return formRead{lowerForm(f), verbatim(f.Responses)}, err
}
