package sqlite

import (
	"context"
	"errors"

	modernc "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"chartline/internal/store/sqlstore"
)

func dialect() sqlstore.Dialect {
	return sqlstore.Dialect{BeginRead: "BEGIN", BeginWrite: "BEGIN IMMEDIATE", Last: lastOf, Fault: sqlFault}
}

// lastOf gives a row the number of one that is new.
func lastOf(table string) string { return ", rowid = (SELECT max(rowid) + 1 FROM " + table + ")" }

// sqlFault says what an error means, by SQLite's result code.
func sqlFault(err error) sqlstore.Fault {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return sqlstore.FaultUnavailable
	}
	var code int
	if e, ok := errors.AsType[*Error](err); ok {
		code = e.Code
	} else if e, ok := errors.AsType[*modernc.Error](err); ok {
		code = e.Code()
	}
	switch code {
	case codes.SQLITE_CONSTRAINT_UNIQUE, codes.SQLITE_CONSTRAINT_PRIMARYKEY, codes.SQLITE_CONSTRAINT_ROWID:
		return sqlstore.FaultUnique
	case codes.SQLITE_CONSTRAINT_FOREIGNKEY:
		return sqlstore.FaultReference
	}
	switch code & 0xff { // the primary code
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
		return sqlstore.FaultDamaged
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED, codes.SQLITE_PROTOCOL, codes.SQLITE_INTERRUPT, codes.SQLITE_NOMEM,
		codes.SQLITE_FULL, codes.SQLITE_IOERR, codes.SQLITE_READONLY, codes.SQLITE_CANTOPEN:
		return sqlstore.FaultUnavailable
	}
	return sqlstore.FaultOther
}
