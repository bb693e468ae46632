package cli

import (
	"io"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

type scheduleSlots struct {
	Of       providerArg `embed:""`
	Service  int64       `required:"" placeholder:"ID" help:"The service's id."`
	Date     string      `required:"" placeholder:"DATE" help:"YYYY-MM-DD, in the time zone."`
	TimeZone string      `placeholder:"ZONE" help:"IANA time zone (default: the provider's)."`
}

type slotsDoc struct {
	TimeZone string      `json:"timeZone"`
	Items    []time.Time `json:"items"`
	Clock    []string    `json:"clock"` // as the zone's clock shows them, each time once
}

// Run lists what is free.
func (c scheduleSlots) Run(a *app) error {
	return a.with(func(e *engine) error {
		ref, err := c.Of.schedule()
		if err != nil {
			return err
		}
		found, err := e.practice.Slots(a.ctx, a.actor(), practice.SlotQuery{
			Scope: c.Of.Scope.scope(), Provider: ref, Service: practice.ServiceRef{ID: c.Service}, Date: c.Date, TimeZone: c.TimeZone,
		})
		if err != nil {
			return err
		}
		doc := slotsDoc{TimeZone: found.Zone.String(), Items: append([]time.Time{}, found.Times...), Clock: care.ClockTimes(found.Times, found.Zone)}
		free := strings.Join(doc.Clock, ", ")
		if free == "" {
			free = "none"
		}
		return a.show(doc, func(w io.Writer) {
			writeFields(w, field{"time zone", doc.TimeZone}, field{"free", free})
		})
	})
}

type scheduleAgenda struct {
	Of       providerArg `embed:""`
	Date     string      `placeholder:"DATE" help:"YYYY-MM-DD, in the time zone (default: today)."`
	TimeZone string      `placeholder:"ZONE" help:"IANA time zone (default: the provider's)."`
}

type agendaDoc struct {
	Date     string           `json:"date"`
	TimeZone string           `json:"timeZone"`
	Items    []appointmentDoc `json:"items"`
}

type appointmentDoc struct {
	ID        int64                  `json:"id"`
	Start     time.Time              `json:"start"`
	End       time.Time              `json:"end"`
	Status    care.AppointmentStatus `json:"status"`
	Patient   int64                  `json:"patient"` // number
	Service   int64                  `json:"service"`
	Complaint string                 `json:"complaint"`
	Encounter *int64                 `json:"encounter"`
}

func docOfAppointment(a care.Appointment) appointmentDoc {
	return appointmentDoc{ID: a.ID, Start: a.Start, End: a.End(), Status: a.Status, Patient: a.Patient, Service: a.Service, Complaint: a.Complaint, Encounter: a.Encounter}
}

// Run lists a day's appointments, by the zone's clock.
func (c scheduleAgenda) Run(a *app) error {
	return a.with(func(e *engine) error {
		ref, err := c.Of.schedule()
		if err != nil {
			return err
		}
		found, err := e.practice.Agenda(a.ctx, a.actor(), practice.AgendaQuery{Scope: c.Of.Scope.scope(), Provider: ref, Date: c.Date, TimeZone: c.TimeZone})
		if err != nil {
			return err
		}
		doc := agendaDoc{Date: found.Date, TimeZone: found.Zone.String(), Items: docs(found.Appointments, docOfAppointment)}
		clock := func(t time.Time) string { return t.In(found.Zone).Format("15:04") }
		return a.show(doc, func(w io.Writer) {
			writeFields(w, field{"date", doc.Date}, field{"time zone", doc.TimeZone})
			writeTable(w, doc.Items, []column[appointmentDoc]{
				{"TIME", func(d appointmentDoc) string { return clock(d.Start) + "-" + clock(d.End) }},
				{"APPOINTMENT", func(d appointmentDoc) string { return strconv.FormatInt(d.ID, 10) }},
				{"PATIENT", func(d appointmentDoc) string { return strconv.FormatInt(d.Patient, 10) }},
				{"SERVICE", func(d appointmentDoc) string { return strconv.FormatInt(d.Service, 10) }},
				{"STATUS", func(d appointmentDoc) string { return string(d.Status) }},
			})
		})
	})
}
