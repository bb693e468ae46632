package logins

import (
	"cmp"
	"context"
	"slices"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Page is what a person sees of themselves, and of nobody else.
type Page struct {
	Login care.Login
	// Practice is the name of the organisation.
	Practice string
	// Patient and Provider are who the person is; nil where they are not one.
	Patient  *care.Patient
	Provider *care.Provider
	Details  care.Details
	// TimeZone is the practice's, which its appointments are kept in; OwnZone the
	// person's, empty for none of their own.
	TimeZone, OwnZone string
	// Appointments are those to come, soonest first, and Past the last ones,
	// latest first. Of a provider's, whom they are with is not told here.
	Appointments, Past []Appointment
	// Forms are the patient's, newest first, without their responses.
	Forms []care.Form
	// PastCut and FormsCut report that there are older ones.
	PastCut, FormsCut bool
}

// Appointment is one of a person's appointments.
type Appointment struct {
	care.Appointment
	Service string
	With    string // the provider's name, for a patient
}

// Bounds of what a page shows. Whoever has more has lists elsewhere.
const (
	pageAppointments = 1000 // that are looked at
	pagePast         = 50
	pageForms        = 100
	providerDays     = 14
)

// Page returns the page of whoever is logged in.
func (s *Service) Page(ctx context.Context, actor care.Actor) (Page, error) {
	scope := scopeOf(actor)
	q := gate.Request{Actor: actor, Action: policy.PortalRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, ownTarget(actor, "login"), func(tx store.Tx) (Page, error) {
		var p Page
		in, err := tx.Instance(scope)
		if err != nil {
			return p, err
		}
		p.TimeZone = in.TimeZone
		t, err := tx.Tenant(scope.Tenant)
		if err != nil {
			return p, err
		}
		p.Practice = t.Title
		if p.Login, err = tx.Login(scope, actor.ID); err != nil {
			return p, err
		}
		switch p.Login.Role {
		case care.RolePatient:
			err = s.patientPage(tx, scope, &p)
		case care.RoleProvider:
			err = s.providerPage(tx, scope, &p)
		}
		if err != nil || p.Login.Person == 0 {
			return p, err
		}
		known, err := tx.Details(scope, p.Login.Person, p.Login.Person)
		if len(known) > 0 {
			p.Details = known[0]
		}
		return p, err
	})
}

func (s *Service) patientPage(tx store.Tx, scope care.Scope, p *Page) error {
	person, err := tx.Patient(scope, p.Login.ID)
	if err != nil {
		return err
	}
	p.Patient, p.OwnZone = &person, person.TimeZone
	all, err := tx.Appointments(scope, care.AppointmentFilter{Patient: person.Number}, 0, pageAppointments)
	if err != nil {
		return err
	}
	if err := s.divide(tx, scope, all, p); err != nil {
		return err
	}
	p.Forms, err = tx.Forms(scope, person.ID, nil, pageForms+1)
	if len(p.Forms) > pageForms {
		p.Forms, p.FormsCut = p.Forms[:pageForms], true
	}
	return err
}

func (s *Service) providerPage(tx store.Tx, scope care.Scope, p *Page) error {
	person, err := tx.ProviderByID(scope, p.Login.ID)
	if err != nil {
		return err
	}
	p.Provider, p.OwnZone = &person, person.TimeZone
	now := s.gate.Now()
	all, err := tx.Agenda(scope, person.Number, now, now.AddDate(0, 0, providerDays))
	if err != nil {
		return err
	}
	return s.divide(tx, scope, all, p)
}

// divide puts appointments into those to come and the last of those that are
// over, with the names that a page shows.
func (s *Service) divide(tx store.Tx, scope care.Scope, all []care.Appointment, p *Page) error {
	now := s.gate.Now()
	slices.SortFunc(all, func(a, b care.Appointment) int { return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.ID, b.ID)) })
	first := slices.IndexFunc(all, func(a care.Appointment) bool { return a.End().After(now) })
	if first < 0 {
		first = len(all)
	}
	p.PastCut = first > pagePast
	past := slices.Clone(all[max(0, first-pagePast):first])
	slices.Reverse(past)
	names := pageNames{tx: tx, scope: scope, services: map[int64]string{}, providers: map[int64]string{}}
	var err error
	if p.Appointments, err = names.all(all[first:], p.Patient != nil); err != nil {
		return err
	}
	p.Past, err = names.all(past, p.Patient != nil)
	return err
}

// pageNames looks each name up once.
type pageNames struct {
	tx                  store.Tx
	scope               care.Scope
	services, providers map[int64]string
}

func (n pageNames) all(list []care.Appointment, with bool) ([]Appointment, error) {
	var out []Appointment
	for _, a := range list {
		shown := Appointment{Appointment: a}
		var err error
		if shown.Service, err = nameOf(n.services, a.Service, func() (string, error) {
			s, err := n.tx.Service(n.scope, a.Service)
			return s.Name, err
		}); err != nil {
			return nil, err
		}
		if with {
			if shown.With, err = nameOf(n.providers, a.Provider, func() (string, error) {
				d, err := n.tx.Provider(n.scope, a.Provider)
				return care.FullName(d.FullName(), d.Title), err
			}); err != nil {
				return nil, err
			}
		}
		out = append(out, shown)
	}
	return out, nil
}

func nameOf(known map[int64]string, id int64, look func() (string, error)) (string, error) {
	if name, ok := known[id]; ok {
		return name, nil
	}
	name, err := look()
	known[id] = name
	return name, err
}
