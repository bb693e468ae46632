package store

import (
	"time"

	"chartline/internal/care"
)

// Practices holds what an instance is to those who book there.
type Practices interface {
	// CreatePractice stores p. Conflict names instance or customerCode.
	CreatePractice(care.Practice) error
	Practice(care.Scope) (care.Practice, error)
	PracticeByCode(tenant, customerCode string) (care.Practice, error)
	UpdatePractice(care.Practice) error
}

// Services holds what can be booked.
type Services interface {
	// NextService draws the next free service id of the instance.
	NextService(care.Scope) (int64, error)
	// CreateService stores v; a brought id moves the sequence past it. Conflict
	// names id or name.
	CreateService(care.Service) error
	Service(s care.Scope, id int64) (care.Service, error)
	ServiceByName(s care.Scope, name string) (care.Service, error)
	UpdateService(care.Service) error
	// Services lists by id, those after the given one, retired ones too.
	Services(s care.Scope, after int64, limit int) ([]care.Service, error)
}

// Assignments holds which services patients were given.
type Assignments interface {
	CreateAssignment(care.Assignment) error
	Assignment(s care.Scope, id string) (care.Assignment, error)
	UpdateAssignment(care.Assignment) error
	// Assignments lists a patient's, by start date, then id.
	Assignments(s care.Scope, patient int64) ([]care.Assignment, error)
}

// Details holds what is known of people beyond what every look-up needs.
type Details interface {
	// PutDetails stores them in place of what there was.
	PutDetails(care.Details) error
	// Details returns those of the people numbered from first to last, by number;
	// who has none is left out.
	Details(s care.Scope, first, last int64) ([]care.Details, error)
}

// Registrations remembers whom each client registered.
type Registrations interface {
	// PutRegistration stores r in place of what the client's fingerprint meant.
	PutRegistration(care.Registration) error
	Registration(s care.Scope, client, fingerprint string) (care.Registration, error)
	DeleteRegistrations(before time.Time, limit int) (int, error)
}
