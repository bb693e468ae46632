package sqlstore

import (
	"chartline/internal/care"
	"chartline/internal/store"
)

const (
	sqlAnalysisAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $4),
		EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $5),
		CAST($6 AS text) IS NULL OR EXISTS (SELECT 1 FROM recording WHERE tenant = $1 AND instance = $2 AND id = $6),
		CAST($7 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $7),
		$8 AND EXISTS (SELECT 1 FROM analysis WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlAnalysisInsert = `
	INSERT INTO analysis (tenant, instance, id, patient, encounter, recording, status, engine, engine_version, language, sender,
		signed_by, signed_at, created_at, updated_at, document)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`
	sqlAnalysisUpdate = `
	UPDATE analysis SET patient = $4, encounter = $5, recording = $6, status = $7, engine = $8, engine_version = $9, language = $10,
		sender = $11, signed_by = $12, signed_at = $13, updated_at = $14, document = $15
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsAnalysis = `
	SELECT a.tenant, a.instance, a.id, a.patient, a.encounter, a.recording, a.status, a.engine, a.engine_version, a.language, a.sender,
		a.signed_by, a.signed_at, a.created_at, a.updated_at`
	colsAnalysisReadable = ` AND (a.recording IS NULL OR EXISTS (
		SELECT 1 FROM recording r WHERE r.tenant = a.tenant AND r.instance = a.instance AND r.id = a.recording
			AND r.deleted_at IS NULL AND r.withheld_at IS NULL AND (r.consent = 'given' OR r.consent = 'unknown'
			AND NOT (SELECT unknown_consent_refused FROM instance i WHERE i.tenant = $1 AND i.instance = $2))))`
	sqlAnalysis = colsAnalysis + `, a.document FROM analysis a WHERE a.tenant = $1 AND a.instance = $2 AND a.id = $3` + colsAnalysisReadable

	colsAnalysesAfter = colsAnalysis + ` FROM analysis a WHERE a.tenant = $1 AND a.instance = $2 AND (a.created_at, a.id) < ($3, $4)`
	colsAnalysesEnd   = colsAnalysisReadable + ` AND ($5 = '' OR a.patient = $5) AND ($6 = 0 OR a.encounter = $6)
	ORDER BY a.created_at DESC, a.id DESC LIMIT $7`
	sqlAnalyses          = colsAnalysesAfter + colsAnalysesEnd
	sqlAnalysesPatient   = colsAnalysesAfter + ` AND a.patient = $5` + colsAnalysesEnd
	sqlAnalysesEncounter = colsAnalysesAfter + ` AND a.encounter = $6` + colsAnalysesEnd
)

// scanAnalysisHead reads an analysis without its document.
func scanAnalysisHead(r *row) care.Analysis {
	return care.Analysis{
		Scope: scanScope(r), ID: r.text(), Patient: r.text(), Encounter: r.int(), Recording: r.text(), Status: care.AnalysisStatus(r.text()),
		Engine: r.text(), EngineVersion: r.text(), Language: r.text(), Sender: r.text(), SignedBy: r.maybeInt(), SignedAt: r.maybeTime(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func scanAnalysis(r *row) care.Analysis {
	a := scanAnalysisHead(r)
	a.Document = r.bytes()
	return a
}

func (t *tx) admitAnalysis(a care.Analysis, isNew bool) error {
	return t.admit("analysis", []string{"patient", "encounter", "recording", "provider"}, []string{"id"},
		sqlAnalysisAdmit, a.Tenant, a.Instance, a.ID, a.Patient, a.Encounter, maybeText(a.Recording), maybeInt(a.SignedBy), isNew)
}

func (t *tx) CreateAnalysis(a care.Analysis) error {
	if err := t.admitAnalysis(a, true); err != nil {
		return err
	}
	_, err := t.exec(sqlAnalysisInsert, a.Tenant, a.Instance, a.ID, a.Patient, a.Encounter, maybeText(a.Recording), string(a.Status), a.Engine,
		a.EngineVersion, a.Language, a.Sender, maybeInt(a.SignedBy), maybeMicros(a.SignedAt), micros(a.CreatedAt), micros(a.UpdatedAt), blob(a.Document))
	return err
}

func (t *tx) Analysis(s care.Scope, id string) (care.Analysis, error) {
	return one(t, "analysis", scanAnalysis, sqlAnalysis, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateAnalysis(a care.Analysis) error {
	if err := t.admitAnalysis(a, false); err != nil {
		return err
	}
	return t.change("analysis", sqlAnalysisUpdate, a.Tenant, a.Instance, a.ID, a.Patient, a.Encounter, maybeText(a.Recording), string(a.Status),
		a.Engine, a.EngineVersion, a.Language, a.Sender, maybeInt(a.SignedBy), maybeMicros(a.SignedAt), micros(a.UpdatedAt), blob(a.Document))
}

func (t *tx) Analyses(s care.Scope, f store.AnalysisFilter, after *store.Place, limit int) ([]care.Analysis, error) {
	at, id := placeOf(after)
	sql := sqlAnalyses
	switch {
	case f.Encounter != 0:
		sql = sqlAnalysesEncounter
	case f.Patient != "":
		sql = sqlAnalysesPatient
	}
	return all(t, scanAnalysisHead, sql, s.Tenant, s.Instance, at, id, f.Patient, f.Encounter, int64(limit))
}
