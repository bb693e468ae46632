package contracttest

import (
	"time"

	"chartline/internal/care"
)

func (x tracedTx) CreatePractice(a0 care.Practice) error {
	x.trace.note("CreatePractice")
	return x.Tx.CreatePractice(a0)
}

func (x tracedTx) Practice(a0 care.Scope) (care.Practice, error) {
	x.trace.note("Practice")
	return x.Tx.Practice(a0)
}

func (x tracedTx) PracticeByCode(tenant, customerCode string) (care.Practice, error) {
	x.trace.note("PracticeByCode")
	return x.Tx.PracticeByCode(tenant, customerCode)
}

func (x tracedTx) UpdatePractice(a0 care.Practice) error {
	x.trace.note("UpdatePractice")
	return x.Tx.UpdatePractice(a0)
}

func (x tracedTx) NextService(a0 care.Scope) (int64, error) {
	x.trace.note("NextService")
	return x.Tx.NextService(a0)
}

func (x tracedTx) CreateService(a0 care.Service) error {
	x.trace.note("CreateService")
	return x.Tx.CreateService(a0)
}

func (x tracedTx) Service(s care.Scope, id int64) (care.Service, error) {
	x.trace.note("Service")
	return x.Tx.Service(s, id)
}

func (x tracedTx) ServiceByName(s care.Scope, name string) (care.Service, error) {
	x.trace.note("ServiceByName")
	return x.Tx.ServiceByName(s, name)
}

func (x tracedTx) UpdateService(a0 care.Service) error {
	x.trace.note("UpdateService")
	return x.Tx.UpdateService(a0)
}

func (x tracedTx) Services(s care.Scope, after int64, limit int) ([]care.Service, error) {
	x.trace.note("Services")
	return x.Tx.Services(s, after, limit)
}

func (x tracedTx) CreateAssignment(a0 care.Assignment) error {
	x.trace.note("CreateAssignment")
	return x.Tx.CreateAssignment(a0)
}

func (x tracedTx) Assignment(s care.Scope, id string) (care.Assignment, error) {
	x.trace.note("Assignment")
	return x.Tx.Assignment(s, id)
}

func (x tracedTx) UpdateAssignment(a0 care.Assignment) error {
	x.trace.note("UpdateAssignment")
	return x.Tx.UpdateAssignment(a0)
}

func (x tracedTx) Assignments(s care.Scope, patient int64) ([]care.Assignment, error) {
	x.trace.note("Assignments")
	return x.Tx.Assignments(s, patient)
}

func (x tracedTx) PutDetails(a0 care.Details) error {
	x.trace.note("PutDetails")
	return x.Tx.PutDetails(a0)
}

func (x tracedTx) Details(s care.Scope, first, last int64) ([]care.Details, error) {
	x.trace.note("Details")
	return x.Tx.Details(s, first, last)
}

func (x tracedTx) PutRegistration(a0 care.Registration) error {
	x.trace.note("PutRegistration")
	return x.Tx.PutRegistration(a0)
}

func (x tracedTx) Registration(s care.Scope, client, fingerprint string) (care.Registration, error) {
	x.trace.note("Registration")
	return x.Tx.Registration(s, client, fingerprint)
}

func (x tracedTx) DeleteRegistrations(before time.Time, limit int) (int, error) {
	x.trace.note("DeleteRegistrations")
	return x.Tx.DeleteRegistrations(before, limit)
}

func (x tracedTx) PutSchedule(a0 care.Schedule) error {
	x.trace.note("PutSchedule")
	return x.Tx.PutSchedule(a0)
}

func (x tracedTx) Schedule(s care.Scope, provider int64) (care.Schedule, error) {
	x.trace.note("Schedule")
	return x.Tx.Schedule(s, provider)
}

func (x tracedTx) PutScheduleDay(a0 care.ScheduleDay) error {
	x.trace.note("PutScheduleDay")
	return x.Tx.PutScheduleDay(a0)
}

func (x tracedTx) DeleteScheduleDay(s care.Scope, provider int64, date string) error {
	x.trace.note("DeleteScheduleDay")
	return x.Tx.DeleteScheduleDay(s, provider, date)
}

func (x tracedTx) ScheduleDays(s care.Scope, provider int64, first, last string) ([]care.ScheduleDay, error) {
	x.trace.note("ScheduleDays")
	return x.Tx.ScheduleDays(s, provider, first, last)
}

func (x tracedTx) NextAppointment(a0 care.Scope) (int64, error) {
	x.trace.note("NextAppointment")
	return x.Tx.NextAppointment(a0)
}

func (x tracedTx) CreateAppointment(a0 care.Appointment) error {
	x.trace.note("CreateAppointment")
	return x.Tx.CreateAppointment(a0)
}

func (x tracedTx) Appointment(s care.Scope, id int64) (care.Appointment, error) {
	x.trace.note("Appointment")
	return x.Tx.Appointment(s, id)
}

func (x tracedTx) UpdateAppointment(a0 care.Appointment) error {
	x.trace.note("UpdateAppointment")
	return x.Tx.UpdateAppointment(a0)
}

func (x tracedTx) Appointments(s care.Scope, f care.AppointmentFilter, after int64, limit int) ([]care.Appointment, error) {
	x.trace.note("Appointments")
	return x.Tx.Appointments(s, f, after, limit)
}

func (x tracedTx) Agenda(s care.Scope, provider int64, from, until time.Time) ([]care.Appointment, error) {
	x.trace.note("Agenda")
	return x.Tx.Agenda(s, provider, from, until)
}

func (x tracedTx) ProvidersByEmail(s care.Scope, email string, limit int) ([]care.Provider, error) {
	x.trace.note("ProvidersByEmail")
	return x.Tx.ProvidersByEmail(s, email, limit)
}
