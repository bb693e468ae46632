// Package audit is the form of the audit log: how an entry is written down, how
// entries are chained by hashes so that none can be changed, taken out, put in
// or moved unseen, how the chain's head is signed, and how all of that is
// checked. It is pure: no files, no database, no clock.
//
// Package gate calls Seal; clinic/oversight calls the rest; the files (the key,
// the signed checkpoints) are in audit/checkpoint.
//
// Start reading at chain.go; docs/decisions/audit-chain.md says why.
package audit
