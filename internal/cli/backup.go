package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"chartline/internal/backup"
	"chartline/internal/blob/dir"
	"chartline/internal/care"
	"chartline/internal/config"
	"chartline/internal/gate"
	"chartline/internal/policy"
)

type backupCmd struct {
	Follow backupFollow `cmd:"" help:"Back up everything, and go on with what is committed, every second, until told to stop (SQLite)."`
	Create backupCreate `cmd:"" default:"withargs" help:"Back up everything to a directory (backup DIR is short for backup create DIR)."`
	List   backupList   `cmd:"" help:"List the backups in a directory."`
	Verify backupVerify `cmd:"" help:"Prove that a backup can be put back: restore its database aside, check it, and read every object."`
}

// What a backup holds beside the database.
const (
	extraCheckpoints = "checkpoints"
	extraPublicKey   = "audit-public-key"
	extraKey         = "audit-key"
	extraMasterKey   = "master-key"
	extraShredded    = "shredded-keys"
)

type backupCreate struct {
	To         string    `arg:"" placeholder:"PLACE" help:"Where backups are kept, a directory or s3://BUCKET/PREFIX; it may hold any number, which share their media."`
	Keep       int       `placeholder:"N" help:"Afterwards remove all but the newest N (default: keep all)."`
	WithoutKey bool      `help:"Leave out the files of the audit key and of the master key; they are then needed to restore. A key that you placed yourself is never in a backup."`
	Settings   dataFlags `embed:""`
}

type backupDoc struct {
	ID            string       `json:"id"`
	StartedAt     time.Time    `json:"startedAt"`
	Followed      bool         `json:"followed"`  // what was committed after it is copied too
	Steps         int          `json:"steps"`     // of that
	StepBytes     int64        `json:"stepBytes"` // that the steps take, beside their objects
	Until         time.Time    `json:"until"`     // up to when everything is there
	FinishedAt    time.Time    `json:"finishedAt"`
	DatabaseBytes int64        `json:"databaseBytes"`
	Objects       int64        `json:"objects"` // with those that came with the steps
	Bytes         int64        `json:"bytes"`
	CopiedObjects int64        `json:"copiedObjects"`
	CopiedBytes   int64        `json:"copiedBytes"`
	Damaged       []backup.Row `json:"damaged"`
	Removed       []string     `json:"removed"`
}

func docOfBackup(c backup.Created) backupDoc {
	d := backupDoc{ID: c.ID, Followed: c.Followed > 0, StartedAt: c.StartedAt, Until: c.StartedAt, FinishedAt: c.FinishedAt, Objects: c.Objects, Bytes: c.Bytes,
		CopiedObjects: c.CopiedObjects, CopiedBytes: c.CopiedBytes, Damaged: append([]backup.Row{}, c.Damaged...), Removed: append([]string{}, c.Removed...)}
	for _, p := range c.Parts {
		d.DatabaseBytes += p.Size
	}
	return d
}

// Run makes a backup, beside a server or without one.
func (c backupCreate) Run(a *app) error {
	if c.Keep < 0 {
		return usage{"--keep must not be negative"}
	}
	return a.with(func(e *engine) (err error) {
		target, err := a.openTarget(e.settings, c.To, true)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, target.Close()) }()
		q := gate.Request{Actor: a.actor(), Action: policy.SystemBackup, Reason: "to " + target.name}
		source, err := e.beginBackup(a, c.To, q, c.WithoutKey)
		if err != nil {
			return err
		}
		bar := a.newMeter()
		made, err := target.Create(a.ctx, source, backup.Options{Meter: bar, Keep: c.Keep, Now: time.Now})
		bar.wait()
		if err != nil {
			return errors.Join(err, e.noteFailedBackup(a.ctx, q))
		}
		doc := docOfBackup(made)
		if err := a.show(doc, func(w io.Writer) { writeBackup(w, doc) }); err != nil {
			return err
		}
		if n := len(doc.Damaged); n > 0 {
			return fmt.Errorf("the backup was made without %d objects that are missing or damaged: run chartline doctor --deep and chartline scrub", n)
		}
		return nil
	})
}

func writeBackup(w io.Writer, d backupDoc) {
	writeFields(w,
		field{"backup", d.ID}, field{"database", byteCount(d.DatabaseBytes)},
		field{"objects", fmt.Sprintf("%d, %s", d.Objects, byteCount(d.Bytes))},
		field{"copied now", fmt.Sprintf("%d, %s", d.CopiedObjects, byteCount(d.CopiedBytes))},
		field{"took", d.FinishedAt.Sub(d.StartedAt).String()},
		field{"removed", strings.Join(d.Removed, " ")})
	writeRows(w, "not there or damaged", d.Damaged)
}

func writeRows(w io.Writer, what string, rows []backup.Row) {
	for _, r := range rows {
		fmt.Fprintf(w, "%s: %s %s of %s/%s: %s\n", what, r.Noun, r.ID, printable(r.Tenant), printable(r.Instance), r.Key)
	}
}

// byteCount is a size for people.
func byteCount(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
	}
	return strconv.FormatInt(n, 10) + " bytes"
}

// beginBackup sees that a backup may be made and would open, audits that it
// begins, and returns what is copied.
func (e *engine) beginBackup(a *app, to string, q gate.Request, withoutKey bool) (backup.Source, error) {
	if e.settings.Seal { // else a backup would be made that only seems to open
		if err := e.checkMaster(a.ctx); err != nil {
			return backup.Source{}, err
		}
	}
	a.warnSameDisk(e.settings, to)
	if _, err := gate.Open(a.ctx, e.gate, q, gate.Nothing("backup")); err != nil {
		return backup.Source{}, err
	}
	return e.backupSource(a.ctx, withoutKey)
}

// noteFailedBackup audits that what q began was not done, or not to its end.
func (e *engine) noteFailedBackup(ctx context.Context, q gate.Request) error {
	return e.gate.Note(context.WithoutCancel(ctx), q, care.Target{Noun: "backup"}, care.OutcomeFailed, q.Reason)
}

// backupSource is this installation as it is copied.
func (e *engine) backupSource(ctx context.Context, withoutKey bool) (backup.Source, error) {
	text := func(s string) func() (io.ReadCloser, error) {
		return func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(s)), nil }
	}
	s := backup.Source{Store: e.store, Engine: e.settings.Database.Engine, Media: withAdopted(e.objects, e.store, e.places), Opened: e.stored, Program: buildOf().Version}
	s.Extras = append(s.Extras, backup.Extra{Name: extraPublicKey, Open: text(hex.EncodeToString(e.key.Public()))})
	// Before the database, so that no checkpoint is about an entry to come.
	s.Extras = append(s.Extras, backup.Extra{Name: extraCheckpoints, Grows: true, Open: func() (io.ReadCloser, error) {
		f, err := os.Open(e.checkpoints.Path())
		if errors.Is(err, fs.ErrNotExist) { // nothing was signed yet
			return io.NopCloser(strings.NewReader("")), nil
		}
		return f, err
	}})
	s.Extras = append(s.Extras, backup.Extra{Name: extraShredded, Open: func() (io.ReadCloser, error) { return e.shredded(ctx), nil }})
	if file := e.settings.MasterKeyFile; !e.settings.MasterKeyGiven && !withoutKey {
		if _, err := os.Stat(file); err == nil {
			s.Extras = append(s.Extras, backup.Extra{Name: extraMasterKey, Open: func() (io.ReadCloser, error) { return os.Open(file) }}) // #nosec G304 -- the file that the operator named
		}
	}
	if e.settings.AuditKey.Empty() && !withoutKey {
		s.Extras = append(s.Extras, backup.Extra{Name: extraKey, Secret: true, Open: func() (io.ReadCloser, error) { return os.Open(e.settings.AuditKeyFile) }})
	}
	if e.settings.Seal && (e.settings.MasterKeyGiven || withoutKey) {
		s.Seal = e.sealBackup // beside its key it would only seem to be sealed
	}
	return s, nil
}

// openedTarget is a target with what it is kept in.
type openedTarget struct {
	*backup.Target
	io.Closer
	name string
}

// openTarget opens a place of backups; one that is not there is made for a
// backup only.
func (a *app) openTarget(c config.Config, name string, create bool) (*openedTarget, error) {
	if scheme, _, ok := strings.Cut(name, "://"); ok {
		if !strings.EqualFold(scheme, "s3") {
			return nil, usage{"backups are kept in a directory or a bucket, s3://BUCKET/PREFIX"}
		}
		return a.openBucketTarget(c, name, create)
	}
	path := strings.TrimPrefix(name, "dir:")
	if _, err := os.Stat(path); err != nil && !create {
		return nil, err
	}
	if within(c.Media.Path, path) {
		return nil, usage{"the backups must not be among the media that they are of"}
	}
	store, err := dir.Open(path, dir.Options{FreeFloor: c.FreeDiskFloor, ReadOnly: !create})
	if err != nil {
		return nil, err
	}
	return &openedTarget{backup.NewTarget(store), store, path}, nil
}

// within reports whether path is dir or in it.
func within(dir, path string) bool {
	if dir == "" {
		return false
	}
	from, err := filepath.Abs(dir)
	to, err2 := filepath.Abs(path)
	if err != nil || err2 != nil {
		return false
	}
	rel, err := filepath.Rel(from, to)
	return err == nil && filepath.IsLocal(rel)
}

// warnSameDisk says that one disk's failure would take the data and the backup.
func (a *app) warnSameDisk(c config.Config, to string) {
	at := c.Media.Path // empty where neither is on a disk of this machine
	if c.Database.Engine == "sqlite" {
		at = filepath.Dir(c.Database.Path)
	}
	data, err := os.Stat(at)
	there, err2 := os.Stat(strings.TrimPrefix(to, "dir:"))
	if err != nil || err2 != nil {
		return
	}
	one, ok := data.Sys().(*syscall.Stat_t)
	other, ok2 := there.Sys().(*syscall.Stat_t)
	if ok && ok2 && one.Dev == other.Dev && !a.json {
		fmt.Fprintln(a.err, "note: the backup is on the same disk as the data; keep a copy elsewhere")
	}
}

type backupList struct {
	In       string    `arg:"" placeholder:"PLACE" help:"Where backups are kept, a directory or s3://BUCKET/PREFIX."`
	Settings dataFlags `embed:""`
}

// Run lists the finished backups, newest first.
func (c backupList) Run(a *app) (err error) {
	target, err := a.openTarget(config.Config{}, c.In, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	all, err := target.All(a.ctx)
	if err != nil {
		return err
	}
	list := make([]backupDoc, len(all))
	for i, m := range all {
		after, err := target.After(a.ctx, m)
		if err != nil {
			return err
		}
		doc := docOfBackup(backup.Created{Manifest: m})
		doc.Steps, doc.StepBytes, doc.Until = after.Steps, after.Stored, after.Until
		doc.Objects, doc.Bytes = doc.Objects+after.Objects, doc.Bytes+after.Bytes
		list[len(all)-1-i] = doc
	}
	return showPage(a, list, "",
		column[backupDoc]{"BACKUP", func(d backupDoc) string { return d.ID }},
		column[backupDoc]{"OF", func(d backupDoc) string { return when(d.StartedAt) }},
		column[backupDoc]{"UNTIL", func(d backupDoc) string { return when(d.Until) }},
		column[backupDoc]{"DATABASE", func(d backupDoc) string { return byteCount(d.DatabaseBytes) }},
		column[backupDoc]{"AFTER IT", func(d backupDoc) string { return byteCount(d.StepBytes) }},
		column[backupDoc]{"OBJECTS", func(d backupDoc) string { return strconv.FormatInt(d.Objects, 10) }},
		column[backupDoc]{"MEDIA", func(d backupDoc) string { return byteCount(d.Bytes) }},
		column[backupDoc]{"DAMAGED", func(d backupDoc) string { return strconv.Itoa(len(d.Damaged)) }})
}

// choose reads the manifest of a backup, by default that of the newest which is
// not after until, and bounds what came after it.
func (t *openedTarget) choose(ctx context.Context, id string, until time.Time) (backup.Manifest, error) {
	t.Until(until)
	switch {
	case id != "":
		m, err := t.Manifest(ctx, id)
		if err == nil && !until.IsZero() && m.StartedAt.After(until) {
			err = fmt.Errorf("backup %s is of %s, after the time of --until", id, when(m.StartedAt))
		}
		return m, err
	case until.IsZero():
		return t.Newest(ctx)
	}
	all, err := t.All(ctx)
	if err != nil {
		return backup.Manifest{}, err
	}
	for _, m := range slices.Backward(all) {
		if !m.StartedAt.After(until) {
			return m, nil
		}
	}
	return backup.Manifest{}, fmt.Errorf("%w of that time or before: the oldest is newer", backup.ErrNone)
}
