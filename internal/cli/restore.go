package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/backup"
	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/recordings"
	"chartline/internal/config"
	"chartline/internal/store/postgres"
	"chartline/internal/store/sqlite"
)

type restoreCmd struct {
	From     string    `arg:"" placeholder:"PLACE" help:"Where backups are kept, a directory or s3://BUCKET/PREFIX. One of SQLite can be put back into PostgreSQL, and the other way round: --database says into what."`
	Backup   string    `placeholder:"ID" help:"Which one (default: the newest, or the newest before --until)."`
	Until    string    `placeholder:"TIME" help:"Where the place was followed (backup follow): the time up to which, as 2026-03-18T14:22:00Z (default: all)."`
	Settings dataFlags `embed:""`
}

type restoredDoc struct {
	Backup    string       `json:"backup"`
	Of        time.Time    `json:"of"`
	Steps     int          `json:"steps"` // that came after the backup
	Database  string       `json:"database"`
	Media     string       `json:"media"`
	Objects   int64        `json:"objects"`
	Bytes     int64        `json:"bytes"`
	Deleted   int          `json:"deleted"`
	Shredded  int          `json:"shredded"` // keys that had come back
	Damaged   []backup.Row `json:"damaged"`
	Seconds   float64      `json:"seconds"`
	Attention []string     `json:"attention"`
}

// Run puts a backup of either engine back into an empty place. The last step is
// a rename, of the database's files or of PostgreSQL's list of migrations: until
// then there is nothing that a server would serve, and the command can be run
// again.
func (c restoreCmd) Run(a *app) (err error) {
	settings, err := a.config()
	if err != nil {
		return err
	}
	began := time.Now()
	target, err := a.openTarget(settings, c.From, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	target.unseal(settings)
	until, err := parseUntil(c.Until)
	if err != nil {
		return err
	}
	m, err := target.choose(a.ctx, c.Backup, until)
	if err != nil {
		return err
	}
	if newest, err := sqlite.Newest(); err != nil || m.Schema > newest {
		return errors.Join(err, fmt.Errorf("%w: its schema is %d, and this program knows %d", backup.ErrNewer, m.Schema, newest))
	}
	if err := a.mustBeVacant(settings); err != nil {
		return err
	}
	if err := target.Check(a.ctx, m); err != nil {
		return err
	}
	if err := beginPlaces(a.ctx, settings, placesOf(settings)); err != nil {
		return err
	}
	release, err := lockServer(settings)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	doc := restoredDoc{Backup: m.ID, Of: m.StartedAt, Database: settings.Database.String(), Media: settings.Media.String(),
		Damaged: append([]backup.Row{}, m.Damaged...), Attention: []string{}}
	r := restoring{app: a, settings: settings, target: target.Target, manifest: m, doc: &doc}
	if err := r.run(); err != nil {
		return err
	}
	doc.Seconds = time.Since(began).Seconds()
	return a.show(doc, func(w io.Writer) { writeRestored(w, doc) })
}

// parseUntil reads a time up to which; empty is no bound.
func parseUntil(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return at, usage{"--until must be a time such as 2026-03-18T14:22:00Z"}
	}
	return at, nil
}

// mustBeVacant fails where there is data that a restore would be mixed with.
func (a *app) mustBeVacant(c config.Config) error {
	const advice = "a backup is put back into an empty place only"
	if c.Database.Engine == "postgres" {
		err := postgres.Vacant(a.ctx, c.Database.String(), c.DatabasePassword.Reveal())
		if errors.Is(err, postgres.ErrOccupied) {
			return fmt.Errorf("there is data at %s: %s; name another database, and keep this one", c.Database, advice)
		}
		return err
	}
	if _, err := os.Lstat(c.Database.Path); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("there is data at %s: %s; move the old data aside, and keep it", c.Database, advice), err)
	}
	return nil
}

// placesOf are the directories that a restore begins in.
func placesOf(c config.Config) []string {
	if c.Database.Engine == "postgres" {
		return []string{c.Data}
	}
	return []string{c.Data, filepath.Dir(c.Database.Path)}
}

func writeRestored(w io.Writer, d restoredDoc) {
	writeFields(w, field{"restored", d.Backup}, field{"as of", when(d.Of)}, field{"database", d.Database}, field{"media", d.Media},
		field{"objects", fmt.Sprintf("%d, %s", d.Objects, byteCount(d.Bytes))}, field{"took", fmt.Sprintf("%.1f s", d.Seconds)})
	writeRows(w, "cannot be delivered", d.Damaged)
	for _, s := range d.Attention {
		fmt.Fprintln(w, "note: "+printable(s))
	}
}

// restoring is one backup being put back.
type restoring struct {
	*app
	settings config.Config
	target   *backup.Target
	manifest backup.Manifest
	doc      *restoredDoc
}

func (r *restoring) run() (err error) {
	if err := r.masterKey(); err != nil {
		return err
	}
	if err := r.tryPart(); err != nil {
		return err
	}
	key, err := r.key()
	if err != nil {
		return err
	}
	media := newMedia(r.settings)
	defer func() { err = errors.Join(err, media.Close()) }()
	bar := r.newMeter()
	r.doc.Objects, r.doc.Bytes, err = r.target.PutBack(r.ctx, r.manifest, media, bar)
	bar.wait()
	if err != nil {
		return err
	}
	if r.settings.Database.Engine == "postgres" {
		return r.intoServer(media, key)
	}
	return r.intoFiles(media, key)
}

// intoFiles puts the database back as SQLite's files, aside, and moves them.
func (r *restoring) intoFiles(media blob.Store, key audit.Key) error {
	staging := filepath.Join(filepath.Dir(r.settings.Database.Path), ".restoring")
	staged := filepath.Join(staging, stagedName)
	if sqlite.MoveBegan(staged, r.settings.Database.Path) {
		return errors.Join(sqlite.Move(staged, r.settings.Database.Path), os.RemoveAll(staging))
	}
	if err := errors.Join(os.RemoveAll(staging), os.Mkdir(staging, 0o700)); err != nil {
		return err
	}
	err := r.asFiles(r.target, r.manifest, staging, key.Hasher(), func(s *aside) error { return r.settle(s, media) })
	if err != nil {
		return err
	}
	if err := r.checkpoints(staging); err != nil {
		return err
	}
	if err := sqlite.Move(staged, r.settings.Database.Path); err != nil {
		return err
	}
	return os.RemoveAll(staging)
}

// intoServer puts the database back into PostgreSQL, which nobody opens before
// it is done.
func (r *restoring) intoServer(media blob.Store, key audit.Key) (err error) {
	staging, err := os.MkdirTemp(r.settings.Data, ".restoring-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(staging)) }()
	return r.asRows(r.target, r.manifest, staging, func(from io.Reader, after backup.After) error {
		return postgres.Restore(r.ctx, r.settings.Database.String(), r.settings.DatabasePassword.Reveal(), from, func(db *postgres.DB) error {
			err := r.behindGate(r.target, r.manifest, staging, &aside{db: db, after: after}, key.Hasher(), func(s *aside) error { return r.settle(s, media) })
			if err != nil {
				return err
			}
			return r.checkpoints(staging)
		})
	})
}

// tryPart sees that what is sealed can be opened, before much is copied.
func (r *restoring) tryPart() error {
	part, err := r.target.Part(r.ctx, r.manifest, r.manifest.Parts[0].Name)
	if err != nil {
		return err
	}
	return part.Close()
}

// key finds the audit key: the one that is here already, else the backup's.
func (r *restoring) key() (audit.Key, error) {
	if !r.settings.AuditKey.Empty() {
		return audit.ParseKey(r.settings.AuditKey.Reveal())
	}
	file := r.settings.AuditKeyFile
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		if _, ok := r.manifest.Extra(extraKey); !ok {
			return audit.Key{}, fmt.Errorf("the backup was made without the audit key, and %s is not there: put it there, or name it by CHARTLINE_AUDIT_KEY", file)
		}
		if err := r.writeExtra(r.target, r.manifest, extraKey, file); err != nil {
			return audit.Key{}, err
		}
	}
	return checkpoint.LoadOrCreateKey(file, true)
}

// settle checks a database that was put back, and brings it to where a server
// may open it.
func (r *restoring) settle(aside *aside, media blob.Store) error {
	var found provedDoc
	if err := aside.examine(r.app, aside.quick, &found); err != nil {
		return err
	}
	if len(found.Problems) > 0 {
		return fmt.Errorf("%w: %s", backup.ErrIncomplete, found.Problems[0])
	}
	r.doc.Of, r.doc.Steps = aside.after.Until, aside.after.Steps
	reason := "put back " + r.manifest.ID + " up to " + when(r.doc.Of)
	if err := access.New(aside.gate).Restored(r.ctx, r.actor(), reason); err != nil {
		return err
	}
	if err := r.shred(aside); err != nil {
		return err
	}
	opened, err := r.sealedMedia(aside, media)
	if err != nil {
		return err
	}
	kept := recordings.New(aside.gate, opened)
	for _, row := range slices.Concat(r.manifest.Gone, aside.after.Gone) {
		if row.Noun != "recording" {
			continue // a file that no form cited: the server removes its row
		}
		ask := recordings.Ask{Actor: r.actor(), Scope: care.Scope{Tenant: row.Tenant, Instance: row.Instance}, ID: row.ID, Reason: "was deleted while the backup was made"}
		if _, err := kept.Delete(r.ctx, ask); err != nil && !care.IsNotFound(err) {
			return err
		}
		r.doc.Deleted++
	}
	return nil
}

// checkpoints puts the file of checkpoints back, unless one survived.
func (r *restoring) checkpoints(staging string) error {
	ours, err := os.ReadFile(filepath.Join(staging, extraCheckpoints)) // #nosec G304 -- in the staging directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	to := r.settings.AuditCheckpoints
	there, err := os.ReadFile(to) // #nosec G304 -- where the operator said
	if errors.Is(err, fs.ErrNotExist) {
		_, err := writeNew(to, bytes.NewReader(ours))
		return err
	}
	if err == nil && !bytes.Equal(there, ours) {
		r.doc.Attention = append(r.doc.Attention, to+" was there and stays: its checkpoints may tell of entries after the backup. "+
			"Until it is set aside (keep it: it proves what is lost), the server reports that the log went back")
	}
	return err
}
