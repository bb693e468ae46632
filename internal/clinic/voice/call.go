package voice

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Page is one numbered page of a patient's calls.
type Page struct {
	Items []Item
	Total int // of all pages
}

// Item is a call as a list shows it.
type Item struct {
	care.CallItem
	HasRecording bool // a recording would be delivered now
}

// Detail is a call with the recording that would be delivered.
type Detail struct {
	Call      care.Call
	Recording *care.Recording
}

// List returns a page of a patient's calls. Errors: NotFound (patient),
// Forbidden.
func (s *Service) List(ctx context.Context, actor care.Actor, scope care.Scope, patient string, p care.CallPage) (Page, error) {
	q := gate.Request{Actor: actor, Action: policy.VoiceCallList, Scope: scope}
	patient, ok := care.ParseUUID(patient)
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		if !ok {
			return care.Target{Noun: "patient"}, care.NotFound("patient")
		}
		if _, err := tx.Patient(scope, patient); err != nil {
			return care.Target{Noun: "patient"}, err
		}
		return gate.PatientTarget(tx, actor, scope, "patient", patient, patient)
	}, func(tx store.Tx) (Page, error) {
		in, err := tx.Instance(scope)
		if err != nil {
			return Page{}, err
		}
		p.UnknownRefused = in.UnknownConsentRefused
		calls, total, err := tx.CallsPage(scope, patient, p)
		if err != nil {
			return Page{}, err
		}
		page := Page{Items: make([]Item, len(calls)), Total: total}
		for i, c := range calls {
			page.Items[i] = Item{CallItem: c, HasRecording: c.Media.Audible(in.UnknownConsentRefused)}
		}
		return page, nil
	})
}

// Get returns a call of a patient. Errors: NotFound (patient; call, another
// patient's among them), Forbidden.
func (s *Service) Get(ctx context.Context, actor care.Actor, scope care.Scope, patient, call string) (Detail, error) {
	q := gate.Request{Actor: actor, Action: policy.VoiceCallRead, Scope: scope}
	var c care.Call
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		var err error
		if c, err = gate.FindCall(tx, scope, patient, call); err != nil {
			return care.Target{Noun: "voice_call"}, err
		}
		return gate.PatientTarget(tx, actor, scope, "voice_call", c.ID, c.Patient)
	}, func(tx store.Tx) (Detail, error) {
		recording, err := gate.FirstAudible(tx, scope, care.Owner{Kind: care.OwnerCall, ID: c.ID})
		if care.IsNotFound(err) {
			return Detail{Call: c}, nil
		}
		return Detail{Call: c, Recording: &recording}, err
	})
}
