package sqlstore

import (
	"time"

	"chartline/internal/care"
)

const (
	sqlLoginAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $3 AND number = $4 AND $5 = 'patient')
			OR EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND id = $3 AND number = $4 AND $5 = 'provider')
			OR $5 NOT IN ('patient', 'provider'),
		EXISTS (SELECT 1 FROM login WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM login WHERE tenant = $1 AND instance = $2 AND email = $6)`
	sqlLoginInsert = `
	INSERT INTO login (tenant, instance, id, email, role, person, password_hash, failures, enabled, password_at, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`
	sqlLoginChangeAdmit = `
	SELECT EXISTS (SELECT 1 FROM login WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM login WHERE tenant = $1 AND instance = $2 AND email = $4 AND id <> $3)`
	sqlLoginUpdate = `
	UPDATE login SET email = $4, password_hash = $5, failures = $6, enabled = $7, password_at = $8, updated_at = $9
	WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlLoginFailure = `
	UPDATE login SET failures = failures + 1 WHERE tenant = $1 AND instance = $2 AND email = $3`

	colsLogin = `
	SELECT tenant, instance, id, email, role, person, password_hash, failures, enabled, password_at, created_at, updated_at FROM login`
	sqlLogin        = colsLogin + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlLoginByEmail = colsLogin + ` WHERE tenant = $1 AND instance = $2 AND email = $3`
	sqlLogins       = colsLogin + ` WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT $4`

	sqlLoginHas = `
	SELECT EXISTS (SELECT 1 FROM login WHERE tenant = $1 AND instance = $2 AND id = $3)`

	sqlLoginLinkInsert = `
	INSERT INTO login_link (hash, tenant, instance, login, purpose, target, used_at, issued_at, expires_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
	sqlLoginLink = `
	SELECT tenant, instance, hash, login, purpose, target, used_at, issued_at, expires_at FROM login_link WHERE hash = $1`
	sqlLoginLinkUse = `
	UPDATE login_link SET used_at = $2 WHERE hash = $1 AND used_at IS NULL`
	sqlLoginLinksDelete = `
	DELETE FROM login_link WHERE tenant = $1 AND instance = $2 AND login = $3 AND purpose = $4`
	sqlLoginLinksExpiredDelete = `
	DELETE FROM login_link WHERE hash IN (SELECT hash FROM login_link WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`

	sqlWebSessionInsert = `
	INSERT INTO web_session (hash, tenant, instance, login, created_at, seen_at, expires_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING`
	sqlWebSession = `
	SELECT tenant, instance, hash, login, created_at, seen_at, expires_at FROM web_session WHERE hash = $1`
	sqlWebSessionTouch = `
	UPDATE web_session SET seen_at = CASE WHEN seen_at < $2 THEN $2 ELSE seen_at END WHERE hash = $1`
	sqlWebSessionDelete = `
	DELETE FROM web_session WHERE hash = $1`
	sqlWebSessionsDelete = `
	DELETE FROM web_session WHERE tenant = $1 AND instance = $2 AND login = $3`
	sqlWebSessionsEndedDelete = `
	DELETE FROM web_session WHERE hash IN (SELECT hash FROM web_session WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)`
)

func scanLogin(r *row) care.Login {
	return care.Login{
		Scope: scanScope(r), ID: r.text(), Email: r.text(), Role: care.Role(r.text()), Person: numberOf(r.maybeInt()), PasswordHash: r.text(),
		Failures: r.int(), Enabled: r.bool(), PasswordAt: r.maybeTime(), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

// numberOf is a person's number, or 0 for nobody's.
func numberOf(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// maybeNumber is how a person's number is stored that may be nobody's.
func maybeNumber(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

func scanLoginLink(r *row) care.LoginLink {
	return care.LoginLink{
		Scope: scanScope(r), Hash: r.hash(), Login: r.text(), Purpose: care.LinkPurpose(r.text()), Target: r.text(),
		UsedAt: r.maybeTime(), IssuedAt: r.time(), ExpiresAt: r.time(),
	}
}

func scanWebSession(r *row) care.WebSession {
	return care.WebSession{Scope: scanScope(r), Hash: r.hash(), Login: r.text(), CreatedAt: r.time(), SeenAt: r.time(), ExpiresAt: r.time()}
}

func (t *tx) CreateLogin(l care.Login) error {
	err := t.admit("login", []string{"instance", "person"}, []string{"id", "email"},
		sqlLoginAdmit, l.Tenant, l.Instance, l.ID, l.Person, string(l.Role), l.Email)
	if err != nil {
		return err
	}
	_, err = t.exec(sqlLoginInsert, l.Tenant, l.Instance, l.ID, l.Email, string(l.Role), maybeNumber(l.Person), l.PasswordHash,
		l.Failures, l.Enabled, maybeMicros(l.PasswordAt), micros(l.CreatedAt), micros(l.UpdatedAt))
	return err
}

func (t *tx) Login(s care.Scope, id string) (care.Login, error) {
	return one(t, "login", scanLogin, sqlLogin, s.Tenant, s.Instance, id)
}

func (t *tx) LoginByEmail(s care.Scope, email string) (care.Login, error) {
	return one(t, "login", scanLogin, sqlLoginByEmail, s.Tenant, s.Instance, email)
}

func (t *tx) Logins(s care.Scope, after string, limit int) ([]care.Login, error) {
	return all(t, scanLogin, sqlLogins, s.Tenant, s.Instance, after, int64(limit))
}

func (t *tx) UpdateLogin(l care.Login) error {
	err := t.admit("login", []string{"login"}, []string{"email"}, sqlLoginChangeAdmit, l.Tenant, l.Instance, l.ID, l.Email)
	if err != nil {
		return err
	}
	return t.change("login", sqlLoginUpdate, l.Tenant, l.Instance, l.ID, l.Email, l.PasswordHash, l.Failures, l.Enabled,
		maybeMicros(l.PasswordAt), micros(l.UpdatedAt))
}

func (t *tx) CountLoginFailure(s care.Scope, email string) error {
	_, err := t.exec(sqlLoginFailure, s.Tenant, s.Instance, email)
	return err
}

func (t *tx) CreateLoginLink(l care.LoginLink) error {
	if err := t.admit("login_link", []string{"login"}, nil, sqlLoginHas, l.Tenant, l.Instance, l.Login); err != nil {
		return err
	}
	return t.insert("login_link", "hash", sqlLoginLinkInsert, l.Hash[:], l.Tenant, l.Instance, l.Login, string(l.Purpose), l.Target,
		maybeMicros(l.UsedAt), micros(l.IssuedAt), micros(l.ExpiresAt))
}

func (t *tx) LoginLink(hash [32]byte) (care.LoginLink, error) {
	return one(t, "login_link", scanLoginLink, sqlLoginLink, hash[:])
}

func (t *tx) UseLoginLink(hash [32]byte, at time.Time) error {
	return t.change("login_link", sqlLoginLinkUse, hash[:], micros(at))
}

func (t *tx) DeleteLoginLinks(s care.Scope, login string, purpose care.LinkPurpose) error {
	_, err := t.exec(sqlLoginLinksDelete, s.Tenant, s.Instance, login, string(purpose))
	return err
}

func (t *tx) DeleteExpiredLoginLinks(end time.Time, limit int) (int, error) {
	n, err := t.exec(sqlLoginLinksExpiredDelete, micros(end), int64(limit))
	return int(n), err
}

func (t *tx) CreateWebSession(v care.WebSession) error {
	if err := t.admit("web_session", []string{"login"}, nil, sqlLoginHas, v.Tenant, v.Instance, v.Login); err != nil {
		return err
	}
	return t.insert("web_session", "hash", sqlWebSessionInsert, v.Hash[:], v.Tenant, v.Instance, v.Login,
		micros(v.CreatedAt), micros(v.SeenAt), micros(v.ExpiresAt))
}

func (t *tx) WebSession(hash [32]byte) (care.WebSession, error) {
	return one(t, "web_session", scanWebSession, sqlWebSession, hash[:])
}

func (t *tx) TouchWebSession(hash [32]byte, at time.Time) error {
	return t.change("web_session", sqlWebSessionTouch, hash[:], micros(at))
}

func (t *tx) DeleteWebSession(hash [32]byte) error {
	return t.change("web_session", sqlWebSessionDelete, hash[:])
}

func (t *tx) DeleteWebSessions(s care.Scope, login string) error {
	_, err := t.exec(sqlWebSessionsDelete, s.Tenant, s.Instance, login)
	return err
}

func (t *tx) DeleteEndedWebSessions(end time.Time, limit int) (int, error) {
	n, err := t.exec(sqlWebSessionsEndedDelete, micros(end), int64(limit))
	return int(n), err
}
