package care

import (
	"encoding/json"
	"log/slog"
	"time"
)

// AnalysisStatus is where an analysis stands.
type AnalysisStatus string

// The statuses (telehealth.md section 13).
const (
	AnalysisQueued    AnalysisStatus = "queued"
	AnalysisRunning   AnalysisStatus = "running"
	AnalysisCompleted AnalysisStatus = "completed"
	AnalysisFailed    AnalysisStatus = "failed"
)

// AnalysisStatuses returns every status.
func AnalysisStatuses() []AnalysisStatus {
	return []AnalysisStatus{AnalysisQueued, AnalysisRunning, AnalysisCompleted, AnalysisFailed}
}

// Analysis is what a program made of a recorded encounter. It is a draft until
// a provider signs it; nothing of it enters the chart by itself.
type Analysis struct {
	Scope
	ID        string // UUID
	Patient   string // UUID
	Encounter int64
	// Recording is the UUID of the recording that was analysed; empty where the
	// encounter as a whole was. Where that recording may not be heard, the
	// analysis may not be read.
	Recording     string
	Status        AnalysisStatus
	Engine        string
	EngineVersion string
	Language      string
	// Document is the JSON object that the analyser handed in, word for word.
	Document  json.RawMessage
	Sender    string // the ID of the actor who handed it in
	SignedBy  *int64 // the provider's number
	SignedAt  *time.Time
	CreatedAt time.Time
	UpdatedAt time.Time
}

// LogValue shows the id only.
func (a Analysis) LogValue() slog.Value { return slog.StringValue(a.ID) }
