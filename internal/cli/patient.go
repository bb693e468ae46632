package cli

import (
	"io"
	"strconv"
	"time"

	"chartline/internal/care"
)

type patientCmd struct {
	List   patientList   `cmd:"" help:"List patients by number."`
	Show   patientShow   `cmd:"" help:"Show one patient."`
	Create patientCreate `cmd:"" help:"Register a patient."`
}

type patientDoc struct {
	ID          string    `json:"id"`
	Number      int64     `json:"number"`
	FirstName   string    `json:"firstName"`
	MiddleName  string    `json:"middleName"`
	LastName    string    `json:"lastName"`
	BirthDate   string    `json:"birthDate"`
	Gender      string    `json:"gender"`
	Email       string    `json:"email"`
	Phone       string    `json:"phone"`
	CountryCode string    `json:"countryCode"`
	TimeZone    string    `json:"timeZone"`
	MRN         string    `json:"mrn"`
	ExternalID  string    `json:"externalId"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func docOfPatient(p care.Patient) patientDoc {
	return patientDoc{ID: p.ID, Number: p.Number, FirstName: p.FirstName, MiddleName: p.MiddleName, LastName: p.LastName,
		BirthDate: p.BirthDate, Gender: p.Gender, Email: p.Email, Phone: p.Phone, CountryCode: p.CountryCode,
		TimeZone: p.TimeZone, MRN: p.MRN, ExternalID: p.ExternalID, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

func (a *app) showPatient(p care.Patient) error {
	return a.show(docOfPatient(p), func(w io.Writer) {
		writeFields(w, field{"patient", p.ID}, field{"number", strconv.FormatInt(p.Number, 10)}, field{"name", p.FullName()},
			field{"born", p.BirthDate}, field{"gender", p.Gender}, field{"email", p.Email}, field{"phone", p.CountryCode + p.Phone},
			field{"time zone", p.TimeZone}, field{"mrn", p.MRN}, field{"external id", p.ExternalID})
	})
}

// personRef reads what may be typed for a person: a UUID or a number. What is
// neither names nobody.
func personRef(noun, text string) (care.PersonRef, error) {
	ref, ok := care.ParsePersonRef(text)
	if !ok {
		return ref, care.NotFound(noun)
	}
	return ref, nil
}

type patientList struct {
	Scope    scopeFlags `embed:""`
	Page     pageFlags  `embed:""`
	Settings dataFlags  `embed:""`
}

// Run lists patients.
func (c patientList) Run(a *app) error {
	after, err := c.Page.afterNumber()
	if err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.people.Patients(a.ctx, a.actor(), c.Scope.scope(), after, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, func(p care.Patient) string { return strconv.FormatInt(p.Number, 10) })
		return showPage(a, docs(all, docOfPatient), next,
			column[patientDoc]{"NUMBER", func(p patientDoc) string { return strconv.FormatInt(p.Number, 10) }},
			column[patientDoc]{"ID", func(p patientDoc) string { return p.ID }},
			column[patientDoc]{"NAME", func(p patientDoc) string { return care.FullName(p.FirstName, p.MiddleName, p.LastName) }},
			column[patientDoc]{"BORN", func(p patientDoc) string { return p.BirthDate }},
			column[patientDoc]{"MRN", func(p patientDoc) string { return p.MRN }})
	})
}

type patientShow struct {
	Patient  string     `arg:"" help:"The patient's UUID or number."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

// Run shows a patient.
func (c patientShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		ref, err := personRef("patient", c.Patient)
		if err != nil {
			return err
		}
		p, err := e.people.PatientByRef(a.ctx, a.actor(), c.Scope.scope(), ref)
		if err != nil {
			return err
		}
		return a.showPatient(p)
	})
}

type patientCreate struct {
	Scope       scopeFlags `embed:""`
	ID          string     `placeholder:"UUID" help:"The patient's UUID (default: made)."`
	Number      int64      `placeholder:"N" help:"The patient's number, a year x 10^8 + a sequence (default: the next of this year)."`
	FirstName   string     `placeholder:"NAME" help:"First name."`
	MiddleName  string     `placeholder:"NAME" help:"Middle name."`
	LastName    string     `placeholder:"NAME" help:"Last name."`
	BirthDate   string     `placeholder:"DATE" help:"Birth date, YYYY-MM-DD."`
	Gender      string     `placeholder:"GENDER" help:"male, female or prefer_not_to_say."`
	Email       string     `placeholder:"ADDRESS" help:"E-mail address."`
	CountryCode string     `placeholder:"CODE" help:"Dial code with its plus, such as +1."`
	Phone       string     `placeholder:"DIGITS" help:"National digits of the phone number."`
	TimeZone    string     `placeholder:"ZONE" help:"IANA time zone."`
	MRN         string     `name:"mrn" placeholder:"TEXT" help:"Medical record number."`
	ExternalID  string     `placeholder:"TEXT" help:"The record system's id."`
	Settings    dataFlags  `embed:""`
}

// Run registers a patient.
func (c patientCreate) Run(a *app) error {
	return a.with(func(e *engine) error {
		p, err := e.people.CreatePatient(a.ctx, a.actor(), care.Patient{
			Scope: c.Scope.scope(), ID: c.ID, Number: c.Number, FirstName: c.FirstName, MiddleName: c.MiddleName, LastName: c.LastName,
			BirthDate: c.BirthDate, Gender: c.Gender, Email: c.Email, CountryCode: c.CountryCode, Phone: c.Phone, TimeZone: c.TimeZone,
			MRN: c.MRN, ExternalID: c.ExternalID,
		}, nil)
		if err != nil {
			return err
		}
		return a.showPatient(p)
	})
}
