package contracttest

import (
	"time"

	"chartline/internal/care"
)

func (x tracedTx) CreateLogin(a0 care.Login) error {
	x.trace.note("CreateLogin")
	return x.tx.CreateLogin(a0)
}

func (x tracedTx) Login(s care.Scope, id string) (care.Login, error) {
	x.trace.note("Login")
	return x.tx.Login(s, id)
}

func (x tracedTx) LoginByEmail(s care.Scope, email string) (care.Login, error) {
	x.trace.note("LoginByEmail")
	return x.tx.LoginByEmail(s, email)
}

func (x tracedTx) Logins(s care.Scope, after string, limit int) ([]care.Login, error) {
	x.trace.note("Logins")
	return x.tx.Logins(s, after, limit)
}

func (x tracedTx) UpdateLogin(a0 care.Login) error {
	x.trace.note("UpdateLogin")
	return x.tx.UpdateLogin(a0)
}

func (x tracedTx) CountLoginFailure(s care.Scope, email string) error {
	x.trace.note("CountLoginFailure")
	return x.tx.CountLoginFailure(s, email)
}

func (x tracedTx) CreateLoginLink(a0 care.LoginLink) error {
	x.trace.note("CreateLoginLink")
	return x.tx.CreateLoginLink(a0)
}

func (x tracedTx) LoginLink(hash [32]byte) (care.LoginLink, error) {
	x.trace.note("LoginLink")
	return x.tx.LoginLink(hash)
}

func (x tracedTx) UseLoginLink(hash [32]byte, at time.Time) error {
	x.trace.note("UseLoginLink")
	return x.tx.UseLoginLink(hash, at)
}

func (x tracedTx) DeleteLoginLinks(s care.Scope, login string, purpose care.LinkPurpose) error {
	x.trace.note("DeleteLoginLinks")
	return x.tx.DeleteLoginLinks(s, login, purpose)
}

func (x tracedTx) DeleteExpiredLoginLinks(t time.Time, limit int) (int, error) {
	x.trace.note("DeleteExpiredLoginLinks")
	return x.tx.DeleteExpiredLoginLinks(t, limit)
}

func (x tracedTx) CreateWebSession(a0 care.WebSession) error {
	x.trace.note("CreateWebSession")
	return x.tx.CreateWebSession(a0)
}

func (x tracedTx) WebSession(hash [32]byte) (care.WebSession, error) {
	x.trace.note("WebSession")
	return x.tx.WebSession(hash)
}

func (x tracedTx) TouchWebSession(hash [32]byte, at time.Time) error {
	x.trace.note("TouchWebSession")
	return x.tx.TouchWebSession(hash, at)
}

func (x tracedTx) DeleteWebSession(hash [32]byte) error {
	x.trace.note("DeleteWebSession")
	return x.tx.DeleteWebSession(hash)
}

func (x tracedTx) DeleteWebSessions(s care.Scope, login string) error {
	x.trace.note("DeleteWebSessions")
	return x.tx.DeleteWebSessions(s, login)
}

func (x tracedTx) DeleteEndedWebSessions(t time.Time, limit int) (int, error) {
	x.trace.note("DeleteEndedWebSessions")
	return x.tx.DeleteEndedWebSessions(t, limit)
}

func (x tracedTx) UncountAttempt(key string) error {
	x.trace.note("UncountAttempt")
	return x.tx.UncountAttempt(key)
}
