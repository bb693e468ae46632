package chart

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// NewForm is a form that arrives.
type NewForm struct {
	care.Scope
	Patient care.PersonRef
	Name    string
	// Responses is a JSON array, kept word for word; Field is what it is called
	// where it came from.
	Responses []byte
	Field     string
}

// SubmitForm keeps a patient's answered form. Where the practice defined the
// form of that name it is checked by it. Every file that it cites must be the
// actor's own and nobody else's document; from now on it is the patient's.
// Errors: Invalid (every faulty part at once), NotFound (patient), Forbidden.
func (s *Service) SubmitForm(ctx context.Context, actor care.Actor, in NewForm) (care.Form, error) {
	var bad care.Problems
	name, err := care.CheckFormName(in.Name)
	bad.Include(err)
	questions, err := care.ReadForm(in.Responses, in.Field)
	bad.Include(err)
	if err := bad.Err(); err != nil {
		return care.Form{}, err
	}
	now := s.gate.Now()
	f := care.Form{Scope: in.Scope, ID: uuid.NewString(), Name: name, Responses: in.Responses, Sender: actor.ID, CreatedAt: now}
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.FormSubmit, Scope: in.Scope}
	made, err := gate.Write(ctx, s.gate, q, locatePatient(actor, in.Scope, "form", in.Patient, &p), func(tx store.Tx) (gate.Made[care.Form], error) {
		f := f
		f.Patient = p.ID
		var bad care.Problems
		d, err := tx.FormDefinitionNamed(f.Scope, f.Name)
		switch {
		case err == nil:
			f.Definition = d.ID
			bad.Include(d.CheckForm(questions))
		case !care.IsNotFound(err):
			return gate.Made[care.Form]{}, err
		}
		files, err := cite(tx, f, care.Citations(questions), &bad)
		if err != nil {
			return gate.Made[care.Form]{}, err
		}
		if err := bad.Err(); err != nil {
			return gate.Made[care.Form]{}, err
		}
		f.Files = files
		return made("form", f.ID, f.Patient, f), tx.CreateForm(f)
	})
	return made.Value, err
}

// made is the answer of a creation.
func made[T any](noun, id, patient string, v T) gate.Made[T] {
	return gate.Made[T]{Value: v, Target: care.Target{Noun: noun, ID: id, Patient: patient}}
}

// cite makes the files that a form's answers cite the patient's, and returns
// their ids, each once. A file that is not there, or not the sender's to cite,
// is a fault of the answer; which of the two is not told.
func cite(tx store.Tx, f care.Form, citations []care.Answer, bad *care.Problems) ([]string, error) {
	var ids []string
	for _, a := range citations {
		var file care.File
		err := care.NotFound("file")
		if id, ok := care.ParseUUID(a.File); ok {
			file, err = tx.File(f.Scope, id)
		}
		if err != nil && !care.IsNotFound(err) {
			return nil, err
		}
		if err != nil || !file.Citable(f.Sender, f.Patient, f.CreatedAt) {
			bad.Add(a.Path+".uuid", care.ReasonFile)
			continue
		}
		if !slices.Contains(ids, file.ID) {
			ids = append(ids, file.ID)
		}
		if file.Patient == f.Patient {
			continue
		}
		file.Patient, file.CitedAt = f.Patient, &f.CreatedAt
		if err := tx.UpdateFile(file); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// Form returns a form. Errors: NotFound, Forbidden.
func (s *Service) Form(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.Form, error) {
	var f care.Form
	q := gate.Request{Actor: actor, Action: policy.FormRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateForm(actor, scope, id, &f), func(store.Tx) (care.Form, error) { return f, nil })
}

// AnsweredForm is a form with the files that it cites.
type AnsweredForm struct {
	Form  care.Form
	Files []care.File
}

// AnsweredForm returns a form and what is known of its files: they are a part
// of what was answered. Errors: NotFound, Forbidden.
func (s *Service) AnsweredForm(ctx context.Context, actor care.Actor, scope care.Scope, id string) (AnsweredForm, error) {
	var f care.Form
	q := gate.Request{Actor: actor, Action: policy.FormRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateForm(actor, scope, id, &f), func(tx store.Tx) (AnsweredForm, error) {
		out := AnsweredForm{Form: f}
		for _, id := range f.Files {
			file, err := tx.File(scope, id)
			if err != nil {
				return out, err
			}
			out.Files = append(out.Files, file)
		}
		return out, nil
	})
}

func locateForm(actor care.Actor, scope care.Scope, id string, f *care.Form) func(store.Tx) (care.Target, error) {
	find := func(tx store.Tx, id string) (care.Form, error) { return tx.Form(scope, id) }
	return locateThing(actor, scope, "form", id, find, func(f care.Form) string { return f.Patient }, f)
}

// Forms lists forms newest first, without their responses, at most limit of
// those after a place; patient, where not nil, narrows to one patient's.
// Errors: NotFound (patient), Forbidden.
func (s *Service) Forms(ctx context.Context, actor care.Actor, scope care.Scope, patient *care.PersonRef, after *Place, limit int) ([]care.Form, error) {
	var of string
	q := gate.Request{Actor: actor, Action: policy.FormRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateListed(actor, scope, "form", patient, &of), func(tx store.Tx) ([]care.Form, error) {
		return tx.Forms(scope, of, after, limit)
	})
}
