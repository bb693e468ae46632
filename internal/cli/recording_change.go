package cli

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

// ask is the request for a change of the recording that f names.
func (f recordingFlags) ask(a *app, reason string) recordings.Ask {
	return recordings.Ask{Actor: a.actor(), Scope: f.Scope.scope(), ID: f.ID, Reason: reason}
}

// changed runs one change and shows what became of the recording.
func (a *app) changed(change func(*engine) (care.Recording, error)) error {
	return a.with(func(e *engine) error {
		r, err := change(e)
		if err != nil {
			return err
		}
		return a.showRecording(r)
	})
}

type recordingSettle struct {
	Recording  recordingFlags `embed:""`
	Decision   string         `arg:"" enum:"take,rename,dismiss" help:"take: it gets the name, and who held it waits; rename: it gets the name given by --name; dismiss: no look-up by name finds it."`
	Name       string         `placeholder:"NAME" help:"With rename: its name from now on."`
	HolderName string         `placeholder:"NAME" help:"With take: the name of who held it from now on, in place of waiting."`
	Reason     string         `placeholder:"TEXT" help:"Why, for the audit log."`
}

// Run settles whose a name is.
func (c recordingSettle) Run(a *app) error {
	return a.changed(func(e *engine) (care.Recording, error) {
		return e.recordings.Settle(a.ctx, c.Recording.ask(a, c.Reason),
			recordings.Settlement{Decision: recordings.Decision(c.Decision), Name: c.Name, HolderName: c.HolderName})
	})
}

type recordingWithhold struct {
	Recording recordingFlags `embed:""`
	Reason    string         `required:"" placeholder:"TEXT" help:"Why."`
}

// Run withholds a recording.
func (c recordingWithhold) Run(a *app) error {
	return a.changed(func(e *engine) (care.Recording, error) {
		return e.recordings.Withhold(a.ctx, c.Recording.ask(a, c.Reason))
	})
}

type recordingRelease struct {
	Recording recordingFlags `embed:""`
	Reason    string         `placeholder:"TEXT" help:"Why, for the audit log."`
}

// Run ends a withholding.
func (c recordingRelease) Run(a *app) error {
	return a.changed(func(e *engine) (care.Recording, error) {
		return e.recordings.Release(a.ctx, c.Recording.ask(a, c.Reason))
	})
}

type recordingConsent struct {
	Recording recordingFlags `embed:""`
	Consent   string         `arg:"" enum:"unknown,given,refused" help:"unknown, given or refused."`
	Reason    string         `placeholder:"TEXT" help:"Why, for the audit log."`
}

// Run notes consent.
func (c recordingConsent) Run(a *app) error {
	return a.changed(func(e *engine) (care.Recording, error) {
		return e.recordings.SetConsent(a.ctx, c.Recording.ask(a, c.Reason), care.Consent(c.Consent))
	})
}

type recordingRelink struct {
	Recording recordingFlags `embed:""`
	Owner     ownerFlags     `embed:""`
	Reason    string         `placeholder:"TEXT" help:"Why, for the audit log."`
}

// Run moves a recording.
func (c recordingRelink) Run(a *app) error {
	if !c.Owner.given() {
		return usage{"--session or --call is required"}
	}
	return a.changed(func(e *engine) (care.Recording, error) {
		return e.recordings.Relink(a.ctx, c.Recording.ask(a, c.Reason), c.Owner.owner())
	})
}

type recordingDelete struct {
	Recording recordingFlags `embed:""`
	Reason    string         `required:"" placeholder:"TEXT" help:"Why: what is deleted does not come back."`
}

// Run deletes a recording.
func (c recordingDelete) Run(a *app) error {
	return a.changed(func(e *engine) (care.Recording, error) {
		return e.recordings.Delete(a.ctx, c.Recording.ask(a, c.Reason))
	})
}

type recordingFetch struct {
	Recording recordingFlags `embed:""`
	Output    string         `short:"o" required:"" placeholder:"FILE" help:"The file, which must not exist yet; - for standard output."`
}

type fetchDoc struct {
	ID    string `json:"id"`
	File  string `json:"file"`
	Bytes int64  `json:"bytes"`
}

// Run writes a recording's bytes. A file that was begun and not finished is
// taken away again.
func (c recordingFetch) Run(a *app) error {
	if c.Output == "-" && a.json {
		return usage{"--json needs a file: the recording itself is on standard output"}
	}
	return a.with(func(e *engine) (err error) {
		content, err := e.recordings.Open(a.ctx, a.actor(), c.Recording.Scope.scope(), c.Recording.ID)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, content.Object.Close()) }()
		if c.Output == "-" {
			_, err := io.Copy(a.out, content.Object)
			return err
		}
		n, err := writeNew(c.Output, content.Object)
		if err != nil {
			return err
		}
		return a.show(fetchDoc{ID: content.Recording.ID, File: c.Output, Bytes: n}, func(w io.Writer) {
			writeFields(w, field{"recording", content.Recording.ID}, field{"file", c.Output}, field{"bytes", strconv.FormatInt(n, 10)})
		})
	})
}

// writeNew makes a file with all of r, or no file.
func writeNew(name string, r io.Reader) (int64, error) {
	f, err := os.OpenFile(filepath.Clean(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	n, err := io.Copy(f, r)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return 0, errors.Join(err, os.Remove(name))
	}
	return n, nil
}
