package chart

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// AnalysisOf says which recorded encounter is meant: by a recording's name, by
// its own id, or by both, which must then agree.
type AnalysisOf struct {
	RecordingName string
	Encounter     int64
}

// NewAnalysis is an analysis that is handed in, or asked for.
type NewAnalysis struct {
	care.Scope
	Of AnalysisOf
	// Document is what the analyser made, word for word; nil asks this server's
	// own analyser.
	Document                        json.RawMessage
	Engine, EngineVersion, Language string
}

// HandInAnalysis keeps what a program made of an encounter, as a draft. Asking
// for one fails: no analyser is configured. Errors: Invalid, NotFound
// (recording: also a withheld one; encounter), Ambiguous (recording), Forbidden.
func (s *Service) HandInAnalysis(ctx context.Context, actor care.Actor, in NewAnalysis) (care.Analysis, error) {
	now := s.gate.Now()
	a := care.Analysis{
		Scope: in.Scope, ID: uuid.NewString(), Status: care.AnalysisCompleted, Engine: in.Engine, EngineVersion: in.EngineVersion,
		Language: in.Language, Document: in.Document, Sender: actor.ID, CreatedAt: now, UpdatedAt: now,
	}
	q := gate.Request{Actor: actor, Action: policy.AnalysisWrite, Scope: in.Scope, Asked: in.Of.RecordingName}
	var found care.Analysis
	done, err := gate.Write(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		found = a
		if err := in.Of.find(tx, &found); err != nil {
			return care.Target{Noun: "analysis"}, err
		}
		return gate.PatientTarget(tx, actor, in.Scope, "analysis", "", found.Patient)
	}, func(tx store.Tx) (gate.Made[care.Analysis], error) {
		if in.Document == nil {
			return gate.Made[care.Analysis]{}, care.Invalid("analysis", "is required: no analyser is configured on this server")
		}
		return made("analysis", found.ID, found.Patient, found), tx.CreateAnalysis(found)
	})
	return done.Value, err
}

// find fills in the recording, the encounter and the patient.
func (of AnalysisOf) find(tx store.Tx, a *care.Analysis) error {
	a.Encounter = of.Encounter
	if of.RecordingName != "" {
		r, err := gate.FindNamed(tx, a.Scope, of.RecordingName)
		if err != nil {
			return err
		}
		if of.Encounter != 0 && of.Encounter != *r.Encounter {
			return care.NotFound("encounter")
		}
		a.Recording, a.Encounter = r.ID, *r.Encounter
	}
	e, err := tx.Encounter(a.Scope, a.Encounter)
	if err != nil {
		return err
	}
	p, err := tx.PatientByNumber(a.Scope, e.Patient)
	a.Patient = p.ID
	return err
}

// Analysis returns an analysis; one whose recording may not be heard is not
// there. Errors: NotFound, Forbidden.
func (s *Service) Analysis(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.Analysis, error) {
	var a care.Analysis
	q := gate.Request{Actor: actor, Action: policy.AnalysisRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateAnalysis(actor, scope, id, &a), func(store.Tx) (care.Analysis, error) { return a, nil })
}

// AnalysisFilter narrows a list of analyses; what is nil does not.
type AnalysisFilter struct {
	Patient   *care.PersonRef
	Encounter *int64
}

// Analyses lists analyses newest first, without their documents; see Forms.
// NotFound may be the encounter too.
func (s *Service) Analyses(ctx context.Context, actor care.Actor, scope care.Scope, f AnalysisFilter, after *Place, limit int) ([]care.Analysis, error) {
	var of store.AnalysisFilter
	q := gate.Request{Actor: actor, Action: policy.AnalysisRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		t, err := locateListed(actor, scope, "analysis", f.Patient, &of.Patient)(tx)
		if err != nil || f.Encounter == nil {
			return t, err
		}
		e, err := tx.Encounter(scope, *f.Encounter)
		if err != nil {
			return t, err
		}
		of.Encounter = e.ID
		p, err := tx.PatientByNumber(scope, e.Patient)
		if err != nil {
			return t, err
		}
		return gate.PatientTarget(tx, actor, scope, "analysis", "", p.ID)
	}, func(tx store.Tx) ([]care.Analysis, error) {
		return tx.Analyses(scope, of, after, limit)
	})
}

// SignAnalysis makes a draft what a provider stands for: the encounter's own, or
// one of the patient's care team. A person signs for themselves. The same
// provider again changes nothing. Errors: Invalid (providerId), NotFound
// (analysis, provider), Conflict (another provider has signed; it is not
// completed), Forbidden.
func (s *Service) SignAnalysis(ctx context.Context, actor care.Actor, scope care.Scope, id string, provider care.PersonRef, once *care.Once) (care.Analysis, error) {
	var a care.Analysis
	q := gate.Request{Actor: actor, Action: policy.AnalysisSign, Scope: scope, Once: once}
	return gate.Write(ctx, s.gate, q, locateAnalysis(actor, scope, id, &a), func(tx store.Tx) (care.Analysis, error) {
		signer, err := gate.FindProvider(tx, scope, provider)
		if err != nil {
			return a, err
		}
		if err := maySign(tx, actor, a, signer); err != nil {
			return a, err
		}
		switch {
		case a.SignedBy != nil && *a.SignedBy == signer.Number:
			return a, nil
		case a.SignedBy != nil:
			return a, &care.Error{Kind: care.KindConflict, Noun: "analysis", Message: "another provider has signed it"}
		case a.Status != care.AnalysisCompleted:
			return a, &care.Error{Kind: care.KindConflict, Noun: "analysis", Message: "it is not completed"}
		}
		now := s.gate.Now()
		a.SignedBy, a.SignedAt, a.UpdatedAt = &signer.Number, &now, now
		return a, tx.UpdateAnalysis(a)
	})
}

// maySign names a signer who has nothing to do with the patient, or is not who
// asks.
func maySign(tx store.Tx, actor care.Actor, a care.Analysis, signer care.Provider) error {
	if actor.Kind == care.ActorPerson && actor.Provider != signer.Number {
		return care.Invalid("providerId", "must be the provider who asks")
	}
	e, err := tx.Encounter(a.Scope, a.Encounter)
	if err != nil || e.Provider == signer.Number {
		return err
	}
	inTeam, err := tx.InCareTeam(a.Scope, a.Patient, signer.Number)
	if err == nil && !inTeam {
		err = care.Invalid("providerId", "must be the encounter's, or in the patient's care team")
	}
	return err
}

func locateAnalysis(actor care.Actor, scope care.Scope, id string, a *care.Analysis) func(store.Tx) (care.Target, error) {
	find := func(tx store.Tx, id string) (care.Analysis, error) { return tx.Analysis(scope, id) }
	return locateThing(actor, scope, "analysis", id, find, func(a care.Analysis) string { return a.Patient }, a)
}
