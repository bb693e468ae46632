package contracttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"chartline/internal/clinic/chart"
	"chartline/internal/testkit"
)

// storedFiles counts the objects of uploaded files.
func (w *world) storedFiles() (n int) {
	w.t.Helper()
	for o, err := range w.kit.Media.List(w.t.Context(), "acme-health/live/files/") {
		w.must(err)
		if o.Key != "" {
			n++
		}
	}
	return n
}

// FuzzUploads sends any body as multipart/form-data: what is answered with ids is
// there, whole and under a safe name; of all else nothing is kept.
func FuzzUploads(f *testing.F) {
	part := func(name, content string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"" + name + "\"\r\n\r\n" + content + "\r\n"
	}
	for _, body := range []string{
		part("a.pdf", "%PDF-1.7 a") + "--x--\r\n", part("a.pdf", "%PDF-1.7 a") + part("../b.exe", "%PDF-1.7 b") + "--x--", part("a.pdf", "%PDF-1.7 a"), "", "--x--", "--x",
		part("a.html", "<html>") + "--x--", part("", "%PDF-1.7") + "--x--", "--x\r\n\r\n\r\n--x--", part("a\x00\xff\u202e.pdf", "%PDF-1.7 a") + "--x--",
		strings.ReplaceAll(part("a.pdf", "%PDF-1.7 a"), "form-data;", "form-data; filename*=UTF-8''%2e%2e%2fa.pdf;") + "--x--",
		"--x\r\nContent-Disposition: form-data; name=\"attachments[]\"\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=25PDF-1.7\r\n--x--",
		strings.Repeat("--x\r\nA: b\r\n", 50), "--x\r\n" + strings.Repeat("A", 9000) + ": b\r\n\r\n--x--",
	} {
		f.Add("multipart/form-data; boundary=x", []byte(body))
	}
	f.Add("multipart/form-data", []byte("x"))
	f.Add("multipart/form-data; boundary=\"\"", []byte("--\r\n"))
	f.Add("multipart/mixed; boundary=x", []byte("--x--"))
	limits := chart.DefaultLimits()
	limits.UncitedCount, limits.FileCount = 1<<40, 5
	w := openWorld(f, testkit.Options{Uploads: &limits})
	w.plant(clinic(f))
	w.newEntries()
	stored := w.storedFiles()
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		w.t = t
		if strings.ContainsAny(contentType, "\r\n") {
			return // another header
		}
		headers := []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: " + contentType}
		got := w.serveRaw(w.request("POST", "/api/service/v1/patient/form/attachment", headers, body), "")
		before := stored
		stored = w.storedFiles()
		if got.status != http.StatusOK {
			if !slices.Contains([]int{400, 413, 415}, got.status) || got.status != 400 && !errorShapes["attachment"].Match(got.body) || stored != before {
				t.Fatalf("%q with %q answers %d %s, and keeps %d files", contentType, body, got.status, got.body, stored-before)
			}
			return
		}
		var files []struct {
			FileName string `json:"file_name"`
			UUID     string `json:"uuid"`
		}
		if err := json.Unmarshal(got.body, &files); err != nil || len(files) == 0 || stored-before != len(files) {
			t.Fatalf("%q answers %s, and keeps %d files", body, got.body, stored-before)
		}
		for _, file := range files {
			if file.FileName == "" || strings.ContainsAny(file.FileName, "/\\\x00\r\n\u202e") || strings.Trim(file.FileName, ".") == "" {
				t.Errorf("a file is called %q", file.FileName)
			}
			read := w.serveRaw(w.request("GET", "/api/v1/files/"+file.UUID+"/content", headers[:1], nil), "")
			encoded := bytes.Contains(bytes.ToLower(body), []byte("quoted-printable")) // then it is decoded
			if read.status != http.StatusOK || !encoded && !bytes.Contains(body, read.body) {
				t.Errorf("%s reads back %d %q", file.UUID, read.status, read.body)
			}
		}
	})
}

// FuzzGraphQLBodies sends any body: nothing fails on our side, and nobody else's
// data is shown.
func FuzzGraphQLBodies(f *testing.F) {
	for _, body := range []string{
		`{"query": "{ users(first: 1) { data { full_name steps_data { steps } } paginatorInfo { total } } }"}`, `{"query": ""}`, `{"query": 1}`, `[]`, `{}`, ``, `null`,
		`{"query": "query($first: Int!, $id: ID) { users(first: $first, id: $id) { data { patient_id } } }", "variables": {"first": 2, "id": 202300001111}}`,
		`{"query": "query A { users(first: 1) { data { mrn } } } query B { __typename }", "operationName": "B", "variables": null}`,
		`{"query": "{ users(first: 1, customerCode: \"BIRCH\") { data { full_name } } }"}`, `{"query": "{ __schema { types { name } } }"}`,
		`{"query": "query($v: [Int!]) { users(first: $v) { data { mrn } } }", "variables": {"v": [[[]]]}}`, `{"query": "{ users(first: 1) @skip(if: true) { data { mrn } } }"}`,
		`{"query": "fragment A on User { ...A } { users(first: 1) { data { ...A } } }"}`, `{"query": "{ users(first: 1, patients_created_from: \"0001-01-01\", patients_created_to: \"9999-12-31\") { data { created_at } } }"}`,
	} {
		f.Add([]byte(body))
	}
	w := newWorld(f)
	headers := []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: application/json"}
	f.Fuzz(func(t *testing.T, body []byte) {
		w.t = t
		got := w.serveRaw(w.request("POST", "/api/service/v1/graphql", headers, body), "")
		if got.status != http.StatusOK && got.status != http.StatusBadRequest || !json.Valid(got.body) {
			t.Fatalf("%q answers %d %s", body, got.status, got.body)
		}
		for _, m := range w.marks["birch-clinic"] {
			if bytes.Contains(got.body, []byte(m)) && !bytes.Contains(body, []byte(m)) && !slices.Contains(w.marks["acme-health"], m) {
				t.Fatalf("%q shows %q", body, m)
			}
		}
	})
}

// FuzzLabValues sends any values: what is taken is read back digit for digit.
func FuzzLabValues(f *testing.F) {
	for _, s := range [][5]string{
		{`1.50`, `2.0`, `"-0.0"`, "2026-03-17T08:00:00Z", "g"}, {`"<2.0"`, `"9"`, `1e5`, "2026-03-17T08:00:00.123456789+05:30", ""}, {`null`, `""`, `[]`, "2026-03-17", "\x00"},
		{`1e400`, `NaN`, `0x10`, "2026-02-30T08:00:00Z", "%"}, {`"\ud800"`, `"1,5"`, `00.1`, "2026-03-17t08:00:00z", "\u202e"}, {`-0`, `1.`, `.1`, "9999-12-31T23:59:59-12:00", "µg"},
		{`{"a":1}`, `"٣"`, `1E1`, "0001-01-01T00:00:00+14:00", " g "},
	} {
		f.Add(s[0], s[1], s[2], s[3], s[4])
	}
	w := newWorld(f)
	headers := []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: application/json"}
	n := 0
	f.Fuzz(func(t *testing.T, result, high, low, effective, unit string) {
		w.t = t
		n++
		text := func(s string) string { b, _ := json.Marshal(s); return string(b) }
		body := fmt.Sprintf(`{"patient_id": 202300001111, "resourceType": "DiagnosticReport", "observations": [{"id": "fuzz-%d", "resourceType": "Observation",
			"bioMarker": "A", "result": %s, "unit": %s, "flag": "", "referenceRangeHigh": %s, "referenceRangeLow": %s, "effectiveDateTime": %s}]}`,
			n, result, text(unit), high, low, text(effective))
		got := w.serveRaw(w.request("POST", "/api/service/v1/patient/lab-reports", headers, []byte(body)), "")
		if got.status == http.StatusBadRequest {
			return
		}
		var made struct {
			InputData struct {
				ReportID string `json:"report_id"`
				Accepted int
			} `json:"input_data"`
		}
		if err := json.Unmarshal(got.body, &made); err != nil || got.status != http.StatusOK || made.InputData.Accepted != 1 {
			t.Fatalf("%s answers %d %s", body, got.status, got.body)
		}
		read := w.serveRaw(w.request("GET", "/api/v1/lab-reports/"+made.InputData.ReportID, headers[:1], nil), "")
		var report struct {
			Observations []struct {
				Result                                                   json.RawMessage
				ReferenceRangeHigh, ReferenceRangeLow, EffectiveDateTime string
			}
		}
		if err := json.Unmarshal(read.body, &report); err != nil || len(report.Observations) != 1 {
			t.Fatalf("%s reads back %d %s", body, read.status, read.body)
		}
		o := report.Observations[0]
		bare := func(s string) string { return strings.Trim(strings.TrimSpace(s), `"`) }
		if string(o.Result) != strings.TrimSpace(result) || o.ReferenceRangeHigh != bare(high) || o.ReferenceRangeLow != bare(low) || o.EffectiveDateTime != strings.TrimSpace(effective) {
			t.Errorf("%s reads back %s", body, read.body)
		}
	})
}

// FuzzReadingValues sends any values: what is taken can be told by GraphQL.
func FuzzReadingValues(f *testing.F) {
	for _, s := range [][4]string{
		{"steps", `"steps": 5`, "2026-03-17", "watch"}, {"sleep", `"total_sleep_minutes": 431, "total_inbed_minutes": 480`, "2026-03-17T23:00:00-05:00", ""},
		{"pulse_ox", `"spo2_percent": 97.5, "pulse_bpm": "61"`, "2026-03-17", "\x00"}, {"steps", `"steps": 1e3`, "0001-01-01", "a"}, {"steps", `"steps": "5"`, "2026-03-17", "a"},
		{"steps", `"steps": 99999999999999999999`, "9999-12-31", "a"}, {"pulse_ox", `"spo2_percent": -0.0`, "2026-03-17", "a"}, {"weight", `"steps": null`, "", "a"},
	} {
		f.Add(s[0], s[1], s[2], s[3])
	}
	w := newWorld(f)
	headers := []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: application/json"}
	n := 0
	f.Fuzz(func(t *testing.T, kind, values, recorded, source string) {
		w.t = t
		n++
		text := func(s string) string { b, _ := json.Marshal(s); return string(b) }
		body := fmt.Sprintf(`{"patient_id": 202300001112, "readings": [{"type": %s, "recorded_date": %s, "source": %s, "id": "fuzz-%d", %s}]}`,
			text(kind), text(recorded), text(source), n, values)
		got := w.serveRaw(w.request("POST", "/api/service/v1/patient/readings", headers, []byte(body)), "")
		if got.status == http.StatusBadRequest {
			return
		}
		if got.status != http.StatusOK {
			t.Fatalf("%s answers %d %s", body, got.status, got.body)
		}
		query := `{"query": "{ users(first: 1, id: 202300001112) { data { sleep_data { total_sleep_minutes total_inbed_minutes recorded_date } steps_data { steps source } pulse_ox_data { id spo2_percent pulse_bpm } } } }"}`
		told := w.serveRaw(w.request("POST", "/api/service/v1/graphql", headers, []byte(query)), "")
		if told.status != http.StatusOK || bytes.Contains(told.body, []byte(`"errors"`)) && !bytes.Contains(told.body, []byte("readings")) {
			t.Fatalf("%s was taken and is told as %d %s", body, told.status, shorten(told.body))
		}
	})
}
