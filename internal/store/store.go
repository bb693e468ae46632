package store

import (
	"context"
	"time"

	"chartline/internal/care"
)

// Store is a database. All methods are safe for concurrent use.
type Store interface {
	// View runs fn on a consistent snapshot. Nothing fn does is kept.
	View(ctx context.Context, fn func(Tx) error) error
	// Update runs fn and commits, durably, when fn returns nil; what fn did is
	// undone when it returns an error or panics. fn may be run again after a
	// serialization failure, and may share its commit with others: it must have
	// no effect outside tx, and must set, not add to, what it captures.
	// An Update whose commit failed returns care.KindUnavailable.
	Update(ctx context.Context, fn func(Tx) error) error
	// Check reports whether the database can be read and written now.
	Check(ctx context.Context) error
	// Verify looks for structural damage. It may read the whole database.
	Verify(ctx context.Context) error
	// Close waits for what runs and closes the database.
	Close() error
}

// Tx is a transaction: every noun's methods. Every query takes the scope (or
// tenant). Absent things are care.KindNotFound, collisions care.KindConflict
// naming the field. A Tx is not for concurrent use and dies with its function.
type Tx interface {
	Tenants
	Clients
	Tokens
	Patients
	Providers
	CareTeam
	Encounters
	Sessions
	Calls
	Recordings
	StoredObjects
	Jobs
	Roster
	Files
	Forms
	Labs
	Readings
	Notes
	Analyses
	Audit
	Once
	Logins
	Practices
	Services
	Assignments
	Details
	Registrations
	Schedules
	Appointments
	SealKeys
}

// Tenants holds tenants and their instances.
type Tenants interface {
	CreateTenant(care.Tenant) error
	Tenant(name string) (care.Tenant, error)
	// Tenants lists by name, those after the given one.
	Tenants(after string, limit int) ([]care.Tenant, error)
	CreateInstance(care.Instance) error
	Instance(care.Scope) (care.Instance, error)
	Instances(tenant string) ([]care.Instance, error)
	UpdateInstance(care.Instance) error
}

// Clients holds API clients and their grants.
type Clients interface {
	CreateClient(care.Client) error
	Client(name string) (care.Client, error)
	Clients(tenant, after string, limit int) ([]care.Client, error)
	UpdateClient(care.Client) error
	// PutGrant adds a grant, or gives the one there is a new end.
	PutGrant(care.Grant) error
	DeleteGrant(tenant, instance, client string, name care.GrantName) error
	// Grants lists a client's grants by instance and name, ended ones too.
	Grants(client string) ([]care.Grant, error)
}

// Tokens holds bearer tokens and the counts that limit asking for them.
type Tokens interface {
	CreateToken(care.Token) error
	// Token is the hot path: by hash, whatever its age.
	Token(hash [32]byte) (care.Token, error)
	// TokensIssued counts a client's tokens issued at or after since, and gives
	// the time of the oldest among them.
	TokensIssued(client string, since time.Time) (int, time.Time, error)
	DeleteTokens(client string) error
	// DeleteExpiredTokens removes at most limit tokens that expired before t.
	DeleteExpiredTokens(t time.Time, limit int) (int, error)
	// CountAttempt adds one to the attempts under key in the window that began
	// at or after windowStart, opening a new one at now where there is none,
	// and returns the count and when its window began.
	CountAttempt(key string, windowStart, now time.Time) (int, time.Time, error)
	// Attempts reads the same without counting; 0 where there is no window.
	Attempts(key string, windowStart time.Time) (int, time.Time, error)
	// UncountAttempt takes back one that was counted, where any are.
	UncountAttempt(key string) error
	DeleteAttempts(before time.Time, limit int) (int, error)
}

// Patients holds patients. Numbers are drawn from one sequence per instance and
// year, shared with providers; one that was brought moves the sequence past it.
type Patients interface {
	// NextPerson draws the next free person number of year.
	NextPerson(s care.Scope, year int) (int64, error)
	// CreatePatient stores p. Conflict names id, number, mrn or externalId;
	// number also where a provider has it.
	CreatePatient(care.Patient) error
	Patient(s care.Scope, id string) (care.Patient, error)
	PatientByNumber(s care.Scope, number int64) (care.Patient, error)
	PatientByMRN(s care.Scope, mrn string) (care.Patient, error)
	PatientByExternalID(s care.Scope, id string) (care.Patient, error)
	UpdatePatient(care.Patient) error
	// Patients lists by number, those after the given one.
	Patients(s care.Scope, after int64, limit int) ([]care.Patient, error)
}

// Providers holds providers.
type Providers interface {
	CreateProvider(care.Provider) error
	Provider(s care.Scope, number int64) (care.Provider, error)
	ProviderByID(s care.Scope, id string) (care.Provider, error)
	// ProvidersByEmail lists, by number, at most limit of those with that address,
	// in any case.
	ProvidersByEmail(s care.Scope, email string, limit int) ([]care.Provider, error)
	UpdateProvider(care.Provider) error
	Providers(s care.Scope, after int64, limit int) ([]care.Provider, error)
}

// CareTeam holds who is in whose care team.
type CareTeam interface {
	// PutCareTeamMember adds a member, or gives the one there is a new role.
	PutCareTeamMember(care.CareTeamMember) error
	DeleteCareTeamMember(s care.Scope, patient string, provider int64) error
	CareTeam(s care.Scope, patient string) ([]care.CareTeamMember, error)
	InCareTeam(s care.Scope, patient string, provider int64) (bool, error)
}

// Encounters holds encounters and answers the main question.
type Encounters interface {
	// NextEncounter draws the next free encounter id of the instance.
	NextEncounter(care.Scope) (int64, error)
	// CreateEncounter stores e; a brought id moves the sequence past it.
	CreateEncounter(care.Encounter) error
	Encounter(s care.Scope, id int64) (care.Encounter, error)
	UpdateEncounter(care.Encounter) error
	// Encounters lists by id; patient 0 means all.
	Encounters(s care.Scope, patient, after int64, limit int) ([]care.Encounter, error)
	// RecordingsNamed returns the audible recordings whose names fit name: those
	// of exactly that name where there are any, else those that fit by
	// care.NameForm. Waiting names count, dismissed ones do not. At most 100 are returned, ordered by
	// creation, then id.
	RecordingsNamed(s care.Scope, name string) ([]care.Recording, error)
	// Visit returns an encounter with everything that a look-up shows.
	Visit(s care.Scope, encounter int64) (care.Visit, error)
	// VisitNamed returns the only recording that RecordingsNamed would for exactly
	// this name, with the Visit of its encounter, in one statement. NotFound wherever
	// there is more to it than that: RecordingsNamed says what.
	VisitNamed(s care.Scope, name string) (care.RecordingName, care.Visit, error)
}

// Sessions holds video sessions.
type Sessions interface {
	CreateSession(care.Session) error
	Session(s care.Scope, id string) (care.Session, error)
	UpdateSession(care.Session) error
	// Sessions lists by id; encounter 0 means all.
	Sessions(s care.Scope, encounter int64, after string, limit int) ([]care.Session, error)
}

// Calls holds voice calls.
type Calls interface {
	CreateCall(care.Call) error
	Call(s care.Scope, id string) (care.Call, error)
	UpdateCall(care.Call) error
	// CallsPage returns one numbered page of a patient's calls by CalledAt, then
	// id, newest first unless asked otherwise, and how many there are in all.
	// A page is read from an index alone, which holds what an item shows.
	CallsPage(s care.Scope, patient string, p care.CallPage) ([]care.CallItem, int, error)
	// Calls lists all calls of the instance (or of a patient) by id.
	Calls(s care.Scope, patient, after string, limit int) ([]care.Call, error)
}

// Recordings holds recordings. Creating or changing one keeps the Media of the
// call that owns it (and of the one that owned it before) true.
type Recordings interface {
	// CreateRecording stores r.
	CreateRecording(care.Recording) error
	Recording(s care.Scope, id string) (care.Recording, error)
	UpdateRecording(care.Recording) error
	// RecordingsOf lists an owner's recordings, earliest first, deleted ones too.
	RecordingsOf(s care.Scope, o care.Owner) ([]care.Recording, error)
	// NameHolder returns the undeleted recording that holds exactly name.
	NameHolder(s care.Scope, name string) (care.Recording, error)
	// NameWaiters returns the undeleted recordings that wait for name.
	NameWaiters(s care.Scope, name string) ([]care.Recording, error)
	// Recordings lists newest first: those created before `before`, ties by id.
	Recordings(s care.Scope, f care.RecordingFilter, before *RecordingKey, limit int) ([]care.Recording, error)
	// BlobKeyUsed reports whether any undeleted recording, or any file, of any
	// scope uses key.
	BlobKeyUsed(key string) (bool, error)
}

// RecordingKey is a place in a list of recordings.
type RecordingKey struct {
	CreatedAt time.Time
	ID        string
}

// Audit holds the chains.
type Audit interface {
	// AuditHead returns a chain's last sequence number and hash; 0 and zeros for
	// a new chain. In an Update no other writer moves it until the commit.
	AuditHead(chain string) (int64, [32]byte, error)
	// AppendAudit stores a group and moves the head. Conflict where g.First is
	// not the head's successor.
	AppendAudit(g AuditGroup) error
	// AuditGroups returns the groups that hold entries after seq, in order.
	AuditGroups(chain string, after int64, limit int) ([]AuditGroup, error)
	// AuditGroupsOf is AuditGroups for those that may hold entries about patient
	// (a superset is allowed) and overlap [from, until); nil is no bound.
	AuditGroupsOf(chain, patient string, from, until *time.Time, after int64, limit int) ([]AuditGroup, error)
	// AuditChains lists every chain by name.
	AuditChains() ([]string, error)
	// IndexAudit brings the index by patient up to date for at most limit
	// groups of chain, and reports whether any remain. subjects names the
	// patients in a group.
	IndexAudit(chain string, limit int, subjects func(AuditGroup) ([]string, error)) (more bool, err error)
}

// AuditGroup is a run of a chain's entries that were committed together.
type AuditGroup struct {
	Chain       string
	First, Last int64
	From, Until time.Time // the earliest and latest entry's time
	Hash        [32]byte  // of the chain, after Last
	Lines       []byte    // one JSON line an entry; see package audit
}

// Once remembers what a request with an Idempotency-Key did.
type Once interface {
	// Done returns the fingerprint and result kept under key, or NotFound.
	Done(s care.Scope, actor, key string) (fingerprint string, result []byte, err error)
	// SetDone keeps them. Conflict where key is taken.
	SetDone(s care.Scope, actor, key, fingerprint string, result []byte, at time.Time) error
	DeleteDone(before time.Time, limit int) (int, error)
}
