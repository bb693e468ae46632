package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

// analysis is an analysis as lists show it.
type analysis struct {
	ID             string     `json:"id" format:"uuid"`
	PatientID      string     `json:"patientId" format:"uuid"`
	EncounterID    int64      `json:"encounterId"`
	RecordingID    *string    `json:"recordingId" format:"uuid" doc:"The recording that was analysed; null where the encounter as a whole was"`
	Status         string     `json:"status" enum:"queued,running,completed,failed"`
	Engine         string     `json:"engine"`
	EngineVersion  *string    `json:"engineVersion"`
	Language       *string    `json:"language"`
	Draft          bool       `json:"draft" doc:"Until a provider signs it"`
	SignedByNumber *int64     `json:"signedByNumber" doc:"The provider's number"`
	SignedAt       *time.Time `json:"signedAt"`
	SentBy         string     `json:"sentBy" doc:"The client that handed it in"`
	CreatedAt      time.Time  `json:"createdAt"`
	UpdatedAt      time.Time  `json:"updatedAt"`
}

type analysisRead struct {
	analysis
	Document verbatim `json:"document" doc:"What the analyser handed in, word for word"`
}

func lowerAnalysis(a care.Analysis) analysis {
	return analysis{
		ID: a.ID, PatientID: a.Patient, EncounterID: a.Encounter, RecordingID: orNull(a.Recording), Status: string(a.Status), Engine: a.Engine,
		EngineVersion: orNull(a.EngineVersion), Language: orNull(a.Language), Draft: a.SignedBy == nil, SignedByNumber: a.SignedBy,
		SignedAt: utc(a.SignedAt), SentBy: a.Sender, CreatedAt: a.CreatedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
	}
}

type listAnalyses struct {
	ofPatient
	Encounter *string `query:"encounter" doc:"Only this encounter's"`
}

func (s *Surface) listAnalyses(ctx context.Context, c call, in listAnalyses) (list[analysis], error) {
	after, err := in.place(c.cursors)
	if err != nil {
		return list[analysis]{}, err
	}
	f := chart.AnalysisFilter{Patient: optionalPerson(in.Patient)}
	if in.Encounter != nil {
		id := numberID(*in.Encounter)
		f.Encounter = &id
	}
	found, err := s.Chart.Analyses(ctx, c.Actor, c.Scope, f, after, in.limit()+1)
	if err != nil {
		return list[analysis]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerAnalysis, func(a care.Analysis) string { return placeAt(a.CreatedAt, a.ID) }), nil
}

type analysisPath struct {
	Analysis string `path:"analysis" doc:"The analysis' id"`
}

func (s *Surface) getAnalysis(ctx context.Context, c call, in analysisPath) (analysisRead, error) {
	a, err := s.Chart.Analysis(ctx, c.Actor, c.Scope, in.Analysis)
	return analysisRead{lowerAnalysis(a), verbatim(a.Document)}, err
}

type signAnalysis struct {
	analysisPath
	Body signature
}

// signature names who signs.
type signature struct{ ProviderKey }

func (s *Surface) signAnalysis(ctx context.Context, c call, in signAnalysis) (analysis, error) {
	signer, err := in.Body.ref()
	if err != nil {
		return analysis{}, err
	}
	a, err := s.Chart.SignAnalysis(ctx, c.Actor, c.Scope, in.Analysis, signer, c.once)
	return lowerAnalysis(a), err
}
