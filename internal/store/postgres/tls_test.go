package postgres_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"chartline/internal/store/postgres"
)

func TestWhatIsWrongWithTheFilesOfTLSIsSaid(t *testing.T) {
	t.Parallel()
	none := filepath.Join(t.TempDir(), "none.pem")
	notes := filepath.Join(t.TempDir(), "notes.pem")
	if err := os.WriteFile(notes, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	const secret = "a-password-that-must-not-be-shown" // #nosec G101 -- of nobody
	for query, want := range map[string]string{
		"sslmode=verify-full&sslrootcert=" + none:                            none,
		"sslmode=verify-full&sslrootcert=" + notes:                           "unable to add CA to cert pool",
		"sslmode=verify-full&sslcert=" + none:                                "sslcert",
		"sslmode=verify-full&sslcert=" + notes + "&sslkey=" + notes:          "sslkey",
		"sslmode=verify_full":                                                "sslmode",
		"sslmode=verify-full&port=none&sslpassword=" + secret:                "is not one of PostgreSQL's",
		"sslmode=verify-full&sslrootcert=" + none + "&sslpassword=" + secret: none,
	} {
		_, err := postgres.Open(t.Context(), "postgres://u:"+secret+"@127.0.0.1:1/x?"+query, "", postgres.Options{Connections: 1})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: got %v, want %q", query, err, want)
		}
	}
}

func TestHostsThatTLSDoesNotProveAreFound(t *testing.T) {
	t.Parallel()
	for at, want := range map[string][]string{
		"postgres://u@db.example.org/x":                                      {"db.example.org"},
		"postgres://u@db.example.org/x?sslmode=disable":                      {"db.example.org"},
		"postgres://u@db.example.org/x?sslmode=require":                      {"db.example.org"},
		"postgres://u@db.example.org/x?sslmode=verify-ca":                    {"db.example.org"},
		"postgres://u@db.example.org/x?sslmode=verify-full":                  nil,
		"postgres://u@db1.example.org,db2.example.org/x?sslmode=prefer":      {"db1.example.org", "db2.example.org"},
		"postgres://u@db1.example.org,db2.example.org/x?sslmode=verify-full": nil,
		"postgres://u@localhost/x":                                           nil,
		"postgres://u@127.0.0.1:5433/x?sslmode=disable":                      nil,
		"postgres:///x?host=/run/postgresql&user=u":                          nil,
	} {
		if got, err := postgres.Unproved(at); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", at, got, err, want)
		}
	}
}
