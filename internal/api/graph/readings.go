package graph

import (
	"context"
	"strconv"
	"sync"

	graphql "github.com/graph-gophers/graphql-go"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

// loader reads what a page of users asks for, each thing once for the whole
// page: the first user who asks reads, the others wait.
type loader struct {
	chart    *chart.Service
	request  *request
	scope    care.Scope
	patients []string // of the page

	mu       sync.Mutex
	readings map[readingsKey]*load[[]care.Reading]
	contacts *load[care.Contact]
}

// readingsKey is what a set of data was asked for by.
type readingsKey struct {
	kind        care.ReadingKind
	from, until string
}

// load is one read for a page, by patient.
type load[T any] struct {
	once  sync.Once
	found map[string]T
	err   error
}

// of returns what is known of a patient, reading it where nobody did.
func (l *load[T]) of(r *request, patient string, read func() (map[string]T, error)) (T, bool, error) {
	l.once.Do(func() {
		if l.err = r.spend(cost{loads: 1}); l.err == nil {
			l.found, l.err = read()
		}
	})
	v, ok := l.found[patient]
	return v, ok, r.lower(l.err)
}

func (l *loader) readingsOf(ctx context.Context, patient string, k readingsKey) ([]care.Reading, error) {
	l.mu.Lock()
	if l.readings == nil {
		l.readings = map[readingsKey]*load[[]care.Reading]{}
	}
	one := l.readings[k]
	if one == nil {
		one = &load[[]care.Reading]{}
		l.readings[k] = one
	}
	l.mu.Unlock()
	found, _, err := one.of(l.request, patient, func() (map[string][]care.Reading, error) {
		r, err := care.ParseReadingRange(k.from, k.until)
		if err != nil {
			return nil, err
		}
		found, err := l.chart.Readings(ctx, l.request.actor, l.scope, l.patients, k.kind, r)
		if err != nil {
			return nil, err
		}
		n := 0
		for _, of := range found {
			n += len(of)
		}
		return found, l.request.spend(cost{read: n})
	})
	return found, err
}

func (l *loader) contactOf(ctx context.Context, patient string) (care.Contact, bool, error) {
	l.mu.Lock()
	if l.contacts == nil {
		l.contacts = &load[care.Contact]{}
	}
	one := l.contacts
	l.mu.Unlock()
	return one.of(l.request, patient, func() (map[string]care.Contact, error) {
		return l.chart.LastContacts(ctx, l.request.actor, l.scope, l.patients)
	})
}

// LastCallDateTime resolves last_call_date_time.
func (u *user) LastCallDateTime(ctx context.Context) (*string, error) {
	c, ok, err := u.loader.contactOf(ctx, u.patient)
	if err != nil || !ok {
		return nil, err
	}
	at := instant(c.At)
	return &at, nil
}

// LastCallDurationSeconds resolves last_call_duration_seconds.
func (u *user) LastCallDurationSeconds(ctx context.Context) (*int32, error) {
	c, ok, err := u.loader.contactOf(ctx, u.patient)
	if err != nil || !ok {
		return nil, err
	}
	return whole(&c.Seconds), nil
}

type dataArgs struct{ DataFrom, DataTo *string }

func (a dataArgs) of(kind care.ReadingKind) readingsKey {
	return readingsKey{kind, value(a.DataFrom), value(a.DataTo)}
}

// data resolves a set of data: nil with an error.
func data[T any](ctx context.Context, u *user, k readingsKey, lower func(care.Reading) T) (*[]T, error) {
	found, err := u.loader.readingsOf(ctx, u.patient, k)
	if err == nil {
		err = u.loader.request.spend(cost{told: len(found)})
	}
	if err != nil {
		return nil, err
	}
	out := make([]T, len(found))
	for i, v := range found {
		out[i] = lower(v)
	}
	return &out, nil
}

type sleepData struct {
	TotalInbedMinutes, TotalSleepMinutes *int32
	RecordedDate                         string
	Source                               *string
}

// SleepData resolves sleep_data.
func (u *user) SleepData(ctx context.Context, a dataArgs) (*[]*sleepData, error) {
	return data(ctx, u, a.of(care.ReadingSleep), func(v care.Reading) *sleepData {
		return &sleepData{whole(v.InBedMinutes), whole(v.AsleepMinutes), v.Recorded, optional(v.Source)}
	})
}

type stepsData struct {
	Steps        *int32
	RecordedDate string
	Source       *string
}

// StepsData resolves steps_data.
func (u *user) StepsData(ctx context.Context, a dataArgs) (*[]*stepsData, error) {
	return data(ctx, u, a.of(care.ReadingSteps), func(v care.Reading) *stepsData {
		return &stepsData{whole(v.Steps), v.Recorded, optional(v.Source)}
	})
}

type pulseOxData struct {
	ID                    graphql.ID
	Spo2Percent, PulseBpm *float64
	RecordedDate          string
	Source                *string
}

// PulseOxData resolves pulse_ox_data.
func (u *user) PulseOxData(ctx context.Context, a dataArgs) (*[]*pulseOxData, error) {
	return data(ctx, u, a.of(care.ReadingPulseOx), func(v care.Reading) *pulseOxData {
		id := v.Key
		if id == "" {
			id = v.ID
		}
		return &pulseOxData{graphql.ID(id), number(v.SpO2), number(v.Pulse), v.Recorded, optional(v.Source)}
	})
}

// whole is a number that fits: what devices measure does, by its rules.
func whole(n *int64) *int32 {
	if n == nil {
		return nil
	}
	v := int32(min(*n, 1<<31-1))
	return &v
}

func number(decimal string) *float64 {
	f, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return nil
	}
	return &f
}
