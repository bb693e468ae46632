package native

import (
	"context"
	"strconv"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/visits"
)

// PatientKey names a patient in a body: by id or by number.
type PatientKey struct {
	PatientID     string `json:"patientId,omitempty" doc:"The patient's id; this or patientNumber"`
	PatientNumber int64  `json:"patientNumber,omitempty" doc:"The patient's number; this or patientId"`
}

func (k PatientKey) ref() (care.PersonRef, error) {
	return personKey("patient", k.PatientID, k.PatientNumber)
}

// ProviderKey names a provider in a body: by id or by number.
type ProviderKey struct {
	ProviderID     string `json:"providerId,omitempty" doc:"The provider's id; this or providerNumber"`
	ProviderNumber int64  `json:"providerNumber,omitempty" doc:"The provider's number; this or providerId"`
}

func (k ProviderKey) given() bool { return k != ProviderKey{} }

func (k ProviderKey) ref() (care.PersonRef, error) {
	return personKey("provider", k.ProviderID, k.ProviderNumber)
}

// personKey reads one of the two ids. One that is malformed names nobody, and is
// asked for like one that is not known.
func personKey(noun, id string, number int64) (care.PersonRef, error) {
	if (id == "") == (number == 0) {
		return care.PersonRef{}, care.Invalid(noun+"Id", "is required, or "+noun+"Number: one of the two")
	}
	if id == "" {
		return care.PersonRef{Number: number}, nil
	}
	uuid, ok := care.ParseUUID(id)
	if !ok {
		return care.PersonRef{}, nil
	}
	return care.PersonRef{ID: uuid}, nil
}

type encounter struct {
	ID             int64     `json:"id" example:"13356"`
	PatientNumber  int64     `json:"patientNumber"`
	ProviderNumber int64     `json:"providerNumber"`
	Complaint      *string   `json:"complaint"`
	CreatedAt      time.Time `json:"createdAt"`
	UpdatedAt      time.Time `json:"updatedAt"`
}

func (e encounter) location() string { return "/encounters/" + placeOf(e.ID) }

func lowerEncounter(e care.Encounter) encounter {
	return encounter{ID: e.ID, PatientNumber: e.Patient, ProviderNumber: e.Provider, Complaint: orNull(e.Complaint), CreatedAt: e.CreatedAt.UTC(), UpdatedAt: e.UpdatedAt.UTC()}
}

type encounterPath struct {
	Encounter string `path:"encounter" doc:"The encounter's id"`
}

// numberID reads an id that counts in a path. What is none is asked for as 0, which
// nothing has.
func numberID(id string) int64 {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != id {
		return 0
	}
	return n
}

type listEncounters struct {
	pageQuery
	Patient string `query:"patient" doc:"Only this patient's: id or number"`
}

func (s *Surface) listEncounters(ctx context.Context, c call, in listEncounters) (list[encounter], error) {
	after, err := in.number(c.cursors)
	if err != nil {
		return list[encounter]{}, err
	}
	found, err := s.Visits.Encounters(ctx, c.Actor, c.Scope, optionalPerson(in.Patient), after, in.limit()+1)
	if err != nil {
		return list[encounter]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerEncounter, func(e care.Encounter) string { return placeOf(e.ID) }), nil
}

type createEncounter struct {
	Body newEncounter
}

type newEncounter struct {
	PatientKey
	ProviderKey
	ID        int64  `json:"id,omitempty" minimum:"1" doc:"An id that the encounter has already; drawn where absent"`
	Complaint string `json:"complaint,omitempty"`
}

func (s *Surface) createEncounter(ctx context.Context, c call, in createEncounter) (encounter, error) {
	patient, err := in.Body.PatientKey.ref()
	if err != nil {
		return encounter{}, err
	}
	provider, err := in.Body.ProviderKey.ref()
	if err != nil {
		return encounter{}, err
	}
	e, err := s.Visits.CreateEncounter(ctx, c.Actor, visits.NewEncounter{
		Scope: c.Scope, ID: in.Body.ID, Patient: patient, Provider: provider, Complaint: in.Body.Complaint,
	}, c.once)
	return lowerEncounter(e), err
}

func (s *Surface) getEncounter(ctx context.Context, c call, in encounterPath) (encounter, error) {
	e, err := s.Visits.Encounter(ctx, c.Actor, c.Scope, numberID(in.Encounter))
	return lowerEncounter(e), err
}

type changeEncounter struct {
	encounterPath
	Body encounterChange
}

// encounterChange is a change as RFC 7396 has it: null removes.
type encounterChange struct {
	ProviderKey
	Complaint optional[string] `json:"complaint,omitzero"`
}

func (s *Surface) changeEncounter(ctx context.Context, c call, in changeEncounter) (encounter, error) {
	change := visits.EncounterChange{Complaint: text(in.Body.Complaint)}
	if in.Body.given() {
		ref, err := in.Body.ref()
		if err != nil {
			return encounter{}, err
		}
		change.Provider = &ref
	}
	e, err := s.Visits.ChangeEncounter(ctx, c.Actor, c.Scope, numberID(in.Encounter), change)
	return lowerEncounter(e), err
}
