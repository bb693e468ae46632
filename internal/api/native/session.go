package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/visits"
)

type session struct {
	ID               string     `json:"id" doc:"24 hex digits"`
	SID              string     `json:"sid" format:"uuid"`
	EncounterID      int64      `json:"encounterId"`
	Status           string     `json:"status" enum:"scheduled,in_progress,completed,failed,missed"`
	Start            time.Time  `json:"start"`
	End              *time.Time `json:"end"`
	Duration         int64      `json:"duration" doc:"Seconds: as reported, else from start to end; 0 until it has ended"`
	ReportedDuration *int64     `json:"reportedDuration" doc:"Seconds, as the video platform gave it"`
	Others           []int64    `json:"others" nullable:"false" doc:"Numbers of people who joined beside provider and patient, in order"`
	CreatedAt        time.Time  `json:"createdAt"`
	UpdatedAt        time.Time  `json:"updatedAt"`
}

func (s session) location() string { return "/sessions/" + s.ID }

func lowerSession(s care.Session) session {
	return session{
		ID: s.ID, SID: s.SID, EncounterID: s.Encounter, Status: string(s.Status), Start: s.Start.UTC(), End: utc(s.End),
		Duration: s.Duration(), ReportedDuration: s.Reported, Others: append([]int64{}, s.Others...),
		CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC(),
	}
}

type sessionPath struct {
	Session string `path:"session" doc:"The session's id"`
}

type listSessions struct {
	pageQuery
	Encounter *string `query:"encounter" doc:"Only this encounter's"`
}

func (s *Surface) listSessions(ctx context.Context, c call, in listSessions) (list[session], error) {
	after, err := c.cursors.decode(in.Cursor)
	if err != nil {
		return list[session]{}, err
	}
	var of *int64
	if in.Encounter != nil {
		id := numberID(*in.Encounter)
		of = &id
	}
	found, err := s.Visits.Sessions(ctx, c.Actor, c.Scope, of, after, in.limit()+1)
	if err != nil {
		return list[session]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerSession, func(s care.Session) string { return s.ID }), nil
}

type createSession struct {
	Body newSession
}

type newSession struct {
	ID               string     `json:"id,omitempty" doc:"24 hex digits that the session has already; made where absent"`
	SID              string     `json:"sid,omitempty" doc:"A UUID that the session has already; made where absent"`
	EncounterID      int64      `json:"encounterId" minimum:"1"`
	Status           string     `json:"status" enum:"scheduled,in_progress,completed,failed,missed"`
	Start            time.Time  `json:"start"`
	End              *time.Time `json:"end,omitempty"`
	ReportedDuration *int64     `json:"reportedDuration,omitempty" minimum:"0" doc:"Seconds, as the video platform gave it"`
	Others           []int64    `json:"others,omitempty" nullable:"false" maxItems:"100" doc:"Numbers of people who joined beside provider and patient, in order"`
}

func (s *Surface) createSession(ctx context.Context, c call, in createSession) (session, error) {
	b := in.Body
	made, err := s.Visits.CreateSession(ctx, c.Actor, care.Session{
		Scope: c.Scope, ID: b.ID, SID: b.SID, Encounter: b.EncounterID, Status: care.SessionStatus(b.Status),
		Start: b.Start, End: b.End, Reported: b.ReportedDuration, Others: b.Others,
	}, c.once)
	return lowerSession(made), err
}

func (s *Surface) getSession(ctx context.Context, c call, in sessionPath) (session, error) {
	found, err := s.Visits.Session(ctx, c.Actor, c.Scope, in.Session)
	return lowerSession(found), err
}

type changeSession struct {
	sessionPath
	Body sessionChange
}

// sessionChange is a change as RFC 7396 has it: null removes.
type sessionChange struct {
	Status           *string             `json:"status,omitempty" enum:"scheduled,in_progress,completed,failed,missed"`
	Start            *time.Time          `json:"start,omitempty"`
	End              optional[time.Time] `json:"end,omitzero"`
	ReportedDuration optional[int64]     `json:"reportedDuration,omitzero" minimum:"0"`
	Others           *[]int64            `json:"others,omitempty" nullable:"false" maxItems:"100"`
}

func (s *Surface) changeSession(ctx context.Context, c call, in changeSession) (session, error) {
	b := in.Body
	changed, err := s.Visits.ChangeSession(ctx, c.Actor, c.Scope, in.Session, visits.SessionChange{
		Status: (*care.SessionStatus)(b.Status), Start: b.Start, End: b.End.Edit, Reported: b.ReportedDuration.Edit, Others: b.Others,
	})
	return lowerSession(changed), err
}
