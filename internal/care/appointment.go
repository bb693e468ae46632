package care

import (
	"log/slog"
	"time"
)

// HoldMinutes is the step of all lengths and hours: a provider's time is held in
// pieces of it, each by one appointment only.
const HoldMinutes = 5

// AppointmentStatus is where an appointment stands.
type AppointmentStatus string

// The statuses. From booked to started, or to one of the last two.
const (
	AppointmentBooked    AppointmentStatus = "booked"
	AppointmentCheckedIn AppointmentStatus = "checked_in"
	AppointmentStarted   AppointmentStatus = "started" // it has its encounter
	AppointmentCancelled AppointmentStatus = "cancelled"
	AppointmentNoShow    AppointmentStatus = "no_show"
)

// AppointmentStatuses returns every status.
func AppointmentStatuses() []AppointmentStatus {
	return []AppointmentStatus{AppointmentBooked, AppointmentCheckedIn, AppointmentStarted, AppointmentCancelled, AppointmentNoShow}
}

// Appointment is a time that a patient and a provider have agreed on.
type Appointment struct {
	Scope
	ID       int64 // counted per instance from 1
	Patient  int64 // person number
	Provider int64 // person number
	Service  int64
	Start    time.Time
	// Minutes and BufferMinutes are the service's as they were when it was booked.
	Minutes       int64
	BufferMinutes int64
	Status        AppointmentStatus
	Complaint     string
	// Reason is why it was cancelled.
	Reason string
	// Encounter is the visit that it became.
	Encounter            *int64
	CreatedAt, UpdatedAt time.Time
}

// LogValue shows the id only.
func (a Appointment) LogValue() slog.Value { return slog.Int64Value(a.ID) }

// End is when the appointment is over.
func (a Appointment) End() time.Time { return a.Start.Add(time.Duration(a.Minutes) * time.Minute) }

// Held is the time in which the provider is not free for others: the buffer
// counts.
func (a Appointment) Held() Interval {
	return Interval{a.Start, a.End().Add(time.Duration(a.BufferMinutes) * time.Minute)}
}

// Holds reports whether the appointment keeps others out.
func (a Appointment) Holds() bool { return a.Status != AppointmentCancelled }

// Pieces returns the numbers of the pieces of time that the appointment holds,
// from first to last; two appointments share a piece where they overlap.
func (a Appointment) Pieces() (first, last int64) {
	const piece = HoldMinutes * 60
	held := a.Held()
	return held.From.Unix() / piece, (held.Until.Unix() - 1) / piece
}

// Check names every faulty field.
func (a *Appointment) Check() error {
	var bad Problems
	var ok bool
	a.Complaint, ok = CleanText(a.Complaint, MaxLongText, true)
	bad.Check(ok, "complaint", "must be at most 4000 characters without control characters")
	a.Reason, ok = CleanText(a.Reason, MaxLongText, true)
	bad.Check(ok, "reason", "must be at most 4000 characters without control characters")
	return bad.Err()
}

// Move changes the status, or says why it cannot: Conflict.
func (a *Appointment) Move(to AppointmentStatus) error {
	allowed := map[AppointmentStatus][]AppointmentStatus{
		AppointmentBooked:    {AppointmentCheckedIn, AppointmentStarted, AppointmentCancelled, AppointmentNoShow},
		AppointmentCheckedIn: {AppointmentStarted, AppointmentCancelled},
	}
	for _, s := range allowed[a.Status] {
		if s == to {
			a.Status = to
			return nil
		}
	}
	return &Error{Kind: KindConflict, Noun: "appointment", Message: "the appointment is " + string(a.Status)}
}

// AppointmentFilter narrows a list of appointments. Zero fields do not narrow.
type AppointmentFilter struct {
	Patient  int64
	Provider int64
}
