// Package postgres holds what PostgreSQL needs beside the statements of
// sqlstore: the migrations, with the numbers and names of those for SQLite.
// Nothing calls it yet; sqlstore's tests start a real PostgreSQL, run these
// migrations and have it check every statement.
package postgres
