// Package testkit builds a whole Chartline for a test: a fresh database and
// media directory, the gate and every use case, a server's handler, and tenants
// and clients to act as. It is imported by tests only.
//
// Everything is real; only the clock can be set. Start reading at kit.go.
package testkit
