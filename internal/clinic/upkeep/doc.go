// Package upkeep holds the use cases of durable background work as operators see
// it: what waits, what failed and why, what was given up and is to be tried again.
//
// The command line calls it; doing the work is package jobs'. Start reading at
// job.go.
package upkeep
