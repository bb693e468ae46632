package telehealth

import (
	"encoding/json"
	"net/http"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

const (
	analysisPath   = prefix + "/aria-analysis"
	maxUtterances  = 20_000
	maxSuggestions = 1000 // codes, and actions
)

// wireAnalysis is the body of section 13.
type wireAnalysis struct {
	recording string
	encounter int64
	analysis  struct {
		raw                                        json.RawMessage
		engine, version, language, summary, unused string
		soap                                       care.SOAP
	}
}

func (in *wireAnalysis) rows() []row {
	a := &in.analysis
	return []row{
		exactText("recording_id", &in.recording, care.MaxRecordingName), integer("encounter_id", &in.encounter),
		oneOf{"recording_id", "encounter_id"},
		both(verbatim("analysis", &a.raw), nested("analysis",
			text("engine", &a.engine).must(), text("engine_version", &a.version), text("language", &a.language),
			many("transcript", maxUtterances, func() []row {
				return []row{
					text("speaker", &a.unused), decimal("start", &a.unused).must(), decimal("end", &a.unused).must(),
					longText("text", &a.unused, care.MaxNote).must(),
				}
			}),
			longText("summary", &a.summary, care.MaxNote), nested("soap", soapRows(&a.soap)...),
			many("codes", maxSuggestions, func() []row {
				return []row{text("system", &a.unused).must(), text("code", &a.unused).must(), longText("display", &a.unused, care.MaxLongText)}
			}),
			anything("actions", maxSuggestions),
			oneOf{"transcript", "summary", "soap", "codes", "actions"},
		)),
	}
}

type wireAnalysisKept struct {
	AnalysisID string              `json:"analysis_id"`
	Status     care.AnalysisStatus `json:"status"`
}

// handInAnalysis is section 13: what a program made of a recorded encounter.
func (s *Surface) handInAnalysis(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireAnalysis
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	a, err := s.Chart.HandInAnalysis(r.Context(), c.Actor, chart.NewAnalysis{
		Scope: c.Scope, Of: chart.AnalysisOf{RecordingName: in.recording, Encounter: in.encounter}, Document: in.analysis.raw,
		Engine: in.analysis.engine, EngineVersion: in.analysis.version, Language: in.analysis.language,
	})
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wireAnalysisKept{a.ID, a.Status})
}

// wireAnalysisRead is an analysis as section 13 shows it. Absent values are null.
type wireAnalysisRead struct {
	AnalysisID  string              `json:"analysis_id"`
	Status      care.AnalysisStatus `json:"status"`
	EncounterID int64               `json:"encounter_id"`
	Draft       bool                `json:"draft"`
	SignedAt    *time.Time          `json:"signed_at"`
	CreatedAt   time.Time           `json:"created_at"`
	Analysis    json.RawMessage     `json:"analysis"`
}

// readAnalysis is section 13: an analysis as it was handed in.
func (s *Surface) readAnalysis(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	a, err := s.Chart.Analysis(r.Context(), c.Actor, c.Scope, r.PathValue("analysis_id"))
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wireAnalysisRead{
		AnalysisID: a.ID, Status: a.Status, EncounterID: a.Encounter, Draft: a.SignedBy == nil, SignedAt: a.SignedAt,
		CreatedAt: a.CreatedAt, Analysis: a.Document,
	})
}
