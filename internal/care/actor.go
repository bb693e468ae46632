package care

import (
	"log/slog"
	"slices"
	"time"
)

// ActorKind says what sort of caller an Actor is.
type ActorKind string

// The kinds of actor.
const (
	ActorClient   ActorKind = "client"   // an API client with a bearer token
	ActorPerson   ActorKind = "person"   // a person who logged in
	ActorOperator ActorKind = "operator" // the operating system's user at the command line
	ActorSystem   ActorKind = "system"   // the server itself: start, sweep, checkpoint
	ActorNobody   ActorKind = "nobody"   // no good credential was shown
)

// Actor is whoever asks, with what they were granted and where they ask from.
type Actor struct {
	Kind ActorKind
	// ID is stable: a client's name, a person's UUID, the system user's name.
	ID string
	// Tenant is the tenant that the actor belongs to; empty for operators and
	// the system, who belong to none and may act in all.
	Tenant string
	// Home is the instance in which surfaces without an instance in the path act.
	Home string
	// Instances are those that the actor may use.
	Instances []string
	// Grants are those in force when the credential was checked.
	Grants []Grant
	// Provider is the number of the provider that a person is, for the care-team
	// rule; 0 for everybody else.
	Provider int64
	// Patient is the UUID of the patient that a person is, who sees their own data
	// and nobody else's; empty for everybody else.
	Patient string
	Origin  Origin
}

// Origin is where a request came from, for the audit log.
type Origin struct {
	Address   string // the socket's address, never a header's word for it
	RequestID string
	Via       string // "GET /api/service/v1/..." (the route's pattern) or "cli recording list"
}

// LogValue shows the kind and id only.
func (a Actor) LogValue() slog.Value {
	return slog.GroupValue(slog.String("kind", string(a.Kind)), slog.String("id", a.ID))
}

// MayUse reports whether the actor may act in s at all.
func (a Actor) MayUse(s Scope) bool {
	switch a.Kind {
	case ActorOperator, ActorSystem:
		return true
	case ActorClient, ActorPerson:
		return a.Tenant == s.Tenant && slices.Contains(a.Instances, s.Instance)
	}
	return false
}

// Holds reports whether the actor was granted name in s and the grant is in
// force at now.
func (a Actor) Holds(s Scope, name GrantName, now time.Time) bool {
	if a.Tenant != s.Tenant {
		return false
	}
	return slices.ContainsFunc(a.Grants, func(g Grant) bool {
		return g.Instance == s.Instance && g.Name == name && g.InForce(now)
	})
}

// GrantName names what a client may do in one instance (calls.md, Permission).
type GrantName string

// Every grant.
const (
	GrantVoiceCalls             GrantName = "voice_calls"
	GrantVoiceCallsNoneCareTeam GrantName = "voice_calls_none_care_team"
	GrantPhoneRecord            GrantName = "phone_record"
	GrantUnrecognized           GrantName = "access_unrecognized_communications"
	GrantSSO                    GrantName = "sso"
	GrantPatientRead            GrantName = "patient_read"
	GrantPatientWrite           GrantName = "patient_write"
	GrantFormWrite              GrantName = "form_write"
	GrantLabWrite               GrantName = "lab_write"
	GrantNoteWrite              GrantName = "note_write"
	GrantScheduleRead           GrantName = "schedule_read"
	GrantScheduleWrite          GrantName = "schedule_write"
	GrantProviderSignup         GrantName = "provider_signup"
	GrantEncounterFromRecording GrantName = "encounter_from_recording"
	GrantAnalysis               GrantName = "analysis"
	GrantEncounterRead          GrantName = "encounter_read"
	GrantEncounterWrite         GrantName = "encounter_write"
	GrantCallRead               GrantName = "call_read"
	GrantCallWrite              GrantName = "call_write"
	GrantRecordingRead          GrantName = "recording_read"
	GrantRecordingWrite         GrantName = "recording_write"
	GrantAuditRead              GrantName = "audit_read"
	GrantAdmin                  GrantName = "admin"
)

// GrantNames returns every grant there is.
func GrantNames() []GrantName {
	return []GrantName{
		GrantVoiceCalls, GrantVoiceCallsNoneCareTeam, GrantPhoneRecord, GrantUnrecognized, GrantSSO, GrantPatientRead,
		GrantPatientWrite, GrantFormWrite, GrantLabWrite, GrantNoteWrite, GrantScheduleRead, GrantScheduleWrite,
		GrantProviderSignup, GrantEncounterFromRecording, GrantAnalysis, GrantEncounterRead, GrantEncounterWrite,
		GrantCallRead, GrantCallWrite, GrantRecordingRead, GrantRecordingWrite, GrantAuditRead, GrantAdmin,
	}
}

// ValidGrant reports whether name is a grant.
func ValidGrant(name GrantName) bool { return slices.Contains(GrantNames(), name) }

// Grant lets a client do one kind of thing in one instance.
type Grant struct {
	Client   string
	Tenant   string
	Instance string
	Name     GrantName
	// Until ends the grant; nil means no end.
	Until     *time.Time
	CreatedAt time.Time
}

// InForce reports whether the grant holds at now.
func (g Grant) InForce(now time.Time) bool { return g.Until == nil || now.Before(*g.Until) }

// Client is an API client: a generated name and a secret.
type Client struct {
	Name       string // generated, unique in the whole installation
	Tenant     string
	Title      string // what people call it
	SecretHash []byte // SHA-256 of a 256-bit random secret
	Enabled    bool
	Home       string   // the instance in which /api and /sso act
	Instances  []string // those it may use, Home among them; sorted
	// BlockedUntil is set when the client asked for too many tokens.
	BlockedUntil         *time.Time
	CreatedAt, UpdatedAt time.Time
}

// LogValue shows the name only.
func (c Client) LogValue() slog.Value { return slog.StringValue(c.Name) }

// Token is a bearer token as stored: by its SHA-256, never itself.
type Token struct {
	Hash      [32]byte
	Tenant    string
	Client    string
	IssuedAt  time.Time
	ExpiresAt time.Time
}
