package sqlstore_test

import (
	"database/sql"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartline/internal/store/postgres/pgtest"
)

// TestPostgreSQLTakesEveryStatement is what keeps the one SQL text one: the
// migrations run, and each statement of sqlstore is prepared against them.
func TestPostgreSQLTakesEveryStatement(t *testing.T) {
	t.Parallel()
	db, err := sql.Open("pgx", pgtest.Start(t).Database(t))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	statements := sqlConstants(t)
	if len(statements) < 50 {
		t.Fatalf("only %d statements were found", len(statements))
	}
	for name, text := range statements {
		s, err := db.PrepareContext(t.Context(), text)
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, text)
			continue
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestBothEnginesHaveTheSameMigrations(t *testing.T) {
	t.Parallel()
	ours, theirs := migrationNames(t, "../postgres/migrations"), migrationNames(t, "../sqlite/migrations")
	if len(ours) == 0 || !slices.Equal(ours, theirs) {
		t.Errorf("PostgreSQL has %v, SQLite %v", ours, theirs)
	}
}

func migrationNames(t *testing.T, dir string) []string {
	t.Helper()
	names, err := fs.Glob(os.DirFS(dir), "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// sqlConstants returns the package's statements: its constants named sql...,
// with the parts that they are put together from.
func sqlConstants(t *testing.T) map[string]string {
	t.Helper()
	exprs := map[string]ast.Expr{}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				v := s.(*ast.ValueSpec)
				for i, n := range v.Names {
					if i < len(v.Values) {
						exprs[n.Name] = v.Values[i]
					}
				}
			}
		}
	}
	statements := map[string]string{}
	for name, e := range exprs {
		if strings.HasPrefix(name, "sql") {
			statements[name] = textOf(t, exprs, e)
		}
	}
	return statements
}

func textOf(t *testing.T, exprs map[string]ast.Expr, e ast.Expr) string {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		return constant.StringVal(constant.MakeFromLiteral(e.Value, e.Kind, 0))
	case *ast.BinaryExpr:
		return textOf(t, exprs, e.X) + textOf(t, exprs, e.Y)
	case *ast.Ident:
		return textOf(t, exprs, exprs[e.Name])
	}
	t.Fatalf("a statement is put together from a %T", e)
	return ""
}
