package postgres

import (
	"context"
	"errors"
	"net"

	"github.com/jackc/pgx/v5/pgconn"

	"chartline/internal/store/sqlstore"
)

// The statements that conn treats in its own way.
const (
	beginRead  = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
	beginAlone = "SELECT ALONE" // is never sent: what precedes a statement says for whom
	beginWrite = "BEGIN ISOLATION LEVEL READ COMMITTED"
	savepoint  = "SAVEPOINT one"
	release    = "RELEASE SAVEPOINT one"
	rollbackTo = "ROLLBACK TO SAVEPOINT one"
	commit     = "COMMIT"
	rollback   = "ROLLBACK"
)

func dialect() sqlstore.Dialect {
	return sqlstore.Dialect{BeginRead: beginRead, BeginAlone: beginAlone, BeginWrite: beginWrite, Fault: faultOf}
}

// lost is a COMMIT that was sent and not answered: whether it happened is not
// known, so nobody may run it again.
type lost struct{ cause error }

func (l *lost) Error() string { return "the connection was lost at commit: " + l.cause.Error() }
func (l *lost) Unwrap() error { return l.cause }

// refused is a transaction that a connection would not begin.
type refused struct{ cause error }

func (r *refused) Error() string { return r.cause.Error() }
func (r *refused) Unwrap() error { return r.cause }

// faultOf says what an error means, by its SQLSTATE (PostgreSQL, appendix A).
func faultOf(err error) sqlstore.Fault {
	if _, unknown := errors.AsType[*lost](err); unknown {
		return sqlstore.FaultUnavailable
	}
	if _, not := errors.AsType[*refused](err); not {
		return sqlstore.FaultUnavailable
	}
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return faultOfState(e.Code)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return sqlstore.FaultUnavailable
	}
	if _, refused := errors.AsType[*pgconn.ConnectError](err); refused {
		return sqlstore.FaultUnavailable
	}
	// A connection that broke before COMMIT was sent took its transaction with it.
	if _, network := errors.AsType[net.Error](err); network || errors.Is(err, errBroken) {
		return sqlstore.FaultRetry
	}
	return sqlstore.FaultOther
}

func faultOfState(code string) sqlstore.Fault {
	switch code {
	case "23505":
		return sqlstore.FaultUnique
	case "23503":
		return sqlstore.FaultReference
	case "40001", "40P01":
		return sqlstore.FaultRetry
	case "57P01", "57P02", "57P03", "25P03", "0A000": // shut down, crashed, starting; idle too long; prepared before a migration
		return sqlstore.FaultRetry
	case "55P03", "57014", "25006", "3D000", "42501": // lock or statement timed out, read-only, no such database, may not
		return sqlstore.FaultUnavailable
	case "XX001", "XX002":
		return sqlstore.FaultDamaged
	}
	switch code[:min(2, len(code))] {
	case "08", "53", "58", "28": // connection, resources, system, authorization
		return sqlstore.FaultUnavailable
	}
	return sqlstore.FaultOther
}
