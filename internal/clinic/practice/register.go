package practice

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// sameRegistration is how long the same words of one client mean the same
// patient.
const sameRegistration = 24 * time.Hour

// Registration is a patient to be registered, with what comes along.
type Registration struct {
	care.Scope
	// CustomerCode names another practice of the tenant than Scope's.
	CustomerCode string
	Patient      care.Patient
	Details      care.Details
	Password     string // empty leaves it to a set-password link
	// Service is what Wanted books, or else what the patient is given.
	Service  ServiceRef
	Provider ProviderRef
	Wanted   *WantedSlot
}

// about are words that the password must not be.
func (r Registration) about() []string {
	return []string{r.Patient.Email, r.Patient.FirstName, r.Patient.LastName}
}

// WantedSlot is a slot as its clock shows it.
type WantedSlot struct {
	Date      string // YYYY-MM-DD
	Minute    int    // of the day
	TimeZone  string // the provider's where empty
	Complaint string
}

// Registered is a patient, new or the one that the same words meant before.
type Registered struct {
	Patient     care.Patient
	Appointment *int64
}

// AuditTarget names the patient.
func (r Registered) AuditTarget() care.Target {
	return care.Target{Noun: "patient", ID: r.Patient.ID, Patient: r.Patient.ID}
}

// Register makes a patient, with a portal log-in where nobody has their e-mail
// address yet, and books the wanted slot: all of it or nothing. The same client
// with the same name, birth date, e-mail and phone within 24 hours gets the same
// patient, and the appointment that was booked. Errors: Invalid, NotFound
// (practice, provider, service), Ambiguous (provider), Conflict (mrn, start),
// TooLarge (password), Forbidden.
func (s *Service) Register(ctx context.Context, actor care.Actor, in Registration) (Registered, error) {
	if err := s.CheckRegistration(&in); err != nil {
		return Registered{}, err
	}
	hash, err := s.hashPassword(ctx, in.Password, in.about()...)
	if err != nil {
		return Registered{}, err
	}
	q := gate.Request{Actor: actor, Action: policy.PatientRegister, Scope: in.Scope}
	if q.Scope, err = s.At(ctx, q, in.CustomerCode); err != nil {
		return Registered{}, err
	}
	in.Scope, in.Patient.Scope, in.Details.Scope = q.Scope, q.Scope, q.Scope
	return gate.Write(ctx, s.gate, q, gate.Nothing("patient"), func(tx store.Tx) (Registered, error) {
		p, err := s.registered(tx, actor.ID, in, hash)
		if err != nil {
			return Registered{}, err
		}
		out := Registered{Patient: p}
		if in.Wanted == nil {
			return out, s.giveService(tx, p, in)
		}
		id, err := s.bookWanted(tx, p, in)
		out.Appointment = &id
		return out, err
	})
}

// CheckRegistration names every faulty field of a registration by itself, before
// anything stored is looked at. Errors: Invalid.
func (s *Service) CheckRegistration(in *Registration) error {
	now := s.gate.Now()
	if in.Patient.TimeZone == "" {
		now = now.Add(care.EarliestZone) // the practice's, which is looked up inside
	}
	var bad care.Problems
	bad.Include(in.Patient.Check(now))
	bad.Include(in.Details.Check())
	bad.Check(in.Patient.FirstName != "", "firstName", "is required")
	bad.Check(in.Patient.LastName != "", "lastName", "is required")
	bad.Check(in.Patient.BirthDate != "", "birthDate", "is required")
	bad.Check(in.Patient.Email != "", "email", "is required")
	bad.Check(in.Patient.Phone != "", "phone", "is required")
	s.checkPassword(&bad, in.Password, in.about()...)
	if w := in.Wanted; w != nil {
		bad.Include((&care.Appointment{Complaint: w.Complaint}).Check())
		_, err := SlotQuery{Date: w.Date, TimeZone: w.TimeZone}.check()
		bad.Include(err)
	}
	return bad.Err()
}

// registered returns the patient that the client's words meant before, or makes
// them one.
func (s *Service) registered(tx store.Tx, client string, in Registration, hash string) (care.Patient, error) {
	now := s.gate.Now()
	print := fingerprint(in.Patient)
	before, err := tx.Registration(in.Scope, client, print)
	switch {
	case err == nil && now.Sub(before.At) < sameRegistration:
		return tx.PatientByNumber(in.Scope, before.Patient)
	case err != nil && !care.IsNotFound(err):
		return care.Patient{}, err
	}
	p := in.Patient
	p.ID, p.CreatedAt, p.UpdatedAt = uuid.NewString(), now, now
	if p.TimeZone == "" {
		home, err := tx.Instance(in.Scope)
		if err != nil {
			return p, err
		}
		p.TimeZone = home.TimeZone
		if err := p.Check(now); err != nil {
			return p, err
		}
	}
	if p.Number, err = tx.NextPerson(in.Scope, now.Year()); err != nil {
		return p, err
	}
	if err := tx.CreatePatient(p); err != nil {
		return p, err
	}
	if err := putDetails(tx, in.Details, p.Number); err != nil {
		return p, err
	}
	if _, err := tx.LoginByEmail(in.Scope, care.LoginEmail(p.Email)); care.IsNotFound(err) {
		if err := tx.CreateLogin(care.PatientLogin(p, hash, now)); err != nil {
			return p, err
		}
	} else if err != nil {
		return p, err
	}
	return p, tx.PutRegistration(care.Registration{Scope: in.Scope, Client: client, Fingerprint: print, Patient: p.Number, At: now})
}

// fingerprint is a digest of the words that make two registrations the same.
func fingerprint(p care.Patient) string {
	// Strings always encode.
	words, _ := json.Marshal([]string{p.FirstName, p.MiddleName, p.LastName, p.BirthDate, strings.ToLower(p.Email), p.CountryCode, p.Phone})
	sum := sha256.Sum256(words)
	return hex.EncodeToString(sum[:])
}

func putDetails(tx store.Tx, d care.Details, person int64) error {
	d.Person = person
	if d == (care.Details{Scope: d.Scope, Person: person}) {
		return nil
	}
	return tx.PutDetails(d)
}

// giveService assigns the service that was named without a slot.
func (s *Service) giveService(tx store.Tx, p care.Patient, in Registration) error {
	if in.Service.IsZero() && in.Provider != (ProviderRef{}) {
		_, err := findProvider(tx, in.Scope, in.Provider) // nobody's address is not passed over
		return err
	}
	if in.Service.IsZero() {
		return nil
	}
	a := NewAssignment{Scope: in.Scope, Service: in.Service}
	if in.Provider != (ProviderRef{}) {
		a.Provider = &in.Provider
	}
	_, err := s.assign(tx, p, a)
	return err
}

// bookWanted books the wanted slot, or finds that this patient has it already.
func (s *Service) bookWanted(tx store.Tx, p care.Patient, in Registration) (int64, error) {
	provider, err := findProvider(tx, in.Scope, in.Provider)
	if err != nil {
		return 0, err
	}
	v, err := offered(tx, provider, in.Service)
	if err != nil {
		return 0, err
	}
	date, err := SlotQuery{Date: in.Wanted.Date}.check()
	if err != nil {
		return 0, err
	}
	d, err := s.diary(tx, provider, date, 0)
	if err != nil {
		return 0, err
	}
	zone, err := s.zoneFor(d, in.Wanted.TimeZone)
	if err != nil {
		return 0, err
	}
	if id, err := hasSlot(tx, p, provider, v, *in.Wanted, date, zone); id != 0 || err != nil {
		return id, err
	}
	start, free := care.SlotAt(d.Slots(date, zone, v), zone, in.Wanted.Minute)
	if !free {
		return 0, errNotFree()
	}
	a, err := s.book(tx, p, provider, v, start, in.Wanted.Complaint)
	return a.ID, err
}

// hasSlot returns the patient's own appointment at the wanted time, or 0.
func hasSlot(tx store.Tx, p care.Patient, provider care.Provider, v care.Service, w WantedSlot, date time.Time, zone *time.Location) (int64, error) {
	span := care.DiarySpan(date)
	booked, err := tx.Agenda(p.Scope, provider.Number, span.From, span.Until)
	for _, a := range booked {
		if a.Patient == p.Number && a.Service == v.ID && a.Holds() && a.Start.In(zone).Format(time.DateOnly) == w.Date {
			if at, ok := care.SlotAt([]time.Time{a.Start}, zone, w.Minute); ok && at.Equal(a.Start) {
				return a.ID, nil
			}
		}
	}
	return 0, err
}
