// Package postgres runs the statements of sqlstore on PostgreSQL, through pgx's
// protocol layer. It owns what is only PostgreSQL's: connections that send what
// needs no answer together with what does, the lock that lets one node write at
// a time, migrations, row-level security, which keeps one tenant's rows from
// another where a statement forgot to, and reading from a standby, which misses
// nothing by it (standby.go).
//
// cli opens it where the database is postgres://...; docs/decisions/postgres.md
// says why it is as it is. Start reading at open.go, then conn.go.
package postgres
