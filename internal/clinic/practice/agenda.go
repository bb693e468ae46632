package practice

import (
	"context"
	"slices"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// AgendaQuery asks whom a provider sees on a date.
type AgendaQuery struct {
	care.Scope
	Provider ProviderRef
	Date     string // YYYY-MM-DD in TimeZone; today where empty
	TimeZone string // the provider's where empty
}

// Agenda is a provider's appointments that begin on a date, by their start,
// cancelled ones too.
type Agenda struct {
	Date         string
	Zone         *time.Location
	Appointments []care.Appointment
}

// Agenda returns whom a provider sees on a date. Errors: Invalid (date,
// timezone), NotFound (provider), Ambiguous (provider), Forbidden.
func (s *Service) Agenda(ctx context.Context, actor care.Actor, ask AgendaQuery) (Agenda, error) {
	var bad care.Problems
	_, ok := care.ParseDate(ask.Date)
	bad.Check(ok || ask.Date == "", "date", "must be YYYY-MM-DD")
	bad.Check(ask.TimeZone == "" || care.ValidTimeZone(ask.TimeZone), "timezone", "must be an IANA zone name")
	if err := bad.Err(); err != nil {
		return Agenda{}, err
	}
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.AppointmentRead, Scope: ask.Scope}
	return gate.Read(ctx, s.gate, q, locateProvider(ask.Scope, ask.Provider, "appointment", &p), func(tx store.Tx) (Agenda, error) {
		return s.agenda(tx, p, ask)
	})
}

func (s *Service) agenda(tx store.Tx, p care.Provider, ask AgendaQuery) (Agenda, error) {
	name := ask.TimeZone
	if name == "" {
		of, err := schedule(tx, p)
		if err != nil {
			return Agenda{}, err
		}
		name = of.TimeZone
	}
	zone, err := s.zones.Load(name)
	if err != nil {
		return Agenda{}, err
	}
	out := Agenda{Date: ask.Date, Zone: zone}
	if out.Date == "" {
		out.Date = s.gate.Now().In(zone).Format(time.DateOnly)
	}
	day, _ := care.ParseDate(out.Date)
	span := care.DiarySpan(day)
	found, err := tx.Agenda(p.Scope, p.Number, span.From, span.Until)
	out.Appointments = slices.DeleteFunc(found, func(a care.Appointment) bool { return a.Start.In(zone).Format(time.DateOnly) != out.Date })
	return out, err
}
