package sqlstore

import "context"

// Told returns a connection whose statements are told of when they run.
func Told(k Conn, tell func(sql string)) Conn { return told{k, tell} }

type told struct {
	Conn
	tell func(sql string)
}

func (k told) Prepare(sql string) (Stmt, error) {
	s, err := k.Conn.Prepare(sql)
	return toldStmt{s, sql, k.tell}, err
}

type toldStmt struct {
	Stmt
	sql  string
	tell func(sql string)
}

func (s toldStmt) Exec(args []any) (int64, error) {
	s.tell(s.sql)
	return s.Stmt.Exec(args)
}

func (s toldStmt) Query(ctx context.Context, args []any) (Rows, error) {
	s.tell(s.sql)
	return s.Stmt.Query(ctx, args)
}
