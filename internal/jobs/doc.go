// Package jobs does the durable work that changes ask for: it claims jobs of any
// tenant from the database, has them done by the handlers of their kinds, tries
// again what failed, and gives up with a reason. It knows no kind; whoever starts
// a Runner brings the handlers. Jobs are stored by store.Jobs.Enqueue, in the
// transaction of the change that wants them.
//
// The server runs one Runner; docs/decisions/jobs.md says why it is our own.
// Start reading at runner.go.
package jobs
