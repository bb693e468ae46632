package sqlstore

import (
	"slices"
	"time"

	"chartline/internal/care"
)

const appointmentCounter = "appointment"

const (
	sqlAppointmentAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND number = $4),
		EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $5),
		EXISTS (SELECT 1 FROM service WHERE tenant = $1 AND instance = $2 AND id = $6),
		CAST($7 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $7),
		EXISTS (SELECT 1 FROM appointment WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlAppointmentInsert = `
	INSERT INTO appointment (tenant, instance, id, patient, provider, service, start_at, minutes, buffer_minutes, status,
		complaint, reason, encounter, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	sqlAppointmentChangeAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND number = $3),
		EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $4),
		EXISTS (SELECT 1 FROM service WHERE tenant = $1 AND instance = $2 AND id = $5),
		CAST($6 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $6)`
	sqlAppointmentUpdate = `
	UPDATE appointment SET patient = $4, provider = $5, service = $6, start_at = $7, minutes = $8, buffer_minutes = $9, status = $10,
		complaint = $11, reason = $12, encounter = $13, updated_at = $14
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	sqlHoldInsert = `
	INSERT INTO appointment_hold (tenant, instance, provider, piece, appointment) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT DO NOTHING`
	sqlHoldDelete = `
	DELETE FROM appointment_hold
	WHERE tenant = $1 AND instance = $2 AND provider = $3 AND piece >= $4 AND piece <= $5 AND appointment = $6`

	colsAppointment = `
	SELECT tenant, instance, id, patient, provider, service, start_at, minutes, buffer_minutes, status,
		complaint, reason, encounter, created_at, updated_at
	FROM appointment`
	sqlAppointment        = colsAppointment + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlAppointments       = colsAppointment + ` WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT $4`
	sqlAppointmentsOf     = colsAppointment + ` WHERE tenant = $1 AND instance = $2 AND patient = $3 AND id > $4 ORDER BY id LIMIT $5`
	sqlAppointmentsWith   = colsAppointment + ` WHERE tenant = $1 AND instance = $2 AND provider = $3 AND id > $4 ORDER BY id LIMIT $5`
	sqlAppointmentsOfWith = colsAppointment + ` WHERE tenant = $1 AND instance = $2 AND patient = $3 AND provider = $4 AND id > $5 ORDER BY id LIMIT $6`
	sqlAgenda             = colsAppointment + ` WHERE tenant = $1 AND instance = $2 AND provider = $3 AND start_at > $4 AND start_at < $5 ORDER BY start_at, id`
)

// heldAtMost is more than any appointment holds: one that begins earlier than
// this before a time holds nothing of it.
const heldAtMost = 24 * time.Hour

func scanAppointment(r *row) care.Appointment {
	return care.Appointment{
		Scope: scanScope(r), ID: r.int(), Patient: r.int(), Provider: r.int(), Service: r.int(), Start: r.time(), Minutes: r.int(),
		BufferMinutes: r.int(), Status: care.AppointmentStatus(r.text()), Complaint: r.text(), Reason: r.text(), Encounter: r.maybeInt(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) NextAppointment(s care.Scope) (int64, error) {
	return one(t, "instance", (*row).int, sqlCounterNext, s.Tenant, s.Instance, appointmentCounter)
}

func (t *tx) CreateAppointment(a care.Appointment) error {
	if err := t.admit("appointment", []string{"patient", "provider", "service", "encounter"}, []string{"id"},
		sqlAppointmentAdmit, a.Tenant, a.Instance, a.ID, a.Patient, a.Provider, a.Service, maybeInt(a.Encounter)); err != nil {
		return err
	}
	if err := t.raiseCounter(a.Scope, appointmentCounter, a.ID); err != nil {
		return err
	}
	if _, err := t.exec(sqlAppointmentInsert, a.Tenant, a.Instance, a.ID, a.Patient, a.Provider, a.Service, micros(a.Start), a.Minutes,
		a.BufferMinutes, string(a.Status), a.Complaint, a.Reason, maybeInt(a.Encounter), micros(a.CreatedAt), micros(a.UpdatedAt)); err != nil {
		return err
	}
	return t.hold(a)
}

// hold takes the pieces of an appointment's time. Two that want one piece meet
// in its key, whoever looked first.
func (t *tx) hold(a care.Appointment) error {
	if !a.Holds() {
		return nil
	}
	first, last := a.Pieces()
	for piece := first; piece <= last; piece++ {
		if err := t.insert("appointment", "start", sqlHoldInsert, a.Tenant, a.Instance, a.Provider, piece, a.ID); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) Appointment(s care.Scope, id int64) (care.Appointment, error) {
	return one(t, "appointment", scanAppointment, sqlAppointment, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateAppointment(a care.Appointment) error {
	was, err := t.Appointment(a.Scope, a.ID)
	if err != nil {
		return err
	}
	if err := t.admit("appointment", []string{"patient", "provider", "service", "encounter"}, nil,
		sqlAppointmentChangeAdmit, a.Tenant, a.Instance, a.Patient, a.Provider, a.Service, maybeInt(a.Encounter)); err != nil {
		return err
	}
	if err := t.change("appointment", sqlAppointmentUpdate, a.Tenant, a.Instance, a.ID, a.Patient, a.Provider, a.Service, micros(a.Start),
		a.Minutes, a.BufferMinutes, string(a.Status), a.Complaint, a.Reason, maybeInt(a.Encounter), micros(a.UpdatedAt)); err != nil {
		return err
	}
	if was.Holds() == a.Holds() && was.Provider == a.Provider && was.Held() == a.Held() {
		return nil
	}
	first, last := was.Pieces()
	if _, err := t.exec(sqlHoldDelete, a.Tenant, a.Instance, was.Provider, first, last, a.ID); err != nil {
		return err
	}
	return t.hold(a)
}

func (t *tx) Appointments(s care.Scope, f care.AppointmentFilter, after int64, limit int) ([]care.Appointment, error) {
	switch {
	case f.Patient != 0 && f.Provider != 0:
		return all(t, scanAppointment, sqlAppointmentsOfWith, s.Tenant, s.Instance, f.Patient, f.Provider, after, int64(limit))
	case f.Patient != 0:
		return all(t, scanAppointment, sqlAppointmentsOf, s.Tenant, s.Instance, f.Patient, after, int64(limit))
	case f.Provider != 0:
		return all(t, scanAppointment, sqlAppointmentsWith, s.Tenant, s.Instance, f.Provider, after, int64(limit))
	}
	return all(t, scanAppointment, sqlAppointments, s.Tenant, s.Instance, after, int64(limit))
}

func (t *tx) Agenda(s care.Scope, provider int64, from, until time.Time) ([]care.Appointment, error) {
	found, err := all(t, scanAppointment, sqlAgenda, s.Tenant, s.Instance, provider, micros(from.Add(-heldAtMost)), micros(until))
	asked := care.Interval{From: from, Until: until}
	return slices.DeleteFunc(found, func(a care.Appointment) bool { return !a.Held().Overlaps(asked) }), err
}
