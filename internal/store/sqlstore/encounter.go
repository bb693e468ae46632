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
	sqlEncounters   = colsEncounter + ` WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT CAST($4 AS bigint)`
	sqlEncountersOf = colsEncounter + ` WHERE tenant = $1 AND instance = $2 AND patient = $3 AND id > $4 ORDER BY id LIMIT CAST($5 AS bigint)`

	sqlVisit = `
	SELECT e.complaint, e.created_at, e.updated_at,
		p.id, p.number, p.first_name, p.middle_name, p.last_name, p.birth_date, p.gender, p.email, p.phone,
		p.country_code, p.time_zone, p.mrn, p.external_id, p.created_at, p.updated_at,
		v.id, v.number, v.first_name, v.middle_name, v.last_name, v.title, v.gender, v.email, v.phone,
		v.country_code, v.time_zone, v.created_at, v.updated_at,
		i.time_zone, i.unknown_consent_refused
	FROM encounter e
	JOIN patient p ON p.tenant = e.tenant AND p.instance = e.instance AND p.number = e.patient
	JOIN provider v ON v.tenant = e.tenant AND v.instance = e.instance AND v.number = e.provider
	JOIN instance i ON i.tenant = e.tenant AND i.instance = e.instance
	WHERE e.tenant = $1 AND e.instance = $2 AND e.id = $3`
	sqlVisitSessions = `
	SELECT s.id, s.sid, s.status, s.started_at, s.ended_at, s.reported, s.others, s.created_at, s.updated_at, r.id, r.name
	FROM video_session s
	LEFT JOIN recording r ON r.tenant = s.tenant AND r.instance = s.instance AND r.owner_kind = 'session' AND r.owner_id = s.id
		AND r.deleted_at IS NULL AND r.withheld_at IS NULL
		AND (r.consent = 'given' OR r.consent = 'unknown' AND NOT $4)
	WHERE s.tenant = $1 AND s.instance = $2 AND s.encounter = $3
	ORDER BY s.started_at DESC, s.id, r.created_at, r.id`
)

func scanEncounter(r *rows) care.Encounter {
	return care.Encounter{
		Scope: scanScope(r), ID: r.int(), Patient: r.int(), Provider: r.int(), Complaint: r.text(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) NextEncounter(s care.Scope) (int64, error) {
	return one(t, "instance", (*rows).int, sqlCounterNext, s.Tenant, s.Instance, encounterCounter)
}

func (t *tx) CreateEncounter(e care.Encounter) error {
	if err := t.admit("encounter", []string{"patient", "provider"}, []string{"id"},
		sqlEncounterAdmit, e.Tenant, e.Instance, e.ID, e.Patient, e.Provider); err != nil {
		return err
	}
	if err := t.passCounter(e.Scope, encounterCounter, e.ID); err != nil {
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

// visit is what sqlVisit returns.
type visit struct {
	care.Visit
	unknownRefused bool
}

func (t *tx) Visit(s care.Scope, encounter int64) (care.Visit, error) {
	v, err := one(t, "encounter", func(r *rows) visit { return scanVisit(r, s, encounter) },
		sqlVisit, s.Tenant, s.Instance, encounter)
	if err != nil {
		return care.Visit{}, err
	}
	err = t.walk(t.background(), sqlVisitSessions, values(s.Tenant, s.Instance, encounter, v.unknownRefused),
		func(r *rows) error { v.Sessions = scanVisitSession(r, v.Sessions, s, encounter); return nil })
	return v.Visit, err
}

func scanVisit(r *rows, s care.Scope, encounter int64) visit {
	e := care.Encounter{Scope: s, ID: encounter, Complaint: r.text(), CreatedAt: r.time(), UpdatedAt: r.time()}
	p := care.Patient{
		Scope: s, ID: r.text(), Number: r.int(), FirstName: r.text(), MiddleName: r.text(), LastName: r.text(),
		BirthDate: r.text(), Gender: r.text(), Email: r.text(), Phone: r.text(), CountryCode: r.text(), TimeZone: r.text(),
		MRN: r.text(), ExternalID: r.text(), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
	v := care.Provider{
		Scope: s, ID: r.text(), Number: r.int(), FirstName: r.text(), MiddleName: r.text(), LastName: r.text(),
		Title: r.text(), Gender: r.text(), Email: r.text(), Phone: r.text(), CountryCode: r.text(), TimeZone: r.text(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
	e.Patient, e.Provider = p.Number, v.Number
	return visit{care.Visit{Encounter: e, Patient: p, Provider: v, TimeZone: r.text()}, r.bool()}
}

// scanVisitSession reads one row, a session with at most one of its recordings,
// into the list that the rows before it began.
func scanVisitSession(r *rows, list []care.VisitSession, s care.Scope, encounter int64) []care.VisitSession {
	v := care.VisitSession{Session: care.Session{
		Scope: s, Encounter: encounter, ID: r.text(), SID: r.text(), Status: care.SessionStatus(r.text()), Start: r.time(),
		End: r.maybeTime(), Reported: r.maybeInt(), Others: listOf[int64](r), CreatedAt: r.time(), UpdatedAt: r.time(),
	}}
	if n := len(list); n == 0 || list[n-1].ID != v.ID {
		list = append(list, v)
	}
	if id, name := r.maybeText(), r.maybeText(); id != "" {
		last := &list[len(list)-1]
		last.Recordings = append(last.Recordings, care.RecordingName{ID: id, Name: name})
	}
	return list
}
