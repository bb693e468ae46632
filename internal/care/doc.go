// Package care is the domain of recorded care: the nouns, their rules, and
// nothing else. It imports the standard library only; every other package may
// import it.
//
// The glossary, from the outside in:
//
//   - A Tenant is an organisation. An Instance is one separate data set inside
//     it ("live", "sandbox"). A Scope names both and leads every key.
//   - A Client is a program with a secret; a Grant lets it do one kind of thing
//     in one instance; a Token is its proof for an hour. An Actor is whoever is
//     asking, with what they were granted.
//   - A Patient and a Provider are people; they share one sequence of numbers
//     (year of registration x 10^8 + sequence). A CareTeamMember ties a
//     provider to a patient.
//   - An Encounter is a patient's visit with a provider. It has video Sessions.
//   - A Call is a voice call with a patient.
//   - A Recording is stored media that belongs to a session or a call. Its name
//     is an alias, not a key: two recordings may arrive with one name.
//   - An AuditEntry says who did what to whose data, and how it ended.
//
// Times are UTC with microseconds unless a field says otherwise; see Truncate.
// Start reading at recording.go and encounter.go.
package care
