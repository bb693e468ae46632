package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/auth"
	"chartline/internal/blob"
	"chartline/internal/blob/dir"
	"chartline/internal/blob/seal"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/logins"
	"chartline/internal/clinic/oversight"
	"chartline/internal/clinic/people"
	"chartline/internal/clinic/practice"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/upkeep"
	"chartline/internal/clinic/visits"
	"chartline/internal/clinic/voice"
	"chartline/internal/config"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/server"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/sqlite"
	"chartline/internal/vault"
)

// engine is everything that works on data, opened. This file, aside.go,
// restore.go, media.go and media_s3.go are the only ones that name a database or
// media engine.
type engine struct {
	settings    config.Config
	store       database
	objects     *media // as they are stored
	vault       *vault.Vault
	media       *seal.Store // over objects
	madeMaster  bool        // a new master key was made just now
	places      *places
	stored      blob.Store // media, and what was adopted
	key         audit.Key
	checkpoints *checkpoint.File
	gate        *gate.Gate

	passwords *auth.Passwords

	access     *access.Service
	logins     *logins.Service
	people     *people.Service
	practice   *practice.Service
	chart      *chart.Service
	visits     *visits.Service
	voice      *voice.Service
	recordings *recordings.Service
	oversight  *oversight.Service
	upkeep     *upkeep.Service
}

// database is a store of either engine.
type database interface {
	store.Snapshotter
	Writes() (commits, updates int64)
}

// opening says whether an installation may be made by opening it.
type opening int

const (
	existing opening = iota // a wrong path must not become an empty installation
	create
	toServe // create, and read from the replica too
)

// withEngine opens the engine, runs fn, and closes it.
func (a *app) withEngine(c config.Config, o opening, fn func(*engine) error) (err error) {
	e, err := openEngine(a.ctx, c, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.close()) }()
	return fn(e)
}

// openEngine opens the store first, as the rest hangs on it; the media store is
// opened when it is first used, so that a lost media disk keeps nobody from
// revoking a token.
func openEngine(ctx context.Context, c config.Config, o opening) (*engine, error) {
	db, err := openDatabase(ctx, c, o)
	if err != nil {
		return nil, err
	}
	e := &engine{settings: c, store: db, objects: newMedia(c), places: &places{keys: c.S3.Keys}, checkpoints: checkpoint.NewFile(c.AuditCheckpoints)}
	if e.key, err = auditKey(ctx, c, db, e.checkpoints); err == nil {
		err = e.openVault(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	e.stored = withAdopted(e.media, db, e.places)
	e.gate = gate.New(gate.Options{Store: db, Policy: policy.New(), Names: e.key.Hasher()})
	e.access, e.people, e.visits, e.voice = access.New(e.gate), people.New(e.gate), visits.New(e.gate), voice.New(e.gate)
	e.passwords = auth.NewPasswords(c.PasswordLength, auth.DefaultCost())
	e.practice = practice.New(e.gate, e.passwords)
	e.logins = logins.New(logins.Options{Gate: e.gate, Passwords: e.passwords, Targets: c.SSORedirects, SessionLife: c.SessionLife})
	e.recordings = recordings.New(e.gate, e.stored)
	e.chart = chart.New(e.gate, e.media, uploadLimits(c))
	e.upkeep = upkeep.New(e.gate)
	e.oversight = oversight.New(e.gate, e.checkpoints, e.key.Public())
	return e, nil
}

// uploadLimits bound files that are uploaded for forms.
func uploadLimits(c config.Config) chart.Limits {
	l := chart.DefaultLimits()
	l.FileSize, l.FileCount = c.MaxAttachment, c.MaxAttachments
	return l
}

// close closes in the reverse order of opening.
func (e *engine) close() error {
	e.gate.Close()
	return errors.Join(e.objects.Close(), e.places.Close(), e.store.Close())
}

func openDatabase(ctx context.Context, c config.Config, o opening) (database, error) {
	if c.Database.Engine == "postgres" {
		return openPostgres(ctx, c, o)
	}
	if o != existing {
		if err := beginInstallation(ctx, c); err != nil {
			return nil, err
		}
	} else if _, err := os.Stat(c.Database.Path); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no data at %s; chartline tenant create or chartline serve begins there", c.Database)
	}
	return sqlite.Open(ctx, c.Database.Path, sqlite.Options{})
}

// openPostgres opens a database that others may have open too. An empty one is
// begun in only by what begins installations.
func openPostgres(ctx context.Context, c config.Config, o opening) (database, error) {
	options := postgres.Options{Existing: o == existing}
	if o == toServe {
		options.Standby = standbyOf(c)
	}
	db, err := postgres.Open(ctx, c.Database.String(), c.DatabasePassword.Reveal(), options)
	if errors.Is(err, postgres.ErrEmpty) {
		return nil, fmt.Errorf("there is no data at %s; chartline tenant create or chartline serve begins there", c.Database)
	}
	if err != nil {
		return nil, err
	}
	begins := db.Begun()
	if !begins && o != existing {
		// A first start that ended at its bucket left tables, and nothing in them.
		used, unknown := audited(ctx, db)
		begins, err = !used, unknown
	}
	if err == nil && begins {
		err = beginPlaces(ctx, c, []string{c.Data})
	} else if err == nil && c.Data != "" {
		err = dir.Make(c.Data) // another node's first start
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// standbyOf is where else a server reads; nil for nowhere.
func standbyOf(c config.Config) *postgres.StandbyOptions {
	if c.DatabaseReplica == (config.Location{}) {
		return nil
	}
	return &postgres.StandbyOptions{URL: c.DatabaseReplica.String(), Password: c.ReplicaPassword.Reveal(), Staleness: c.ReplicaStaleness}
}

// standby is the server's replica, where it has one; nil otherwise.
func (e *engine) standby(log *slog.Logger) func() server.Standby {
	db, ok := e.store.(*postgres.DB)
	if !ok || db.Standby() == nil {
		return nil
	}
	db.TellStandby(func(why error) {
		if why == nil {
			log.Info("the replica is read from")
		} else {
			log.Warn("the replica is not used, all reads go to the primary", "cause", why.Error())
		}
	})
	return func() server.Standby {
		s := db.Standby()
		return server.Standby{Used: s.Why == nil, Reads: s.Reads, Turned: s.Turned}
	}
}

// checkProved warns of rows that cross a network in the clear, or to whoever answers.
func checkProved(name, at string) finding {
	hosts, err := postgres.Unproved(at)
	switch {
	case err != nil:
		return finding{name, broken, err.Error(), "correct the URL: docs/ops/postgresql.md"}
	case len(hosts) > 0:
		return finding{name, warned, "TLS does not prove who answers as " + strings.Join(hosts, " or ") + ", or is not there", "health data crosses a network: put sslmode=verify-full&sslrootcert=FILE into the URL (docs/ops/postgresql.md)"}
	}
	return finding{Check: name, Verdict: fine, Found: "by TLS that proves who answers, or within this machine"}
}

// checkReplica looks whether a server could read from the replica now.
func (a *app) checkReplica(c config.Config) finding {
	const name = "database replica"
	db, err := postgres.Open(a.ctx, c.Database.String(), c.DatabasePassword.Reveal(), postgres.Options{Existing: true, Connections: 1, Standby: standbyOf(c)})
	if err == nil {
		err = errors.Join(db.LookAtStandby(a.ctx), db.Close())
	}
	if err != nil {
		return finding{name, warned, "cannot be used: " + err.Error(), "servers read from the primary alone meanwhile, and from the replica by themselves once it can be used: see that it runs, follows this primary and is not behind (docs/ops/postgresql.md)"}
	}
	return finding{Check: name, Verdict: fine, Found: "follows the primary"}
}

// beginInstallation makes the places that a new installation lives in. Once
// there is a database none is made again: one that is missing then is a disk
// that is not mounted, or a wrong path.
func beginInstallation(ctx context.Context, c config.Config) error {
	if c.Database.Engine == "postgres" {
		return nil // whether there is one is known once it is opened
	}
	if _, err := os.Stat(c.Database.Path); err == nil {
		return nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot open the database: %w", err)
	}
	return beginPlaces(ctx, c, []string{c.Data, filepath.Dir(c.Database.Path)})
}

func beginPlaces(ctx context.Context, c config.Config, places []string) error {
	if c.Media.Engine == "dir" {
		places = append(places, c.Media.Path)
	} else if err := beginBucket(ctx, c); err != nil {
		return fmt.Errorf("cannot begin here: %w", err)
	}
	for _, place := range places {
		if place == "" {
			continue
		}
		if err := dir.Make(place); err != nil {
			return fmt.Errorf("cannot begin here: %w", err)
		}
	}
	return nil
}

// lockServer keeps a second server off the same database.
func lockServer(c config.Config) (release func() error, err error) {
	if c.Database.Engine == "postgres" {
		return func() error { return nil }, nil // many servers may share it
	}
	return sqlite.Lock(c.Database.Path)
}

// auditKey takes the key from the environment or its file. A new one is made
// only where the operator named none and nothing was ever signed or hashed.
func auditKey(ctx context.Context, c config.Config, db store.Store, signed *checkpoint.File) (audit.Key, error) {
	if !c.AuditKey.Empty() {
		return audit.ParseKey(c.AuditKey.Reveal())
	}
	inUse := c.AuditKeyGiven
	if !inUse {
		used, err := auditInUse(ctx, db, signed)
		if err != nil {
			return audit.Key{}, err
		}
		inUse = used
	}
	return checkpoint.LoadOrCreateKey(c.AuditKeyFile, inUse)
}

func auditInUse(ctx context.Context, db store.Store, signed *checkpoint.File) (bool, error) {
	used, err := audited(ctx, db)
	if err != nil || used {
		return used, err
	}
	info, err := os.Stat(signed.Path())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

// audited reports whether anything was ever done to the data.
func audited(ctx context.Context, db store.Store) (used bool, err error) {
	err = db.View(ctx, func(tx store.Tx) error {
		chains, err := tx.AuditChains()
		used = len(chains) > 0
		return err
	})
	return used, err
}

// schemaVersion is the number of the database's last migration.
func schemaVersion(ctx context.Context, e *engine) (int64, error) {
	return e.store.SchemaVersion(ctx)
}
