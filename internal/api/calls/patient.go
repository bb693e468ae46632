package calls

import (
	"net/http"
	"strings"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/people"
)

type wirePatient struct {
	ID         string  `json:"id"`
	FirstName  *string `json:"firstName"`
	LastName   *string `json:"lastName"`
	MiddleName *string `json:"middleName"`
	BirthDate  *string `json:"birthDate"`
	Gender     *string `json:"gender"`
	Email      *string `json:"email"`
	Phone      *string `json:"phone"`
	MRN        *string `json:"mrn"`
	ExternalID *string `json:"externalId"`
	TimeZone   *string `json:"timezone"`
	CreatedAt  string  `json:"createdAt"`
	UpdatedAt  string  `json:"updatedAt"`
}

func (s *Surface) patient(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var bad care.Problems
	get := readQuery(&bad, r.URL.RawQuery)
	id := people.PatientID{Value: r.PathValue("patientId"), Type: people.PatientIDType(strings.ToUpper(get("type")))}
	switch id.Type {
	case people.ByID, people.ByMRN, people.ByExternalID:
	default:
		bad.Add("type", "must be MRN or EID")
	}
	if err := bad.Err(); err != nil {
		return err
	}
	p, err := s.People.Patient(r.Context(), c.Actor, c.Scope, id)
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, wirePatient{
		ID: p.ID, FirstName: optional(p.FirstName), LastName: optional(p.LastName), MiddleName: optional(p.MiddleName),
		BirthDate: optional(p.BirthDate), Gender: optional(p.Gender), Email: optional(p.Email), Phone: optional(p.CountryCode + p.Phone),
		MRN: optional(p.MRN), ExternalID: optional(p.ExternalID), TimeZone: optional(p.TimeZone),
		CreatedAt: instant(p.CreatedAt), UpdatedAt: instant(p.UpdatedAt),
	})
}
