package practice

import (
	"cmp"
	"context"
	"strconv"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// CreateService adds something that can be booked. Errors: Invalid, Conflict
// (id, name), Forbidden.
func (s *Service) CreateService(ctx context.Context, actor care.Actor, v care.Service, once *care.Once) (care.Service, error) {
	if err := cmp.Or(v.Check(), care.CheckBroughtID(v.ID)); err != nil {
		return care.Service{}, err
	}
	v.CreatedAt = s.gate.Now()
	v.UpdatedAt = v.CreatedAt
	q := gate.Request{Actor: actor, Action: policy.ServiceWrite, Scope: v.Scope, Once: once}
	made, err := gate.Write(ctx, s.gate, q, gate.Nothing("service"), func(tx store.Tx) (gate.Made[care.Service], error) {
		v := v
		if v.ID == 0 {
			var err error
			if v.ID, err = tx.NextService(v.Scope); err != nil {
				return gate.Made[care.Service]{}, err
			}
		}
		return gate.Made[care.Service]{Value: v, Target: serviceTarget(v)}, tx.CreateService(v)
	})
	return made.Value, err
}

// ServiceChange is what can be changed of a service; what is nil stays.
// Appointments keep the length that they were booked with.
type ServiceChange struct {
	Name          *string
	Minutes       *int64
	BufferMinutes *int64
	Retired       *bool
}

// ChangeService changes a service. Errors: Invalid, NotFound, Conflict (name),
// Forbidden.
func (s *Service) ChangeService(ctx context.Context, actor care.Actor, scope care.Scope, id int64, c ServiceChange) (care.Service, error) {
	var v care.Service
	q := gate.Request{Actor: actor, Action: policy.ServiceWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locateService(scope, id, &v), func(tx store.Tx) (care.Service, error) {
		care.Replace(&v.Name, c.Name)
		care.Replace(&v.Minutes, c.Minutes)
		care.Replace(&v.BufferMinutes, c.BufferMinutes)
		care.Replace(&v.Retired, c.Retired)
		if err := v.Check(); err != nil {
			return v, err
		}
		v.UpdatedAt = s.gate.Now()
		return v, tx.UpdateService(v)
	})
}

// Service returns a service. Errors: NotFound, Forbidden.
func (s *Service) Service(ctx context.Context, actor care.Actor, scope care.Scope, id int64) (care.Service, error) {
	var v care.Service
	q := gate.Request{Actor: actor, Action: policy.ServiceRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateService(scope, id, &v), func(store.Tx) (care.Service, error) { return v, nil })
}

// Services lists services by id, retired ones too, at most limit of those after
// the given one. Errors: Forbidden.
func (s *Service) Services(ctx context.Context, actor care.Actor, scope care.Scope, after int64, limit int) ([]care.Service, error) {
	q := gate.Request{Actor: actor, Action: policy.ServiceRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, gate.Nothing("service"), func(tx store.Tx) ([]care.Service, error) {
		return tx.Services(scope, after, limit)
	})
}

func locateService(scope care.Scope, id int64, v *care.Service) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *v, err = tx.Service(scope, id); err != nil {
			return care.Target{Noun: "service"}, err
		}
		return serviceTarget(*v), nil
	}
}

func serviceTarget(v care.Service) care.Target {
	return care.Target{Noun: "service", ID: serviceID(v.ID)}
}

func serviceID(id int64) string { return strconv.FormatInt(id, 10) }
