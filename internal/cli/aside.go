package cli

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/backup"
	"chartline/internal/clinic/oversight"
	"chartline/internal/config"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/transfer"
)

// aside is a backup's database, put back where nothing uses it.
type aside struct {
	db        database
	gate      *gate.Gate
	oversight *oversight.Service
	public    ed25519.PublicKey
}

// rehearse puts a backup's database back for as long as use lasts: into in, an
// empty PostgreSQL database or a directory, where it becomes a SQLite database
// whatever it was.
func (a *app) rehearse(target *backup.Target, m backup.Manifest, in string, use func(*aside) error) (err error) {
	server := strings.HasPrefix(in, "postgres:") || strings.HasPrefix(in, "postgresql:")
	parent := in
	if server {
		parent = ""
	}
	dir, err := os.MkdirTemp(parent, "chartline-verify-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	names := audit.Key{}.Hasher()
	if !server {
		return a.asFiles(target, m, dir, names, use)
	}
	c, err := a.scratchSettings(in)
	if err != nil {
		return err
	}
	return a.asRows(target, m, dir, func(from io.Reader) error {
		return postgres.Rehearse(a.ctx, c.Database.String(), c.DatabasePassword.Reveal(), from, func(db *postgres.DB) error {
			return a.behindGate(target, m, dir, db, names, use)
		})
	})
}

// scratchSettings are the settings with another database.
func (a *app) scratchSettings(url string) (config.Config, error) {
	flags := maps.Clone(a.flags)
	flags["database"], flags["data"] = url, os.TempDir() // nothing is read there
	return config.Load(config.Sources{Env: a.env, Flags: flags})
}

// asFiles puts a backup's database back into dir, as a SQLite database.
func (a *app) asFiles(target *backup.Target, m backup.Manifest, dir string, names gate.NameHasher, use func(*aside) error) (err error) {
	path := filepath.Join(dir, stagedName)
	if err := a.unpack(target, m, path); err != nil {
		return err
	}
	db, err := sqlite.Open(a.ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return a.behindGate(target, m, dir, db, names, use)
}

// stagedName is what a database that is put back aside is called.
const stagedName = "chartline.db"

// unpack makes the files of a SQLite database at path of a backup of either
// engine.
func (a *app) unpack(target *backup.Target, m backup.Manifest, path string) (err error) {
	if m.Engine != "postgres" {
		return sqlite.Unpack(path, func(part string) (io.ReadCloser, error) { return target.Part(a.ctx, m, part) })
	}
	from, err := target.Part(a.ctx, m, postgres.PartRows)
	if err != nil {
		return err
	}
	return wholly(errors.Join(sqlite.Load(a.ctx, path, from), from.Close()))
}

// asRows has use read the rows of a backup of either engine. Of SQLite's files
// they are read once the files are put back into dir.
func (a *app) asRows(target *backup.Target, m backup.Manifest, dir string, use func(io.Reader) error) (err error) {
	if m.Engine == "postgres" {
		from, err := target.Part(a.ctx, m, postgres.PartRows)
		if err != nil {
			return err
		}
		return wholly(errors.Join(use(from), from.Close()))
	}
	path := filepath.Join(dir, stagedName)
	if err := a.unpack(target, m, path); err != nil {
		return err
	}
	db, err := sqlite.Open(a.ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	r, w := io.Pipe()
	written := make(chan error, 1)
	go func() {
		err := db.WriteRows(a.ctx, w)
		written <- err
		_ = w.CloseWithError(err) // never fails
	}()
	used := use(r)
	_ = r.CloseWithError(errNotRead) // never fails
	if err := <-written; used == nil && !errors.Is(err, errNotRead) {
		used = err
	}
	return wholly(used)
}

// errNotRead ends a writer of rows that nobody reads any more.
var errNotRead = errors.New("the rows are read no more")

// wholly says of rows that are not what they should be that the backup is not.
func wholly(err error) error {
	if errors.Is(err, transfer.ErrForm) && !errors.Is(err, backup.ErrIncomplete) {
		return fmt.Errorf("%w: %w", backup.ErrIncomplete, err)
	}
	return err
}

// behindGate gives use a database that was put back, behind a gate of its own, with
// the backup's checkpoints in dir beside it.
func (a *app) behindGate(target *backup.Target, m backup.Manifest, dir string, db database, names gate.NameHasher, use func(*aside) error) error {
	checkpoints := filepath.Join(dir, "checkpoints")
	if _, ok := m.Extra(extraCheckpoints); ok {
		if err := a.writeExtra(target, m, extraCheckpoints, checkpoints); err != nil {
			return err
		}
	}
	public, err := a.readExtra(target, m, extraPublicKey)
	if err != nil {
		return err
	}
	key, err := hex.DecodeString(string(public))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return fmt.Errorf("%w: its public key cannot be read", backup.ErrIncomplete)
	}
	g := gate.New(gate.Options{Store: db, Policy: policy.New(), Names: names})
	defer g.Close()
	return use(&aside{db: db, gate: g, oversight: oversight.New(g, checkpoint.NewFile(checkpoints), key), public: key})
}

// quick looks at what a copy would look at: of SQLite every page, in an eighth
// of the time that it takes to hold every index against its table.
func (s *aside) quick(ctx context.Context) error {
	return s.db.Snapshot(ctx, func(now store.Snapshot) error { return now.Check(ctx) })
}

// examine checks the database, and every entry against the checkpoints.
func (s *aside) examine(a *app, check func(context.Context) error, doc *provedDoc) error {
	var err error
	if doc.Schema, err = s.db.SchemaVersion(a.ctx); err != nil {
		return err
	}
	if err := check(a.ctx); err != nil {
		doc.Problems = append(doc.Problems, "database: "+explain(err))
		return nil
	}
	v, err := s.oversight.VerifyAll(a.ctx, a.actor())
	if err != nil {
		return err
	}
	if !v.OK() {
		doc.Problems = append(doc.Problems, "audit log: entries were changed, removed or put in, or the file of checkpoints was")
	}
	doc.Chains = len(v.Chains)
	for _, c := range v.Chains {
		doc.Entries += c.Head
	}
	return nil
}
