package telehealth

import (
	"encoding/json"
	"net/http"
	"slices"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

// wireForm is the body of section 5.
type wireForm struct {
	patient int64
	name    string
	field   string // which of the two names the responses came by
	raw     json.RawMessage
}

func (in *wireForm) rows() []row {
	return []row{
		integer("patient_id", &in.patient).must(), text("patient_form_name", &in.name).must(),
		in.responses("form_response"), in.responses("form_responses"), oneOf{"form_responses", "form_response"},
	}
}

// responses is an array of a form's questions with their answers, kept word for
// word.
func (in *wireForm) responses(name string) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		in.field, in.raw = name, slices.Clone(raw)
		_, err := care.ReadForm(raw, at)
		bad.Include(err)
	}}
}

type wireFormKept struct {
	FormResponseID string `json:"form_response_id"`
	PatientID      int64  `json:"patient_id"`
}

// submitForm is section 5: a form as a patient answered it.
func (s *Surface) submitForm(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireForm
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	f, err := s.Chart.SubmitForm(r.Context(), c.Actor, chart.NewForm{
		Scope: c.Scope, Patient: care.PersonRef{Number: in.patient}, Name: in.name, Responses: in.raw, Field: in.field,
	})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wireFormKept{f.ID, in.patient})
}
