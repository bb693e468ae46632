package telehealth

import (
	"net/http"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/visits"
)

type wireEncounterAnswer struct {
	Error     bool          `json:"error"`
	InputData wireEncounter `json:"input_data"`
}

// wireEncounter is an encounter as section 12 shows it. Absent optional values
// are null, never left out.
type wireEncounter struct {
	ID             int64         `json:"id"`
	Complaint      *string       `json:"complaint"`
	Duration       int64         `json:"duration"`
	RecordingFiles string        `json:"recording_files"`
	Patient        wirePatient   `json:"patient"`
	Provider       wireProvider  `json:"provider"`
	VideoSessions  []wireSession `json:"video_sessions"`
}

type wirePatient struct {
	ID          int64   `json:"id"`
	FullName    string  `json:"full_name"`
	Gender      *string `json:"gender"`
	BirthDate   *string `json:"birth_date"`
	Email       *string `json:"email"`
	Phone       *string `json:"phone"`
	CountryCode *string `json:"country_code"`
	TimeZone    *string `json:"timezone"`
	MRN         *string `json:"mrn"`
}

type wireProvider struct {
	ID          int64   `json:"id"`
	FullName    string  `json:"full_name"`
	Title       *string `json:"provider_title"`
	Email       *string `json:"email"`
	Phone       *string `json:"phone"`
	CountryCode *string `json:"country_code"`
	TimeZone    *string `json:"timezone"`
}

type wireSession struct {
	ID            string             `json:"id"`
	SID           string             `json:"sid"`
	Status        care.SessionStatus `json:"status"`
	Start         string             `json:"start"`
	End           *string            `json:"end"`
	Duration      int64              `json:"duration"`
	CompositionID *string            `json:"composition_id"`
	Participants  []int64            `json:"participants"`
}

// encounterFromRecording is section 12: a recording's name in, its encounter out.
func (s *Surface) encounterFromRecording(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	found, err := s.Visits.LookUp(r.Context(), c.Actor, c.Scope, r.PathValue("recording_id"))
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, wireEncounterAnswer{InputData: lowerEncounter(found, s.zoneOf(found.Visit))})
}

func lowerEncounter(found visits.Found, zone *time.Location) wireEncounter {
	v := found.Visit
	p, d := v.Patient, v.Provider
	out := wireEncounter{
		ID: v.Encounter.ID, Complaint: optional(v.Encounter.Complaint), Duration: v.Duration(), RecordingFiles: found.Recording.Name,
		Patient: wirePatient{
			ID: p.Number, FullName: p.FullName(), Gender: optional(p.Gender), BirthDate: optional(p.BirthDate), Email: optional(p.Email),
			Phone: optional(p.Phone), CountryCode: optional(p.CountryCode), TimeZone: optional(p.TimeZone), MRN: optional(p.MRN),
		},
		Provider: wireProvider{
			ID: d.Number, FullName: d.FullName(), Title: optional(d.Title), Email: optional(d.Email),
			Phone: optional(d.Phone), CountryCode: optional(d.CountryCode), TimeZone: optional(d.TimeZone),
		},
		VideoSessions: make([]wireSession, len(v.Sessions)),
	}
	for i, session := range v.Sessions {
		out.VideoSessions[i] = lowerSession(session, v, found.Recording.ID, zone)
	}
	return out
}

func lowerSession(s care.VisitSession, v care.Visit, asked string, zone *time.Location) wireSession {
	out := wireSession{
		ID: s.ID, SID: s.SID, Status: s.Status, Start: local(s.Start, zone), Duration: s.Duration(),
		Participants: append([]int64{v.Provider.Number, v.Patient.Number}, s.Others...),
	}
	if s.End != nil {
		end := local(*s.End, zone)
		out.End = &end
	}
	for i, r := range s.Recordings {
		if i == 0 || r.ID == asked {
			out.CompositionID = &r.Name
		}
	}
	return out
}

// zoneOf is the zone that times are shown in: the provider's, failing that the
// practice's, failing that UTC.
func (s *Surface) zoneOf(v care.Visit) *time.Location {
	for _, name := range []string{v.Provider.TimeZone, v.TimeZone} {
		if name == "" {
			continue
		}
		if zone, err := s.zones.Load(name); err == nil {
			return zone
		}
	}
	return time.UTC
}

// local shows a session's time: no zone, whole seconds (telehealth.md,
// Conventions).
func local(t time.Time, zone *time.Location) string { return t.In(zone).Format(time.DateTime) }

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
