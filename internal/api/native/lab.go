package native

import (
	"context"
	"time"

	"chartline/internal/care"
)

// labReport is a laboratory report as lists show it.
type labReport struct {
	ID        string    `json:"id" format:"uuid"`
	PatientID string    `json:"patientId" format:"uuid"`
	SentBy    string    `json:"sentBy" doc:"The client that sent it"`
	CreatedAt time.Time `json:"createdAt"`
}

type labReportRead struct {
	labReport
	Observations []observation `json:"observations" nullable:"false"`
}

type observation struct {
	ID                 string   `json:"id" doc:"The laboratory's"`
	BioMarker          string   `json:"bioMarker"`
	Result             verbatim `json:"result" doc:"A string or a number, as it was sent"`
	Unit               string   `json:"unit"`
	Flag               string   `json:"flag" doc:"The laboratory's"`
	ReferenceRangeHigh string   `json:"referenceRangeHigh" doc:"A decimal, digit for digit"`
	ReferenceRangeLow  string   `json:"referenceRangeLow" doc:"A decimal, digit for digit"`
	EffectiveDateTime  string   `json:"effectiveDateTime" doc:"As it was sent"`
}

func lowerLabReport(r care.LabReport) labReport {
	return labReport{ID: r.ID, PatientID: r.Patient, SentBy: r.Sender, CreatedAt: r.CreatedAt.UTC()}
}

func (s *Surface) listLabReports(ctx context.Context, c call, in ofPatient) (list[labReport], error) {
	after, err := in.place(c.cursors)
	if err != nil {
		return list[labReport]{}, err
	}
	found, err := s.Chart.LabReports(ctx, c.Actor, c.Scope, optionalPerson(in.Patient), after, in.limit()+1)
	if err != nil {
		return list[labReport]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerLabReport, func(r care.LabReport) string { return placeAt(r.CreatedAt, r.ID) }), nil
}

type labReportPath struct {
	Report string `path:"report" doc:"The report's id"`
}

func (s *Surface) getLabReport(ctx context.Context, c call, in labReportPath) (labReportRead, error) {
	r, err := s.Chart.LabReport(ctx, c.Actor, c.Scope, in.Report)
	out := labReportRead{labReport: lowerLabReport(r), Observations: make([]observation, len(r.Observations))}
	for i, o := range r.Observations {
		out.Observations[i] = observation{
			ID: o.ID, BioMarker: o.BioMarker, Result: verbatim(o.Result), Unit: o.Unit, Flag: o.Flag,
			ReferenceRangeHigh: o.RangeHigh, ReferenceRangeLow: o.RangeLow, EffectiveDateTime: o.Effective,
		}
	}
	return out, err
}
