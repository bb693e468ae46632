// Package gate is the one door to stored data: locate, decide, work, audit,
// answer. Use cases hold a Gate and never a bare store.
//
// Read runs locate and work in one snapshot, ends it, and only then waits for
// its audit entry to be durable; entries of many waiting reads share a commit.
// Write puts the entry into the write's own transaction. What cannot be audited
// is not answered: it fails with care.KindUnavailable.
//
// It owns neither the rules (policy) nor the form of the log (audit). Start
// reading at gate.go, then recorder.go.
package gate
