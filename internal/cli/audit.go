package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"chartline/internal/audit"
	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
)

type auditCmd struct {
	List   auditList   `cmd:"" help:"List entries, newest first."`
	Verify auditVerify `cmd:"" help:"Check that no entry was changed, removed, put in or moved; exit 1 where one was."`
	Export auditExport `cmd:"" help:"Write entries as JSON lines, as they are stored."`
}

// auditFilter narrows what is read of one chain.
type auditFilter struct {
	Tenant   string `placeholder:"NAME" help:"The tenant whose entries; without it, those of the installation itself."`
	Instance string `placeholder:"NAME" help:"Only this instance."`
	Patient  string `placeholder:"UUID" help:"Only about this patient."`
	Actor    string `placeholder:"ID" help:"Only by this actor: a client's name, a person's id, a system user."`
	Action   string `placeholder:"ACTION" help:"Only this action, such as encounter.look_up."`
	Outcome  string `enum:"allowed,refused,not_found,failed," default:"" placeholder:"OUTCOME" help:"Only allowed, refused, not_found or failed."`
	From     string `placeholder:"TIME" help:"Not before this: a date (UTC) or a date and time (RFC 3339)."`
	Until    string `placeholder:"TIME" help:"Before this."`
}

func (f auditFilter) filter() (care.AuditFilter, error) {
	out := care.AuditFilter{Chain: f.Tenant, Instance: f.Instance, Patient: strings.ToLower(f.Patient), Actor: f.Actor, Action: care.Action(f.Action), Outcome: care.Outcome(f.Outcome)}
	var err, err2 error
	out.From, err = moment("from", f.From)
	out.Until, err2 = moment("until", f.Until)
	return out, errors.Join(err, err2, patientID(f.Patient))
}

// patientID refuses what no entry has: to answer it with none would say that
// nobody looked.
func patientID(text string) error {
	if _, err := uuid.Parse(text); text != "" && err != nil {
		return usage{"--patient must be a patient's id, a UUID, as chartline patient show NUMBER tells it"}
	}
	return nil
}

// moment reads a date or a date and time.
func moment(flag, text string) (*time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return &t, nil
		}
	}
	return nil, usage{"--" + flag + " must be YYYY-MM-DD or a date and time such as 2026-11-20T08:00:00Z"}
}

type entryDoc struct {
	Chain     string         `json:"chain"`
	Seq       int64          `json:"seq"`
	At        time.Time      `json:"at"`
	ActorKind care.ActorKind `json:"actorKind"`
	Actor     string         `json:"actor"`
	Address   string         `json:"address"`
	Via       string         `json:"via"`
	Request   string         `json:"request"`
	Instance  string         `json:"instance"`
	Action    care.Action    `json:"action"`
	Noun      string         `json:"noun"`
	ID        string         `json:"id"`
	Patient   string         `json:"patient"`
	Outcome   care.Outcome   `json:"outcome"`
	Reason    string         `json:"reason"`
	Asked     string         `json:"asked"`
}

func docOfEntry(e care.AuditEntry) entryDoc {
	return entryDoc{Chain: e.Chain, Seq: e.Seq, At: e.At, ActorKind: e.Actor, Actor: e.ActorID, Address: e.Address, Via: e.Via, Request: e.Request,
		Instance: e.Instance, Action: e.Action, Noun: e.Noun, ID: e.ID, Patient: e.Patient, Outcome: e.Outcome, Reason: e.Reason, Asked: e.Asked}
}

type auditList struct {
	Filter   auditFilter `embed:""`
	Page     pageFlags   `embed:""`
	Settings dataFlags   `embed:""`
}

// Run lists entries, newest first; --after walks back.
func (c auditList) Run(a *app) error {
	upto, err := c.Page.afterNumber()
	if err != nil {
		return err
	}
	f, err := c.Filter.filter()
	if err != nil {
		return err
	}
	if c.Page.After != "" && upto < 2 { // entries are counted from 1
		return usage{"--after must be what an earlier list printed as next"}
	}
	return a.with(func(e *engine) error {
		found, err := e.oversight.List(a.ctx, a.actor(), f, oversight.Page{Upto: max(upto-1, 0), NewestFirst: true, Limit: c.Page.Limit})
		if err != nil {
			return err
		}
		next := ""
		if found.Next != nil {
			next = strconv.FormatInt(found.Next.Upto+1, 10)
		}
		return showPage(a, docs(found.Entries, docOfEntry), next,
			column[entryDoc]{"SEQ", func(e entryDoc) string { return strconv.FormatInt(e.Seq, 10) }},
			column[entryDoc]{"AT", func(e entryDoc) string { return when(e.At) }},
			column[entryDoc]{"ACTOR", func(e entryDoc) string { return string(e.ActorKind) + " " + e.Actor }},
			column[entryDoc]{"ACTION", func(e entryDoc) string { return string(e.Action) }},
			column[entryDoc]{"OUTCOME", func(e entryDoc) string { return string(e.Outcome) }},
			column[entryDoc]{"WHAT", func(e entryDoc) string { return strings.TrimSpace(e.Noun + " " + e.ID) }},
			column[entryDoc]{"REASON", func(e entryDoc) string { return e.Reason }})
	})
}

type auditExport struct {
	Filter   auditFilter `embed:""`
	After    int64       `placeholder:"SEQ" help:"Only entries numbered above this: where an earlier export ended."`
	Output   string      `short:"o" placeholder:"FILE" help:"Write to this file, which must not exist yet (default: standard output)."`
	Settings dataFlags   `embed:""`
}

type exportDoc struct {
	Entries int64  `json:"entries"`
	Last    int64  `json:"last"` // for --after
	File    string `json:"file,omitempty"`
}

// Run writes entries; what it wrote is told on standard error, or as the one
// document with --json and a file.
func (c auditExport) Run(a *app) error {
	f, err := c.Filter.filter()
	if err != nil {
		return err
	}
	if a.json && c.Output == "" {
		return usage{"--json needs --output: the export itself is JSON lines on standard output"}
	}
	return a.with(func(e *engine) (err error) {
		to, finish := a.out, func() error { return nil }
		if c.Output != "" {
			file, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, file.Close()) }()
			to, finish = file, file.Sync
		}
		buffered := bufio.NewWriterSize(to, 64<<10)
		done, err := e.oversight.Export(a.ctx, a.actor(), f, c.After, buffered)
		if err = errors.Join(err, buffered.Flush(), finish()); err != nil {
			return err
		}
		if a.json {
			return printJSON(a.out, exportDoc{Entries: done.Entries, Last: done.Last, File: c.Output})
		}
		fmt.Fprintf(a.err, "%d entries, the last numbered %d\n", done.Entries, done.Last)
		return nil
	})
}

type auditVerify struct {
	Tenant   string    `placeholder:"NAME" help:"Only this tenant's chain (default: every chain)."`
	Settings dataFlags `embed:""`
}

type verifyDoc struct {
	OK          bool       `json:"ok"`
	Chains      []chainDoc `json:"chains"`
	Unreadable  int        `json:"unreadableCheckpoints"`
	Checkpoints string     `json:"checkpointFile"`
}

type chainDoc struct {
	Chain       string     `json:"chain"`
	OK          bool       `json:"ok"`
	Entries     int64      `json:"entries"`
	Good        int64      `json:"good"`
	Anchored    int64      `json:"anchored"`
	AnchoredAt  *time.Time `json:"anchoredAt"`
	Checkpoints int        `json:"checkpoints"`
	Faults      []faultDoc `json:"faults"`
}

type faultDoc struct {
	Kind   audit.FaultKind `json:"kind"`
	Seq    int64           `json:"seq"`
	Detail string          `json:"detail"`
}

func docOfReport(r audit.Report) chainDoc {
	d := chainDoc{Chain: r.Chain, OK: r.OK(), Entries: r.Head, Good: r.Good, Anchored: r.Anchored, Checkpoints: r.Checkpoints,
		Faults: docs(r.Faults, func(f audit.Fault) faultDoc { return faultDoc(f) })}
	if !r.AnchoredAt.IsZero() {
		d.AnchoredAt = &r.AnchoredAt
	}
	return d
}

// errNotWhole ends a verification that found something.
var errNotWhole = errors.New("the audit log is not whole")

// Run checks the log.
func (c auditVerify) Run(a *app) error {
	return a.with(func(e *engine) error {
		v, err := e.verifyAudit(a, c.Tenant)
		if err != nil {
			return err
		}
		doc := verifyDoc{OK: v.OK(), Chains: docs(v.Chains, docOfReport), Unreadable: v.Checkpoints.Unreadable, Checkpoints: e.checkpoints.Path()}
		if err := a.show(doc, func(w io.Writer) { writeVerification(w, doc) }); err != nil {
			return err
		}
		if !doc.OK {
			return errNotWhole
		}
		return nil
	})
}

func (e *engine) verifyAudit(a *app, tenant string) (oversight.Verification, error) {
	if tenant == "" {
		return e.oversight.VerifyAll(a.ctx, a.actor())
	}
	return e.oversight.Verify(a.ctx, a.actor(), tenant)
}

func writeVerification(w io.Writer, v verifyDoc) {
	for _, c := range v.Chains {
		name := c.Chain
		if name == "" {
			name = "(installation)"
		}
		anchored := "no checkpoint yet"
		if c.AnchoredAt != nil {
			anchored = fmt.Sprintf("up to %d by a checkpoint of %s", c.Anchored, when(*c.AnchoredAt))
		}
		if c.OK {
			fmt.Fprintf(w, "%s: whole, %d entries; anchored: %s\n", printable(name), c.Entries, anchored)
			continue
		}
		fmt.Fprintf(w, "%s: NOT WHOLE, good up to %d of %d; anchored: %s\n", printable(name), c.Good, c.Entries, anchored)
		for _, f := range c.Faults {
			fmt.Fprintf(w, "  entry %d: %s: %s\n", f.Seq, f.Kind, printable(f.Detail))
		}
	}
	if v.Unreadable > 0 {
		fmt.Fprintf(w, "%s: %d lines are not checkpoints\n", v.Checkpoints, v.Unreadable)
	}
}
