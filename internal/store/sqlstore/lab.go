package sqlstore

import (
	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	sqlLabReportAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $4),
		EXISTS (SELECT 1 FROM lab_report WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlLabReportInsert = `
	INSERT INTO lab_report (tenant, instance, id, patient, sender, created_at) VALUES ($1, $2, $3, $4, $5, $6)`
	sqlObservationAdmit = `
	SELECT EXISTS (SELECT 1 FROM lab_report WHERE tenant = $1 AND instance = $2 AND id = $5 AND patient = $3),
		EXISTS (SELECT 1 FROM lab_observation WHERE tenant = $1 AND instance = $2 AND patient = $3 AND id = $4)`
	sqlObservationInsert = `
	INSERT INTO lab_observation (tenant, instance, patient, id, report, place, bio_marker, result, unit, flag, range_high, range_low,
		effective, effective_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
	sqlObservationReport = `
	SELECT report FROM lab_observation WHERE tenant = $1 AND instance = $2 AND patient = $3 AND id = $4`

	colsLabReport = `
	SELECT tenant, instance, id, patient, sender, created_at FROM lab_report WHERE tenant = $1 AND instance = $2 AND `
	sqlLabReport    = colsLabReport + `id = $3`
	sqlLabReports   = colsLabReport + `(created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5`
	sqlLabReportsOf = colsLabReport + `patient = $5 AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $6`
	sqlObservations = `
	SELECT id, bio_marker, result, unit, flag, range_high, range_low, effective, effective_at
	FROM lab_observation WHERE tenant = $1 AND instance = $2 AND report = $3 ORDER BY place`
)

func scanLabReport(r *row) care.LabReport {
	return care.LabReport{Scope: scanScope(r), ID: r.text(), Patient: r.text(), Sender: r.text(), CreatedAt: r.time()}
}

func scanObservation(r *row) care.Observation {
	return care.Observation{
		ID: r.text(), BioMarker: r.text(), Result: r.bytes(), Unit: r.text(), Flag: r.text(), RangeHigh: r.text(), RangeLow: r.text(),
		Effective: r.text(), EffectiveAt: r.time(),
	}
}

func (t *tx) CreateLabReport(r care.LabReport) error {
	if err := t.admit("lab_report", []string{"patient"}, []string{"id"}, sqlLabReportAdmit, r.Tenant, r.Instance, r.ID, r.Patient); err != nil {
		return err
	}
	_, err := t.exec(sqlLabReportInsert, r.Tenant, r.Instance, r.ID, r.Patient, r.Sender, micros(r.CreatedAt))
	return err
}

func (t *tx) AddObservation(r care.LabReport, n int, o care.Observation) error {
	if err := t.admit("observation", []string{"lab_report"}, []string{"id"},
		sqlObservationAdmit, r.Tenant, r.Instance, r.Patient, o.ID, r.ID); err != nil {
		return err
	}
	_, err := t.exec(sqlObservationInsert, r.Tenant, r.Instance, r.Patient, o.ID, r.ID, int64(n), o.BioMarker, blob(o.Result), o.Unit, o.Flag,
		o.RangeHigh, o.RangeLow, o.Effective, micros(o.EffectiveAt))
	return err
}

func (t *tx) ObservationReport(s care.Scope, patient, observation string) (string, error) {
	return one(t, "observation", (*row).text, sqlObservationReport, s.Tenant, s.Instance, patient, observation)
}

func (t *tx) LabReport(s care.Scope, id string) (care.LabReport, error) {
	r, err := one(t, "lab_report", scanLabReport, sqlLabReport, s.Tenant, s.Instance, id)
	if err != nil {
		return r, err
	}
	r.Observations, err = all(t, scanObservation, sqlObservations, s.Tenant, s.Instance, id)
	return r, err
}

func (t *tx) LabReports(s care.Scope, patient string, after *store.Place, limit int) ([]care.LabReport, error) {
	at, id := placeOf(after)
	if patient == "" {
		return all(t, scanLabReport, sqlLabReports, s.Tenant, s.Instance, at, id, int64(limit))
	}
	return all(t, scanLabReport, sqlLabReportsOf, s.Tenant, s.Instance, at, id, patient, int64(limit))
}
