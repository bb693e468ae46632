package telehealth

import (
	"net/http"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

// wireNote is the body of section 8.
type wireNote struct {
	note      care.Note
	patient   int64
	provider  string
	encounter int64
}

func (in *wireNote) rows() []row {
	n := &in.note
	return []row{
		integer("patient_id", &in.patient).must(), email("provider_email", &in.provider).must(),
		longText("note", &n.Text, care.MaxNote), nested("soap", soapRows(&n.SOAP)...), oneOf{"note", "soap"},
		text("title", &n.Title), text("note_type", &n.Type), integer("encounter_id", &in.encounter),
		text("note_date", &n.Date, isDate()), text("amends", &n.Amends), domain(n.Check),
	}
}

func soapRows(v *care.SOAP) []row {
	return []row{
		longText("subjective", &v.Subjective, care.MaxNote), longText("objective", &v.Objective, care.MaxNote),
		longText("assessment", &v.Assessment, care.MaxNote), longText("plan", &v.Plan, care.MaxNote),
	}
}

type wireNoteKept struct {
	NoteID    string    `json:"note_id"`
	CreatedAt time.Time `json:"created_at"`
}

// addNote is section 8: an entry in a patient's chart.
func (s *Surface) addNote(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireNote
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	in.note.Scope = c.Scope
	if in.encounter != 0 {
		in.note.Encounter = &in.encounter
	}
	n, err := s.Chart.AddNote(r.Context(), c.Actor, chart.NewNote{
		Note: in.note, Patient: care.PersonRef{Number: in.patient}, ProviderEmail: in.provider,
	})
	if err != nil {
		return wireNames{nouns: map[string]string{"provider": "provider_email", "encounter": "encounter_id", "note": "amends"}}.in(err)
	}
	return answer(w, http.StatusOK, wireNoteKept{n.ID, n.CreatedAt})
}
