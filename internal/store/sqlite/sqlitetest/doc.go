// Package sqlitetest makes SQLite databases for tests: copies of one that was
// migrated once, because migrating takes longer than most of what is then
// tested. How databases are made and migrated is not its business: the engine's
// own tests and those of the command line do that from nothing.
// Start reading at pattern.go.
package sqlitetest
