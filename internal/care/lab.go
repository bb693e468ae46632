package care

import (
	"encoding/json"
	"log/slog"
	"time"
)

// LabReport is what a laboratory found, as it was sent at once.
type LabReport struct {
	Scope
	ID           string // UUID
	Patient      string // UUID
	Sender       string // the ID of the actor who sent it
	Observations []Observation
	CreatedAt    time.Time
}

// LogValue shows the id only.
func (r LabReport) LogValue() slog.Value { return slog.StringValue(r.ID) }

// Observation is one finding. What was measured is kept as it was written: no
// number is read, rounded or compared here.
type Observation struct {
	ID        string // the laboratory's; a patient has it once
	BioMarker string
	Result    json.RawMessage // a JSON string or number
	Unit      string
	Flag      string // the laboratory's; never computed
	RangeHigh string // a decimal
	RangeLow  string // a decimal
	Effective string // RFC 3339, as it was sent
	// EffectiveAt is the same as an instant.
	EffectiveAt time.Time
}

// MaxObservations bounds a report.
const MaxObservations = 1000
