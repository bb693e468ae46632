// Package sqlite opens a SQLite file as a store.Store: pragmas, migrations, the
// meaning of SQLite's error codes, and the lock that keeps a second server off
// the file. The statements are sqlstore's. Only cli and tests call it.
//
// Start reading at open.go.
package sqlite
