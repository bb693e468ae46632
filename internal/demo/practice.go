package demo

import (
	"context"
	"time"

	"golang.org/x/sync/errgroup"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

// Booked is how an instance is booked at.
type Booked struct {
	CustomerCode string
	Hours        string // of every provider who has none of their own
	Services     []care.Service
	OwnHours     map[int64]string // by provider
}

// CustomerCode and ServiceID are the example practice's, and of its first
// service.
const (
	CustomerCode       = "ACME"
	ServiceID    int64 = 1
)

// The demo's practices are open every day, so that tomorrow has slots whatever
// day it is.
const demoHours = "mon-sun 08:00-12:00,13:00-18:00"

func acmeBooked() Booked {
	return Booked{
		CustomerCode: CustomerCode, Hours: demoHours,
		Services: []care.Service{
			{ID: ServiceID, Name: "Consultation", Minutes: 30}, {ID: 2, Name: "Therapy", Minutes: 50, BufferMinutes: 10},
			{ID: 3, Name: "Medication review", Minutes: 15, BufferMinutes: 5},
		},
		OwnHours: map[int64]string{202200000835: "mon-fri 07:00-11:30,12:00-15:00"},
	}
}

// book makes the practice what it is to be booked at.
func (s Services) book(ctx context.Context, actor care.Actor, c Clinic) error {
	scope, b := c.Instance.Scope, c.Booked
	week, err := care.ParseWeek(b.Hours)
	if err != nil {
		return err
	}
	if _, err := s.Practice.Change(ctx, actor, scope, practice.Change{CustomerCode: &b.CustomerCode, Hours: &week}); err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	each(g, b.Services, func(v care.Service) error {
		v.Scope = scope
		_, err := s.Practice.CreateService(ctx, actor, v, nil)
		return err
	})
	for number, hours := range b.OwnHours {
		g.Go(func() error {
			own, err := care.ParseWeek(hours)
			if err != nil {
				return err
			}
			who := practice.ProviderRef{PersonRef: care.PersonRef{Number: number}}
			_, err = s.Practice.ChangeSchedule(ctx, actor, scope, who, practice.ScheduleChange{Hours: care.SetTo(own)})
			return err
		})
	}
	return g.Wait()
}

// daysAhead is how far ahead the portal's patient is booked at most.
const daysAhead = 7

// bookPortalUser books the portal's patient the next free slot, unless they have
// something to come, or who tried things out has left nothing to book.
func (s Services) bookPortalUser(ctx context.Context, actor care.Actor) error {
	scope := care.Scope{Tenant: Tenant, Instance: Live}
	patient := care.PersonRef{Number: examplePatient}
	all, err := s.Practice.Appointments(ctx, actor, scope, practice.AppointmentList{Patient: &patient}, 0, 1000)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, a := range all {
		if a.Status == care.AppointmentBooked && a.Start.After(now) {
			return nil
		}
	}
	with, service := practice.ProviderRef{PersonRef: care.PersonRef{Number: exampleProvider}}, practice.ServiceRef{ID: ServiceID}
	for day := 1; day <= daysAhead; day++ {
		free, err := s.Practice.Slots(ctx, actor, practice.SlotQuery{
			Scope: scope, Provider: with, Service: service, Date: now.AddDate(0, 0, day).Format(time.DateOnly),
		})
		switch {
		case care.IsNotFound(err):
			return nil
		case err != nil:
			return err
		case len(free.Times) == 0:
			continue
		}
		_, err = s.Practice.Book(ctx, actor, practice.Booking{
			Scope: scope, Patient: patient, Provider: with, Service: service, Start: free.Times[0], Complaint: "Blood pressure, a month later",
		}, nil)
		return err
	}
	return nil
}
