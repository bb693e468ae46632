package practice

import (
	"context"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// NewAssignment gives a patient a service.
type NewAssignment struct {
	care.Scope
	Patient   care.PersonRef
	Service   ServiceRef
	Provider  *ProviderRef
	StartDate string // today at the practice where empty
	EndDate   string
}

// Assigned is an assignment with its service.
type Assigned struct {
	Assignment care.Assignment
	Service    care.Service
	Patient    care.Patient
}

// AuditTarget names the assignment.
func (a Assigned) AuditTarget() care.Target {
	return care.Target{Noun: "assignment", ID: a.Assignment.ID, Patient: a.Patient.ID}
}

// Assign gives a patient a service; one that the patient has already is returned
// as it is. Errors: Invalid, NotFound (patient, service, provider), Ambiguous
// (provider), Forbidden.
func (s *Service) Assign(ctx context.Context, actor care.Actor, in NewAssignment, once *care.Once) (Assigned, error) {
	if err := in.check(); err != nil {
		return Assigned{}, err
	}
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.AssignmentWrite, Scope: in.Scope, Once: once}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, in.Scope, in.Patient, "assignment", &p), func(tx store.Tx) (Assigned, error) {
		return s.assign(tx, p, in)
	})
}

func (in NewAssignment) check() error {
	a := care.Assignment{StartDate: in.StartDate, EndDate: in.EndDate}
	if a.StartDate == "" {
		a.StartDate = "0001-01-01" // today, which is looked up inside
	}
	return a.Check()
}

func (s *Service) assign(tx store.Tx, p care.Patient, in NewAssignment) (Assigned, error) {
	v, err := findService(tx, p.Scope, in.Service)
	if err != nil {
		return Assigned{}, err
	}
	now := s.gate.Now()
	a := care.Assignment{
		Scope: p.Scope, ID: uuid.NewString(), Patient: p.Number, Service: v.ID, StartDate: in.StartDate, EndDate: in.EndDate,
		CreatedAt: now, UpdatedAt: now,
	}
	if in.Provider != nil {
		provider, err := findProvider(tx, p.Scope, *in.Provider)
		if err != nil {
			return Assigned{}, err
		}
		a.Provider = &provider.Number
	}
	today, err := s.today(tx, p.Scope)
	if err != nil {
		return Assigned{}, err
	}
	if a.StartDate == "" {
		a.StartDate = today
	}
	if err := a.Check(); err != nil {
		return Assigned{}, err
	}
	there, err := tx.Assignments(p.Scope, p.Number)
	if err != nil {
		return Assigned{}, err
	}
	for _, old := range there {
		if old.Service == v.ID && old.Active(today) {
			return Assigned{old, v, p}, nil
		}
	}
	return Assigned{a, v, p}, tx.CreateAssignment(a)
}

// today is the date at the practice.
func (s *Service) today(tx store.Tx, scope care.Scope) (string, error) {
	in, err := tx.Instance(scope)
	if err != nil {
		return "", err
	}
	zone, err := s.zones.Load(in.TimeZone)
	if err != nil {
		return "", err
	}
	return s.gate.Now().In(zone).Format(time.DateOnly), nil
}

// Assignments lists which services a patient was given, by start date. Errors:
// NotFound (patient), Forbidden.
func (s *Service) Assignments(ctx context.Context, actor care.Actor, scope care.Scope, patient care.PersonRef) ([]care.Assignment, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.AssignmentRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locatePatient(actor, scope, patient, "assignment", &p), func(tx store.Tx) ([]care.Assignment, error) {
		return tx.Assignments(scope, p.Number)
	})
}

// EndAssignment sets an assignment's last day. Errors: Invalid (endDate),
// NotFound (patient, assignment), Forbidden.
func (s *Service) EndAssignment(ctx context.Context, actor care.Actor, scope care.Scope, patient care.PersonRef, id, date string) (care.Assignment, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.AssignmentWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, scope, patient, "assignment", &p), func(tx store.Tx) (care.Assignment, error) {
		id, ok := care.ParseUUID(id)
		if !ok {
			return care.Assignment{}, care.NotFound("assignment")
		}
		a, err := tx.Assignment(scope, id)
		if err == nil && a.Patient != p.Number {
			err = care.NotFound("assignment")
		}
		if err != nil {
			return a, err
		}
		a.EndDate, a.UpdatedAt = date, s.gate.Now()
		if err := a.Check(); err != nil {
			return a, err
		}
		return a, tx.UpdateAssignment(a)
	})
}
