package telehealth

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

// wireRegister is the body of section 3.
type wireRegister struct {
	patient      care.Patient
	details      care.Details
	password     string
	customerCode string
	service      wireService
	provider     string
	timeZone     string
	date, time   string
	complaint    string
}

func (in *wireRegister) rows(check domain) []row {
	p, d := &in.patient, &in.details
	return append(in.service.rows(),
		text("first_name", &p.FirstName).must(), text("middle_name", &p.MiddleName), text("last_name", &p.LastName).must(),
		text("date_of_birth", &p.BirthDate, isDate()).must(), text("gender", &p.Gender, isGender()), text("language", &d.Language, isLanguage()),
		email("email", &p.Email).must(), email("email_alt", &d.EmailAlt),
		text("phone_number", &p.Phone, isPhone()).must().with("country_code"), text("country_code", &p.CountryCode, isDialCode()).must(),
		text("phone_number_2", &d.Phone2, isPhone()).with("country_code_phone2"), text("country_code_phone2", &d.CountryCode2, isDialCode()),
		text("addr1", &d.Address1), text("addr2", &d.Address2), text("city", &d.City), text("state", &d.State), text("country", &d.Country),
		text("zip_code", &d.PostCode), text("mrn", &p.MRN),
		decimal("height", &d.Height, isMeasure()).with("height_unit"), text("height_unit", &d.HeightUnit, among(care.HeightUnits()...)),
		decimal("weight", &d.Weight, isMeasure()).with("weight_unit"), text("weight_unit", &d.WeightUnit, among(care.WeightUnits()...)),
		exactText("password", &in.password, maxBody).blank(), text("customer_code", &in.customerCode), text("timezone", &in.timeZone, isZone()),
		email("provider_email", &in.provider),
		text("appointment_date", &in.date, isDate()).with("appointment_time", "provider_email"),
		text("appointment_time", &in.time, isClockTime()).with("appointment_date", "provider_email"),
		when{"appointment_date", oneOf{"service_id", "service"}}, when{"appointment_time", oneOf{"service_id", "service"}},
		longText("complaint", &in.complaint, care.MaxLongText), check,
	)
}

func isMeasure() rule {
	return rule{care.ValidMeasure, "must not be negative, and of at most six digits before and after the point"}
}

func isClockTime() rule {
	return rule{func(s string) bool { _, ok := care.ParseClockTime(s); return ok }, "must be a time such as 09:00 AM"}
}

func (in *wireRegister) lift(scope care.Scope) practice.Registration {
	in.patient.TimeZone = in.timeZone
	out := practice.Registration{
		Scope: scope, CustomerCode: in.customerCode, Patient: in.patient, Details: in.details, Password: in.password,
		Service: in.service.ref(), Provider: practice.ProviderRef{Email: in.provider},
	}
	if in.date != "" {
		minute, _ := care.ParseClockTime(in.time)
		out.Wanted = &practice.WantedSlot{Date: in.date, Minute: minute, TimeZone: in.timeZone, Complaint: in.complaint}
	}
	return out
}

// registerNames are the names of section 3.
var registerNames = map[string]string{
	"firstName": "first_name", "middleName": "middle_name", "lastName": "last_name", "birthDate": "date_of_birth", "phone": "phone_number",
	"countryCode": "country_code", "emailAlt": "email_alt", "phone2": "phone_number_2", "countryCode2": "country_code_phone2",
	"address1": "addr1", "address2": "addr2", "postCode": "zip_code", "heightUnit": "height_unit", "weightUnit": "weight_unit",
	"start": "appointment_time", "date": "appointment_date",
}

type wireRegistered struct {
	PatientID     int64  `json:"patient_id"`
	PatientUUID   string `json:"patient_uuid"`
	AppointmentID *int64 `json:"appointment_id"`
}

// registerPatient is section 3: a patient, and an appointment where one is asked
// for.
func (s *Surface) registerPatient(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireRegister
	check := func() error {
		asked := in.lift(c.Scope)
		return wireNames{fields: registerNames}.in(s.Practice.CheckRegistration(&asked))
	}
	if err := decode(w, r, body{rows: in.rows(check)}); err != nil {
		return err
	}
	done, err := s.Practice.Register(r.Context(), c.Actor, in.lift(c.Scope))
	if err != nil {
		names := wireNames{registerNames, map[string]string{"practice": "customer_code", "provider": "provider_email", "service": in.service.field()}}
		return names.in(err)
	}
	return answer(w, http.StatusOK, wireRegistered{done.Patient.Number, done.Patient.ID, done.Appointment})
}
