package cli

import (
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

type recordingCmd struct {
	List     recordingList     `cmd:"" help:"List recordings, newest first."`
	Show     recordingShow     `cmd:"" help:"Show what is known of a recording."`
	Resolve  recordingResolve  `cmd:"" help:"Look up: a recording's name in, its encounter out."`
	Import   recordingImport   `cmd:"" help:"Bring files in as recordings of a session or call."`
	Adopt    recordingAdopt    `cmd:"" help:"Make recordings of objects where they lie, in a directory or a bucket, without copying them."`
	Fetch    recordingFetch    `cmd:"" help:"Write a recording to a file."`
	Settle   recordingSettle   `cmd:"" help:"Decide about a recording whose name was taken when it arrived."`
	Withhold recordingWithhold `cmd:"" help:"Make a recording answer as if it were not there."`
	Release  recordingRelease  `cmd:"" help:"End a withholding."`
	Consent  recordingConsent  `cmd:"" help:"Note what the people recorded said."`
	Relink   recordingRelink   `cmd:"" help:"Move a recording to another session or call."`
	Delete   recordingDelete   `cmd:"" help:"Remove a recording's bytes for good."`
}

type recordingDoc struct {
	ID             string          `json:"id"`
	Name           string          `json:"name"`
	NameStatus     care.NameStatus `json:"nameStatus"`
	SessionID      string          `json:"sessionId,omitempty"`
	CallID         string          `json:"callId,omitempty"`
	PatientID      string          `json:"patientId"`
	Encounter      *int64          `json:"encounterId"`
	ContentType    string          `json:"contentType"`
	Size           int64           `json:"size"`
	SHA256         string          `json:"sha256"`
	Duration       *int64          `json:"duration"`
	StartedAt      *time.Time      `json:"startedAt"`
	Consent        care.Consent    `json:"consent"`
	WithheldAt     *time.Time      `json:"withheldAt"`
	WithheldReason string          `json:"withheldReason,omitempty"`
	DeletedAt      *time.Time      `json:"deletedAt"`
	CreatedAt      time.Time       `json:"createdAt"`
	UpdatedAt      time.Time       `json:"updatedAt"`
}

func docOfRecording(r care.Recording) recordingDoc {
	d := recordingDoc{ID: r.ID, Name: r.Name, NameStatus: r.NameStatus, PatientID: r.Patient, Encounter: r.Encounter, ContentType: r.ContentType,
		Size: r.Size, SHA256: hex.EncodeToString(r.SHA256[:]), Duration: r.Duration, StartedAt: r.StartedAt, Consent: r.Consent,
		WithheldAt: r.WithheldAt, WithheldReason: r.WithheldReason, DeletedAt: r.DeletedAt, CreatedAt: r.CreatedAt, UpdatedAt: r.UpdatedAt}
	if r.Owner.Kind == care.OwnerCall {
		d.CallID = r.Owner.ID
	} else {
		d.SessionID = r.Owner.ID
	}
	return d
}

// state says in one word why a recording may not be heard, or that it may.
func (d recordingDoc) state() string {
	switch {
	case d.DeletedAt != nil:
		return "deleted"
	case d.WithheldAt != nil:
		return "withheld"
	case d.Consent == care.ConsentRefused:
		return "refused"
	case d.NameStatus != care.NameHeld:
		return string(d.NameStatus)
	}
	return "ok"
}

func (d recordingDoc) owner() string {
	if d.CallID != "" {
		return "call " + d.CallID
	}
	return "session " + d.SessionID
}

func (a *app) showRecording(r care.Recording) error {
	d := docOfRecording(r)
	return a.show(d, func(w io.Writer) {
		writeFields(w, field{"recording", d.ID}, field{"name", d.Name}, field{"name status", string(d.NameStatus)}, field{"of", d.owner()},
			field{"patient", d.PatientID}, field{"encounter", number(d.Encounter)}, field{"type", d.ContentType},
			field{"bytes", strconv.FormatInt(d.Size, 10)}, field{"sha256", d.SHA256}, field{"seconds", number(d.Duration)},
			field{"started", whenPtr(d.StartedAt)}, field{"consent", string(d.Consent)}, field{"withheld", whenPtr(d.WithheldAt)},
			field{"because", d.WithheldReason}, field{"deleted", whenPtr(d.DeletedAt)}, field{"created", when(d.CreatedAt)})
	})
}

func number(n *int64) string {
	if n == nil {
		return ""
	}
	return strconv.FormatInt(*n, 10)
}

// ownerFlags name a session or a call.
type ownerFlags struct {
	Session string `xor:"owner" placeholder:"ID" help:"The video session, 24 hex digits."`
	Call    string `xor:"owner" placeholder:"UUID" help:"The voice call."`
}

func (o ownerFlags) given() bool { return o.Session != "" || o.Call != "" }

func (o ownerFlags) owner() care.Owner {
	switch {
	case o.Call != "":
		return care.Owner{Kind: care.OwnerCall, ID: strings.ToLower(o.Call)}
	case o.Session != "":
		return care.Owner{Kind: care.OwnerSession, ID: strings.ToLower(o.Session)}
	}
	return care.Owner{}
}

type recordingList struct {
	Scope          scopeFlags `embed:""`
	Waiting        bool       `help:"Only those whose name was taken when they arrived."`
	Withheld       bool       `help:"Only those that are withheld."`
	IncludeDeleted bool       `help:"Deleted ones too."`
	Consent        string     `enum:"unknown,given,refused," default:"" placeholder:"CONSENT" help:"Only unknown, given or refused."`
	Patient        string     `placeholder:"ID" help:"Only of this patient, by UUID or number."`
	Owner          ownerFlags `embed:""`
	Page           pageFlags  `embed:""`
	Settings       dataFlags  `embed:""`
}

// Run lists recordings.
func (c recordingList) Run(a *app) error {
	if err := c.Page.check(); err != nil {
		return err
	}
	before, err := parsePlace(c.Page.After)
	if err != nil {
		return err
	}
	f := care.RecordingFilter{Owner: c.Owner.owner(), Consent: care.Consent(c.Consent), IncludeDeleted: c.IncludeDeleted}
	if c.Waiting {
		f.NameStatus = care.NameWaiting
	}
	if c.Withheld {
		f.Withheld = &c.Withheld
	}
	return a.with(func(e *engine) error {
		if c.Patient != "" {
			ref, err := personRef("patient", c.Patient)
			if err != nil {
				return err
			}
			p, err := e.people.PatientByRef(a.ctx, a.actor(), c.Scope.scope(), ref)
			if err != nil {
				return err
			}
			f.Patient = p.ID
		}
		all, err := e.recordings.Recordings(a.ctx, a.actor(), c.Scope.scope(), f, before, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, placeOf)
		return showPage(a, docs(all, docOfRecording), next,
			column[recordingDoc]{"CREATED", func(r recordingDoc) string { return when(r.CreatedAt) }},
			column[recordingDoc]{"ID", func(r recordingDoc) string { return r.ID }},
			column[recordingDoc]{"STATE", recordingDoc.state},
			column[recordingDoc]{"CONSENT", func(r recordingDoc) string { return string(r.Consent) }},
			column[recordingDoc]{"OF", recordingDoc.owner},
			column[recordingDoc]{"NAME", func(r recordingDoc) string { return r.Name }})
	})
}

// placeOf is a recording's place in the list, for --after.
func placeOf(r care.Recording) string { return r.CreatedAt.UTC().Format(time.RFC3339Nano) + "/" + r.ID }

func parsePlace(text string) (*recordings.Place, error) {
	if text == "" {
		return nil, nil
	}
	created, id, _ := strings.Cut(text, "/")
	at, err := time.Parse(time.RFC3339Nano, created)
	uuid, ok := care.ParseUUID(id)
	if err != nil || !ok {
		return nil, usage{"--after must be what an earlier list printed as next"}
	}
	return &recordings.Place{CreatedAt: at.UTC(), ID: uuid}, nil
}

// recordingFlags name one recording.
type recordingFlags struct {
	ID       string     `arg:"" help:"The recording's UUID."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

type recordingShow struct {
	Recording recordingFlags `embed:""`
}

// Run shows a recording, a withheld one too.
func (c recordingShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		r, err := e.recordings.Recording(a.ctx, a.actor(), c.Recording.Scope.scope(), c.Recording.ID)
		if err != nil {
			return err
		}
		return a.showRecording(r)
	})
}

type recordingResolve struct {
	Name     string     `arg:"" help:"The recording's name, with or without folder and extension."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

type visitDoc struct {
	RecordingID   string            `json:"recordingId"`
	RecordingName string            `json:"recordingName"`
	Encounter     int64             `json:"encounterId"`
	Complaint     string            `json:"complaint"`
	Duration      int64             `json:"duration"`
	Patient       visitPerson       `json:"patient"`
	Provider      visitPerson       `json:"provider"`
	Sessions      []visitSessionDoc `json:"sessions"`
}

type visitPerson struct {
	ID     string `json:"id"`
	Number int64  `json:"number"`
	Name   string `json:"name"`
}

type visitSessionDoc struct {
	ID         string             `json:"id"`
	SID        string             `json:"sid"`
	Status     care.SessionStatus `json:"status"`
	Start      time.Time          `json:"start"`
	End        *time.Time         `json:"end"`
	Duration   int64              `json:"duration"`
	Recordings []string           `json:"recordings"` // their names
}

func docOfVisit(r care.RecordingName, v care.Visit) visitDoc {
	return visitDoc{
		RecordingID: r.ID, RecordingName: r.Name, Encounter: v.Encounter.ID, Complaint: v.Encounter.Complaint, Duration: v.Duration(),
		Patient:  visitPerson{ID: v.Patient.ID, Number: v.Patient.Number, Name: v.Patient.FullName()},
		Provider: visitPerson{ID: v.Provider.ID, Number: v.Provider.Number, Name: v.Provider.FullName()},
		Sessions: docs(v.Sessions, func(s care.VisitSession) visitSessionDoc {
			return visitSessionDoc{ID: s.ID, SID: s.SID, Status: s.Status, Start: s.Start, End: s.End, Duration: s.Duration(),
				Recordings: docs(s.Recordings, func(n care.RecordingName) string { return n.Name })}
		}),
	}
}

// Run looks a recording's encounter up, as the telehealth surface does.
func (c recordingResolve) Run(a *app) error {
	return a.with(func(e *engine) error {
		found, err := e.visits.LookUp(a.ctx, a.actor(), c.Scope.scope(), c.Name)
		if err != nil {
			return err
		}
		d := docOfVisit(found.Recording, found.Visit)
		return a.show(d, func(w io.Writer) {
			writeFields(w, field{"encounter", strconv.FormatInt(d.Encounter, 10)}, field{"complaint", d.Complaint},
				field{"patient", fmt.Sprintf("%d %s", d.Patient.Number, d.Patient.Name)},
				field{"provider", fmt.Sprintf("%d %s", d.Provider.Number, d.Provider.Name)},
				field{"seconds", strconv.FormatInt(d.Duration, 10)}, field{"recording", d.RecordingID + " " + d.RecordingName})
			fmt.Fprintln(w)
			writeTable(w, d.Sessions, []column[visitSessionDoc]{
				{"SESSION", func(s visitSessionDoc) string { return s.ID }},
				{"START", func(s visitSessionDoc) string { return when(s.Start) }},
				{"STATUS", func(s visitSessionDoc) string { return string(s.Status) }},
				{"SECONDS", func(s visitSessionDoc) string { return strconv.FormatInt(s.Duration, 10) }},
				{"RECORDINGS", func(s visitSessionDoc) string { return strings.Join(s.Recordings, " ") }},
			})
		})
	})
}
