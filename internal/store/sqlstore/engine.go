package sqlstore

import "context"

// Connector opens a connection.
type Connector func(context.Context) (Conn, error)

// Conn is a connection of an engine. One goroutine uses it at a time.
type Conn interface {
	Prepare(sql string) (Stmt, error)
	Close() error
}

// Stmt is a prepared statement. Arguments are int64, bool, string, []byte or
// nil; $1 is the first. At most one statement of a connection runs at a time:
// the rows of a query are closed before the next.
type Stmt interface {
	// Exec returns how many rows were changed.
	Exec(args []any) (int64, error)
	// Query stops when ctx ends.
	Query(ctx context.Context, args []any) (Rows, error)
	Close() error
}

// Rows walks a result. Columns count from 0 and have the type they are declared
// with; what is null reads as zero.
type Rows interface {
	Next() (bool, error)
	Null(column int) bool
	Int(column int) int64
	Bool(column int) bool
	Text(column int) string
	Bytes(column int) []byte
	Close() error
}
