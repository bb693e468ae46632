// Package store is the seam to the database: View and Update over a Tx that is
// composed of one small interface a noun. It holds no SQL and no rules.
//
// Engines live in sqlite (and, later, postgres); both run the one SQL text in
// sqlstore, and both pass the suite in storetest. Only the gate, auth and jobs
// hold a Store; use cases are handed a Tx. Start reading at store.go.
package store
