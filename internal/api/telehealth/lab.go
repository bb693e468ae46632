package telehealth

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// wireLabReport is the body of section 6.
type wireLabReport struct {
	patient      int64
	resourceType string
	observations []wireObservation
}

type wireObservation struct {
	care.Observation
	resourceType string
}

func (in *wireLabReport) rows() []row {
	return []row{
		integer("patient_id", &in.patient).must(), text("resourceType", &in.resourceType, among("DiagnosticReport")).must(),
		list("observations", &in.observations, care.MaxObservations, (*wireObservation).rows).must(),
	}
}

func (o *wireObservation) rows() []row {
	isEffective := isInstant(func(s string) bool {
		var ok bool
		o.EffectiveAt, ok = care.ParseInstant(s)
		return ok
	})
	return []row{
		opaque("id", &o.ID).must(), text("resourceType", &o.resourceType, among("Observation")).must(), text("bioMarker", &o.BioMarker).must(),
		scalar("result", &o.Result).must(), present{text("unit", &o.Unit)}, present{text("flag", &o.Flag)},
		number("referenceRangeHigh", &o.RangeHigh).must(), number("referenceRangeLow", &o.RangeLow).must(),
		text("effectiveDateTime", &o.Effective, isEffective).must(),
	}
}

type wireLabKept struct {
	ReportID   string `json:"report_id"`
	Accepted   int    `json:"accepted"`
	Duplicates int    `json:"duplicates"`
}

// addLabReport is section 6: what a laboratory found.
func (s *Surface) addLabReport(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireLabReport
	if err := decode(w, r, body{rows: in.rows()}); err != nil {
		return err
	}
	observations := make([]care.Observation, len(in.observations))
	for i, o := range in.observations {
		observations[i] = o.Observation
	}
	done, err := s.Chart.AddLabReport(r.Context(), c.Actor, c.Scope, care.PersonRef{Number: in.patient}, observations)
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, wireLabKept{done.Report, done.Accepted, done.Duplicates})
}
