package care

import (
	"log/slog"
	"slices"
	"time"
)

// Encounter is a patient's visit with a provider.
type Encounter struct {
	Scope
	ID        int64 // counted per instance from 1
	Patient   int64 // person number
	Provider  int64 // person number
	Complaint string
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LogValue shows the id only.
func (e Encounter) LogValue() slog.Value { return slog.Int64Value(e.ID) }

// Check names every faulty field.
func (e *Encounter) Check() error {
	var bad Problems
	var ok bool
	e.Complaint, ok = CleanText(e.Complaint, MaxLongText, true)
	bad.Check(ok, "complaint", "must be at most 4000 characters without control characters")
	bad.Check(e.ID >= 0, "id", "must be a positive integer")
	bad.Check(e.Patient > 0, "patient", "is required")
	bad.Check(e.Provider > 0, "provider", "is required")
	return bad.Err()
}

// SessionStatus is where a video session stands.
type SessionStatus string

// The session statuses (telehealth.md section 12).
const (
	SessionScheduled  SessionStatus = "scheduled"
	SessionInProgress SessionStatus = "in_progress"
	SessionCompleted  SessionStatus = "completed"
	SessionFailed     SessionStatus = "failed"
	SessionMissed     SessionStatus = "missed"
)

// SessionStatuses returns every session status.
func SessionStatuses() []SessionStatus {
	return []SessionStatus{SessionScheduled, SessionInProgress, SessionCompleted, SessionFailed, SessionMissed}
}

// Session is one video session of an encounter.
type Session struct {
	Scope
	ID        string // 24 hex digits
	SID       string // UUID
	Encounter int64
	Status    SessionStatus
	Start     time.Time
	End       *time.Time
	// Reported is the duration in whole seconds as the video platform gave it.
	Reported *int64
	// Others are the numbers of people who joined beside the provider and the
	// patient, in the order of joining.
	Others    []int64
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LogValue shows the id only.
func (s Session) LogValue() slog.Value { return slog.StringValue(s.ID) }

// Duration is what the platform reported, failing that the floor of the exact
// difference; 0 while the session has not ended.
func (s Session) Duration() int64 {
	switch {
	case s.End == nil:
		return 0
	case s.Reported != nil:
		return *s.Reported
	}
	return int64(s.End.Sub(s.Start) / time.Second)
}

// Check names every faulty field.
func (s *Session) Check() error {
	var bad Problems
	bad.Check(slices.Contains(SessionStatuses(), s.Status), "status", "must be scheduled, in_progress, completed, failed or missed")
	bad.Check(!s.Start.IsZero(), "start", "is required")
	bad.Check(s.End == nil || !s.End.Before(s.Start), "end", "must not be before start")
	bad.Check(s.Reported == nil || *s.Reported >= 0, "duration", "must not be negative")
	bad.Check(s.Encounter > 0, "encounter", "is required")
	bad.Check(len(s.Others) <= 100, "participants", "must be at most 100")
	if s.ID != "" {
		id, ok := ParseSessionID(s.ID)
		bad.Check(ok, "id", "must be 24 hex digits")
		s.ID = id
	}
	if s.SID != "" {
		sid, ok := ParseUUID(s.SID)
		bad.Check(ok, "sid", "must be a UUID")
		s.SID = sid
	}
	return bad.Err()
}

// Visit is an encounter with everything that a look-up shows.
type Visit struct {
	Encounter Encounter
	Patient   Patient
	Provider  Provider
	// TimeZone is the practice's, for where the provider has none.
	TimeZone string
	Sessions []VisitSession // newest first, by instant, then by id
}

// LogValue shows the encounter's id only.
func (v Visit) LogValue() slog.Value { return v.Encounter.LogValue() }

// VisitSession is a session with its visible recordings, earliest first.
type VisitSession struct {
	Session
	Recordings []RecordingName
}

// RecordingName is the part of a recording that a look-up shows.
type RecordingName struct{ ID, Name string }

// LogValue shows the id only.
func (r RecordingName) LogValue() slog.Value { return slog.StringValue(r.ID) }

// Duration is the sum over all sessions, the unrecorded ones too.
func (v Visit) Duration() int64 {
	var sum int64
	for _, s := range v.Sessions {
		sum += s.Duration()
	}
	return sum
}
