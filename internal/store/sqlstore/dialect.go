package sqlstore

import (
	"errors"

	"chartline/internal/care"
)

// Dialect is all that differs between engines. BeginRead, BeginAlone and SAVEPOINT come with
// two arguments, the tenant and the instance whose rows they are for: an engine
// that keeps rows apart itself heeds them.
type Dialect struct {
	// BeginRead opens a transaction that sees one state and writes nothing.
	BeginRead string
	// BeginAlone comes before a statement that reads and has no transaction around
	// it; empty where nothing need be said.
	BeginAlone string
	// BeginWrite opens one that no other writer can come between.
	BeginWrite string
	// Last, in an UPDATE of a table after what it sets, makes the row the last one;
	// empty where rows are in no order.
	Last func(table string) string
	// Fault says what an error of the driver means.
	Fault func(error) Fault
}

// Fault is what went wrong in the database, told by the driver's typed code.
type Fault int

// The faults. Statements ask whether a key is taken before they write it: where
// there are several writers, one that is taken then was taken meanwhile, and the
// engine says FaultRetry.
const (
	FaultOther       Fault = iota // a fault of ours, or one that nobody foresaw
	FaultUnique                   // a key is taken
	FaultReference                // what a row refers to is not there
	FaultRetry                    // another transaction came between: run it again
	FaultUnavailable              // busy, full, not writable, unreachable: may pass
	FaultDamaged                  // the file is not what it should be
)

var (
	errClosed  = errors.New("the store is closed")
	errDamaged = errors.New("the database is damaged: nothing is written until it is repaired and opened again")
	errExited  = errors.New("the function ended its goroutine")
	errAnother = errors.New("another statement came, which needs a transaction")
	errEnded   = errors.New("the transaction has ended")
)

// lift turns a driver's error into one of the domain's.
func (s *Store) lift(err error) error {
	switch s.dialect.Fault(err) {
	case FaultUnique:
		return &care.Error{Kind: care.KindConflict, Message: "is already there", Cause: err}
	case FaultReference:
		return &care.Error{Kind: care.KindNotFound, Message: "what this refers to is not there", Cause: err}
	case FaultDamaged:
		s.damaged.Store(true)
		return care.Unavailable(errors.Join(errDamaged, err))
	case FaultRetry, FaultUnavailable:
		return care.Unavailable(err)
	}
	return &care.Error{Kind: care.KindInternal, Cause: err}
}
