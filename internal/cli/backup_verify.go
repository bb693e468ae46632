package cli

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/backup"
	"chartline/internal/clinic/oversight"
	"chartline/internal/config"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
	"chartline/internal/store/sqlite"
)

type backupVerify struct {
	From     string    `arg:"" placeholder:"PLACE" help:"Where backups are kept, a directory or s3://BUCKET/PREFIX."`
	Backup   string    `placeholder:"ID" help:"Which one (default: the newest)."`
	Scratch  string    `placeholder:"DIR" help:"Where to put the database back for as long as it is checked; it needs room for it (default: the system's directory for temporary files)."`
	Settings dataFlags `embed:""`
}

type provedDoc struct {
	OK       bool     `json:"ok"`
	Backup   string   `json:"backup"`
	Schema   int64    `json:"schema"`
	Chains   int      `json:"chains"`
	Entries  int64    `json:"entries"`
	Objects  int64    `json:"objects"`
	Bytes    int64    `json:"bytes"`
	Problems []string `json:"problems"`
}

var errNotRestorable = errors.New("the backup is not good; see above, keep it, and make another")

// Run puts a backup's database back aside and checks it as doctor would, and
// reads every object. It touches no installation, and needs none.
func (c backupVerify) Run(a *app) (err error) {
	target, err := a.openTarget(config.Config{}, c.From, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	m, err := target.choose(a.ctx, c.Backup)
	if err != nil {
		return err
	}
	if m.Sealed() {
		settings, err := a.keysOnly()
		if err != nil {
			return err
		}
		target.unseal(settings)
	}
	doc := provedDoc{Backup: m.ID, Problems: []string{}}
	if err := a.prove(target.Target, m, c.Scratch, &doc); err != nil {
		if !errors.Is(err, backup.ErrIncomplete) {
			return err
		}
		doc.Problems = append(doc.Problems, err.Error())
	}
	doc.OK = len(doc.Problems) == 0
	if err := a.show(doc, func(w io.Writer) { writeProved(w, doc, m) }); err != nil {
		return err
	}
	if !doc.OK {
		return errNotRestorable
	}
	return nil
}

func writeProved(w io.Writer, d provedDoc, m backup.Manifest) {
	if d.OK {
		fmt.Fprintf(w, "%s: good: database of schema %d sound; %d audit chains, %d entries, all whole; %d objects, %s, all as written\n",
			d.Backup, d.Schema, d.Chains, d.Entries, d.Objects, byteCount(d.Bytes))
	}
	for _, p := range d.Problems {
		fmt.Fprintf(w, "%s: NOT GOOD: %s\n", d.Backup, printable(p))
	}
	writeRows(w, "was not there or damaged when the backup was made", m.Damaged)
}

func (a *app) prove(target *backup.Target, m backup.Manifest, in string, doc *provedDoc) (err error) {
	if err := target.Check(a.ctx, m); err != nil {
		return err
	}
	scratch, err := os.MkdirTemp(in, "chartline-verify-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	aside, err := a.putAside(target, m, scratch, audit.Key{}.Hasher())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, aside.close()) }()
	if err := aside.examine(a, aside.db.Verify, doc); err != nil {
		return err
	}
	if err := a.proveKey(target, m, aside.public); err != nil {
		return err
	}
	if err := a.proveSealing(target, m, aside.db); err != nil {
		return err
	}
	bad := func(key string, why error) { doc.Problems = append(doc.Problems, "object "+key+": "+why.Error()) }
	err = target.Compare(a.ctx, m, aside.db, func(r backup.Row) {
		bad(r.Key, fmt.Errorf("is not what %s %s says", r.Noun, r.ID))
	})
	if err != nil {
		return err
	}
	bar := a.newMeter()
	defer bar.wait()
	doc.Objects, doc.Bytes = m.Objects, m.Bytes
	return target.Rehash(a.ctx, m, bar, bad)
}

// proveKey sees that the key in a backup, where there is one, is the one that
// its checkpoints are signed with.
func (a *app) proveKey(target *backup.Target, m backup.Manifest, public ed25519.PublicKey) error {
	if _, ok := m.Extra(extraKey); !ok {
		return nil
	}
	text, err := a.readExtra(target, m, extraKey)
	if err != nil {
		return err
	}
	key, err := audit.ParseKey(string(text))
	if err == nil && !key.Public().Equal(public) {
		err = errors.New("is another installation's")
	}
	if err != nil {
		return fmt.Errorf("%w: its audit key: %w", backup.ErrIncomplete, err)
	}
	return nil
}

// aside is a backup's database, put back where nothing uses it.
type aside struct {
	db        *sqlite.DB
	gate      *gate.Gate
	oversight *oversight.Service
	public    ed25519.PublicKey
}

// putAside puts a backup's database and checkpoints back into dir and opens
// them.
func (a *app) putAside(target *backup.Target, m backup.Manifest, dir string, names gate.NameHasher) (_ *aside, err error) {
	if m.Engine != "sqlite" {
		return nil, fmt.Errorf("this is a backup of a %s database", m.Engine)
	}
	path := filepath.Join(dir, "chartline.db")
	if err := sqlite.Unpack(path, func(part string) (io.ReadCloser, error) { return target.Part(a.ctx, m, part) }); err != nil {
		return nil, err
	}
	checkpoints := filepath.Join(dir, "checkpoints")
	if _, ok := m.Extra(extraCheckpoints); ok {
		if err := a.writeExtra(target, m, extraCheckpoints, checkpoints); err != nil {
			return nil, err
		}
	}
	public, err := a.readExtra(target, m, extraPublicKey)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(string(public))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("%w: its public key cannot be read", backup.ErrIncomplete)
	}
	db, err := sqlite.Open(a.ctx, path, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	g := gate.New(gate.Options{Store: db, Policy: policy.New(), Names: names})
	return &aside{db: db, gate: g, oversight: oversight.New(g, checkpoint.NewFile(checkpoints), key), public: key}, nil
}

func (s *aside) close() error {
	s.gate.Close()
	return s.db.Close()
}

// quick looks at every page, in an eighth of the time that it takes to hold every
// index against its table.
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

func (a *app) readExtra(target *backup.Target, m backup.Manifest, name string) (_ []byte, err error) {
	r, err := target.Part(a.ctx, m, name)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return io.ReadAll(r)
}

// writeExtra makes a file of an extra.
func (a *app) writeExtra(target *backup.Target, m backup.Manifest, name, file string) (err error) {
	r, err := target.Part(a.ctx, m, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	_, err = writeNew(file, r)
	return err
}
