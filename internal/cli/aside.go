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
	after     backup.After // what came to it after the backup
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
	return a.asRows(target, m, dir, func(from io.Reader, after backup.After) error {
		return postgres.Rehearse(a.ctx, c.Database.String(), c.DatabasePassword.Reveal(), from, func(db *postgres.DB) error {
			return a.behindGate(target, m, dir, &aside{db: db, after: after}, names, use)
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
	db, after, err := a.unpacked(target, m, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return a.behindGate(target, m, dir, &aside{db: db, after: after}, names, use)
}

// unpacked opens what unpack makes in dir.
func (a *app) unpacked(target *backup.Target, m backup.Manifest, dir string) (*sqlite.DB, backup.After, error) {
	path := filepath.Join(dir, stagedName)
	after, err := a.unpack(target, m, path)
	if err != nil {
		return nil, after, err
	}
	db, err := sqlite.Open(a.ctx, path, sqlite.Options{})
	return db, after, err
}

// stagedName is what a database that is put back aside is called.
const stagedName = "chartline.db"

// unpack makes the files of a SQLite database at path of a backup of either
// engine, and brings them to what was committed after it.
func (a *app) unpack(target *backup.Target, m backup.Manifest, path string) (backup.After, error) {
	if m.Engine == "postgres" {
		from, err := target.Part(a.ctx, m, postgres.PartRows)
		if err != nil {
			return backup.After{}, err
		}
		return backup.After{Until: m.StartedAt}, wholly(errors.Join(sqlite.Load(a.ctx, path, from), from.Close()))
	}
	err := sqlite.Unpack(path, func(part string) (io.ReadCloser, error) { return target.Part(a.ctx, m, part) })
	if err != nil {
		return backup.After{}, err
	}
	return target.Walk(a.ctx, m, backup.Putter{
		Part: func(part string, changes io.Reader) error { return sqlite.Apply(path, part, changes) },
		Added: func(extra string, from int64, text []byte) error {
			if extra != extraCheckpoints {
				return nil
			}
			return addTo(filepath.Join(filepath.Dir(path), extraCheckpoints), from, text)
		},
	})
}

// addTo writes text into a file from a place on.
func addTo(file string, from int64, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE, 0o600) // #nosec G304 -- in the staging directory
	if err != nil {
		return err
	}
	_, err = f.WriteAt(text, from)
	return errors.Join(err, f.Truncate(from+int64(len(text))), f.Sync(), f.Close())
}

// asRows has use read the rows of a backup of either engine. Of SQLite's files
// they are read once the files are put back into dir.
func (a *app) asRows(target *backup.Target, m backup.Manifest, dir string, use func(io.Reader, backup.After) error) (err error) {
	if m.Engine == "postgres" {
		from, err := target.Part(a.ctx, m, postgres.PartRows)
		if err != nil {
			return err
		}
		return wholly(errors.Join(use(from, backup.After{Until: m.StartedAt}), from.Close()))
	}
	db, after, err := a.unpacked(target, m, dir)
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
	used := use(r, after)
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
// the checkpoints in dir beside it: the backup's, unless later ones are there.
func (a *app) behindGate(target *backup.Target, m backup.Manifest, dir string, s *aside, names gate.NameHasher, use func(*aside) error) error {
	checkpoints := filepath.Join(dir, extraCheckpoints)
	_, later := os.Lstat(checkpoints)
	if _, ok := m.Extra(extraCheckpoints); ok && later != nil {
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
	s.gate = gate.New(gate.Options{Store: s.db, Policy: policy.New(), Names: names})
	defer s.gate.Close()
	s.oversight, s.public = oversight.New(s.gate, checkpoint.NewFile(checkpoints), key), key
	return use(s)
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
