package store

import (
	"time"

	"chartline/internal/care"
)

// Schedules holds when providers work.
type Schedules interface {
	// PutSchedule stores v in place of what there was.
	PutSchedule(care.Schedule) error
	Schedule(s care.Scope, provider int64) (care.Schedule, error)
	// PutScheduleDay stores v in place of what there was for its date.
	PutScheduleDay(care.ScheduleDay) error
	DeleteScheduleDay(s care.Scope, provider int64, date string) error
	// ScheduleDays lists a provider's by date, from the first date to the last.
	ScheduleDays(s care.Scope, provider int64, first, last string) ([]care.ScheduleDay, error)
}

// Appointments holds appointments. One that holds its time keeps every piece of
// it (care.Appointment.Pieces) in a table that can hold each once.
type Appointments interface {
	// NextAppointment draws the next free appointment id of the instance.
	NextAppointment(care.Scope) (int64, error)
	// CreateAppointment stores a. Conflict names id, or start where the provider's
	// time is held by another.
	CreateAppointment(care.Appointment) error
	Appointment(s care.Scope, id int64) (care.Appointment, error)
	// UpdateAppointment stores a, and holds and frees time as it says. Conflict
	// names start.
	UpdateAppointment(care.Appointment) error
	// Appointments lists by id, those after the given one.
	Appointments(s care.Scope, f care.AppointmentFilter, after int64, limit int) ([]care.Appointment, error)
	// Agenda lists a provider's appointments that have, with their buffers, any
	// part in [from, until), by start, then id; cancelled ones too.
	Agenda(s care.Scope, provider int64, from, until time.Time) ([]care.Appointment, error)
}
