package sqlite

import (
	"context"

	"chartline/internal/store/sqlstore"
)

// told is a connection whose statements are told of when they run.
type told struct {
	sqlstore.Conn
	tell func(sql string)
}

func (k told) Prepare(sql string) (sqlstore.Stmt, error) {
	s, err := k.Conn.Prepare(sql)
	return toldStmt{s, sql, k.tell}, err
}

type toldStmt struct {
	sqlstore.Stmt
	sql  string
	tell func(sql string)
}

func (s toldStmt) Exec(args []any) (int64, error) {
	s.tell(s.sql)
	return s.Stmt.Exec(args)
}

func (s toldStmt) Query(ctx context.Context, args []any) (sqlstore.Rows, error) {
	s.tell(s.sql)
	return s.Stmt.Query(ctx, args)
}
