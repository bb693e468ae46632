package storetest

import (
	"fmt"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

func (c clinic) practice() care.Practice {
	h := digest(c.mark+" sign-up", 1)
	return care.Practice{
		Scope: c.Scope, CustomerCode: c.Instance, SignupHash: h[:], Languages: []string{"en", "gu"}, Hours: care.OfficeHours(),
		NoticeMinutes: 60, HorizonDays: 90, CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) service(n int) care.Service {
	return care.Service{
		Scope: c.Scope, ID: int64(n), Name: fmt.Sprintf("%s visit %d", c.label, n), Minutes: 30, BufferMinutes: 10, CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) assignment(n int, p care.Patient, v care.Service) care.Assignment {
	return care.Assignment{
		Scope: c.Scope, ID: uid(c.label+" assignment", n), Patient: p.Number, Service: v.ID, StartDate: fmt.Sprintf("2026-03-%02d", 1+n%28),
		CreatedAt: epoch, UpdatedAt: epoch,
	}
}

func (c clinic) details(person int64) care.Details {
	return care.Details{Scope: c.Scope, Person: person, City: c.mark, Language: "en"}
}

func (c clinic) registration(n int, p care.Patient) care.Registration {
	return care.Registration{Scope: c.Scope, Client: "client " + c.label, Fingerprint: fmt.Sprint("print ", n), Patient: p.Number, At: at(n)}
}

func (c clinic) schedule(d care.Provider) care.Schedule {
	w := care.OfficeHours()
	return care.Schedule{Scope: c.Scope, Provider: d.Number, Hours: &w, Services: []int64{1, 2}, UpdatedAt: epoch}
}

func (c clinic) scheduleDay(d care.Provider, date string) care.ScheduleDay {
	return care.ScheduleDay{Scope: c.Scope, Provider: d.Number, Date: date, Spans: care.Spans{{From: 600, Until: 660}}, Note: c.mark, UpdatedAt: epoch}
}

// appointment is one of half an hour and a buffer, the n-th of its day.
func (c clinic) appointment(n int, p care.Patient, d care.Provider, v care.Service) care.Appointment {
	return care.Appointment{
		Scope: c.Scope, ID: int64(n), Patient: p.Number, Provider: d.Number, Service: v.ID, Start: hour(n), Minutes: v.Minutes,
		BufferMinutes: v.BufferMinutes, Status: care.AppointmentBooked, Complaint: c.mark + " knee", CreatedAt: epoch, UpdatedAt: epoch,
	}
}

// hour is the n-th hour after a midnight.
func hour(n int) time.Time {
	return time.Date(2026, 3, 18, 0, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Hour)
}

// bookings is one of everything that a practice needs to be booked.
type bookings struct {
	Practice     care.Practice
	Service      care.Service
	Assignment   care.Assignment
	Details      care.Details
	Registration care.Registration
	Schedule     care.Schedule
	Day          care.ScheduleDay
	Appointment  care.Appointment
}

// bookingsOf makes them for a ward, numbered n.
func bookingsOf(w ward, n int) bookings {
	b := bookings{Practice: w.practice(), Service: w.service(n), Details: w.details(w.Patient.Number)}
	b.Assignment = w.assignment(n, w.Patient, b.Service)
	b.Registration = w.registration(n, w.Patient)
	b.Schedule = w.schedule(w.Provider)
	b.Day = w.scheduleDay(w.Provider, "2026-03-18")
	b.Appointment = w.appointment(n, w.Patient, w.Provider, b.Service)
	return b
}

// create stores them; the practice where its instance has none.
func (b bookings) create(tx store.Tx) error {
	_, err := tx.Practice(b.Practice.Scope)
	if care.IsNotFound(err) {
		err = tx.CreatePractice(b.Practice)
	}
	return all(
		func() error { return err },
		func() error { return tx.CreateService(b.Service) },
		func() error { return tx.CreateAssignment(b.Assignment) },
		func() error { return tx.PutDetails(b.Details) },
		func() error { return tx.PutRegistration(b.Registration) },
		func() error { return tx.PutSchedule(b.Schedule) },
		func() error { return tx.PutScheduleDay(b.Day) },
		func() error { return tx.CreateAppointment(b.Appointment) },
	)
}

// dumpBookings reads all there is of a scope's practice.
func dumpBookings(tx store.Tx, s care.Scope, put func(string, any, error)) {
	practice, err := tx.Practice(s)
	put("practice", practice, err)
	services, err := tx.Services(s, 0, 1000)
	put("services", services, err)
	details, err := tx.Details(s, 0, 1<<62)
	put("details", details, err)
	patients, err := tx.Patients(s, 0, 1000)
	put("patients again", len(patients), err)
	for _, p := range patients {
		assignments, err := tx.Assignments(s, p.Number)
		put("assignments of "+p.ID, assignments, err)
	}
	providers, err := tx.Providers(s, 0, 1000)
	put("providers again", len(providers), err)
	for _, p := range providers {
		schedule, err := tx.Schedule(s, p.Number)
		put("schedule of "+p.ID, schedule, err)
		days, err := tx.ScheduleDays(s, p.Number, "", "9999")
		put("days of "+p.ID, days, err)
	}
	appointments, err := tx.Appointments(s, care.AppointmentFilter{}, 0, 1000)
	put("appointments", appointments, err)
}

func bookingMethods() []method {
	return []method{
		{"CreatePractice", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Practice.Scope, k.Practice.CustomerCode = s, "taken-over"
			return none(tx.CreatePractice(k.Practice))
		}},
		{"Practice", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Practice(s) }},
		{"PracticeByCode", perTenant, false, func(tx store.Tx, s care.Scope, _ things) (any, error) {
			mine, err := tx.Practice(s)
			if err != nil {
				return nil, err
			}
			return tx.PracticeByCode(s.Tenant, mine.CustomerCode)
		}},
		{"PracticeByCode", perTenant, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			found, err := tx.PracticeByCode(s.Tenant, k.Practice.CustomerCode)
			return pair(true, found, err)
		}},
		{"UpdatePractice", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Practice.Scope, k.Practice.CustomerCode, k.Practice.HorizonDays = s, "taken-over", 7
			return none(tx.UpdatePractice(k.Practice))
		}},
		{"NextService", perInstance, true, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.NextService(s) }},
		{"CreateService", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Service.Scope = s
			return none(tx.CreateService(k.Service))
		}},
		{"Service", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Service(s, k.Service.ID) }},
		{"ServiceByName", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.ServiceByName(s, k.Service.Name) }},
		{"UpdateService", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Service.Scope, k.Service.Retired = s, true
			return none(tx.UpdateService(k.Service))
		}},
		{"Services", perInstance, false, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.Services(s, 0, 100) }},
		{"CreateAssignment", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Assignment.Scope, k.Assignment.ID = s, uid("further", 1)
			return none(tx.CreateAssignment(k.Assignment))
		}},
		{"Assignment", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Assignment(s, k.Assignment.ID) }},
		{"UpdateAssignment", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Assignment.Scope, k.Assignment.EndDate = s, "2026-12-31"
			return none(tx.UpdateAssignment(k.Assignment))
		}},
		{"Assignments", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Assignments(s, k.Patient.Number) }},
		{"PutDetails", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Details.Scope, k.Details.City = s, "taken over"
			return none(tx.PutDetails(k.Details))
		}},
		{"Details", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Details(s, k.Patient.Number, k.Patient.Number)
		}},
		{"PutRegistration", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Registration.Scope, k.Registration.At = s, at(99)
			return none(tx.PutRegistration(k.Registration))
		}},
		{"Registration", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Registration(s, k.Registration.Client, k.Registration.Fingerprint)
		}},
		{"DeleteRegistrations", everywhere, true, func(tx store.Tx, _ care.Scope, _ things) (any, error) {
			return tx.DeleteRegistrations(at(1e6), 1)
		}},
		{"ProvidersByEmail", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.ProvidersByEmail(s, k.Provider.Email, 10)
		}},
		{"PutSchedule", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Schedule.Scope, k.Schedule.Hours = s, nil
			return none(tx.PutSchedule(k.Schedule))
		}},
		{"Schedule", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Schedule(s, k.Provider.Number) }},
		{"PutScheduleDay", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Day.Scope, k.Day.Note = s, "taken over"
			return none(tx.PutScheduleDay(k.Day))
		}},
		{"DeleteScheduleDay", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return none(tx.DeleteScheduleDay(s, k.Provider.Number, k.Day.Date))
		}},
		{"ScheduleDays", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.ScheduleDays(s, k.Provider.Number, "2026-01-01", "2026-12-31")
		}},
		{"NextAppointment", perInstance, true, func(tx store.Tx, s care.Scope, _ things) (any, error) { return tx.NextAppointment(s) }},
		{"CreateAppointment", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Appointment.Scope, k.Appointment.ID, k.Appointment.Start = s, 555, hour(500)
			return none(tx.CreateAppointment(k.Appointment))
		}},
		{"CreateAppointment", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Appointment.Scope, k.Appointment.ID = s, 556
			return none(tx.CreateAppointment(k.Appointment))
		}},
		{"Appointment", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Appointment(s, k.Appointment.ID) }},
		{"UpdateAppointment", perInstance, true, func(tx store.Tx, s care.Scope, k things) (any, error) {
			k.Appointment.Scope, k.Appointment.Status = s, care.AppointmentCancelled
			return none(tx.UpdateAppointment(k.Appointment))
		}},
		{"Appointments", perInstance, false, appointments(func(things) care.AppointmentFilter { return care.AppointmentFilter{} })},
		{"Appointments", perInstance, false, appointments(func(k things) care.AppointmentFilter {
			return care.AppointmentFilter{Patient: k.Patient.Number}
		})},
		{"Appointments", perInstance, false, appointments(func(k things) care.AppointmentFilter {
			return care.AppointmentFilter{Provider: k.Provider.Number}
		})},
		{"Appointments", perInstance, false, appointments(func(k things) care.AppointmentFilter {
			return care.AppointmentFilter{Patient: k.Patient.Number, Provider: k.Provider.Number}
		})},
		{"Agenda", perInstance, false, func(tx store.Tx, s care.Scope, k things) (any, error) {
			return tx.Agenda(s, k.Provider.Number, hour(0), hour(1000))
		}},
	}
}

func appointments(filter func(things) care.AppointmentFilter) func(store.Tx, care.Scope, things) (any, error) {
	return func(tx store.Tx, s care.Scope, k things) (any, error) { return tx.Appointments(s, filter(k), 0, 100) }
}

func bookingCollisions() []collision {
	return []collision{
		{"an instance's practice", "instance", func(tx store.Tx, k things) error {
			p := k.practice()
			p.CustomerCode = "other"
			return tx.CreatePractice(p)
		}},
		{"another practice's customer code in a change", "customerCode", func(tx store.Tx, k things) error {
			other := clinic{care.Scope{Tenant: k.Tenant, Instance: "collides"}, "colliding", k.mark}
			if err := tx.CreateInstance(other.instance()); err != nil {
				return err
			}
			p := other.practice()
			if err := tx.CreatePractice(p); err != nil {
				return err
			}
			mine, err := tx.Practice(k.Scope)
			if err != nil {
				return err
			}
			p.CustomerCode = mine.CustomerCode
			return tx.UpdatePractice(p)
		}},
		{"a service's id", "id", func(tx store.Tx, k things) error {
			v := k.service(901)
			v.ID = k.Service.ID
			return tx.CreateService(v)
		}},
		{"a service's name", "name", func(tx store.Tx, k things) error {
			v := k.service(901)
			v.Name = k.Service.Name
			return tx.CreateService(v)
		}},
		{"another service's name in a change", "name", func(tx store.Tx, k things) error {
			v := k.service(901)
			if err := tx.CreateService(v); err != nil {
				return err
			}
			v.Name = k.Service.Name
			return tx.UpdateService(v)
		}},
		{"an assignment's id", "id", func(tx store.Tx, k things) error { return tx.CreateAssignment(k.Assignment) }},
		{"an appointment's id", "id", func(tx store.Tx, k things) error {
			a := k.Appointment
			a.Start = hour(900)
			return tx.CreateAppointment(a)
		}},
		{"a provider's time", "start", func(tx store.Tx, k things) error {
			a := k.Appointment
			a.ID, a.Start = 901, a.Start.Add(35*time.Minute) // in its buffer
			return tx.CreateAppointment(a)
		}},
		{"a provider's time in a change", "start", func(tx store.Tx, k things) error {
			a := k.Appointment
			a.ID, a.Start = 901, hour(900)
			if err := tx.CreateAppointment(a); err != nil {
				return err
			}
			a.Start = k.Appointment.Start.Add(-5 * time.Minute)
			return tx.UpdateAppointment(a)
		}},
	}
}

func bookingReferences() []reference {
	return []reference{
		{"a practice of an instance", func(tx store.Tx, k, _ things) error {
			p := k.practice()
			p.Instance, p.CustomerCode = "nowhere", "nowhere"
			return tx.CreatePractice(p)
		}},
		{"a service of an instance", func(tx store.Tx, k, _ things) error {
			v := k.service(900)
			v.Instance = "nowhere"
			return tx.CreateService(v)
		}},
		{"a service's number in an instance", func(tx store.Tx, k, _ things) error {
			_, err := tx.NextService(care.Scope{Tenant: k.Tenant, Instance: "nowhere"})
			return err
		}},
		{"an appointment's number in an instance", func(tx store.Tx, k, _ things) error {
			_, err := tx.NextAppointment(care.Scope{Tenant: k.Tenant, Instance: "nowhere"})
			return err
		}},
		{"an assignment's patient", func(tx store.Tx, k, other things) error {
			return tx.CreateAssignment(k.assignment(900, other.Patient, k.Service))
		}},
		{"an assignment's service", func(tx store.Tx, k, other things) error {
			return tx.CreateAssignment(k.assignment(900, k.Patient, other.Service))
		}},
		{"an assignment's provider", func(tx store.Tx, k, other things) error {
			a := k.assignment(900, k.Patient, k.Service)
			a.Provider = &other.Provider.Number
			return tx.CreateAssignment(a)
		}},
		{"whose details they are", func(tx store.Tx, k, other things) error { return tx.PutDetails(k.details(other.Patient.Number)) }},
		{"whom a client registered", func(tx store.Tx, k, other things) error {
			return tx.PutRegistration(k.registration(900, other.Patient))
		}},
		{"whose schedule it is", func(tx store.Tx, k, other things) error { return tx.PutSchedule(k.schedule(other.Provider)) }},
		{"whose day it is", func(tx store.Tx, k, other things) error {
			return tx.PutScheduleDay(k.scheduleDay(other.Provider, "2026-01-01"))
		}},
		{"an appointment's patient", func(tx store.Tx, k, other things) error {
			return tx.CreateAppointment(k.appointment(900, other.Patient, k.Provider, k.Service))
		}},
		{"an appointment's provider", func(tx store.Tx, k, other things) error {
			return tx.CreateAppointment(k.appointment(900, k.Patient, other.Provider, k.Service))
		}},
		{"an appointment's service", func(tx store.Tx, k, other things) error {
			return tx.CreateAppointment(k.appointment(900, k.Patient, k.Provider, other.Service))
		}},
		{"an appointment's encounter", func(tx store.Tx, k, other things) error {
			a := k.Appointment
			a.Encounter = &other.Encounter.ID
			return tx.UpdateAppointment(a)
		}},
	}
}
