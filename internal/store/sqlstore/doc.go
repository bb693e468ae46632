// Package sqlstore is the one SQL text: every statement that Chartline runs, one
// file a noun, written so that SQLite and PostgreSQL both take it, and the
// machinery around them: connections with prepared statements, read
// transactions, and one writer that commits many updates at once.
//
// What differs between engines is a Dialect. The engines (sqlite, postgres)
// call New with a connector and own what is only theirs: opening, pragmas,
// migrations. Start reading at store.go, then writer.go, then any noun.
package sqlstore
