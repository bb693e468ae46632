package sqlstore

import "chartline/internal/care"

const encounterCounter = "encounter"

const (
	sqlEncounterAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND number = $4),
		EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $5),
		EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlEncounterInsert = `
	INSERT INTO encounter (tenant, instance, id, patient, provider, complaint, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	sqlEncounterChangeAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND number = $3),
		EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $4)`
	sqlEncounterUpdate = `
	UPDATE encounter SET patient = $4, provider = $5, complaint = $6, updated_at = $7
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsEncounter = `
	SELECT tenant, instance, id, patient, provider, complaint, created_at, updated_at FROM encounter`
	sqlEncounter    = colsEncounter + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlEncounters   = colsEncounter + ` WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT $4`
	sqlEncountersOf = colsEncounter + ` WHERE tenant = $1 AND instance = $2 AND patient = $3 AND id > $4 ORDER BY id LIMIT $5`
)

func scanEncounter(r *row) care.Encounter {
	return care.Encounter{
		Scope: scanScope(r), ID: r.int(), Patient: r.int(), Provider: r.int(), Complaint: r.text(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) NextEncounter(s care.Scope) (int64, error) {
	return one(t, "instance", (*row).int, sqlCounterNext, s.Tenant, s.Instance, encounterCounter)
}

func (t *tx) CreateEncounter(e care.Encounter) error {
	if err := t.admit("encounter", []string{"patient", "provider"}, []string{"id"},
		sqlEncounterAdmit, e.Tenant, e.Instance, e.ID, e.Patient, e.Provider); err != nil {
		return err
	}
	if err := t.raiseCounter(e.Scope, encounterCounter, e.ID); err != nil {
		return err
	}
	_, err := t.exec(sqlEncounterInsert, e.Tenant, e.Instance, e.ID, e.Patient, e.Provider, e.Complaint, micros(e.CreatedAt), micros(e.UpdatedAt))
	return err
}

func (t *tx) Encounter(s care.Scope, id int64) (care.Encounter, error) {
	return one(t, "encounter", scanEncounter, sqlEncounter, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateEncounter(e care.Encounter) error {
	if err := t.admit("encounter", []string{"patient", "provider"}, nil,
		sqlEncounterChangeAdmit, e.Tenant, e.Instance, e.Patient, e.Provider); err != nil {
		return err
	}
	return t.change("encounter", sqlEncounterUpdate, e.Tenant, e.Instance, e.ID, e.Patient, e.Provider, e.Complaint, micros(e.UpdatedAt))
}

func (t *tx) Encounters(s care.Scope, patient, after int64, limit int) ([]care.Encounter, error) {
	if patient == 0 {
		return all(t, scanEncounter, sqlEncounters, s.Tenant, s.Instance, after, int64(limit))
	}
	return all(t, scanEncounter, sqlEncountersOf, s.Tenant, s.Instance, patient, after, int64(limit))
}
