package people

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// PatientID says which patient is meant and by which of their ids.
type PatientID struct {
	Type  PatientIDType
	Value string
}

// PatientIDType is the kind of id that a patient is asked for by.
type PatientIDType string

// The kinds (calls.md, GET .../patients/{patientId}).
const (
	ByID         PatientIDType = ""    // the UUID
	ByMRN        PatientIDType = "MRN" // the medical record number
	ByExternalID PatientIDType = "EID" // the record system's id
)

// Patient returns a patient by one of their ids. Errors: NotFound, Forbidden.
func (s *Service) Patient(ctx context.Context, actor care.Actor, scope care.Scope, id PatientID) (care.Patient, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.PatientRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		var err error
		if p, err = findPatient(tx, scope, id); err != nil {
			return care.Target{Noun: "patient"}, err
		}
		return gate.PatientTarget(tx, actor, scope, "patient", p.ID, p.ID)
	}, func(store.Tx) (care.Patient, error) { return p, nil })
}

func findPatient(tx store.Tx, scope care.Scope, id PatientID) (care.Patient, error) {
	switch id.Type {
	case ByMRN:
		return tx.PatientByMRN(scope, id.Value)
	case ByExternalID:
		return tx.PatientByExternalID(scope, id.Value)
	}
	uuid, ok := care.ParseUUID(id.Value)
	if !ok {
		return care.Patient{}, care.NotFound("patient")
	}
	return tx.Patient(scope, uuid)
}
