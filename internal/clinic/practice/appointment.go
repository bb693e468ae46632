package practice

import (
	"context"
	"strconv"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Booking is an appointment that is wanted.
type Booking struct {
	care.Scope
	Patient   care.PersonRef
	Provider  ProviderRef
	Service   ServiceRef
	Start     time.Time
	Complaint string
}

// Book books an appointment at one of the slots. Errors: Invalid, NotFound
// (patient, provider, service), Ambiguous (provider), Conflict (start),
// Forbidden.
func (s *Service) Book(ctx context.Context, actor care.Actor, b Booking, once *care.Once) (care.Appointment, error) {
	if err := (&care.Appointment{Complaint: b.Complaint}).Check(); err != nil {
		return care.Appointment{}, err
	}
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.AppointmentWrite, Scope: b.Scope, Once: once}
	made, err := gate.Write(ctx, s.gate, q, locatePatient(actor, b.Scope, b.Patient, "appointment", &p), func(tx store.Tx) (gate.Made[care.Appointment], error) {
		provider, err := findProvider(tx, b.Scope, b.Provider)
		if err != nil {
			return gate.Made[care.Appointment]{}, err
		}
		v, err := offered(tx, provider, b.Service)
		if err != nil {
			return gate.Made[care.Appointment]{}, err
		}
		a, err := s.book(tx, p, provider, v, b.Start, b.Complaint)
		return gate.Made[care.Appointment]{Value: a, Target: care.Target{Noun: "appointment", ID: appointmentID(a.ID), Patient: p.ID}}, err
	})
	return made.Value, err
}

// book stores an appointment, if its time is free.
func (s *Service) book(tx store.Tx, p care.Patient, provider care.Provider, v care.Service, start time.Time, complaint string) (care.Appointment, error) {
	now := s.gate.Now()
	a := care.Appointment{
		Scope: p.Scope, Patient: p.Number, Provider: provider.Number, Service: v.ID, Start: care.Truncate(start), Minutes: v.Minutes,
		BufferMinutes: v.BufferMinutes, Status: care.AppointmentBooked, Complaint: complaint, CreatedAt: now, UpdatedAt: now,
	}
	if err := a.Check(); err != nil {
		return a, err
	}
	d, err := s.diary(tx, provider, dateOf(start), 0)
	if err != nil {
		return a, err
	}
	if !d.Free(start, v) {
		return a, errNotFree()
	}
	if a.ID, err = tx.NextAppointment(p.Scope); err != nil {
		return a, err
	}
	return a, tx.CreateAppointment(a)
}

func errNotFree() error {
	return &care.Error{Kind: care.KindConflict, Noun: "appointment", Message: "this time is not free", Fields: map[string]string{"start": "is not free"}}
}

// dateOf is the midnight in UTC that stands for t's date there.
func dateOf(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// Appointment returns an appointment. Errors: NotFound, Forbidden.
func (s *Service) Appointment(ctx context.Context, actor care.Actor, scope care.Scope, id int64) (care.Appointment, error) {
	var a care.Appointment
	q := gate.Request{Actor: actor, Action: policy.AppointmentRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateAppointment(actor, scope, id, &a), func(store.Tx) (care.Appointment, error) { return a, nil })
}

// AppointmentList narrows a list of appointments; what is nil does not narrow.
type AppointmentList struct {
	Patient  *care.PersonRef
	Provider *ProviderRef
}

// Appointments lists appointments by id, at most limit of those after the given
// one. Errors: NotFound (patient, provider), Forbidden.
func (s *Service) Appointments(ctx context.Context, actor care.Actor, scope care.Scope, of AppointmentList, after int64, limit int) ([]care.Appointment, error) {
	var f care.AppointmentFilter
	q := gate.Request{Actor: actor, Action: policy.AppointmentRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "appointment"}
		if of.Provider != nil {
			p, err := findProvider(tx, scope, *of.Provider)
			if err != nil {
				return t, err
			}
			f.Provider = p.Number
		}
		if of.Patient == nil {
			return t, nil
		}
		p, err := gate.FindPatient(tx, scope, *of.Patient)
		if err != nil {
			return t, err
		}
		f.Patient = p.Number
		return gate.PatientTarget(tx, actor, scope, "appointment", "", p.ID)
	}, func(tx store.Tx) ([]care.Appointment, error) { return tx.Appointments(scope, f, after, limit) })
}

// Ask is who wants something done to which appointment.
type Ask struct {
	Actor  care.Actor
	Scope  care.Scope
	ID     int64
	Reason string // for cancelling
	Once   *care.Once
}

// Cancel frees an appointment's time. Errors: Invalid (reason), NotFound,
// Conflict (it has started, or is over), Forbidden.
func (s *Service) Cancel(ctx context.Context, ask Ask) (care.Appointment, error) {
	return s.change(ctx, ask, func(_ store.Tx, a *care.Appointment) error {
		a.Reason = ask.Reason
		if err := a.Check(); err != nil {
			return err
		}
		return a.Move(care.AppointmentCancelled)
	})
}

// CheckIn notes that the patient is there. Errors: NotFound, Conflict,
// Forbidden.
func (s *Service) CheckIn(ctx context.Context, ask Ask) (care.Appointment, error) {
	return s.change(ctx, ask, func(_ store.Tx, a *care.Appointment) error { return a.Move(care.AppointmentCheckedIn) })
}

// NoShow notes that the patient did not come; not before the time. Errors:
// NotFound, Conflict, Forbidden.
func (s *Service) NoShow(ctx context.Context, ask Ask) (care.Appointment, error) {
	return s.change(ctx, ask, func(_ store.Tx, a *care.Appointment) error {
		if err := a.Move(care.AppointmentNoShow); err != nil {
			return err
		}
		if s.gate.Now().Before(a.Start) {
			return &care.Error{Kind: care.KindConflict, Noun: "appointment", Message: "the appointment's time has not come"}
		}
		return nil
	})
}

// Start begins the visit: the appointment gets its encounter. Errors: NotFound,
// Conflict, Forbidden.
func (s *Service) Start(ctx context.Context, ask Ask) (care.Appointment, error) {
	return s.change(ctx, ask, func(tx store.Tx, a *care.Appointment) error {
		if err := a.Move(care.AppointmentStarted); err != nil {
			return err
		}
		now := s.gate.Now()
		e := care.Encounter{Scope: ask.Scope, Patient: a.Patient, Provider: a.Provider, Complaint: a.Complaint, CreatedAt: now, UpdatedAt: now}
		var err error
		if e.ID, err = tx.NextEncounter(ask.Scope); err != nil {
			return err
		}
		a.Encounter = &e.ID
		return tx.CreateEncounter(e)
	})
}

// Rescheduling is when an appointment is to be instead, and with whom; nil stays.
type Rescheduling struct {
	Start    time.Time
	Provider *ProviderRef
}

// Reschedule moves an appointment to another slot: its time is free again for
// others, and for itself. Errors: NotFound (appointment, provider), Ambiguous,
// Conflict (start; or it has started, or is over), Forbidden.
func (s *Service) Reschedule(ctx context.Context, ask Ask, to Rescheduling) (care.Appointment, error) {
	return s.change(ctx, ask, func(tx store.Tx, a *care.Appointment) error {
		if a.Status != care.AppointmentBooked && a.Status != care.AppointmentCheckedIn {
			return &care.Error{Kind: care.KindConflict, Noun: "appointment", Message: "the appointment is " + string(a.Status)}
		}
		with := ProviderRef{PersonRef: care.PersonRef{Number: a.Provider}}
		if to.Provider != nil {
			with = *to.Provider
		}
		p, err := findProvider(tx, ask.Scope, with)
		if err != nil {
			return err
		}
		if p.Number != a.Provider {
			if _, err := offered(tx, p, ServiceRef{ID: a.Service}); err != nil {
				return err
			}
		}
		if err := s.fits(tx, p, *a, to.Start); err != nil {
			return err
		}
		a.Start, a.Provider, a.Status = care.Truncate(to.Start), p.Number, care.AppointmentBooked
		return nil
	})
}

// fits reports whether an appointment, as long as it is, can be at start: at one
// of the slots of its service as that is now, or as it was when it was booked.
func (s *Service) fits(tx store.Tx, p care.Provider, a care.Appointment, start time.Time) error {
	d, err := s.diary(tx, p, dateOf(start), a.ID)
	if err != nil {
		return err
	}
	now, err := tx.Service(a.Scope, a.Service)
	if err != nil {
		return err
	}
	then := care.Service{Minutes: a.Minutes, BufferMinutes: a.BufferMinutes}
	if !d.FreeAmong(start, now, then) && !d.Free(start, then) {
		return errNotFree()
	}
	return nil
}

func (s *Service) change(ctx context.Context, ask Ask, change func(store.Tx, *care.Appointment) error) (care.Appointment, error) {
	var a care.Appointment
	q := gate.Request{Actor: ask.Actor, Action: policy.AppointmentWrite, Scope: ask.Scope, Once: ask.Once}
	return gate.Write(ctx, s.gate, q, locateAppointment(ask.Actor, ask.Scope, ask.ID, &a), func(tx store.Tx) (care.Appointment, error) {
		if err := change(tx, &a); err != nil {
			return a, err
		}
		a.UpdatedAt = s.gate.Now()
		return a, tx.UpdateAppointment(a)
	})
}

// locateAppointment finds an appointment into a.
func locateAppointment(actor care.Actor, scope care.Scope, id int64, a *care.Appointment) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "appointment"}
		var err error
		if *a, err = tx.Appointment(scope, id); err != nil {
			return t, err
		}
		p, err := tx.PatientByNumber(scope, a.Patient)
		if err != nil {
			return t, err
		}
		return gate.PatientTarget(tx, actor, scope, "appointment", appointmentID(id), p.ID)
	}
}

// locatePatient finds a patient into p, for a thing of theirs called noun.
func locatePatient(actor care.Actor, scope care.Scope, ref care.PersonRef, noun string, p *care.Patient) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *p, err = gate.FindPatient(tx, scope, ref); err != nil {
			return care.Target{Noun: noun}, err
		}
		return gate.PatientTarget(tx, actor, scope, noun, "", p.ID)
	}
}

func appointmentID(id int64) string { return strconv.FormatInt(id, 10) }
