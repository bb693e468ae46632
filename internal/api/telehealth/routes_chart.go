package telehealth

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/policy"
)

// chartRoutes are what goes into a patient's chart, and what comes out of it.
func (s *Surface) chartRoutes() []httpio.Route {
	return []httpio.Route{
		{Method: http.MethodPost, Pattern: attachmentPath, Action: policy.FileUpload, Handle: s.attachFiles},
		{Method: http.MethodPost, Pattern: prefix + "/patient/form", Action: policy.FormSubmit, Handle: s.submitForm},
		{Method: http.MethodPost, Pattern: prefix + "/patient/lab-reports", Action: policy.LabWrite, Handle: s.addLabReport},
		{Method: http.MethodPost, Pattern: prefix + "/patient/readings", Action: policy.ReadingWrite, Handle: s.addReadings},
		{Method: http.MethodPost, Pattern: prefix + "/patient/chart-note", Action: policy.NoteWrite, Handle: s.addNote},
		{Method: http.MethodPost, Pattern: graphQLPath, Action: policy.RosterRead, Handle: s.graphQL},
		{Method: http.MethodPost, Pattern: analysisPath, Action: policy.AnalysisWrite, Handle: s.handInAnalysis},
		{Method: http.MethodGet, Pattern: analysisPath + "/{analysis_id}", Action: policy.AnalysisRead, Handle: s.readAnalysis},
	}
}
