package practice

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// SlotQuery asks when a provider is free for a service on a date.
type SlotQuery struct {
	care.Scope
	Provider ProviderRef
	Service  ServiceRef
	Date     string // YYYY-MM-DD in TimeZone
	TimeZone string // the provider's where empty
}

// Slots are the times at which an appointment can begin, in order.
type Slots struct {
	Times []time.Time
	Zone  *time.Location // in which they were asked for
}

// Slots returns what is free. Errors: Invalid (date, timezone), NotFound
// (provider, service), Ambiguous (provider), Forbidden.
func (s *Service) Slots(ctx context.Context, actor care.Actor, ask SlotQuery) (Slots, error) {
	date, err := ask.check()
	if err != nil {
		return Slots{}, err
	}
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ScheduleRead, Scope: ask.Scope}
	return gate.Read(ctx, s.gate, q, locateProvider(ask.Scope, ask.Provider, "schedule", &p), func(tx store.Tx) (Slots, error) {
		v, err := offered(tx, p, ask.Service)
		if err != nil {
			return Slots{}, err
		}
		d, err := s.diary(tx, p, date, 0)
		if err != nil {
			return Slots{}, err
		}
		zone, err := s.zoneFor(d, ask.TimeZone)
		return Slots{d.Slots(date, zone, v), zone}, err
	})
}

func (q SlotQuery) check() (time.Time, error) {
	var bad care.Problems
	date, ok := care.ParseDate(q.Date)
	bad.Check(ok, "date", "must be YYYY-MM-DD")
	bad.Check(q.TimeZone == "" || care.ValidTimeZone(q.TimeZone), "timezone", "must be an IANA zone name")
	return date, bad.Err()
}

// zoneFor is the zone called name, the provider's where it is empty.
func (s *Service) zoneFor(d care.Diary, name string) (*time.Location, error) {
	if name == "" {
		return d.Zone, nil
	}
	return s.zones.Load(name)
}

// offered returns a service that the provider gives, or NotFound.
func offered(tx store.Tx, p care.Provider, ref ServiceRef) (care.Service, error) {
	v, err := findService(tx, p.Scope, ref)
	if err != nil {
		return v, err
	}
	own, err := scheduleOf(tx, p.Scope, p.Number)
	if err == nil && !own.Offers(v) {
		err = care.NotFound("service")
	}
	return v, err
}

// diary reads what slots on date are worked out from. The time of one
// appointment, except, counts as free.
func (s *Service) diary(tx store.Tx, p care.Provider, date time.Time, except int64) (care.Diary, error) {
	practice, err := settings(tx, p.Scope)
	if err != nil {
		return care.Diary{}, err
	}
	of, err := practice.schedule(tx, p)
	if err != nil {
		return care.Diary{}, err
	}
	now := s.gate.Now()
	d := care.Diary{
		Week: of.Week, Now: now, Earliest: now.Add(time.Duration(practice.NoticeMinutes) * time.Minute),
		Latest: now.AddDate(0, 0, int(practice.HorizonDays)),
	}
	if d.Zone, err = s.zones.Load(of.TimeZone); err != nil {
		return d, err
	}
	span := care.DiarySpan(date)
	if d.Days, err = tx.ScheduleDays(p.Scope, p.Number, span.From.Format(time.DateOnly), span.Until.Format(time.DateOnly)); err != nil {
		return d, err
	}
	booked, err := tx.Agenda(p.Scope, p.Number, span.From, span.Until)
	for _, a := range booked {
		if a.Holds() && a.ID != except {
			d.Held = append(d.Held, a.Held())
		}
	}
	return d, err
}
