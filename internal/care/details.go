package care

import (
	"regexp"
	"slices"
)

// Details are what is known of a person beyond what every look-up needs. They
// are kept apart, so that look-ups do not read them.
type Details struct {
	Scope        `json:"-"`
	Person       int64  `json:"-"` // number
	EmailAlt     string `json:"emailAlt,omitempty"`
	Phone2       string `json:"phone2,omitempty"`
	CountryCode2 string `json:"countryCode2,omitempty"`
	Address1     string `json:"address1,omitempty"`
	Address2     string `json:"address2,omitempty"`
	City         string `json:"city,omitempty"`
	State        string `json:"state,omitempty"`
	Country      string `json:"country,omitempty"`
	PostCode     string `json:"postCode,omitempty"`
	Language     string `json:"language,omitempty"`
	Height       string `json:"height,omitempty"` // a decimal as it was given
	HeightUnit   string `json:"heightUnit,omitempty"`
	Weight       string `json:"weight,omitempty"`
	WeightUnit   string `json:"weightUnit,omitempty"`
	BirthDate    string `json:"birthDate,omitempty"` // of a provider; a patient has it among the rest
}

// The units of height and weight (telehealth.md section 3).
var (
	heightUnits = []string{"cm", "inch", "ft"}
	weightUnits = []string{"kg", "lb", "g", "oz"}
)

// HeightUnits returns the units of height.
func HeightUnits() []string { return slices.Clone(heightUnits) }

// WeightUnits returns the units of weight.
func WeightUnits() []string { return slices.Clone(weightUnits) }

var measure = regexp.MustCompile(`^[0-9]{1,6}(\.[0-9]{1,6})?$`)

// ValidMeasure reports whether s is a height or weight: a decimal that is not
// negative.
func ValidMeasure(s string) bool { return measure.MatchString(s) }

// Check names every faulty field.
func (d *Details) Check() error {
	var bad Problems
	for field, s := range map[string]*string{
		"address1": &d.Address1, "address2": &d.Address2, "city": &d.City, "state": &d.State, "country": &d.Country, "postCode": &d.PostCode,
	} {
		var ok bool
		*s, ok = CleanText(*s, MaxText, false)
		bad.Check(ok, field, "must be at most 200 characters without control characters")
	}
	bad.Check(d.EmailAlt == "" || ValidEmail(d.EmailAlt), "emailAlt", "must be one e-mail address")
	bad.Check(d.Phone2 == "" || ValidPhone(d.Phone2), "phone2", "must be 3 to 15 national digits")
	bad.Check(d.Phone2 == "" || d.CountryCode2 != "", "countryCode2", "is required with phone2")
	bad.Check(d.CountryCode2 == "" || ValidDialCode(d.CountryCode2), "countryCode2", "must be a dial code with its plus")
	bad.Check(d.Language == "" || ValidLanguage(d.Language), "language", "must be en, es, ar, it, pt-BR, fr-ca or gu")
	checkMeasure(&bad, "height", d.Height, d.HeightUnit, heightUnits)
	checkMeasure(&bad, "weight", d.Weight, d.WeightUnit, weightUnits)
	if d.BirthDate != "" {
		_, ok := ParseDate(d.BirthDate)
		bad.Check(ok, "birthDate", "must be YYYY-MM-DD")
	}
	return bad.Err()
}

func checkMeasure(bad *Problems, field, value, unit string, units []string) {
	bad.Check(value == "" || ValidMeasure(value), field, "must be a decimal number")
	bad.Check(value == "" || unit != "", field+"Unit", "is required with "+field)
	if unit != "" && !slices.Contains(units, unit) {
		bad.Add(field+"Unit", "is not a unit of "+field)
	}
}
