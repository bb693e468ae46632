package care

import (
	"log/slog"
	"strings"
	"time"
)

// MaxNote bounds a note, and each part of a structured one, in characters.
const MaxNote = 50_000

// Note is an entry in a patient's chart. It never changes: a correction is a
// new note that amends it.
type Note struct {
	Scope
	ID        string // UUID
	Patient   string // UUID
	Provider  int64  // whose note it is
	Encounter *int64
	Title     string
	Type      string
	Date      string // YYYY-MM-DD, what the note is about; empty where not told
	Text      string
	SOAP      SOAP
	Amends    string // UUID of the note that this one corrects; empty where none
	Sender    string // the ID of the actor who sent it
	CreatedAt time.Time
	// Amended reports that a later note corrects this one; the store knows.
	Amended bool
}

// SOAP is a note in its four usual parts.
type SOAP struct{ Subjective, Objective, Assessment, Plan string }

// LogValue shows the id only.
func (n Note) LogValue() slog.Value { return slog.StringValue(n.ID) }

// Check names every faulty field, by the names that it is sent with.
func (n *Note) Check() error {
	var bad Problems
	for field, line := range map[string]*string{"title": &n.Title, "note_type": &n.Type} {
		var ok bool
		*line, ok = CleanText(*line, MaxText, false)
		bad.Check(ok, field, "must be at most 200 characters without control characters")
	}
	for field, text := range map[string]*string{
		"note": &n.Text, "soap.subjective": &n.SOAP.Subjective, "soap.objective": &n.SOAP.Objective,
		"soap.assessment": &n.SOAP.Assessment, "soap.plan": &n.SOAP.Plan,
	} {
		var ok bool
		*text, ok = CleanText(*text, MaxNote, true)
		bad.Check(ok, field, "must be at most 50000 characters without control characters")
	}
	bad.Check(n.Text != "" || n.SOAP != SOAP{}, "note", "is required, or soap")
	if n.Date != "" {
		_, ok := ParseDate(n.Date)
		bad.Check(ok, "note_date", "must be YYYY-MM-DD")
	}
	n.Amends = strings.ToLower(n.Amends)
	return bad.Err()
}

// CheckTime names a date that has not come yet.
func (n Note) CheckTime(now time.Time) error {
	if d, ok := ParseDate(n.Date); ok && d.After(now.Add(clockSkew)) {
		return Invalid("note_date", "must not be in the future")
	}
	return nil
}
