package contracttest

import (
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
	"chartline/internal/testkit"
)

// seedBookings is what a practice is, and what was booked there.
type seedBookings struct {
	Practice     *seedPractice
	Services     []seedService
	Schedules    []seedSchedule
	Appointments []seedAppointment
	Assignments  []seedAssignment
}

type seedPractice struct {
	CustomerCode string
	SignupAs     string // names a new sign-up code
}

type seedService struct {
	ID                     int64
	Name                   string
	Minutes, BufferMinutes int64
}

// seedSchedule is a provider's own hours, and dates with hours of their own.
type seedSchedule struct {
	Provider int64
	Hours    string
	Days     map[string]string
}

type seedAppointment struct {
	Patient, Provider, Service int64
	Start                      time.Time
	Complaint                  string
	Series                     int // as many, half an hour apart
}

type seedAssignment struct {
	As               string
	Patient, Service int64
}

func (w *world) plantBookings(scope care.Scope, b seedBookings) {
	w.t.Helper()
	ctx, actor := w.t.Context(), testkit.Operator()
	if p := b.Practice; p != nil {
		_, err := w.kit.Practice.Change(ctx, actor, scope, practice.Change{CustomerCode: &p.CustomerCode})
		w.must(err)
		code, err := w.kit.Practice.RotateSignupCode(ctx, actor, scope)
		w.must(err)
		w.name(p.SignupAs, code)
		w.secrets = append(w.secrets, code)
	}
	for _, v := range b.Services {
		_, err := w.kit.Practice.CreateService(ctx, actor, care.Service{Scope: scope, ID: v.ID, Name: v.Name, Minutes: v.Minutes, BufferMinutes: v.BufferMinutes}, nil)
		w.must(err)
	}
	for _, s := range b.Schedules {
		week, err := care.ParseWeek(s.Hours)
		w.must(err)
		ref := practice.ProviderRef{PersonRef: care.PersonRef{Number: s.Provider}}
		_, err = w.kit.Practice.ChangeSchedule(ctx, actor, scope, ref, practice.ScheduleChange{Hours: care.SetTo(week)})
		w.must(err)
		for date, hours := range s.Days {
			spans, err := care.ParseSpans(hours)
			w.must(err)
			_, err = w.kit.Practice.SetDay(ctx, actor, ref, care.ScheduleDay{Scope: scope, Date: date, Spans: spans})
			w.must(err)
		}
	}
	for _, a := range b.Appointments {
		for i := range max(a.Series, 1) {
			_, err := w.kit.Practice.Book(ctx, actor, practice.Booking{
				Scope: scope, Patient: care.PersonRef{Number: a.Patient}, Provider: practice.ProviderRef{PersonRef: care.PersonRef{Number: a.Provider}},
				Service: practice.ServiceRef{ID: a.Service}, Start: a.Start.Add(time.Duration(i) * 30 * time.Minute), Complaint: a.Complaint,
			}, nil)
			w.must(err)
		}
		w.mark(scope.Tenant, a.Complaint)
	}
	for _, a := range b.Assignments {
		made, err := w.kit.Practice.Assign(ctx, actor, practice.NewAssignment{
			Scope: scope, Patient: care.PersonRef{Number: a.Patient}, Service: practice.ServiceRef{ID: a.Service},
		}, nil)
		w.must(err)
		w.name(a.As, made.Assignment.ID)
	}
}
