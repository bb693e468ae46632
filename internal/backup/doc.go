// Package backup is the form of backups, and how they are made, checked and put
// back: a target (any blob.Store) that holds any number of backups, each a copy
// of one state of the database, and one set of media objects that they share.
//
// The command line decides, audits and opens; engines copy themselves
// (store.Snapshot). docs/decisions/backup.md says why it is so.
// Start reading at target.go, then create.go.
package backup
