package contracttest

import (
	"time"

	"chartline/internal/care"
)

func (x tracedTx) CreateLogin(a0 care.Login) error {
	x.trace.note("CreateLogin")
	return x.Tx.CreateLogin(a0)
}

func (x tracedTx) Login(s care.Scope, id string) (care.Login, error) {
	x.trace.note("Login")
	return x.Tx.Login(s, id)
}

func (x tracedTx) LoginByEmail(s care.Scope, email string) (care.Login, error) {
	x.trace.note("LoginByEmail")
	return x.Tx.LoginByEmail(s, email)
}

func (x tracedTx) Logins(s care.Scope, after string, limit int) ([]care.Login, error) {
	x.trace.note("Logins")
	return x.Tx.Logins(s, after, limit)
}

func (x tracedTx) UpdateLogin(a0 care.Login) error {
	x.trace.note("UpdateLogin")
	return x.Tx.UpdateLogin(a0)
}

func (x tracedTx) CountLoginFailure(s care.Scope, email string) error {
	x.trace.note("CountLoginFailure")
	return x.Tx.CountLoginFailure(s, email)
}

func (x tracedTx) CreateLoginLink(a0 care.LoginLink) error {
	x.trace.note("CreateLoginLink")
	return x.Tx.CreateLoginLink(a0)
}

func (x tracedTx) LoginLink(hash [32]byte) (care.LoginLink, error) {
	x.trace.note("LoginLink")
	return x.Tx.LoginLink(hash)
}

func (x tracedTx) UseLoginLink(hash [32]byte, at time.Time) error {
	x.trace.note("UseLoginLink")
	return x.Tx.UseLoginLink(hash, at)
}

func (x tracedTx) DeleteLoginLinks(s care.Scope, login string, purpose care.LinkPurpose) error {
	x.trace.note("DeleteLoginLinks")
	return x.Tx.DeleteLoginLinks(s, login, purpose)
}

func (x tracedTx) DeleteExpiredLoginLinks(t time.Time, limit int) (int, error) {
	x.trace.note("DeleteExpiredLoginLinks")
	return x.Tx.DeleteExpiredLoginLinks(t, limit)
}

func (x tracedTx) CreateWebSession(a0 care.WebSession) error {
	x.trace.note("CreateWebSession")
	return x.Tx.CreateWebSession(a0)
}

func (x tracedTx) WebSession(hash [32]byte) (care.WebSession, error) {
	x.trace.note("WebSession")
	return x.Tx.WebSession(hash)
}

func (x tracedTx) TouchWebSession(hash [32]byte, at time.Time) error {
	x.trace.note("TouchWebSession")
	return x.Tx.TouchWebSession(hash, at)
}

func (x tracedTx) DeleteWebSession(hash [32]byte) error {
	x.trace.note("DeleteWebSession")
	return x.Tx.DeleteWebSession(hash)
}

func (x tracedTx) DeleteWebSessions(s care.Scope, login string) error {
	x.trace.note("DeleteWebSessions")
	return x.Tx.DeleteWebSessions(s, login)
}

func (x tracedTx) DeleteEndedWebSessions(t time.Time, limit int) (int, error) {
	x.trace.note("DeleteEndedWebSessions")
	return x.Tx.DeleteEndedWebSessions(t, limit)
}

func (x tracedTx) UncountAttempt(key string) error {
	x.trace.note("UncountAttempt")
	return x.Tx.UncountAttempt(key)
}
