package sqlitetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"chartline/internal/store/sqlite"
)

// pattern is an empty migrated database: its two files.
type pattern struct{ clinic, audit []byte }

var patternOnce = sync.OnceValues(func() (p pattern, err error) {
	dir, err := os.MkdirTemp("", "chartline-pattern-")
	if err != nil {
		return p, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "chartline.db")
	db, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return p, err
	}
	if err := db.Close(); err != nil { // which leaves nothing beside the two files
		return p, err
	}
	p.clinic, err = os.ReadFile(path) // #nosec G304 -- a test's own file
	if err != nil {
		return p, err
	}
	p.audit, err = os.ReadFile(sqlite.AuditPath(path)) // #nosec G304 -- a test's own file
	return p, err
})

// At makes an empty database at path, unless there is one, and returns path.
func At(t testing.TB, path string) string {
	t.Helper()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return path
	}
	p, err := patternOnce()
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(path, p.clinic, 0o600), os.WriteFile(sqlite.AuditPath(path), p.audit, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// New makes an empty database in a directory of the test's own and returns its
// path.
func New(t testing.TB) string {
	t.Helper()
	return At(t, filepath.Join(t.TempDir(), "chartline.db"))
}
