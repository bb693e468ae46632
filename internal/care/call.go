package care

import (
	"log/slog"
	"slices"
	"time"
)

// Direction is who called whom.
type Direction string

// The directions of a call.
const (
	Inbound  Direction = "INBOUND"
	Outbound Direction = "OUTBOUND"
)

// Directions returns both directions.
func Directions() []Direction { return []Direction{Inbound, Outbound} }

// CallStatus is where a call stands, or how it ended.
type CallStatus string

// The call statuses (calls.md, GET .../calls).
const (
	CallQueued     CallStatus = "QUEUED"
	CallInitiated  CallStatus = "INITIATED"
	CallRinging    CallStatus = "RINGING"
	CallInProgress CallStatus = "IN_PROGRESS"
	CallCompleted  CallStatus = "COMPLETED"
	CallBusy       CallStatus = "BUSY"
	CallNoAnswer   CallStatus = "NO_ANSWER"
	CallFailed     CallStatus = "FAILED"
	CallCanceled   CallStatus = "CANCELED"
)

// CallStatuses returns every call status.
func CallStatuses() []CallStatus {
	return []CallStatus{CallQueued, CallInitiated, CallRinging, CallInProgress, CallCompleted, CallBusy, CallNoAnswer, CallFailed, CallCanceled}
}

// Leg is one side of a call as the phone system reported it.
type Leg struct {
	Role     string     `json:"role"` // "parent" or "child"
	Status   CallStatus `json:"status"`
	Duration int64      `json:"duration"` // seconds
}

// Call is a voice call with a patient.
type Call struct {
	Scope
	ID        string // UUID
	Patient   string // UUID
	Direction Direction
	Status    CallStatus
	Duration  int64     // seconds of answered time
	CalledAt  time.Time // whole seconds; the first leg's start
	// The exact times, where known.
	StartedAt, AnsweredAt, EndedAt *time.Time
	From, To                       string
	ExternalID                     string // the phone system's id
	Source                         string // twilio, asterisk, ...
	User                           string // the staff user's id
	Encounter                      *int64
	Legs                           []Leg
	Voicemail                      bool
	// Media is what the call's recordings amount to; the store keeps it true.
	Media     Media
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LogValue shows the id only.
func (c Call) LogValue() slog.Value { return slog.StringValue(c.ID) }

// CallItem is the part of a call that a list shows.
type CallItem struct {
	ID        string
	Patient   string
	Direction Direction
	Status    CallStatus
	Duration  int64
	CalledAt  time.Time
	Media     Media
}

// Item returns the part of c that a list shows.
func (c Call) Item() CallItem {
	return CallItem{
		ID: c.ID, Patient: c.Patient, Direction: c.Direction, Status: c.Status,
		Duration: c.Duration, CalledAt: c.CalledAt, Media: c.Media,
	}
}

// Check names every faulty field and cuts CalledAt to whole seconds.
func (c *Call) Check() error {
	var bad Problems
	if c.CalledAt.IsZero() && c.StartedAt != nil {
		c.CalledAt = *c.StartedAt
	}
	c.CalledAt = WholeSeconds(c.CalledAt)
	bad.Check(!c.CalledAt.IsZero() && c.CalledAt.Year() >= 1900, "calledAt", "is required")
	bad.Check(slices.Contains(Directions(), c.Direction), "direction", "must be INBOUND or OUTBOUND")
	bad.Check(slices.Contains(CallStatuses(), c.Status), "status", "must be a call status")
	bad.Check(c.Duration >= 0, "duration", "must not be negative")
	bad.Check(len(c.Legs) <= 50, "legs", "must be at most 50")
	for _, l := range c.Legs {
		bad.Check((l.Role == "parent" || l.Role == "child") && slices.Contains(CallStatuses(), l.Status) && l.Duration >= 0,
			"legs", "each needs a role (parent or child), a status and a duration")
	}
	for field, s := range map[string]*string{"from": &c.From, "to": &c.To, "externalId": &c.ExternalID, "source": &c.Source, "userId": &c.User} {
		var ok bool
		*s, ok = CleanText(*s, MaxText, false)
		bad.Check(ok, field, "must be at most 200 characters without control characters")
	}
	if c.ID != "" {
		id, ok := ParseUUID(c.ID)
		bad.Check(ok, "id", "must be a UUID")
		c.ID = id
	}
	return bad.Err()
}

// Media is what a call's recordings amount to, by consent alone: withheld,
// refused and deleted ones do not count.
type Media int

// The states, in rising order of what may be heard.
const (
	MediaNone    Media = 0 // nothing that may be heard
	MediaUnknown Media = 1 // only recordings of unknown consent
	MediaGiven   Media = 2 // at least one of given consent
)

// Audible reports whether a recording would be delivered in an instance whose
// setting is unknownRefused.
func (m Media) Audible(unknownRefused bool) bool {
	return m == MediaGiven || m == MediaUnknown && !unknownRefused
}

// CallFilter narrows a list of calls. Zero fields do not narrow.
type CallFilter struct {
	From, Until  *time.Time // inclusive, against CalledAt (whole seconds)
	Direction    Direction
	Status       CallStatus
	HasRecording *bool
}

// Empty reports whether the filter lets everything through.
func (f CallFilter) Empty() bool { return f == CallFilter{} }

// CallPage asks for one numbered page of a patient's calls.
type CallPage struct {
	Filter    CallFilter
	Page      int // from 0
	Size      int // 1 to 1000
	Ascending bool
	// UnknownRefused is the instance's setting, for HasRecording.
	UnknownRefused bool
}
