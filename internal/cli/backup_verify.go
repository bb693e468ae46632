package cli

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"time"

	"chartline/internal/audit"
	"chartline/internal/backup"
	"chartline/internal/config"
)

type backupVerify struct {
	From     string    `arg:"" placeholder:"PLACE" help:"Where backups are kept, a directory or s3://BUCKET/PREFIX."`
	Backup   string    `placeholder:"ID" help:"Which one (default: the newest)."`
	Scratch  string    `placeholder:"DIR|URL" help:"Where to put the database back for as long as it is checked: a directory with room for it (default: the system's for temporary files), where it is a SQLite database whatever it was; or an empty PostgreSQL database, postgres://USER@HOST:PORT/NAME, which is empty again afterwards."`
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
	m, err := target.choose(a.ctx, c.Backup, time.Time{})
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

func (a *app) prove(target *backup.Target, m backup.Manifest, in string, doc *provedDoc) error {
	if err := target.Check(a.ctx, m); err != nil {
		return err
	}
	bad := func(key string, why error) { doc.Problems = append(doc.Problems, "object "+key+": "+why.Error()) }
	err := a.rehearse(target, m, in, func(s *aside) error {
		if err := s.examine(a, s.db.Verify, doc); err != nil {
			return err
		}
		if err := a.proveKey(target, m, s.public); err != nil {
			return err
		}
		if err := a.proveSealing(target, m, s.db); err != nil {
			return err
		}
		return target.Compare(a.ctx, m, s.db, func(r backup.Row) {
			bad(r.Key, fmt.Errorf("is not what %s %s says", r.Noun, r.ID))
		})
	})
	if err != nil {
		return err
	}
	bar := a.newMeter()
	defer bar.wait()
	doc.Objects, doc.Bytes, err = target.Rehash(a.ctx, m, bar, bad)
	return err
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
