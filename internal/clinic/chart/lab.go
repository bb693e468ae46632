package chart

import (
	"context"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// LabOutcome is what became of a lab report.
type LabOutcome struct {
	// Report is the id of the report that was kept. Where the patient had every
	// observation already, none was: it is then the one that has the first.
	Report     string
	Accepted   int
	Duplicates int
	patient    string
}

// AuditTarget names the report.
func (o LabOutcome) AuditTarget() care.Target {
	return care.Target{Noun: "lab_report", ID: o.Report, Patient: o.patient}
}

// AddLabReport keeps the observations of a report that the patient does not
// have yet; those of the same id are counted and nothing of them changes.
// Errors: NotFound (patient), Forbidden.
func (s *Service) AddLabReport(ctx context.Context, actor care.Actor, scope care.Scope, patient care.PersonRef, observations []care.Observation) (LabOutcome, error) {
	r := care.LabReport{Scope: scope, ID: uuid.NewString(), Sender: actor.ID, CreatedAt: s.gate.Now()}
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.LabWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, scope, "lab_report", patient, &p), func(tx store.Tx) (LabOutcome, error) {
		r := r
		r.Patient = p.ID
		fresh, known, err := unknownTo(tx, r, observations)
		out := LabOutcome{Report: r.ID, Accepted: len(fresh), Duplicates: len(observations) - len(fresh), patient: p.ID}
		if err != nil || len(fresh) == 0 {
			out.Report = known
			return out, err
		}
		if err := tx.CreateLabReport(r); err != nil {
			return out, err
		}
		for i, o := range fresh {
			if err := tx.AddObservation(r, i, o); err != nil {
				return out, err
			}
		}
		return out, nil
	})
}

// unknownTo returns those observations that the report's patient does not have,
// each id once, and the report of the first that they have.
func unknownTo(tx store.Tx, r care.LabReport, observations []care.Observation) (fresh []care.Observation, known string, err error) {
	seen := map[string]bool{}
	for _, o := range observations {
		if seen[o.ID] {
			continue
		}
		seen[o.ID] = true
		report, err := tx.ObservationReport(r.Scope, r.Patient, o.ID)
		switch {
		case care.IsNotFound(err):
			o.EffectiveAt = care.Truncate(o.EffectiveAt)
			fresh = append(fresh, o)
		case err != nil:
			return nil, "", err
		case known == "":
			known = report
		}
	}
	return fresh, known, nil
}

// LabReport returns a report with its observations. Errors: NotFound, Forbidden.
func (s *Service) LabReport(ctx context.Context, actor care.Actor, scope care.Scope, id string) (care.LabReport, error) {
	var r care.LabReport
	q := gate.Request{Actor: actor, Action: policy.LabRead, Scope: scope}
	find := func(tx store.Tx, id string) (care.LabReport, error) { return tx.LabReport(scope, id) }
	return gate.Read(ctx, s.gate, q, locateThing(actor, scope, "lab_report", id, find, func(r care.LabReport) string { return r.Patient }, &r),
		func(store.Tx) (care.LabReport, error) { return r, nil })
}

// LabReports lists reports newest first, without their observations; see Forms.
func (s *Service) LabReports(ctx context.Context, actor care.Actor, scope care.Scope, patient *care.PersonRef, after *Place, limit int) ([]care.LabReport, error) {
	var of string
	q := gate.Request{Actor: actor, Action: policy.LabRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateListed(actor, scope, "lab_report", patient, &of), func(tx store.Tx) ([]care.LabReport, error) {
		return tx.LabReports(scope, of, after, limit)
	})
}
