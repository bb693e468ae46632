package care

import (
	"log/slog"
	"time"
)

// Patient is a person in care. Number is what the telehealth surface calls the
// person, ID what the calls surface does.
type Patient struct {
	Scope
	ID          string // UUID
	Number      int64  // year of registration x 10^8 + sequence, shared with providers
	FirstName   string
	MiddleName  string
	LastName    string
	BirthDate   string // YYYY-MM-DD, or empty
	Gender      string
	Email       string
	Phone       string // national digits
	CountryCode string // dial code with its plus
	TimeZone    string // IANA, or empty
	MRN         string // unique in the instance where not empty
	ExternalID  string // the record system's id; unique in the instance where not empty
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// LogValue shows the id only.
func (p Patient) LogValue() slog.Value { return slog.StringValue(p.ID) }

// FullName joins the names that are there.
func (p Patient) FullName() string { return FullName(p.FirstName, p.MiddleName, p.LastName) }

// Check names every faulty field. now bounds the birth date, as the calendar of
// the patient's own zone has it, or else that of UTC.
func (p *Patient) Check(now time.Time) error {
	var bad Problems
	checkPerson(&bad, person{&p.FirstName, &p.MiddleName, &p.LastName, p.Gender, p.Email, p.Phone, p.CountryCode, p.TimeZone})
	if p.BirthDate != "" {
		d, ok := ParseDate(p.BirthDate)
		bad.Check(ok, "birthDate", "must be YYYY-MM-DD")
		bad.Check(!ok || !d.After(dateIn(p.TimeZone, now)), "birthDate", "must not be in the future")
	}
	for field, s := range map[string]*string{"mrn": &p.MRN, "externalId": &p.ExternalID} {
		var ok bool
		*s, ok = CleanText(*s, MaxText, false)
		bad.Check(ok, field, "must be at most 200 characters without control characters")
	}
	checkIDs(&bad, &p.ID, p.Number)
	return bad.Err()
}

// RosterEntry is a patient with what is known beyond what every look-up needs.
type RosterEntry struct {
	Patient Patient
	Details Details
}

// Provider is a person who gives care.
type Provider struct {
	Scope
	ID          string // UUID
	Number      int64
	FirstName   string
	MiddleName  string
	LastName    string
	Title       string // "MD"
	Gender      string
	Email       string
	Phone       string
	CountryCode string
	TimeZone    string
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// LogValue shows the id only.
func (p Provider) LogValue() slog.Value { return slog.StringValue(p.ID) }

// FullName joins the names that are there.
func (p Provider) FullName() string { return FullName(p.FirstName, p.MiddleName, p.LastName) }

// Check names every faulty field.
func (p *Provider) Check() error {
	var bad Problems
	checkPerson(&bad, person{&p.FirstName, &p.MiddleName, &p.LastName, p.Gender, p.Email, p.Phone, p.CountryCode, p.TimeZone})
	var ok bool
	p.Title, ok = CleanText(p.Title, MaxText, false)
	bad.Check(ok, "title", "must be at most 200 characters without control characters")
	checkIDs(&bad, &p.ID, p.Number)
	return bad.Err()
}

// CareTeamMember ties a provider to a patient's care.
type CareTeamMember struct {
	Scope
	Patient   string // UUID
	Provider  int64  // number
	Role      string
	CreatedAt time.Time
}

// checkIDs checks the two ids of a person where they are given.
func checkIDs(bad *Problems, id *string, number int64) {
	if *id != "" {
		var ok bool
		*id, ok = ParseUUID(*id)
		bad.Check(ok, "id", "must be a UUID")
	}
	bad.Check(number == 0 || ValidPersonNumber(number), "number", "must be a year x 10^8 + a sequence number")
}

type person struct {
	first, middle, last                           *string
	gender, email, phone, countryCode, timeZoneID string
}

func checkPerson(bad *Problems, p person) {
	for field, s := range map[string]*string{"firstName": p.first, "middleName": p.middle, "lastName": p.last} {
		var ok bool
		*s, ok = CleanText(*s, MaxText, false)
		bad.Check(ok, field, "must be at most 200 characters without control characters")
	}
	bad.Check(*p.first != "" || *p.last != "", "firstName", "is required where lastName is empty")
	bad.Check(p.gender == "" || ValidGender(p.gender), "gender", "must be male, female or prefer_not_to_say")
	bad.Check(p.email == "" || ValidEmail(p.email), "email", "must be one e-mail address")
	bad.Check(p.phone == "" || ValidPhone(p.phone), "phone", "must be 3 to 15 national digits")
	bad.Check(p.phone == "" || p.countryCode != "", "countryCode", "is required with phone")
	bad.Check(p.countryCode == "" || ValidDialCode(p.countryCode), "countryCode", "must be a dial code with its plus")
	bad.Check(p.timeZoneID == "" || ValidTimeZone(p.timeZoneID), "timezone", "must be an IANA zone name")
}

// personSpan is how many people one year of registration can number.
const personSpan = 100_000_000

// PersonNumber builds the number of the seq-th person registered in year.
func PersonNumber(year int, seq int64) int64 { return int64(year)*personSpan + seq }

// ValidPersonNumber reports whether n is a year (1900 to 9999) and a sequence from 1.
func ValidPersonNumber(n int64) bool {
	year := n / personSpan
	return year >= 1900 && year <= 9999 && n%personSpan > 0
}

// PersonYear returns the year of registration in n.
func PersonYear(n int64) int { return int(n / personSpan) }

// PersonSequence returns the sequence number in n.
func PersonSequence(n int64) int64 { return n % personSpan }
