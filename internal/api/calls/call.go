package calls

import (
	"net/http"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/voice"
)

// wireCall is a full call record. Its first fields are the list item's.
type wireCall struct {
	ID                  string          `json:"id"`
	PatientID           string          `json:"patientId"`
	Direction           care.Direction  `json:"direction"`
	Duration            int64           `json:"duration"`
	Status              care.CallStatus `json:"status"`
	CalledAt            string          `json:"calledAt"`
	HasRecording        bool            `json:"hasRecording"`
	From                *string         `json:"from"`
	To                  *string         `json:"to"`
	StartedAt           *string         `json:"startedAt"`
	AnsweredAt          *string         `json:"answeredAt"`
	EndedAt             *string         `json:"endedAt"`
	ExternalID          *string         `json:"externalId"`
	Source              *string         `json:"source"`
	UserID              *string         `json:"userId"`
	EncounterID         *int64          `json:"encounterId"`
	Legs                []care.Leg      `json:"legs"`
	Voicemail           bool            `json:"voicemail"`
	TranscriptAvailable bool            `json:"transcriptAvailable"`
	Recording           *wireRecording  `json:"recording"`
	CreatedAt           string          `json:"createdAt"`
	UpdatedAt           string          `json:"updatedAt"`
}

type wireRecording struct {
	ID          string `json:"id"`
	ContentType string `json:"contentType"`
	Size        int64  `json:"size"`
	Duration    *int64 `json:"duration"`
	SHA256      string `json:"sha256"`
	CreatedAt   string `json:"createdAt"`
}

func (s *Surface) call(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	d, err := s.Voice.Get(r.Context(), c.Actor, c.Scope, r.PathValue("patientId"), r.PathValue("callId"))
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, lowerCall(d))
}

func lowerCall(d voice.Detail) wireCall {
	c := d.Call
	out := wireCall{
		ID: c.ID, PatientID: c.Patient, Direction: c.Direction, Duration: c.Duration, Status: c.Status,
		CalledAt: instant(c.CalledAt), HasRecording: d.Recording != nil,
		From: optional(c.From), To: optional(c.To),
		StartedAt: optionalInstant(c.StartedAt), AnsweredAt: optionalInstant(c.AnsweredAt), EndedAt: optionalInstant(c.EndedAt),
		ExternalID: optional(c.ExternalID), Source: optional(c.Source), UserID: optional(c.User), EncounterID: c.Encounter,
		Legs: c.Legs, Voicemail: c.Voicemail, CreatedAt: instant(c.CreatedAt), UpdatedAt: instant(c.UpdatedAt),
	}
	if out.Legs == nil {
		out.Legs = []care.Leg{}
	}
	if r := d.Recording; r != nil {
		out.Recording = &wireRecording{ID: r.ID, ContentType: r.ContentType, Size: r.Size, Duration: r.Duration, SHA256: r.HexDigest(), CreatedAt: instant(r.CreatedAt)}
	}
	return out
}

// recording delivers a call's recording (GET and HEAD).
func (s *Surface) recording(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	content, err := s.Recordings.OpenForCall(r.Context(), c.Actor, c.Scope, r.PathValue("patientId"), r.PathValue("callId"))
	if err != nil {
		return err
	}
	defer content.Object.Close()
	rec := content.Recording
	return httpio.Deliver(w, r, content.Object, httpio.Delivery{
		Filename:    "recording-" + rec.Owner.ID + rec.Extension(),
		ContentType: rec.ContentType, SHA256: rec.SHA256, Stall: s.Stall,
	})
}

// instant shows a time in UTC with what fraction it has.
func instant(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func optionalInstant(t *time.Time) *string {
	if t == nil {
		return nil
	}
	s := instant(*t)
	return &s
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
