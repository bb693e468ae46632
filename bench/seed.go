package main

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // the driver that fills data sets while no server runs
)

// cached gives the directory of a data set, made by fill the first time and
// whenever what the files of made say has changed. A set that was not finished
// is made again.
func (b *bench) cached(name, made string, fill func(dir string) error) (string, error) {
	version, err := digest(made)
	if err != nil {
		return "", err
	}
	base := filepath.Join(b.cache, "data", name)
	dir := base + "@" + version
	done := filepath.Join(dir, "bench-complete")
	if _, err := os.Stat(done); err == nil {
		return dir, nil
	}
	old, err := filepath.Glob(base + "@*")
	if err != nil {
		return "", err
	}
	for _, dir := range old {
		if err := os.RemoveAll(dir); err != nil {
			return "", err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	b.report.note("making data set %s ...", name)
	start := time.Now()
	if err := fill(dir); err != nil {
		return "", fmt.Errorf("data set %s: %w", name, err)
	}
	b.report.note("made data set %s in %v", name, time.Since(start).Round(time.Second))
	return dir, os.WriteFile(done, nil, 0o600)
}

// What the data sets are made with: our schema, the peer's collections.
const (
	ourSchema   = "../internal/store/sqlite/migrations/*.sql"
	theirSchema = "pocketbase/main.go"
)

// digest tells one state of the files from another.
func digest(pattern string) (string, error) {
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		return "", fmt.Errorf("no files %s (run in bench/): %w", pattern, err)
	}
	hash := sha256.New()
	for _, file := range files { // Glob gives them in order
		text, err := os.ReadFile(file) // #nosec G304 -- our sources
		if err != nil {
			return "", err
		}
		fmt.Fprintf(hash, "%d\n%s", len(text), text)
	}
	return hex.EncodeToString(hash.Sum(nil)[:4]), nil
}

// filler writes rows straight into a SQLite file that no server has open.
type filler struct {
	db    *sql.DB
	batch int // rows in a transaction
}

func openFiller(path string) (*filler, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(off)&_pragma=cache_size(-1000000)&_pragma=temp_store(2)&_pragma=foreign_keys(0)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return &filler{db: db, batch: 250_000}, nil
}

// rows runs one INSERT ... SELECT over n(i), for i from first to last. The
// statement's own values are named @name; @first and @last are taken.
func (f *filler) rows(first, last int, insert string, args ...any) error {
	for from := first; from <= last; from += f.batch {
		all := append([]any{sql.Named("first", from), sql.Named("last", min(from+f.batch-1, last))}, args...)
		if _, err := f.db.Exec(insert, all...); err != nil {
			return fmt.Errorf("rows %d to %d: %w\n%s", first, last, err, insert)
		}
	}
	return nil
}

// numbers is the head of every such statement.
const numbers = `WITH RECURSIVE n(i) AS (SELECT @first UNION ALL SELECT i + 1 FROM n WHERE i < @last) `

func (f *filler) exec(statements ...string) error {
	for _, s := range statements {
		if _, err := f.db.Exec(s); err != nil {
			return fmt.Errorf("%w\n%s", err, s)
		}
	}
	return nil
}

// close lets the planner look at what is there, as a server does that has run
// for a while, and leaves no journal behind.
func (f *filler) close(err error) error {
	if err == nil {
		err = f.exec("PRAGMA analysis_limit=400", "PRAGMA optimize=0x10002", "PRAGMA wal_checkpoint(TRUNCATE)")
	}
	return errors.Join(err, f.db.Close())
}
