package sqlstore

import "chartline/internal/care"

const (
	sqlSessionAdmit = `
	SELECT EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $5),
		EXISTS (SELECT 1 FROM video_session WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM video_session WHERE tenant = $1 AND instance = $2 AND sid = $4 AND sid <> '')`
	sqlSessionInsert = `
	INSERT INTO video_session (tenant, instance, id, sid, encounter, status, started_at, ended_at, reported, others, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	sqlSessionChangeAdmit = `
	SELECT EXISTS (SELECT 1 FROM encounter WHERE tenant = $1 AND instance = $2 AND id = $5),
		EXISTS (SELECT 1 FROM video_session WHERE tenant = $1 AND instance = $2 AND sid = $4 AND sid <> '' AND id <> $3)`
	sqlSessionUpdate = `
	UPDATE video_session SET sid = $4, encounter = $5, status = $6, started_at = $7, ended_at = $8, reported = $9, others = $10, updated_at = $11
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsSession = `
	SELECT tenant, instance, id, sid, encounter, status, started_at, ended_at, reported, others, created_at, updated_at
	FROM video_session`
	sqlSession    = colsSession + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlSessions   = colsSession + ` WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT $4`
	sqlSessionsOf = colsSession + ` WHERE tenant = $1 AND instance = $2 AND encounter = $3 AND id > $4 ORDER BY id LIMIT $5`
)

func scanSession(r *row) care.Session {
	return care.Session{
		Scope: scanScope(r), ID: r.text(), SID: r.text(), Encounter: r.int(), Status: care.SessionStatus(r.text()), Start: r.time(),
		End: r.maybeTime(), Reported: r.maybeInt(), Others: listOf[int64](r), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) CreateSession(v care.Session) error {
	if err := t.admit("session", []string{"encounter"}, []string{"id", "sid"},
		sqlSessionAdmit, v.Tenant, v.Instance, v.ID, v.SID, v.Encounter); err != nil {
		return err
	}
	others, err := listText(v.Others)
	if err != nil {
		return err
	}
	_, err = t.exec(sqlSessionInsert, v.Tenant, v.Instance, v.ID, v.SID, v.Encounter, string(v.Status), micros(v.Start),
		maybeMicros(v.End), maybeInt(v.Reported), others, micros(v.CreatedAt), micros(v.UpdatedAt))
	return err
}

func (t *tx) Session(s care.Scope, id string) (care.Session, error) {
	return one(t, "session", scanSession, sqlSession, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateSession(v care.Session) error {
	if err := t.admit("session", []string{"encounter"}, []string{"sid"},
		sqlSessionChangeAdmit, v.Tenant, v.Instance, v.ID, v.SID, v.Encounter); err != nil {
		return err
	}
	others, err := listText(v.Others)
	if err != nil {
		return err
	}
	return t.change("session", sqlSessionUpdate, v.Tenant, v.Instance, v.ID, v.SID, v.Encounter, string(v.Status), micros(v.Start),
		maybeMicros(v.End), maybeInt(v.Reported), others, micros(v.UpdatedAt))
}

func (t *tx) Sessions(s care.Scope, encounter int64, after string, limit int) ([]care.Session, error) {
	if encounter == 0 {
		return all(t, scanSession, sqlSessions, s.Tenant, s.Instance, after, int64(limit))
	}
	return all(t, scanSession, sqlSessionsOf, s.Tenant, s.Instance, encounter, after, int64(limit))
}
