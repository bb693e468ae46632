package practice

import (
	"context"
	"slices"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Schedule is a provider's, with the hours that count: their own, or else the
// practice's; in the zone that counts likewise.
type Schedule struct {
	care.Schedule
	Week     care.Week
	TimeZone string
}

// Schedule returns when a provider works. Errors: NotFound (provider),
// Forbidden.
func (s *Service) Schedule(ctx context.Context, actor care.Actor, scope care.Scope, ref ProviderRef) (Schedule, error) {
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ScheduleRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateProvider(scope, ref, "schedule", &p), func(tx store.Tx) (Schedule, error) {
		return schedule(tx, p)
	})
}

func schedule(tx store.Tx, p care.Provider) (Schedule, error) {
	of, err := settings(tx, p.Scope)
	if err != nil {
		return Schedule{}, err
	}
	return of.schedule(tx, p)
}

// schedule is that of a provider of the practice.
func (of Settings) schedule(tx store.Tx, p care.Provider) (Schedule, error) {
	own, err := scheduleOf(tx, p.Scope, p.Number)
	out := Schedule{own, of.Hours, of.TimeZone}
	if own.Hours != nil {
		out.Week = *own.Hours
	}
	if p.TimeZone != "" {
		out.TimeZone = p.TimeZone
	}
	return out, err
}

// Schedules lists when providers work by their numbers, at most limit of those
// after the given one. Errors: Forbidden.
func (s *Service) Schedules(ctx context.Context, actor care.Actor, scope care.Scope, after int64, limit int) ([]Schedule, error) {
	q := gate.Request{Actor: actor, Action: policy.ScheduleRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, gate.Nothing("schedule"), func(tx store.Tx) ([]Schedule, error) {
		of, err := settings(tx, scope)
		if err != nil {
			return nil, err
		}
		providers, err := tx.Providers(scope, after, limit)
		out := make([]Schedule, len(providers))
		for i, p := range providers {
			if out[i], err = of.schedule(tx, p); err != nil {
				return nil, err
			}
		}
		return out, err
	})
}

// ScheduleChange is what can be changed of a schedule; what is not given stays.
type ScheduleChange struct {
	Hours    care.Edit[care.Week] // removed, the practice's count
	Services *[]int64             // none means all
}

// ChangeSchedule says when a provider works, and for what. Appointments that are
// booked stay. Errors: Invalid (services), NotFound (provider), Forbidden.
func (s *Service) ChangeSchedule(ctx context.Context, actor care.Actor, scope care.Scope, ref ProviderRef, c ScheduleChange) (Schedule, error) {
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ScheduleWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateProvider(scope, ref, "schedule", &p), func(tx store.Tx) (Schedule, error) {
		own, err := scheduleOf(tx, scope, p.Number)
		if err != nil {
			return Schedule{}, err
		}
		c.Hours.Apply(&own.Hours)
		care.Replace(&own.Services, c.Services)
		own.Services = distinct(own.Services)
		for _, id := range own.Services {
			if _, err := tx.Service(scope, id); care.IsNotFound(err) {
				return Schedule{}, care.Invalid("services", "must be ids of services")
			} else if err != nil {
				return Schedule{}, err
			}
		}
		own.UpdatedAt = s.gate.Now()
		if err := tx.PutSchedule(own); err != nil {
			return Schedule{}, err
		}
		return schedule(tx, p)
	})
}

// distinct returns ids in order, each once.
func distinct(ids []int64) []int64 {
	return slices.Compact(slices.Sorted(slices.Values(ids)))
}

// Days lists the dates on which a provider does not work as usual, from first to
// last. Errors: Invalid (from, until), NotFound (provider), Forbidden.
func (s *Service) Days(ctx context.Context, actor care.Actor, scope care.Scope, ref ProviderRef, first, last string) ([]care.ScheduleDay, error) {
	var bad care.Problems
	for field, date := range map[string]*string{"from": &first, "until": &last} {
		_, ok := care.ParseDate(*date)
		bad.Check(ok || *date == "", field, "must be YYYY-MM-DD")
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if last == "" {
		last = "9999-12-31"
	}
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ScheduleRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateProvider(scope, ref, "schedule", &p), func(tx store.Tx) ([]care.ScheduleDay, error) {
		return tx.ScheduleDays(scope, p.Number, first, last)
	})
}

// SetDay says how a provider works on one date: no spans is a day off. Errors:
// Invalid, NotFound (provider), Forbidden.
func (s *Service) SetDay(ctx context.Context, actor care.Actor, ref ProviderRef, d care.ScheduleDay) (care.ScheduleDay, error) {
	if err := d.Check(); err != nil {
		return care.ScheduleDay{}, err
	}
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ScheduleWrite, Scope: d.Scope}
	return gate.Write(ctx, s.gate, q, locateProvider(d.Scope, ref, "schedule", &p), func(tx store.Tx) (care.ScheduleDay, error) {
		d := d
		d.Provider, d.UpdatedAt = p.Number, s.gate.Now()
		return d, tx.PutScheduleDay(d)
	})
}

// ClearDay makes a date like any other of its weekday. Errors: NotFound
// (provider, schedule_day), Forbidden.
func (s *Service) ClearDay(ctx context.Context, actor care.Actor, scope care.Scope, ref ProviderRef, date string) error {
	var p care.Provider
	q := gate.Request{Actor: actor, Action: policy.ScheduleWrite, Scope: scope}
	_, err := gate.Write(ctx, s.gate, q, locateProvider(scope, ref, "schedule", &p), func(tx store.Tx) (struct{}, error) {
		return struct{}{}, tx.DeleteScheduleDay(scope, p.Number, date)
	})
	return err
}

// locateProvider finds a provider into p, for a thing of theirs called noun.
func locateProvider(scope care.Scope, ref ProviderRef, noun string, p *care.Provider) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *p, err = findProvider(tx, scope, ref); err != nil {
			return care.Target{Noun: noun}, err
		}
		return providerTarget(*p, noun), nil
	}
}
