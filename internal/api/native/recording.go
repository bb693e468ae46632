package native

import (
	"context"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

type recording struct {
	ID             string     `json:"id" format:"uuid"`
	Name           string     `json:"name" doc:"As the recorder gave it; an alias, not a key"`
	NameStatus     string     `json:"nameStatus" enum:"held,waiting,dismissed" doc:"Whether it holds its name, waits for it, or had its claim set aside"`
	SessionID      *string    `json:"sessionId" doc:"The session it belongs to, if it is one's"`
	CallID         *string    `json:"callId" format:"uuid" doc:"The call it belongs to, if it is one's"`
	PatientID      string     `json:"patientId" format:"uuid"`
	EncounterID    *int64     `json:"encounterId"`
	ContentType    string     `json:"contentType" example:"audio/mpeg"`
	Size           int64      `json:"size" doc:"Bytes"`
	SHA256         string     `json:"sha256" doc:"Of the bytes, in hex"`
	Duration       *int64     `json:"duration" doc:"Seconds"`
	StartedAt      *time.Time `json:"startedAt"`
	Consent        string     `json:"consent" enum:"unknown,given,refused"`
	WithheldAt     *time.Time `json:"withheldAt" doc:"Set while it may not be heard"`
	WithheldReason *string    `json:"withheldReason"`
	DeletedAt      *time.Time `json:"deletedAt" doc:"Set once its bytes are gone"`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
}

func (r recording) location() string { return "/recordings/" + r.ID }

func lowerRecording(r care.Recording) recording {
	out := recording{
		ID: r.ID, Name: r.Name, NameStatus: string(r.NameStatus), PatientID: r.Patient, EncounterID: r.Encounter,
		ContentType: r.ContentType, Size: r.Size, SHA256: r.HexDigest(), Duration: r.Duration, StartedAt: utc(r.StartedAt),
		Consent: string(r.Consent), WithheldAt: utc(r.WithheldAt), WithheldReason: orNull(r.WithheldReason), DeletedAt: utc(r.DeletedAt),
		CreatedAt: r.CreatedAt.UTC(), UpdatedAt: r.UpdatedAt.UTC(),
	}
	if r.Owner.Kind == care.OwnerCall {
		out.CallID = &r.Owner.ID
	} else {
		out.SessionID = &r.Owner.ID
	}
	return out
}

// ownerOf reads an owner given as one of two ids. Neither, and both, are faults
// that the use case names.
func ownerOf(session, call string) care.Owner {
	switch {
	case session != "" && call == "":
		return care.Owner{Kind: care.OwnerSession, ID: session}
	case call != "" && session == "":
		return care.Owner{Kind: care.OwnerCall, ID: call}
	}
	return care.Owner{}
}

type recordingPath struct {
	Recording string `path:"recording" doc:"The recording's id"`
}

func (c call) ask(id, reason string) recordings.Ask {
	return recordings.Ask{Actor: c.Actor, Scope: c.Scope, ID: id, Reason: reason, Once: c.once}
}

type listRecordings struct {
	pageQuery
	Patient        string `query:"patient" doc:"Only this patient's: id or number"`
	Session        string `query:"session" doc:"Only this session's"`
	Call           string `query:"call" doc:"Only this call's"`
	NameStatus     string `query:"nameStatus" enum:"held,waiting,dismissed" doc:"waiting is the work list of names to settle"`
	Consent        string `query:"consent" enum:"unknown,given,refused"`
	Withheld       *bool  `query:"withheld" doc:"Only those that are withheld, or are not"`
	IncludeDeleted bool   `query:"includeDeleted" doc:"Deleted ones too, of which the bytes are gone"`
}

func (s *Surface) listRecordings(ctx context.Context, c call, in listRecordings) (list[recording], error) {
	before, err := recordingPlace(c.cursors, in.Cursor)
	if err != nil {
		return list[recording]{}, err
	}
	f := care.RecordingFilter{
		Patient: in.Patient, NameStatus: care.NameStatus(in.NameStatus), Consent: care.Consent(in.Consent),
		Withheld: in.Withheld, IncludeDeleted: in.IncludeDeleted,
	}
	if in.Session != "" || in.Call != "" {
		if f.Owner = ownerOf(in.Session, in.Call); f.Owner == (care.Owner{}) {
			return list[recording]{}, care.Invalid("call", "cannot be combined with session")
		}
	}
	found, err := s.Recordings.Recordings(ctx, c.Actor, c.Scope, f, before, in.limit()+1)
	if err != nil {
		return list[recording]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerRecording, placeOfRecording), nil
}

func placeOfRecording(r care.Recording) string {
	return strconv.FormatInt(r.CreatedAt.UnixMicro(), 10) + "." + r.ID
}

func recordingPlace(c cursors, cursor string) (*recordings.Place, error) {
	place, err := c.decode(cursor)
	if err != nil || place == "" {
		return nil, err
	}
	micros, id, ok := strings.Cut(place, ".")
	n, err := strconv.ParseInt(micros, 10, 64)
	if !ok || err != nil {
		return nil, errCursor()
	}
	return &recordings.Place{CreatedAt: time.UnixMicro(n).UTC(), ID: id}, nil
}

func (s *Surface) getRecording(ctx context.Context, c call, in recordingPath) (recording, error) {
	r, err := s.Recordings.Recording(ctx, c.Actor, c.Scope, in.Recording)
	return lowerRecording(r), err
}

type changeRecording struct {
	recordingPath
	Body recordingChange
}

// recordingChange is a change as RFC 7396 has it: null removes.
type recordingChange struct {
	Name      *string             `json:"name,omitempty" doc:"Another name, which is free"`
	StartedAt optional[time.Time] `json:"startedAt,omitzero"`
	Duration  optional[int64]     `json:"duration,omitzero" minimum:"0" doc:"Seconds"`
}

func (s *Surface) changeRecording(ctx context.Context, c call, in changeRecording) (recording, error) {
	b := in.Body
	r, err := s.Recordings.Change(ctx, c.ask(in.Recording, ""), recordings.Change{Name: b.Name, StartedAt: b.StartedAt.Edit, Duration: b.Duration.Edit})
	return lowerRecording(r), err
}

// reason is why, for the audit log.
type reason struct {
	Reason string `json:"reason,omitempty" doc:"For the audit log"`
}

type reasoned struct {
	recordingPath
	Body reason
}

func (s *Surface) deleteRecording(ctx context.Context, c call, in reasoned) (none, error) {
	_, err := s.Recordings.Delete(ctx, c.ask(in.Recording, in.Body.Reason))
	return none{}, err
}

func (s *Surface) releaseRecording(ctx context.Context, c call, in reasoned) (recording, error) {
	r, err := s.Recordings.Release(ctx, c.ask(in.Recording, in.Body.Reason))
	return lowerRecording(r), err
}

type withholdRecording struct {
	recordingPath
	Body withholding
}

type withholding struct {
	Reason string `json:"reason" doc:"Shown with the recording, and for the audit log"`
}

func (s *Surface) withholdRecording(ctx context.Context, c call, in withholdRecording) (recording, error) {
	r, err := s.Recordings.Withhold(ctx, c.ask(in.Recording, in.Body.Reason))
	return lowerRecording(r), err
}

type setRecordingConsent struct {
	recordingPath
	Body consent
}

type consent struct {
	Consent string `json:"consent" enum:"unknown,given,refused"`
	Reason  string `json:"reason,omitempty" doc:"For the audit log"`
}

func (s *Surface) setRecordingConsent(ctx context.Context, c call, in setRecordingConsent) (recording, error) {
	r, err := s.Recordings.SetConsent(ctx, c.ask(in.Recording, in.Body.Reason), care.Consent(in.Body.Consent))
	return lowerRecording(r), err
}

type relinkRecording struct {
	recordingPath
	Body newOwner
}

type newOwner struct {
	SessionID string `json:"sessionId,omitempty" doc:"This or callId"`
	CallID    string `json:"callId,omitempty" doc:"This or sessionId"`
	Reason    string `json:"reason,omitempty" doc:"For the audit log"`
}

func (s *Surface) relinkRecording(ctx context.Context, c call, in relinkRecording) (recording, error) {
	r, err := s.Recordings.Relink(ctx, c.ask(in.Recording, in.Body.Reason), ownerOf(in.Body.SessionID, in.Body.CallID))
	return lowerRecording(r), err
}

type settleRecording struct {
	recordingPath
	Body settlement
}

type settlement struct {
	Decision   string `json:"decision" enum:"take,rename,dismiss" doc:"take: it gets the name, and who held it waits instead. rename: it gets another name. dismiss: its claim is set aside, and no look-up by name finds it"`
	Name       string `json:"name,omitempty" doc:"For rename: a name that is free"`
	HolderName string `json:"holderName,omitempty" doc:"For take: a free name for who held it, which then need not wait"`
	Reason     string `json:"reason,omitempty" doc:"For the audit log"`
}

func (s *Surface) settleRecording(ctx context.Context, c call, in settleRecording) (recording, error) {
	b := in.Body
	r, err := s.Recordings.Settle(ctx, c.ask(in.Recording, b.Reason), recordings.Settlement{
		Decision: recordings.Decision(b.Decision), Name: b.Name, HolderName: b.HolderName,
	})
	return lowerRecording(r), err
}
