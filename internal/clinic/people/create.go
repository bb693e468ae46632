package people

import (
	"context"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// CreatePatient registers p.Scope's patient p. An id and a number that are
// brought are kept, absent ones made: the number from this year's sequence.
// Errors: Invalid, Conflict (id, number, mrn, externalId), Forbidden.
func (s *Service) CreatePatient(ctx context.Context, actor care.Actor, p care.Patient, once *care.Once) (care.Patient, error) {
	now := s.gate.Now()
	if err := p.Check(now); err != nil {
		return care.Patient{}, err
	}
	if p.ID == "" {
		p.ID = uuid.NewString()
	}
	p.CreatedAt, p.UpdatedAt = now, now
	q := gate.Request{Actor: actor, Action: policy.PatientWrite, Scope: p.Scope, Once: once}
	made, err := gate.Write(ctx, s.gate, q, gate.Nothing("patient"), func(tx store.Tx) (gate.Made[care.Patient], error) {
		p := p
		if err := number(tx, p.Scope, now.Year(), &p.Number); err != nil {
			return gate.Made[care.Patient]{}, err
		}
		t := care.Target{Noun: "patient", ID: p.ID, Patient: p.ID}
		return gate.Made[care.Patient]{Value: p, Target: t}, tx.CreatePatient(p)
	})
	return made.Value, err
}

// CreateProvider registers p.Scope's provider p, as CreatePatient does a
// patient. Errors: Invalid, Conflict (id, number), Forbidden.
func (s *Service) CreateProvider(ctx context.Context, actor care.Actor, p care.Provider, once *care.Once) (care.Provider, error) {
	now := s.gate.Now()
	if err := p.Check(); err != nil {
		return care.Provider{}, err
	}
	if p.ID == "" {
		p.ID = uuid.NewString()
	}
	p.CreatedAt, p.UpdatedAt = now, now
	q := gate.Request{Actor: actor, Action: policy.ProviderWrite, Scope: p.Scope, Once: once}
	made, err := gate.Write(ctx, s.gate, q, gate.Nothing("provider"), func(tx store.Tx) (gate.Made[care.Provider], error) {
		p := p
		if err := number(tx, p.Scope, now.Year(), &p.Number); err != nil {
			return gate.Made[care.Provider]{}, err
		}
		return gate.Made[care.Provider]{Value: p, Target: providerTarget(p)}, tx.CreateProvider(p)
	})
	return made.Value, err
}

// number draws a person number where none was brought.
func number(tx store.Tx, s care.Scope, year int, n *int64) error {
	if *n != 0 {
		return care.CheckBroughtNumber(*n)
	}
	var err error
	*n, err = tx.NextPerson(s, year)
	return err
}

func providerTarget(p care.Provider) care.Target { return care.Target{Noun: "provider", ID: p.ID} }
