package native

import (
	"context"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
)

// auditEntry says who did what to whose data, when, from where, and how it
// ended.
type auditEntry struct {
	Number    int64     `json:"number" doc:"Counts the tenant's entries from 1, without a gap"`
	At        time.Time `json:"at"`
	ActorKind string    `json:"actorKind" enum:"client,person,operator,system,nobody"`
	Actor     *string   `json:"actor"`
	Address   *string   `json:"address" doc:"The socket's"`
	Via       *string   `json:"via" doc:"The route's pattern, or the command"`
	RequestID *string   `json:"requestId" doc:"As in the X-Request-Id of the answer"`
	Instance  *string   `json:"instance"`
	Action    string    `json:"action"`
	Noun      *string   `json:"noun"`
	ID        *string   `json:"id"`
	PatientID *string   `json:"patientId" doc:"Whose data it was"`
	Outcome   string    `json:"outcome" enum:"allowed,refused,not_found,failed"`
	Reason    *string   `json:"reason" doc:"The policy's, or what the actor gave"`
	Asked     *string   `json:"asked" doc:"Keyed hash of a name that was asked for and not found"`
}

func lowerAudit(e care.AuditEntry) auditEntry {
	return auditEntry{
		Number: e.Seq, At: e.At.UTC(), ActorKind: string(e.Actor), Actor: orNull(e.ActorID), Address: orNull(e.Address), Via: orNull(e.Via),
		RequestID: orNull(e.Request), Instance: orNull(e.Instance), Action: string(e.Action), Noun: orNull(e.Noun), ID: orNull(e.ID),
		PatientID: orNull(e.Patient), Outcome: string(e.Outcome), Reason: orNull(e.Reason), Asked: orNull(e.Asked),
	}
}

type listAudit struct {
	pageQuery
	Patient string     `query:"patient" doc:"Only what was done to this patient's data: the patient's id (UUID)"`
	Actor   string     `query:"actor" doc:"Only what this actor did: a client's name"`
	Action  string     `query:"action" doc:"Only this action, as in recording.content"`
	Outcome string     `query:"outcome" enum:"allowed,refused,not_found,failed"`
	From    *time.Time `query:"from" doc:"From this time on"`
	Until   *time.Time `query:"until" doc:"Before this time"`
	Order   string     `query:"order" enum:"newest,oldest" default:"newest"`
}

// listAudit reads the part of the tenant's log that is about the instance. Its
// pages may be short, or empty, with a cursor: a page looks through so much of
// the log and no more.
func (s *Surface) listAudit(ctx context.Context, c call, in listAudit) (list[auditEntry], error) {
	p := oversight.Page{NewestFirst: in.Order != "oldest", Limit: in.limit()}
	if err := readAuditPlace(c.cursors, in.Cursor, &p); err != nil {
		return list[auditEntry]{}, err
	}
	found, err := s.Oversight.List(ctx, c.Actor, care.AuditFilter{
		Chain: c.Scope.Tenant, Instance: c.Scope.Instance, Patient: strings.ToLower(in.Patient), Actor: in.Actor,
		Action: care.Action(in.Action), Outcome: care.Outcome(in.Outcome), From: care.TruncatePtr(in.From), Until: care.TruncatePtr(in.Until),
	}, p)
	if err != nil {
		return list[auditEntry]{}, err
	}
	out := page(found.Entries, len(found.Entries), c.cursors, lowerAudit, nil)
	if n := found.Next; n != nil {
		out.NextCursor = c.cursors.encode(placeOf(n.After) + "." + placeOf(n.Upto))
	}
	return out, nil
}

func readAuditPlace(c cursors, cursor string, p *oversight.Page) error {
	place, err := c.decode(cursor)
	if err != nil || place == "" {
		return err
	}
	after, upto, _ := strings.Cut(place, ".")
	if p.After, err = strconv.ParseInt(after, 10, 64); err != nil {
		return errCursor()
	}
	if p.Upto, err = strconv.ParseInt(upto, 10, 64); err != nil {
		return errCursor()
	}
	return nil
}
