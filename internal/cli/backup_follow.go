package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"chartline/internal/backup"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

type backupFollow struct {
	To         string        `arg:"" placeholder:"PLACE" help:"Where backups are kept, a directory or s3://BUCKET/PREFIX. It is this command's own until it ends."`
	Every      time.Duration `placeholder:"1s" default:"1s" help:"How often what was committed is copied: what may be lost with this machine."`
	Renew      time.Duration `placeholder:"24h" default:"24h" help:"How often all is copied anew, beside that: a restore goes through all that was committed since."`
	Keep       int           `placeholder:"N" default:"2" help:"Of those whole copies, with what came after them, keep the newest N (0: all)."`
	WithoutKey bool          `help:"Leave out the files of the audit key and of the master key; they are then needed to restore. A key that you placed yourself is never in a backup."`
	Settings   dataFlags     `embed:""`
}

// Help implements kong's HelpProvider.
func (backupFollow) Help() string {
	return "Runs beside the server until SIGTERM or Ctrl-C; whatever was committed until then is copied before it ends. Where the place " +
		"cannot be reached it goes on trying, and what was committed meanwhile is kept (up to 2 GiB in SQLite's log). " +
		"chartline backup list says up to when a place has everything."
}

// Run backs up, and goes on with what is committed until it is told to stop.
func (c backupFollow) Run(a *app) error {
	switch {
	case c.Keep < 0:
		return usage{"--keep must not be negative"}
	case c.Every < 100*time.Millisecond:
		return usage{"--every must be 100ms or more"}
	case c.Renew < time.Minute:
		return usage{"--renew must be a minute or more"}
	}
	return a.with(func(e *engine) (err error) {
		db, ok := e.store.(store.Followed)
		if !ok {
			return errors.New("this command follows SQLite; PostgreSQL has standbys and archives of its log: docs/ops/postgresql.md")
		}
		target, err := a.openTarget(e.settings, c.To, true)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, target.Close()) }()
		target.unseal(e.settings) // for steps that become one
		q := gate.Request{Actor: a.actor(), Action: policy.SystemBackup, Reason: "to " + target.name + ", and what is committed from then on"}
		source, err := e.beginBackup(a, c.To, q, c.WithoutKey)
		if err != nil {
			return err
		}
		teller := followTeller{app: a}
		err = target.Follow(a.ctx, source, db, backup.Following{
			Options: backup.Options{Meter: &progress{}, Keep: c.Keep, Now: time.Now},
			Every:   c.Every, Renew: c.Renew, Made: teller.made, Stepped: teller.stepped, Failed: teller.failed, Untidy: teller.untidy,
		})
		if err != nil {
			err = errors.Join(err, e.noteFailedBackup(a.ctx, q))
		}
		return errors.Join(err, teller.err)
	})
}

// followTeller says what following does: a document for each whole copy, and a
// line when copying begins to fail and when it works again.
type followTeller struct {
	*app
	err     error // of telling
	failing bool
}

func (t *followTeller) made(m backup.Created) {
	doc := docOfBackup(m)
	if t.json {
		t.err = errors.Join(t.err, printLine(t.out, doc))
		return
	}
	t.err = errors.Join(t.err, t.show(doc, func(w io.Writer) {
		writeBackup(w, doc)
		fmt.Fprintln(w, "following")
	}))
}

func (t *followTeller) stepped(s backup.Step) {
	if t.failing {
		fmt.Fprintf(t.app.err, "%s: copied again, nothing is missing\n", when(s.At))
	}
	t.failing = false
	writeRows(t.app.err, "not there or damaged", s.Damaged)
}

func (t *followTeller) failed(err error) {
	if !t.failing {
		fmt.Fprintf(t.app.err, "%s: NOT COPIED, and tried again: %s\n", when(time.Now()), printable(explain(err)))
	}
	t.failing = true
}

func (t *followTeller) untidy(err error) {
	fmt.Fprintf(t.app.err, "%s: old steps stay as they are: %s\n", when(time.Now()), printable(explain(err)))
}
