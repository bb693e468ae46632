package native

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/clinic/chart"
	"chartline/internal/policy"
)

// chartOperations are what is in a patient's chart beside visits and calls.
// Lists show what there is; reading one thing shows what is in it.
func (s *Surface) chartOperations() []operation {
	const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete
	return []operation{
		{"getFile", get, "/files/{file}", policy.FileRead, "Read what is known of an uploaded file", handle(s.getFile)},
		{"getFileContent", get, "/files/{file}/content", policy.FileContent, "Deliver an uploaded file", stream(s.fileContent, describeFileContent)},

		{"listForms", get, "/forms", policy.FormRead, "List answered forms, newest first", handle(s.listForms)},
		{"getForm", get, "/forms/{form}", policy.FormRead, "Read an answered form", handle(s.getForm)},
		{"listFormDefinitions", get, "/form-definitions", policy.FormDefinitionRead, "List what forms must be, by name", handle(s.listFormDefinitions)},
		{"createFormDefinition", post, "/form-definitions", policy.FormDefinitionWrite, "Say what forms of a name must be", create(s.createFormDefinition)},
		{"getFormDefinition", get, "/form-definitions/{definition}", policy.FormDefinitionRead, "Read what forms of a name must be", handle(s.getFormDefinition)},
		{"changeFormDefinition", patch, "/form-definitions/{definition}", policy.FormDefinitionWrite, "Change what forms of a name must be", handle(s.changeFormDefinition)},
		{"deleteFormDefinition", del, "/form-definitions/{definition}", policy.FormDefinitionWrite, "Make forms of a name free", handle(s.deleteFormDefinition)},

		{"listLabReports", get, "/lab-reports", policy.LabRead, "List laboratory reports, newest first", handle(s.listLabReports)},
		{"getLabReport", get, "/lab-reports/{report}", policy.LabRead, "Read a laboratory report", handle(s.getLabReport)},

		{"listNotes", get, "/notes", policy.NoteRead, "List chart notes, newest first", handle(s.listNotes)},
		{"getNote", get, "/notes/{note}", policy.NoteRead, "Read a chart note", handle(s.getNote)},

		{"listAnalyses", get, "/analyses", policy.AnalysisRead, "List analyses, newest first", handle(s.listAnalyses)},
		{"getAnalysis", get, "/analyses/{analysis}", policy.AnalysisRead, "Read an analysis", handle(s.getAnalysis)},
		{"signAnalysis", post, "/analyses/{analysis}/sign", policy.AnalysisSign, "Sign an analysis: a provider stands for it", handle(s.signAnalysis)},
	}
}

// ofPatient is what lists of a chart's things take.
type ofPatient struct {
	pageQuery
	Patient string `query:"patient" doc:"Only this patient's: id or number"`
}

// place reads the cursor of a list that is newest first.
func (q pageQuery) place(c cursors) (*chart.Place, error) {
	place, err := c.decode(q.Cursor)
	if err != nil || place == "" {
		return nil, err
	}
	micros, id, ok := strings.Cut(place, ".")
	n, err := strconv.ParseInt(micros, 10, 64)
	if !ok || err != nil {
		return nil, errCursor()
	}
	return &chart.Place{CreatedAt: time.UnixMicro(n).UTC(), ID: id}, nil
}

// placeAt is a place in such a list.
func placeAt(created time.Time, id string) string {
	return strconv.FormatInt(created.UnixMicro(), 10) + "." + id
}

// verbatim is JSON as it was sent, but for the space between its parts.
type verbatim json.RawMessage

// MarshalJSON implements json.Marshaler.
func (v verbatim) MarshalJSON() ([]byte, error) { return v, nil }

// Schema is any value's.
func (verbatim) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "As it was sent"}
}
