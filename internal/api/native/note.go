package native

import (
	"context"
	"time"

	"chartline/internal/care"
)

// note is a chart note as lists show it.
type note struct {
	ID             string    `json:"id" format:"uuid"`
	PatientID      string    `json:"patientId" format:"uuid"`
	ProviderNumber int64     `json:"providerNumber" doc:"Whose note it is"`
	EncounterID    *int64    `json:"encounterId"`
	Title          *string   `json:"title"`
	Type           *string   `json:"type"`
	Date           *string   `json:"date" format:"date" doc:"What it is about"`
	Amends         *string   `json:"amends" format:"uuid" doc:"The note that this one corrects"`
	Amended        bool      `json:"amended" doc:"Whether a later note corrects this one"`
	SentBy         string    `json:"sentBy" doc:"The client that sent it"`
	CreatedAt      time.Time `json:"createdAt"`
}

type noteRead struct {
	note
	Text *string `json:"text"`
	SOAP *soap   `json:"soap"`
}

type soap struct {
	Subjective *string `json:"subjective"`
	Objective  *string `json:"objective"`
	Assessment *string `json:"assessment"`
	Plan       *string `json:"plan"`
}

func lowerNote(n care.Note) note {
	return note{
		ID: n.ID, PatientID: n.Patient, ProviderNumber: n.Provider, EncounterID: n.Encounter, Title: orNull(n.Title), Type: orNull(n.Type),
		Date: orNull(n.Date), Amends: orNull(n.Amends), Amended: n.Amended, SentBy: n.Sender, CreatedAt: n.CreatedAt.UTC(),
	}
}

func (s *Surface) listNotes(ctx context.Context, c call, in ofPatient) (list[note], error) {
	after, err := in.place(c.cursors)
	if err != nil {
		return list[note]{}, err
	}
	found, err := s.Chart.Notes(ctx, c.Actor, c.Scope, optionalPerson(in.Patient), after, in.limit()+1)
	if err != nil {
		return list[note]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerNote, func(n care.Note) string { return placeAt(n.CreatedAt, n.ID) }), nil
}

type notePath struct {
	Note string `path:"note" doc:"The note's id"`
}

func (s *Surface) getNote(ctx context.Context, c call, in notePath) (noteRead, error) {
	n, err := s.Chart.Note(ctx, c.Actor, c.Scope, in.Note)
	out := noteRead{note: lowerNote(n), Text: orNull(n.Text)}
	if v := n.SOAP; v != (care.SOAP{}) {
		out.SOAP = &soap{orNull(v.Subjective), orNull(v.Objective), orNull(v.Assessment), orNull(v.Plan)}
	}
	return out, err
}
