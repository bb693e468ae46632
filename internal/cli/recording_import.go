package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

type recordingImport struct {
	Files       []string    `arg:"" placeholder:"FILE" help:"The files."`
	Scope       scopeFlags  `embed:""`
	Owner       ownerFlags  `embed:""`
	Name        string      `placeholder:"NAME" help:"The recording's name, for one file (default: the file's name without its folder)."`
	ContentType string      `placeholder:"TYPE" help:"Content type (default: by the file's extension, else by its first bytes)."`
	StartedAt   *time.Time  `placeholder:"TIME" help:"When the recording began, such as 2026-11-20T08:00:00Z."`
	Duration    *int64      `placeholder:"SECONDS" help:"How long it is."`
	Consent     string      `enum:"unknown,given,refused" default:"unknown" placeholder:"CONSENT" help:"unknown, given or refused (default: unknown)."`
	Upload      uploadFlags `embed:""`
	Settings    dataFlags   `embed:""`
}

// imported is what became of one file.
type imported struct {
	File      string        `json:"file"`
	Status    string        `json:"status"` // stored, waiting, already there, failed
	Error     string        `json:"error,omitempty"`
	Recording *recordingDoc `json:"recording,omitempty"`

	err error
}

// Run brings files in, one after the other. A file that cannot be taken does
// not keep the next from being tried; what would fail for all of them does.
// Running it again brings in what is missing.
func (c recordingImport) Run(a *app) error {
	switch {
	case !c.Owner.given():
		return usage{"--session or --call is required"}
	case c.Name != "" && len(c.Files) > 1:
		return usage{"--name goes with one file"}
	}
	return a.with(func(e *engine) error {
		bar := a.newProgress(c.Files)
		var all []imported
		failed := 0
		for _, file := range c.Files {
			one := c.file(a, e, file, bar)
			all = append(all, one)
			if one.err != nil {
				if failed++; stopsImport(one.err) {
					break
				}
			}
		}
		bar.wait()
		err := showPage(a, all, "",
			column[imported]{"FILE", func(i imported) string { return i.File }},
			column[imported]{"STATUS", func(i imported) string { return i.Status }},
			column[imported]{"RECORDING", func(i imported) string {
				if i.Recording == nil {
					return i.Error
				}
				return i.Recording.ID
			}})
		if err == nil && failed > 0 {
			err = fmt.Errorf("%d of %d files were not brought in", len(c.Files)-len(all)+failed, len(c.Files))
		}
		return err
	})
}

// stopsImport reports whether the next file would fail alike.
func stopsImport(err error) bool {
	switch care.KindOf(err) {
	case care.KindNotFound, care.KindForbidden, care.KindStorageFull, care.KindUnavailable:
		return true
	}
	return errors.Is(err, context.Canceled)
}

// file brings one file in.
func (c recordingImport) file(a *app, e *engine, name string, bar *progress) imported {
	out := imported{File: name, Status: "failed"}
	up, err := c.upload(a, e, name, bar)
	if err != nil {
		out.Error, out.err = explain(err), err
		return out
	}
	doc := docOfRecording(up.Recording)
	out.Recording = &doc
	switch {
	case !up.Created:
		out.Status = "already there"
	case doc.NameStatus == care.NameWaiting:
		out.Status = "waiting"
	default:
		out.Status = "stored"
	}
	return out
}

func (c recordingImport) upload(a *app, e *engine, name string, bar *progress) (up recordings.Uploaded, err error) {
	f, err := os.Open(filepath.Clean(name))
	if err != nil {
		return up, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return up, err
	}
	if !info.Mode().IsRegular() {
		return up, errors.New("is not a file")
	}
	u := recordings.Upload{
		Scope: c.Scope.scope(), Name: c.Name, Owner: c.Owner.owner(), ContentType: c.ContentType, StartedAt: c.StartedAt,
		Duration: c.Duration, Consent: care.Consent(c.Consent), MaxSize: e.settings.MaxUpload,
	}
	if u.Name == "" {
		u.Name = filepath.Base(name)
	}
	if u.ContentType == "" {
		if u.ContentType, err = typeOf(f, name, u.Owner.Kind); err != nil {
			return up, err
		}
	}
	return e.recordings.Upload(a.ctx, a.actor(), u, bar.reader(stoppable{a.ctx, f}))
}

// typeOf finds a file's content type: by its extension where its first bytes
// agree, else by those alone. Where they leave sound or picture open, a session
// has picture and a call has not. It leaves f at its start.
func typeOf(f io.ReadSeeker, name string, owner care.OwnerKind) (string, error) {
	head := make([]byte, care.MediaHead)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", err
	}
	head = head[:n]
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	if named, ok := care.MediaTypeOf(name); ok && care.SniffMedia(named, head) {
		return named, nil
	}
	found := ""
	for _, t := range care.MediaTypes() {
		better := owner == care.OwnerSession && strings.HasPrefix(t, "video/") && strings.HasPrefix(found, "audio/")
		if care.SniffMedia(t, head) && (found == "" || better) {
			found = t
		}
	}
	if found == "" {
		return "", &care.Error{Kind: care.KindUnsupportedMedia, Noun: "recording", Message: "is none of " + strings.Join(care.MediaTypes(), ", ")}
	}
	return found, nil
}

// stoppable ends reading when the command is interrupted.
type stoppable struct {
	ctx context.Context
	r   io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.r.Read(p)
}
