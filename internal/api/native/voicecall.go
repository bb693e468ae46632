package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/voice"
)

type voiceCall struct {
	ID           string     `json:"id" format:"uuid"`
	PatientID    string     `json:"patientId" format:"uuid"`
	Direction    string     `json:"direction" enum:"INBOUND,OUTBOUND"`
	Status       string     `json:"status" enum:"QUEUED,INITIATED,RINGING,IN_PROGRESS,COMPLETED,BUSY,NO_ANSWER,FAILED,CANCELED"`
	Duration     int64      `json:"duration" doc:"Seconds of answered time"`
	CalledAt     time.Time  `json:"calledAt" doc:"Whole seconds"`
	HasRecording bool       `json:"hasRecording" doc:"A recording would be delivered"`
	StartedAt    *time.Time `json:"startedAt"`
	AnsweredAt   *time.Time `json:"answeredAt"`
	EndedAt      *time.Time `json:"endedAt"`
	From         *string    `json:"from"`
	To           *string    `json:"to"`
	ExternalID   *string    `json:"externalId" doc:"The phone system's id"`
	Source       *string    `json:"source" doc:"The phone system"`
	UserID       *string    `json:"userId" doc:"The staff user's id"`
	EncounterID  *int64     `json:"encounterId"`
	Legs         []leg      `json:"legs" nullable:"false"`
	Voicemail    bool       `json:"voicemail"`
	CreatedAt    time.Time  `json:"createdAt"`
	UpdatedAt    time.Time  `json:"updatedAt"`
}

func (c voiceCall) location() string { return "/calls/" + c.ID }

type leg struct {
	Role     string `json:"role" enum:"parent,child"`
	Status   string `json:"status" enum:"QUEUED,INITIATED,RINGING,IN_PROGRESS,COMPLETED,BUSY,NO_ANSWER,FAILED,CANCELED"`
	Duration int64  `json:"duration" minimum:"0" doc:"Seconds"`
}

func liftLegs(legs []leg) []care.Leg {
	var out []care.Leg
	for _, l := range legs {
		out = append(out, care.Leg{Role: l.Role, Status: care.CallStatus(l.Status), Duration: l.Duration})
	}
	return out
}

func lowerCall(r voice.Record) voiceCall {
	c := r.Call
	out := voiceCall{
		ID: c.ID, PatientID: c.Patient, Direction: string(c.Direction), Status: string(c.Status), Duration: c.Duration,
		CalledAt: c.CalledAt.UTC(), HasRecording: r.HasRecording, StartedAt: utc(c.StartedAt), AnsweredAt: utc(c.AnsweredAt), EndedAt: utc(c.EndedAt),
		From: orNull(c.From), To: orNull(c.To), ExternalID: orNull(c.ExternalID), Source: orNull(c.Source), UserID: orNull(c.User),
		EncounterID: c.Encounter, Legs: make([]leg, len(c.Legs)), Voicemail: c.Voicemail, CreatedAt: c.CreatedAt.UTC(), UpdatedAt: c.UpdatedAt.UTC(),
	}
	for i, l := range c.Legs {
		out.Legs[i] = leg{Role: l.Role, Status: string(l.Status), Duration: l.Duration}
	}
	return out
}

type callPath struct {
	Call string `path:"call" doc:"The call's id"`
}

type listCalls struct {
	pageQuery
	Patient string `query:"patient" doc:"Only this patient's: id or number"`
}

func (s *Surface) listCalls(ctx context.Context, c call, in listCalls) (list[voiceCall], error) {
	after, err := c.cursors.decode(in.Cursor)
	if err != nil {
		return list[voiceCall]{}, err
	}
	found, err := s.Voice.Calls(ctx, c.Actor, c.Scope, optionalPerson(in.Patient), after, in.limit()+1)
	if err != nil {
		return list[voiceCall]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerCall, func(r voice.Record) string { return r.Call.ID }), nil
}

type createCall struct {
	Body newCall
}

type newCall struct {
	PatientKey
	ID          string     `json:"id,omitempty" doc:"A UUID that the call has already; made where absent"`
	Direction   string     `json:"direction" enum:"INBOUND,OUTBOUND"`
	Status      string     `json:"status" enum:"QUEUED,INITIATED,RINGING,IN_PROGRESS,COMPLETED,BUSY,NO_ANSWER,FAILED,CANCELED"`
	Duration    int64      `json:"duration,omitempty" minimum:"0" doc:"Seconds of answered time"`
	CalledAt    *time.Time `json:"calledAt,omitempty" doc:"Cut to whole seconds; startedAt counts where absent"`
	StartedAt   *time.Time `json:"startedAt,omitempty"`
	AnsweredAt  *time.Time `json:"answeredAt,omitempty"`
	EndedAt     *time.Time `json:"endedAt,omitempty"`
	From        string     `json:"from,omitempty"`
	To          string     `json:"to,omitempty"`
	ExternalID  string     `json:"externalId,omitempty" doc:"The phone system's id"`
	Source      string     `json:"source,omitempty" doc:"The phone system"`
	UserID      string     `json:"userId,omitempty" doc:"The staff user's id"`
	EncounterID *int64     `json:"encounterId,omitempty" minimum:"1" doc:"An encounter of the same patient"`
	Legs        []leg      `json:"legs,omitempty" nullable:"false" maxItems:"50"`
	Voicemail   bool       `json:"voicemail,omitempty"`
}

func (s *Surface) createCall(ctx context.Context, c call, in createCall) (voiceCall, error) {
	b := in.Body
	patient, err := b.ref()
	if err != nil {
		return voiceCall{}, err
	}
	made := care.Call{
		Scope: c.Scope, ID: b.ID, Direction: care.Direction(b.Direction), Status: care.CallStatus(b.Status), Duration: b.Duration,
		StartedAt: b.StartedAt, AnsweredAt: b.AnsweredAt, EndedAt: b.EndedAt, From: b.From, To: b.To, ExternalID: b.ExternalID,
		Source: b.Source, User: b.UserID, Encounter: b.EncounterID, Legs: liftLegs(b.Legs), Voicemail: b.Voicemail,
	}
	care.Replace(&made.CalledAt, b.CalledAt)
	r, err := s.Voice.CreateCall(ctx, c.Actor, patient, made, c.once)
	return lowerCall(r), err
}

func (s *Surface) getCall(ctx context.Context, c call, in callPath) (voiceCall, error) {
	r, err := s.Voice.Call(ctx, c.Actor, c.Scope, in.Call)
	return lowerCall(r), err
}

type changeCall struct {
	callPath
	Body callChange
}

// callChange is a change as RFC 7396 has it: null removes.
type callChange struct {
	Direction   *string             `json:"direction,omitempty" enum:"INBOUND,OUTBOUND"`
	Status      *string             `json:"status,omitempty" enum:"QUEUED,INITIATED,RINGING,IN_PROGRESS,COMPLETED,BUSY,NO_ANSWER,FAILED,CANCELED"`
	Duration    *int64              `json:"duration,omitempty" minimum:"0"`
	CalledAt    *time.Time          `json:"calledAt,omitempty"`
	StartedAt   optional[time.Time] `json:"startedAt,omitzero"`
	AnsweredAt  optional[time.Time] `json:"answeredAt,omitzero"`
	EndedAt     optional[time.Time] `json:"endedAt,omitzero"`
	From        optional[string]    `json:"from,omitzero"`
	To          optional[string]    `json:"to,omitzero"`
	ExternalID  optional[string]    `json:"externalId,omitzero"`
	Source      optional[string]    `json:"source,omitzero"`
	UserID      optional[string]    `json:"userId,omitzero"`
	EncounterID optional[int64]     `json:"encounterId,omitzero" doc:"Its recordings follow the call there"`
	Legs        *[]leg              `json:"legs,omitempty" nullable:"false" maxItems:"50"`
	Voicemail   *bool               `json:"voicemail,omitempty"`
}

func (s *Surface) changeCall(ctx context.Context, c call, in changeCall) (voiceCall, error) {
	b := in.Body
	change := voice.CallChange{
		Direction: (*care.Direction)(b.Direction), Status: (*care.CallStatus)(b.Status), Duration: b.Duration, CalledAt: b.CalledAt,
		StartedAt: b.StartedAt.Edit, AnsweredAt: b.AnsweredAt.Edit, EndedAt: b.EndedAt.Edit,
		From: text(b.From), To: text(b.To), ExternalID: text(b.ExternalID), Source: text(b.Source), User: text(b.UserID),
		Encounter: b.EncounterID.Edit, Voicemail: b.Voicemail,
	}
	if b.Legs != nil {
		legs := liftLegs(*b.Legs)
		change.Legs = &legs
	}
	r, err := s.Voice.ChangeCall(ctx, c.Actor, c.Scope, in.Call, change)
	return lowerCall(r), err
}
