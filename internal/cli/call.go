package cli

import (
	"fmt"
	"io"
	"strconv"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/voice"
)

type callCmd struct {
	List callList `cmd:"" help:"List a patient's calls, newest first, or all calls by id."`
	Show callShow `cmd:"" help:"Show one call."`
}

type callDoc struct {
	ID           string          `json:"id"`
	PatientID    string          `json:"patientId"`
	Direction    care.Direction  `json:"direction"`
	Status       care.CallStatus `json:"status"`
	Duration     int64           `json:"duration"`
	CalledAt     time.Time       `json:"calledAt"`
	HasRecording bool            `json:"hasRecording"`
}

// callFull is a call with all that is known of it.
type callFull struct {
	callDoc
	StartedAt  *time.Time `json:"startedAt"`
	AnsweredAt *time.Time `json:"answeredAt"`
	EndedAt    *time.Time `json:"endedAt"`
	From       string     `json:"from"`
	To         string     `json:"to"`
	ExternalID string     `json:"externalId"`
	Source     string     `json:"source"`
	UserID     string     `json:"userId"`
	Encounter  *int64     `json:"encounterId"`
	Legs       []care.Leg `json:"legs"`
	Voicemail  bool       `json:"voicemail"`
	CreatedAt  time.Time  `json:"createdAt"`
	UpdatedAt  time.Time  `json:"updatedAt"`
}

func docOfItem(i voice.Item) callDoc {
	return callDoc{ID: i.ID, PatientID: i.Patient, Direction: i.Direction, Status: i.Status, Duration: i.Duration,
		CalledAt: i.CalledAt, HasRecording: i.HasRecording}
}

func docOfRecord(r voice.Record) callDoc {
	return docOfItem(voice.Item{CallItem: r.Call.Item(), HasRecording: r.HasRecording})
}

func callColumns() []column[callDoc] {
	return []column[callDoc]{
		{"CALLED", func(c callDoc) string { return when(c.CalledAt) }},
		{"ID", func(c callDoc) string { return c.ID }},
		{"DIRECTION", func(c callDoc) string { return string(c.Direction) }},
		{"STATUS", func(c callDoc) string { return string(c.Status) }},
		{"SECONDS", func(c callDoc) string { return strconv.FormatInt(c.Duration, 10) }},
		{"RECORDED", func(c callDoc) string { return yesNo(c.HasRecording) }},
	}
}

type callList struct {
	Scope    scopeFlags `embed:""`
	Patient  string     `placeholder:"ID" help:"The patient's UUID or number; without it, all calls of the instance."`
	Number   int        `name:"page" placeholder:"N" help:"With --patient: the page, from 0."`
	Page     pageFlags  `embed:""`
	Settings dataFlags  `embed:""`
}

// Run lists calls.
func (c callList) Run(a *app) error {
	if err := c.Page.check(); err != nil {
		return err
	}
	switch {
	case c.Patient == "" && c.Number != 0:
		return usage{"--page goes with --patient; all calls are walked by --after"}
	case c.Patient != "" && c.Page.After != "":
		return usage{"--after walks all calls; a patient's are walked by --page"}
	case c.Number < 0:
		return usage{"--page must not be negative"}
	}
	return a.with(func(e *engine) error {
		if c.Patient == "" {
			return c.all(a, e)
		}
		return c.ofPatient(a, e)
	})
}

func (c callList) all(a *app, e *engine) error {
	all, err := e.voice.Calls(a.ctx, a.actor(), c.Scope.scope(), nil, c.Page.After, c.Page.Limit+1)
	if err != nil {
		return err
	}
	all, next := cutPage(all, c.Page.Limit, func(r voice.Record) string { return r.Call.ID })
	return showPage(a, docs(all, docOfRecord), next, callColumns()...)
}

// numberedPage is the JSON document of a patient's calls.
type numberedPage struct {
	Items []callDoc `json:"items"`
	Page  int       `json:"page"`
	Total int       `json:"total"`
}

func (c callList) ofPatient(a *app, e *engine) error {
	ref, err := personRef("patient", c.Patient)
	if err != nil {
		return err
	}
	p, err := e.people.PatientByRef(a.ctx, a.actor(), c.Scope.scope(), ref)
	if err != nil {
		return err
	}
	found, err := e.voice.List(a.ctx, a.actor(), c.Scope.scope(), p.ID, care.CallPage{Page: c.Number, Size: c.Page.Limit})
	if err != nil {
		return err
	}
	doc := numberedPage{Items: docs(found.Items, docOfItem), Page: c.Number, Total: found.Total}
	return a.show(doc, func(w io.Writer) {
		writeTable(w, doc.Items, callColumns())
		if more := (c.Number + 1) * c.Page.Limit; more < found.Total {
			fmt.Fprintf(w, "more: --page %d (%d calls in all)\n", c.Number+1, found.Total)
		}
	})
}

type callShow struct {
	Call     string     `arg:"" help:"The call's UUID."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

// Run shows a call.
func (c callShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		r, err := e.voice.Call(a.ctx, a.actor(), c.Scope.scope(), c.Call)
		if err != nil {
			return err
		}
		v := r.Call
		doc := callFull{callDoc: docOfRecord(r), StartedAt: v.StartedAt, AnsweredAt: v.AnsweredAt, EndedAt: v.EndedAt, From: v.From, To: v.To,
			ExternalID: v.ExternalID, Source: v.Source, UserID: v.User, Encounter: v.Encounter, Legs: v.Legs, Voicemail: v.Voicemail,
			CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt}
		if doc.Legs == nil {
			doc.Legs = []care.Leg{}
		}
		return a.show(doc, func(w io.Writer) {
			writeFields(w, field{"call", v.ID}, field{"patient", v.Patient}, field{"called", when(v.CalledAt)},
				field{"direction", string(v.Direction)}, field{"status", string(v.Status)}, field{"seconds", strconv.FormatInt(v.Duration, 10)},
				field{"from", v.From}, field{"to", v.To}, field{"answered", whenPtr(v.AnsweredAt)}, field{"ended", whenPtr(v.EndedAt)},
				field{"source", v.Source}, field{"external id", v.ExternalID}, field{"user", v.User},
				field{"voicemail", yesNo(v.Voicemail)}, field{"recorded", yesNo(r.HasRecording)})
		})
	})
}
