package store

import (
	"time"

	"chartline/internal/care"
)

// Logins holds people's ways in: log-ins, the links that let one in once, and
// the web sessions of those who are in.
type Logins interface {
	// CreateLogin stores l. Conflict names id (the person has one) or email;
	// NotFound names person where the role, number and id are nobody's.
	CreateLogin(care.Login) error
	Login(s care.Scope, id string) (care.Login, error)
	// LoginByEmail takes an address in the form of care.LoginEmail.
	LoginByEmail(s care.Scope, email string) (care.Login, error)
	// Logins lists by id, those after the given one.
	Logins(s care.Scope, after string, limit int) ([]care.Login, error)
	// UpdateLogin changes all but the role and the person. Conflict names email.
	UpdateLogin(care.Login) error
	// CountLoginFailure adds one to the failures of whoever has the address, and
	// does the same work where nobody has.
	CountLoginFailure(s care.Scope, email string) error
	CreateLoginLink(care.LoginLink) error
	// LoginLink returns a link by hash, whatever its age, used or not.
	LoginLink(hash [32]byte) (care.LoginLink, error)
	// UseLoginLink marks a link used; NotFound where it was before.
	UseLoginLink(hash [32]byte, at time.Time) error
	// DeleteLoginLinks removes a log-in's links for a purpose.
	DeleteLoginLinks(s care.Scope, login string, purpose care.LinkPurpose) error
	// DeleteExpiredLoginLinks removes at most limit that expired before t.
	DeleteExpiredLoginLinks(t time.Time, limit int) (int, error)
	CreateWebSession(care.WebSession) error
	// WebSession returns a session by hash, whatever its age.
	WebSession(hash [32]byte) (care.WebSession, error)
	// TouchWebSession moves SeenAt forward to at, never back.
	TouchWebSession(hash [32]byte, at time.Time) error
	DeleteWebSession(hash [32]byte) error
	// DeleteWebSessions ends every session of a log-in.
	DeleteWebSessions(s care.Scope, login string) error
	// DeleteEndedWebSessions removes at most limit whose end was before t.
	DeleteEndedWebSessions(t time.Time, limit int) (int, error)
}
