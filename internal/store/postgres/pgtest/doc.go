// Package pgtest runs a private PostgreSQL for tests, from the binaries that the
// machine has: as nobody where the test is root, reached by a socket alone. Each
// test gets a database of its own, cloned from one that has been migrated.
// scripts/install-test-tools.sh installs PostgreSQL; a test that misses it fails.
// Start reading at cluster.go.
package pgtest
