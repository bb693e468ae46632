package care

import "time"

// Action names what is done; policy says which grant each needs.
type Action string

// Outcome is how an audited request ended.
type Outcome string

// The outcomes.
const (
	OutcomeAllowed  Outcome = "allowed"
	OutcomeRefused  Outcome = "refused"
	OutcomeNotFound Outcome = "not_found"
	OutcomeFailed   Outcome = "failed"
)

// Target is what a request is about, with the facts that policy needs.
type Target struct {
	Noun    string // "patient", "voice_call", "encounter", "recording", ...
	ID      string
	Patient string // UUID of the patient whose data it is; empty where none
	// CareTeam reports that the actor is in the patient's care team.
	CareTeam bool
}

// AuditEntry says who did what to whose data, when, from where, and how it
// ended. Seq counts a chain's entries from 1; a chain is a tenant's, or "" for
// what belongs to none.
type AuditEntry struct {
	Chain    string
	Seq      int64
	At       time.Time
	Actor    ActorKind
	ActorID  string
	Address  string
	Via      string
	Request  string
	Instance string
	Action   Action
	Noun     string
	ID       string
	Patient  string
	Outcome  Outcome
	// Reason is the policy's, or the words an actor gave for a change.
	Reason string
	// Asked is the keyed hash of a name that was asked for and not found.
	Asked string
}

// AuditFilter narrows a reading of the audit log. Zero fields do not narrow.
type AuditFilter struct {
	Chain    string
	Instance string
	Patient  string
	Actor    string
	Action   Action
	Outcome  Outcome
	From     *time.Time // inclusive
	Until    *time.Time // exclusive
}
