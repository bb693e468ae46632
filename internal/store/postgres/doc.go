// Package postgres holds what PostgreSQL needs beside the statements of
// sqlstore: the migrations, with the numbers and names of those for SQLite. Its
// tests start a real PostgreSQL and have it check every statement.
package postgres
