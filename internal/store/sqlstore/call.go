package sqlstore

import "chartline/internal/care"

const (
	sqlCallAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $4),
		CAST($5 AS bigint) IS NULL OR EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $5),
		EXISTS (SELECT 1 FROM voice_call WHERE tenant = $1 AND instance = $2 AND id = $3)`
	sqlCallInsert = `
	INSERT INTO voice_call (tenant, instance, id, patient, direction, status, duration, called_at, started_at, answered_at, ended_at,
		from_number, to_number, external_id, source, user_id, encounter, legs, voicemail, media, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 0, $20, $21)`
	sqlCallUpdate = `
	UPDATE voice_call SET patient = $4, direction = $5, status = $6, duration = $7, called_at = $8, started_at = $9, answered_at = $10,
		ended_at = $11, from_number = $12, to_number = $13, external_id = $14, source = $15, user_id = $16, encounter = $17,
		legs = $18, voicemail = $19, updated_at = $20
	WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlCallPatient = `
	SELECT patient FROM voice_call WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlCallMedia = `
	UPDATE voice_call SET media = $4 WHERE tenant = $1 AND instance = $2 AND id = $3 AND media <> $4 RETURNING patient`
	sqlCallStatsBump = `
	INSERT INTO call_stats (tenant, instance, patient, total, version) VALUES ($1, $2, $3, $4, 1)
	ON CONFLICT (tenant, instance, patient) DO UPDATE SET total = call_stats.total + excluded.total, version = call_stats.version + 1`

	colsCall = `
	SELECT tenant, instance, id, patient, direction, status, duration, called_at, started_at, answered_at, ended_at,
		from_number, to_number, external_id, source, user_id, encounter, legs, voicemail, media, created_at, updated_at
	FROM voice_call`
	sqlCall    = colsCall + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlCalls   = colsCall + ` WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT $4`
	sqlCallsOf = colsCall + ` WHERE tenant = $1 AND instance = $2 AND patient = $3 AND id > $4 ORDER BY id LIMIT $5`
)

func scanCall(r *row) care.Call {
	return care.Call{
		Scope: scanScope(r), ID: r.text(), Patient: r.text(), Direction: care.Direction(r.text()), Status: care.CallStatus(r.text()),
		Duration: r.int(), CalledAt: r.time(), StartedAt: r.maybeTime(), AnsweredAt: r.maybeTime(), EndedAt: r.maybeTime(),
		From: r.text(), To: r.text(), ExternalID: r.text(), Source: r.text(), User: r.text(), Encounter: r.maybeInt(),
		Legs: listOf[care.Leg](r), Voicemail: r.bool(), Media: care.Media(r.int()), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) CreateCall(c care.Call) error {
	if err := t.admit("voice_call", []string{"patient", "encounter"}, []string{"id"},
		sqlCallAdmit, c.Tenant, c.Instance, c.ID, c.Patient, maybeInt(c.Encounter)); err != nil {
		return err
	}
	legs, err := listText(c.Legs)
	if err != nil {
		return err
	}
	if _, err := t.exec(sqlCallInsert, c.Tenant, c.Instance, c.ID, c.Patient, string(c.Direction), string(c.Status), c.Duration,
		micros(c.CalledAt), maybeMicros(c.StartedAt), maybeMicros(c.AnsweredAt), maybeMicros(c.EndedAt), c.From, c.To, c.ExternalID,
		c.Source, c.User, maybeInt(c.Encounter), legs, c.Voicemail, micros(c.CreatedAt), micros(c.UpdatedAt)); err != nil {
		return err
	}
	return t.bumpCalls(c.Scope, c.Patient, 1)
}

// bumpCalls tells that a patient's list of calls changed, and by how many.
func (t *tx) bumpCalls(s care.Scope, patient string, by int64) error {
	_, err := t.exec(sqlCallStatsBump, s.Tenant, s.Instance, patient, by)
	return err
}

func (t *tx) Call(s care.Scope, id string) (care.Call, error) {
	return one(t, "voice_call", scanCall, sqlCall, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateCall(c care.Call) error {
	was, err := one(t, "voice_call", (*row).text, sqlCallPatient, c.Tenant, c.Instance, c.ID)
	if err != nil {
		return err
	}
	if err := t.admit("voice_call", []string{"patient", "encounter"}, nil,
		sqlCallAdmit, c.Tenant, c.Instance, c.ID, c.Patient, maybeInt(c.Encounter)); err != nil {
		return err
	}
	legs, err := listText(c.Legs)
	if err != nil {
		return err
	}
	if err := t.change("voice_call", sqlCallUpdate, c.Tenant, c.Instance, c.ID, c.Patient, string(c.Direction), string(c.Status), c.Duration,
		micros(c.CalledAt), maybeMicros(c.StartedAt), maybeMicros(c.AnsweredAt), maybeMicros(c.EndedAt), c.From, c.To, c.ExternalID,
		c.Source, c.User, maybeInt(c.Encounter), legs, c.Voicemail, micros(c.UpdatedAt)); err != nil {
		return err
	}
	if was == c.Patient {
		return t.bumpCalls(c.Scope, c.Patient, 0)
	}
	if err := t.bumpCalls(c.Scope, was, -1); err != nil {
		return err
	}
	return t.bumpCalls(c.Scope, c.Patient, 1)
}

// refreshMedia makes a call's Media true after a recording of it changed.
func (t *tx) refreshMedia(s care.Scope, call string) error {
	recordings, err := t.RecordingsOf(s, care.Owner{Kind: care.OwnerCall, ID: call})
	if err != nil {
		return err
	}
	changed, err := all(t, (*row).text, sqlCallMedia, s.Tenant, s.Instance, call, int64(care.MediaOf(recordings)))
	if err != nil || len(changed) == 0 {
		return err
	}
	return t.bumpCalls(s, changed[0], 0)
}

func (t *tx) Calls(s care.Scope, patient, after string, limit int) ([]care.Call, error) {
	if patient == "" {
		return all(t, scanCall, sqlCalls, s.Tenant, s.Instance, after, int64(limit))
	}
	return all(t, scanCall, sqlCallsOf, s.Tenant, s.Instance, patient, after, int64(limit))
}
