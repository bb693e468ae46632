// Package transfer is the form in which the rows of a whole database travel: from an
// engine into a backup, and from a backup into either engine. It owns the form
// and no database: a line of JSON that names the schema, then for each table a
// line with its columns, the rows as PostgreSQL's binary COPY writes them, and a
// line with their number; at the end a line with the number of tables.
//
// store/sqlite and store/postgres write and read it. Start reading at
// writer.go.
package transfer
