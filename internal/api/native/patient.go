package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/people"
)

type patient struct {
	ID          string    `json:"id" format:"uuid"`
	Number      int64     `json:"number" doc:"Year of registration x 10^8 + sequence" example:"202600000001"`
	FirstName   *string   `json:"firstName"`
	MiddleName  *string   `json:"middleName"`
	LastName    *string   `json:"lastName"`
	BirthDate   *string   `json:"birthDate" format:"date"`
	Gender      *string   `json:"gender" enum:"male,female,prefer_not_to_say"`
	Email       *string   `json:"email"`
	Phone       *string   `json:"phone" doc:"National digits"`
	CountryCode *string   `json:"countryCode" doc:"Dial code with its plus"`
	TimeZone    *string   `json:"timezone" doc:"IANA name"`
	MRN         *string   `json:"mrn"`
	ExternalID  *string   `json:"externalId" doc:"The record system's id"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func (p patient) location() string { return "/patients/" + p.ID }

func lowerPatient(p care.Patient) patient {
	return patient{
		ID: p.ID, Number: p.Number, FirstName: orNull(p.FirstName), MiddleName: orNull(p.MiddleName), LastName: orNull(p.LastName),
		BirthDate: orNull(p.BirthDate), Gender: orNull(p.Gender), Email: orNull(p.Email), Phone: orNull(p.Phone),
		CountryCode: orNull(p.CountryCode), TimeZone: orNull(p.TimeZone), MRN: orNull(p.MRN), ExternalID: orNull(p.ExternalID),
		CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC(),
	}
}

type patientPath struct {
	Patient string `path:"patient" doc:"The patient's id or number"`
}

type listPatients struct {
	pageQuery
	Number int64 `query:"number" minimum:"1" doc:"Only the patient with this number"`
}

func (s *Surface) listPatients(ctx context.Context, c call, in listPatients) (list[patient], error) {
	after, err := in.number(c.cursors)
	if err != nil {
		return list[patient]{}, err
	}
	var found []care.Patient
	if in.Number != 0 {
		found, err = s.People.PatientsNumbered(ctx, c.Actor, c.Scope, in.Number)
	} else {
		found, err = s.People.Patients(ctx, c.Actor, c.Scope, after, in.limit()+1)
	}
	if err != nil {
		return list[patient]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerPatient, func(p care.Patient) string { return placeOf(p.Number) }), nil
}

type createPatient struct {
	Body newPatient
}

type newPatient struct {
	ID          string `json:"id,omitempty" doc:"A UUID that the patient has already; made where absent"`
	Number      int64  `json:"number,omitempty" minimum:"1" doc:"A number that the patient has already; drawn where absent"`
	FirstName   string `json:"firstName,omitempty" doc:"Needed where lastName is absent"`
	MiddleName  string `json:"middleName,omitempty"`
	LastName    string `json:"lastName,omitempty"`
	BirthDate   string `json:"birthDate,omitempty" doc:"YYYY-MM-DD"`
	Gender      string `json:"gender,omitempty" enum:"male,female,prefer_not_to_say"`
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty" doc:"National digits; needs countryCode"`
	CountryCode string `json:"countryCode,omitempty" doc:"Dial code with its plus"`
	TimeZone    string `json:"timezone,omitempty" doc:"IANA name"`
	MRN         string `json:"mrn,omitempty" doc:"Unique in the instance"`
	ExternalID  string `json:"externalId,omitempty" doc:"The record system's id; unique in the instance"`
}

func (s *Surface) createPatient(ctx context.Context, c call, in createPatient) (patient, error) {
	b := in.Body
	p, err := s.People.CreatePatient(ctx, c.Actor, care.Patient{
		Scope: c.Scope, ID: b.ID, Number: b.Number, FirstName: b.FirstName, MiddleName: b.MiddleName, LastName: b.LastName,
		BirthDate: b.BirthDate, Gender: b.Gender, Email: b.Email, Phone: b.Phone, CountryCode: b.CountryCode,
		TimeZone: b.TimeZone, MRN: b.MRN, ExternalID: b.ExternalID,
	}, c.once)
	return lowerPatient(p), err
}

func (s *Surface) getPatient(ctx context.Context, c call, in patientPath) (patient, error) {
	p, err := s.People.PatientByRef(ctx, c.Actor, c.Scope, personRef(in.Patient))
	return lowerPatient(p), err
}

type changePatient struct {
	patientPath
	Body patientChange
}

// patientChange is a change as RFC 7396 has it: null removes.
type patientChange struct {
	FirstName   optional[string] `json:"firstName,omitzero"`
	MiddleName  optional[string] `json:"middleName,omitzero"`
	LastName    optional[string] `json:"lastName,omitzero"`
	BirthDate   optional[string] `json:"birthDate,omitzero" doc:"YYYY-MM-DD"`
	Gender      optional[string] `json:"gender,omitzero" enum:"male,female,prefer_not_to_say"`
	Email       optional[string] `json:"email,omitzero"`
	Phone       optional[string] `json:"phone,omitzero" doc:"National digits; needs countryCode"`
	CountryCode optional[string] `json:"countryCode,omitzero" doc:"Dial code with its plus"`
	TimeZone    optional[string] `json:"timezone,omitzero" doc:"IANA name"`
	MRN         optional[string] `json:"mrn,omitzero"`
	ExternalID  optional[string] `json:"externalId,omitzero"`
}

func (s *Surface) changePatient(ctx context.Context, c call, in changePatient) (patient, error) {
	b := in.Body
	p, err := s.People.ChangePatient(ctx, c.Actor, c.Scope, personRef(in.Patient), people.PatientChange{
		FirstName: text(b.FirstName), MiddleName: text(b.MiddleName), LastName: text(b.LastName), BirthDate: text(b.BirthDate),
		Gender: text(b.Gender), Email: text(b.Email), Phone: text(b.Phone), CountryCode: text(b.CountryCode),
		TimeZone: text(b.TimeZone), MRN: text(b.MRN), ExternalID: text(b.ExternalID),
	})
	return lowerPatient(p), err
}
