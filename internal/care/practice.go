package care

import (
	"log/slog"
	"regexp"
	"slices"
	"time"
)

// Practice is an instance as those see it who book there: the codes that others
// know it by, its hours and its rules of booking. Every instance has one; its
// time zone is the instance's.
type Practice struct {
	Scope
	// CustomerCode names the practice from outside; unique in the tenant.
	CustomerCode string
	// SignupHash is SHA-256 of the code with which providers sign up; empty
	// where nobody can.
	SignupHash []byte
	Languages  []string
	Hours      Week // of providers that have none of their own
	// NoticeMinutes is how long before its start a slot can be booked last.
	NoticeMinutes int64
	// HorizonDays is how far ahead a slot can be booked.
	HorizonDays          int64
	CreatedAt, UpdatedAt time.Time
}

// NewPractice returns the practice that an instance is before it is told more.
// Its customer code is the instance's name.
func NewPractice(in Instance) Practice {
	return Practice{
		Scope: in.Scope, CustomerCode: in.Instance, Languages: []string{"en"}, Hours: OfficeHours(), HorizonDays: 365,
		CreatedAt: in.CreatedAt, UpdatedAt: in.UpdatedAt,
	}
}

// LogValue shows the scope only.
func (p Practice) LogValue() slog.Value { return slog.StringValue(p.Scope.String()) }

var customerCode = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`)

// Check names every faulty field.
func (p *Practice) Check() error {
	var bad Problems
	bad.Check(customerCode.MatchString(p.CustomerCode), "customerCode", "must be 1 to 63 of letters, digits, _ and -, beginning with a letter or digit")
	bad.Check(len(p.Languages) > 0, "languages", "must name one at least")
	for _, l := range p.Languages {
		bad.Check(ValidLanguage(l), "languages", "must be en, es, ar, it, pt-BR, fr-ca or gu")
	}
	bad.Check(p.NoticeMinutes >= 0 && p.NoticeMinutes <= 60*24*90, "noticeMinutes", "must be 0 to 129600")
	bad.Check(p.HorizonDays >= 1 && p.HorizonDays <= 3650, "horizonDays", "must be 1 to 3650")
	p.Languages = distinct(p.Languages)
	return bad.Err()
}

// distinct returns each of all once, where it stands first.
func distinct(all []string) []string {
	var out []string
	for _, s := range all {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Service is what can be booked at a practice: a kind of appointment.
type Service struct {
	Scope
	ID      int64  // counted per instance from 1
	Name    string // unique in the instance
	Minutes int64  // how long it lasts
	// BufferMinutes follow it in which its provider is not booked.
	BufferMinutes int64
	// Retired services keep their appointments and take no new ones.
	Retired              bool
	CreatedAt, UpdatedAt time.Time
}

// LogValue shows the id only.
func (s Service) LogValue() slog.Value { return slog.Int64Value(s.ID) }

// Length is how long the service lasts, Held how long it keeps its provider.
func (s Service) Length() time.Duration { return time.Duration(s.Minutes) * time.Minute }

// Held is Length and the buffer after it.
func (s Service) Held() time.Duration { return s.Length() + time.Duration(s.BufferMinutes)*time.Minute }

// Check names every faulty field.
func (s *Service) Check() error {
	var bad Problems
	var ok bool
	s.Name, ok = CleanText(s.Name, MaxText, false)
	bad.Check(ok && s.Name != "", "name", "is required, at most 200 characters without control characters")
	bad.Check(s.Minutes >= HoldMinutes && s.Minutes <= 12*60 && s.Minutes%HoldMinutes == 0, "minutes", "must be 5 to 720, in steps of five")
	bad.Check(s.BufferMinutes >= 0 && s.BufferMinutes <= 4*60 && s.BufferMinutes%HoldMinutes == 0, "bufferMinutes", "must be 0 to 240, in steps of five")
	return bad.Err()
}

// Assignment gives a patient a service, with a provider or without, for a time
// or from then on.
type Assignment struct {
	Scope
	ID        string // UUID
	Patient   int64  // person number
	Service   int64
	Provider  *int64
	StartDate string // YYYY-MM-DD
	EndDate   string // the last day; empty where it goes on
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LogValue shows the id only.
func (a Assignment) LogValue() slog.Value { return slog.StringValue(a.ID) }

// Active reports whether the assignment is in force on date, or will be.
func (a Assignment) Active(date string) bool { return a.EndDate == "" || a.EndDate >= date }

// Check names every faulty field.
func (a *Assignment) Check() error {
	var bad Problems
	_, ok := ParseDate(a.StartDate)
	bad.Check(ok, "startDate", "must be YYYY-MM-DD")
	if a.EndDate != "" {
		_, ok := ParseDate(a.EndDate)
		bad.Check(ok, "endDate", "must be YYYY-MM-DD")
		bad.Check(a.EndDate >= a.StartDate, "endDate", "must not be before the start")
	}
	return bad.Err()
}

// Registration remembers whom a client registered, so that the same words again
// mean the same person.
type Registration struct {
	Scope
	Client string
	// Fingerprint is a digest of name, birth date, e-mail and phone.
	Fingerprint string
	Patient     int64 // person number
	At          time.Time
}
