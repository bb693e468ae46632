package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

type appointment struct {
	ID             int64     `json:"id"`
	PatientNumber  int64     `json:"patientNumber"`
	ProviderNumber int64     `json:"providerNumber"`
	ServiceID      int64     `json:"serviceId"`
	Start          time.Time `json:"start"`
	End            time.Time `json:"end"`
	BufferMinutes  int64     `json:"bufferMinutes" doc:"After the end, in which the provider is not booked"`
	Status         string    `json:"status" enum:"booked,checked_in,started,cancelled,no_show"`
	Complaint      *string   `json:"complaint"`
	Reason         *string   `json:"reason" doc:"Why it was cancelled"`
	EncounterID    *int64    `json:"encounterId" doc:"The visit that it became"`
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
}

func (a appointment) location() string { return "/appointments/" + placeOf(a.ID) }

func lowerAppointment(a care.Appointment) appointment {
	return appointment{
		ID: a.ID, PatientNumber: a.Patient, ProviderNumber: a.Provider, ServiceID: a.Service, Start: a.Start.UTC(), End: a.End().UTC(),
		BufferMinutes: a.BufferMinutes, Status: string(a.Status), Complaint: orNull(a.Complaint), Reason: orNull(a.Reason),
		EncounterID: a.Encounter, CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
	}
}

type appointmentPath struct {
	Appointment string `path:"appointment" doc:"The appointment's id"`
}

func (c call) appointment(id, reason string) practice.Ask {
	return practice.Ask{Actor: c.Actor, Scope: c.Scope, ID: numberID(id), Reason: reason, Once: c.once}
}

type listAppointments struct {
	pageQuery
	Patient  string `query:"patient" doc:"Only this patient's: id or number"`
	Provider string `query:"provider" doc:"Only this provider's: id or number"`
}

func (s *Surface) listAppointments(ctx context.Context, c call, in listAppointments) (list[appointment], error) {
	after, err := in.number(c.cursors)
	if err != nil {
		return list[appointment]{}, err
	}
	of := practice.AppointmentList{Patient: optionalPerson(in.Patient)}
	if in.Provider != "" {
		ref := providerOf(in.Provider)
		of.Provider = &ref
	}
	found, err := s.Practice.Appointments(ctx, c.Actor, c.Scope, of, after, in.limit()+1)
	if err != nil {
		return list[appointment]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerAppointment, func(a care.Appointment) string { return placeOf(a.ID) }), nil
}

type createAppointment struct {
	Body newAppointment
}

type newAppointment struct {
	PatientKey
	ProviderKey
	ServiceID int64     `json:"serviceId" minimum:"1"`
	Start     time.Time `json:"start" doc:"One of the slots"`
	Complaint string    `json:"complaint,omitempty"`
}

func (s *Surface) createAppointment(ctx context.Context, c call, in createAppointment) (appointment, error) {
	var bad care.Problems
	patient, err := in.Body.PatientKey.ref()
	bad.Include(err)
	provider, err := in.Body.ProviderKey.ref()
	bad.Include(err)
	if err := bad.Err(); err != nil {
		return appointment{}, err
	}
	a, err := s.Practice.Book(ctx, c.Actor, practice.Booking{
		Scope: c.Scope, Patient: patient, Provider: practice.ProviderRef{PersonRef: provider}, Service: practice.ServiceRef{ID: in.Body.ServiceID},
		Start: in.Body.Start, Complaint: in.Body.Complaint,
	}, c.once)
	return lowerAppointment(a), err
}

func (s *Surface) getAppointment(ctx context.Context, c call, in appointmentPath) (appointment, error) {
	a, err := s.Practice.Appointment(ctx, c.Actor, c.Scope, numberID(in.Appointment))
	return lowerAppointment(a), err
}

type getAgenda struct {
	providerPath
	Date     string `query:"date" doc:"YYYY-MM-DD, in timezone; today where absent"`
	TimeZone string `query:"timezone" doc:"IANA name; the provider's where absent"`
}

type agenda struct {
	Date     string        `json:"date" format:"date"`
	TimeZone string        `json:"timezone"`
	Items    []appointment `json:"items" nullable:"false" doc:"Those that begin on the date, cancelled ones too"`
}

func (s *Surface) getAgenda(ctx context.Context, c call, in getAgenda) (agenda, error) {
	found, err := s.Practice.Agenda(ctx, c.Actor, practice.AgendaQuery{Scope: c.Scope, Provider: providerOf(in.Provider), Date: in.Date, TimeZone: in.TimeZone})
	if err != nil {
		return agenda{}, err
	}
	out := agenda{Date: found.Date, TimeZone: found.Zone.String(), Items: make([]appointment, len(found.Appointments))}
	for i, a := range found.Appointments {
		out.Items[i] = lowerAppointment(a)
	}
	return out, nil
}

type cancelAppointment struct {
	appointmentPath
	Body cancellation
}

type cancellation struct {
	Reason string `json:"reason,omitempty"`
}

func (s *Surface) cancelAppointment(ctx context.Context, c call, in cancelAppointment) (appointment, error) {
	a, err := s.Practice.Cancel(ctx, c.appointment(in.Appointment, in.Body.Reason))
	return lowerAppointment(a), err
}

func (s *Surface) checkInAppointment(ctx context.Context, c call, in appointmentPath) (appointment, error) {
	a, err := s.Practice.CheckIn(ctx, c.appointment(in.Appointment, ""))
	return lowerAppointment(a), err
}

func (s *Surface) missAppointment(ctx context.Context, c call, in appointmentPath) (appointment, error) {
	a, err := s.Practice.NoShow(ctx, c.appointment(in.Appointment, ""))
	return lowerAppointment(a), err
}

func (s *Surface) startAppointment(ctx context.Context, c call, in appointmentPath) (appointment, error) {
	a, err := s.Practice.Start(ctx, c.appointment(in.Appointment, ""))
	return lowerAppointment(a), err
}

type rescheduleAppointment struct {
	appointmentPath
	Body rescheduling
}

type rescheduling struct {
	ProviderKey
	Start time.Time `json:"start" doc:"One of the slots; the appointment's own time counts as free"`
}

func (s *Surface) rescheduleAppointment(ctx context.Context, c call, in rescheduleAppointment) (appointment, error) {
	to := practice.Rescheduling{Start: in.Body.Start}
	if in.Body.given() {
		ref, err := in.Body.ref()
		if err != nil {
			return appointment{}, err
		}
		to.Provider = &practice.ProviderRef{PersonRef: ref}
	}
	a, err := s.Practice.Reschedule(ctx, c.appointment(in.Appointment, ""), to)
	return lowerAppointment(a), err
}

type assignment struct {
	ID             string    `json:"id" format:"uuid"`
	PatientNumber  int64     `json:"patientNumber"`
	ServiceID      int64     `json:"serviceId"`
	ProviderNumber *int64    `json:"providerNumber"`
	StartDate      string    `json:"startDate" format:"date"`
	EndDate        *string   `json:"endDate" format:"date" doc:"The last day; null while it goes on"`
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
}

func lowerAssignment(a care.Assignment) assignment {
	return assignment{
		ID: a.ID, PatientNumber: a.Patient, ServiceID: a.Service, ProviderNumber: a.Provider, StartDate: a.StartDate, EndDate: orNull(a.EndDate),
		CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
	}
}

func (s *Surface) listAssignments(ctx context.Context, c call, in patientPath) (list[assignment], error) {
	found, err := s.Practice.Assignments(ctx, c.Actor, c.Scope, personRef(in.Patient))
	out := list[assignment]{Items: make([]assignment, len(found))}
	for i, a := range found {
		out.Items[i] = lowerAssignment(a)
	}
	return out, err
}

type createAssignment struct {
	patientPath
	Body newAssignment
}

type newAssignment struct {
	ProviderKey
	ServiceID int64  `json:"serviceId" minimum:"1"`
	StartDate string `json:"startDate,omitempty" doc:"YYYY-MM-DD; today at the practice where absent"`
	EndDate   string `json:"endDate,omitempty" doc:"YYYY-MM-DD, the last day"`
}

func (s *Surface) createAssignment(ctx context.Context, c call, in createAssignment) (assignment, error) {
	ask := practice.NewAssignment{
		Scope: c.Scope, Patient: personRef(in.Patient), Service: practice.ServiceRef{ID: in.Body.ServiceID}, StartDate: in.Body.StartDate, EndDate: in.Body.EndDate,
	}
	if in.Body.given() {
		ref, err := in.Body.ref()
		if err != nil {
			return assignment{}, err
		}
		ask.Provider = &practice.ProviderRef{PersonRef: ref}
	}
	done, err := s.Practice.Assign(ctx, c.Actor, ask, c.once)
	return lowerAssignment(done.Assignment), err
}

type endAssignment struct {
	patientPath
	Assignment string `path:"assignment" doc:"The assignment's id"`
	Body       assignmentEnd
}

type assignmentEnd struct {
	EndDate optional[string] `json:"endDate" doc:"YYYY-MM-DD, the last day; null while it goes on"`
}

func (s *Surface) endAssignment(ctx context.Context, c call, in endAssignment) (assignment, error) {
	a, err := s.Practice.EndAssignment(ctx, c.Actor, c.Scope, personRef(in.Patient), in.Assignment, *text(in.Body.EndDate))
	return lowerAssignment(a), err
}
