package telehealth

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

// wireSignup is the body of section 10.
type wireSignup struct {
	code     string
	provider care.Provider
	details  care.Details
	password string
}

func (in *wireSignup) rows(check domain) []row {
	p, d := &in.provider, &in.details
	return []row{
		text("signup_code", &in.code).must(), exactText("password", &in.password, maxBody).blank().must(),
		text("first_name", &p.FirstName).must(), text("middle_name", &p.MiddleName), text("last_name", &p.LastName),
		oneOf{"email_id", "phone1"}, email("email_id", &p.Email), email("email_id_alt", &d.EmailAlt),
		text("phone1", &p.Phone, isPhone()).with("country_code_phone1"), text("country_code_phone1", &p.CountryCode, isDialCode()),
		text("phone2", &d.Phone2, isPhone()).with("country_code_phone2"), text("country_code_phone2", &d.CountryCode2, isDialCode()),
		text("gender", &p.Gender, isGender()), text("birth_date", &d.BirthDate, isDate()), text("language", &d.Language, isLanguage()),
		text("addr1", &d.Address1), text("addr2", &d.Address2), text("city", &d.City), text("state", &d.State), text("post_code", &d.PostCode),
		text("timezone", &p.TimeZone, isZone()), text("provider_title", &p.Title), check,
	}
}

func (in *wireSignup) lift(scope care.Scope) practice.Signup {
	return practice.Signup{Scope: scope, Code: in.code, Provider: in.provider, Details: in.details, Password: in.password}
}

// signupNames are the names of section 10.
var signupNames = map[string]string{
	"firstName": "first_name", "middleName": "middle_name", "lastName": "last_name", "email": "email_id", "emailAlt": "email_id_alt",
	"phone": "phone1", "countryCode": "country_code_phone1", "countryCode2": "country_code_phone2", "birthDate": "birth_date",
	"address1": "addr1", "address2": "addr2", "postCode": "post_code", "title": "provider_title",
}

type wireSignedUp struct {
	ProviderID   int64  `json:"provider_id"`
	ProviderUUID string `json:"provider_uuid"`
}

// signUpProvider is section 10: a provider comes with the practice's code.
func (s *Surface) signUpProvider(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireSignup
	names := wireNames{fields: signupNames}
	check := func() error {
		asked := in.lift(c.Scope)
		return names.in(s.Practice.CheckSignup(&asked))
	}
	if err := decode(w, r, body{rows: in.rows(check)}); err != nil {
		return err
	}
	p, err := s.Practice.SignUp(r.Context(), c.Actor, in.lift(c.Scope))
	if err != nil {
		return names.in(err)
	}
	return answer(w, http.StatusOK, wireSignedUp{p.Number, p.ID})
}
