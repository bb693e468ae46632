package care

import (
	"log/slog"
	"slices"
	"strings"
	"time"
)

// Role says what sort of person a Login lets in. RoleGrants says what it allows.
type Role string

// The roles.
const (
	RolePatient       Role = "patient"       // a patient: their own data, and nobody else's
	RoleProvider      Role = "provider"      // gives care: the patients in whose care team they are
	RoleAdministrator Role = "administrator" // keeps the practice's settings and people
	RoleAuditor       Role = "auditor"       // reads the audit log
)

// Roles returns every role there is.
func Roles() []Role { return []Role{RolePatient, RoleProvider, RoleAdministrator, RoleAuditor} }

// RoleGrants returns what a role allows. A patient's is nothing but what policy
// allows patients with their own data; a provider's holds for the patients in
// whose care team they are.
func RoleGrants(r Role) []GrantName {
	switch r {
	case RoleProvider:
		return []GrantName{GrantPatientRead, GrantEncounterRead, GrantCallRead, GrantVoiceCalls, GrantRecordingRead, GrantScheduleRead, GrantNoteWrite}
	case RoleAdministrator:
		return []GrantName{GrantAdmin, GrantScheduleRead, GrantScheduleWrite}
	case RoleAuditor:
		return []GrantName{GrantAuditRead}
	}
	return nil
}

// Login is a person's way in: an e-mail address that no other log-in of the
// instance has, and a password or none yet.
type Login struct {
	Scope
	// ID is the UUID of the patient or provider that the person is, so that one
	// person has one log-in; staff who are neither have one of their own.
	ID string
	// Email is in the form that LoginEmail gives.
	Email string
	Role  Role
	// Person is the number of the patient or provider; 0 for staff who are neither.
	Person int64
	// PasswordHash is as auth made it; empty where no password was set, or where
	// too many wrong ones ended it.
	PasswordHash string
	// Failures counts wrong passwords since the last right one.
	Failures int64
	Enabled  bool
	// PasswordAt is when the password was last set.
	PasswordAt           *time.Time
	CreatedAt, UpdatedAt time.Time
}

// LogValue shows the id only.
func (l Login) LogValue() slog.Value { return slog.StringValue(l.ID) }

// HasPassword reports whether there is a password that fits.
func (l Login) HasPassword() bool { return l.PasswordHash != "" && l.Failures < MaxLoginFailures }

// MaxLoginFailures is how many wrong passwords in a row end a password (NIST
// SP 800-63B-4, 3.2.2): from then on only a set-password link helps.
const MaxLoginFailures = 100

// LoginEmail is the form in which a log-in's e-mail address is kept and
// compared: trimmed, in lower case.
func LoginEmail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// PatientLogin returns the log-in of a patient with their own e-mail address;
// an empty hash leaves the password to a set-password link.
func PatientLogin(p Patient, passwordHash string, now time.Time) Login {
	return newLogin(p.Scope, p.ID, p.Email, RolePatient, p.Number, passwordHash, now)
}

// ProviderLogin returns the log-in of a provider with their own e-mail address;
// an empty hash leaves the password to a set-password link.
func ProviderLogin(p Provider, passwordHash string, now time.Time) Login {
	return newLogin(p.Scope, p.ID, p.Email, RoleProvider, p.Number, passwordHash, now)
}

// StaffLogin returns the log-in of somebody who is neither patient nor provider.
func StaffLogin(s Scope, id, email string, role Role, now time.Time) Login {
	return newLogin(s, id, email, role, 0, "", now)
}

func newLogin(s Scope, id, email string, role Role, person int64, hash string, now time.Time) Login {
	now = Truncate(now)
	l := Login{Scope: s, ID: id, Email: LoginEmail(email), Role: role, Person: person, Enabled: true, CreatedAt: now, UpdatedAt: now}
	if hash != "" {
		l.PasswordHash, l.PasswordAt = hash, &now
	}
	return l
}

// Check names every faulty field.
func (l *Login) Check() error {
	var bad Problems
	bad.Check(ValidEmail(l.Email) && l.Email == LoginEmail(l.Email), "email", "must be one e-mail address")
	bad.Check(slices.Contains(Roles(), l.Role), "role", "must be patient, provider, administrator or auditor")
	person := l.Role == RolePatient || l.Role == RoleProvider
	bad.Check(!person || l.Person != 0, "person", "is required for this role")
	bad.Check(person || l.Person == 0, "person", "is for patients and providers")
	checkIDs(&bad, &l.ID, l.Person)
	bad.Check(l.ID != "", "id", "is required")
	return bad.Err()
}

// Actor returns whoever has logged in by l.
func (l Login) Actor() Actor {
	a := Actor{Kind: ActorPerson, ID: l.ID, Tenant: l.Tenant, Home: l.Instance, Instances: []string{l.Instance}}
	for _, name := range RoleGrants(l.Role) {
		a.Grants = append(a.Grants, Grant{Tenant: l.Tenant, Instance: l.Instance, Name: name, CreatedAt: l.CreatedAt})
	}
	switch l.Role {
	case RolePatient:
		a.Patient = l.ID
	case RoleProvider:
		a.Provider = l.Person
	}
	return a
}

// LinkPurpose says what a LoginLink is for.
type LinkPurpose string

// What links are for.
const (
	LinkSSO         LinkPurpose = "sso"          // a partner's user goes on into the portal
	LinkSetPassword LinkPurpose = "set_password" // a person sets their first or next password
)

// LoginLink lets one person in once, for one purpose. It is kept by the SHA-256
// of its token, never itself.
type LoginLink struct {
	Scope
	Hash    [32]byte
	Login   string // the log-in's ID
	Purpose LinkPurpose
	Target  string // where an SSO link leads to
	// UsedAt is when it was used; nil for never.
	UsedAt              *time.Time
	IssuedAt, ExpiresAt time.Time
}

// LogValue shows nothing of it.
func (LoginLink) LogValue() slog.Value { return slog.StringValue("login_link") }

// Usable reports whether the link still opens anything at now.
func (l LoginLink) Usable(now time.Time) bool { return l.UsedAt == nil && now.Before(l.ExpiresAt) }

// WebSession is a person's log-in in one browser. It is kept by the SHA-256 of
// its token, never itself.
type WebSession struct {
	Scope
	Hash  [32]byte
	Login string // the log-in's ID
	// SeenAt is about when it was last used; see WebSession.Ended.
	CreatedAt, SeenAt time.Time
	ExpiresAt         time.Time // however busy it is
}

// LogValue shows nothing of it.
func (WebSession) LogValue() slog.Value { return slog.StringValue("web_session") }

// Ended reports whether the session is over at now: past its absolute end, or
// unused for the time given.
func (w WebSession) Ended(now time.Time, idle time.Duration) bool {
	return !now.Before(w.ExpiresAt) || !now.Before(w.SeenAt.Add(idle))
}
