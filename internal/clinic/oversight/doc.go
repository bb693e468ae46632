// Package oversight holds the use cases of the audit log: reading it, exporting
// it, proving that it is whole, and anchoring it by signed checkpoints.
//
// The command line calls Service; the server calls Keeper each minute and at
// stop. What an entry, a chain and a checkpoint are is package audit's; writing
// entries is the gate's. Reading the log passes the gate and is in the log.
//
// Start reading at list.go, then keeper.go.
package oversight
