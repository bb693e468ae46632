package demo

import (
	"fmt"
	"strings"
)

// partner is a partner's way through the telehealth surface, from a provider who
// signs up to the analysis of a visit: docs/partner.sh in lines. What one line
// learns the next ones read from files.
func (g Guide) partner() section {
	some, _, _ := strings.Cut(g.SignupCode, "-") // new at every start, and so are these people
	provider, patient := "ada.fenwick."+some+"@example.org", "nell.hartwood."+some+"@example.org"
	const service = "/api/service/v1"
	keep := func(file, path, body string) string {
		return fmt.Sprintf(`curl -s -o %s %s -H 'Content-Type: application/json' -d '%s' "$U%s"`, file, asked, body, path)
	}
	post := func(path, body string) string { return send("POST", service+path, body) }
	id, file := from("patient.json", ".input_data.patient_id"), func(n int) string { return from("files.json", fmt.Sprintf(".[%d].uuid", n)) }
	return section{"A partner's way, from a provider's signing up to the analysis of a visit (needs jq; docs/partner.sh does the same)", []string{
		post("/provider/signup", fmt.Sprintf(`{"signup_code": "%s", "first_name": "Ada", "last_name": "Fenwick", "email_id": "%s", "password": "nine geese by the canal"}`,
			g.SignupCode, provider)),
		keep("slots.json", service+"/appointment-slots", fmt.Sprintf(`{"provider_email": "%s", "service_id": %d, "date": "%s"}`, provider, g.ServiceID, g.Tomorrow)),
		keep("patient.json", service+"/patient/register", fmt.Sprintf(`{"first_name": "Nell", "last_name": "Hartwood", "date_of_birth": "1985-04-12", "email": "%s", `+
			`"phone_number": "2125550147", "country_code": "+1", "password": "a lantern over the marsh", "customer_code": "%s", "provider_email": "%s", "service_id": %d, `+
			`"appointment_date": "%s", "appointment_time": "%s", "complaint": "A rash on the left arm"}`,
			patient, g.CustomerCode, provider, g.ServiceID, g.Tomorrow, from("slots.json", ".available_slots[0]"))),
		fmt.Sprintf(`curl -s -o files.json %s -F "attachments[]=@"<(base64 -d <<< %s)";filename=rash.png" -F "attachments[]=@"<(printf '%%%%PDF-1.4\n%%%%%%%%EOF\n')";filename=referral.pdf" "$U%s/patient/form/attachment"`,
			asked, onePixel, service),
		post("/patient/form", fmt.Sprintf(`{"patient_id": %s, "patient_form_name": "Skin diary", "form_responses": [{"question_type": "file", "text": "Pictures and letters", `+
			`"answer": [{"uuid": "%s"}, {"uuid": "%s"}]}]}`, id, file(0), file(1))),
		post("/patient/lab-reports", fmt.Sprintf(`{"patient_id": %s, "resourceType": "DiagnosticReport", "observations": [{"id": "CRP-1", "resourceType": "Observation", `+
			`"bioMarker": "CRP", "result": "<0.50", "unit": "mg/L", "flag": "N", "referenceRangeHigh": 5.0, "referenceRangeLow": 0, "effectiveDateTime": "2026-03-17T08:00:00Z"}]}`, id)),
		post("/patient/readings", fmt.Sprintf(`{"patient_id": %s, "readings": [{"type": "steps", "id": "day-1", "steps": 7312, "recorded_date": "2026-03-16", "source": "watch"}]}`, id)),
		post("/patient/assign-service", fmt.Sprintf(`{"patient_id": %s, "service_id": %d, "provider_email": "%s"}`, id, g.ServiceID, provider)),
		post("/patient/chart-note", fmt.Sprintf(`{"patient_id": %s, "provider_email": "%s", "note": "Itches at night; zinc, seen again in a week."}`, id, provider)),
		fmt.Sprintf(`curl -s -o sso.json %s -d '{"username": "%s", "password": "a lantern over the marsh"}' "$U/sso/token"`, asked, patient),
		`curl -s -L -c hers.txt "$U/sso/login?token=$(jq -r .userAccessToken sso.json)"`,
		post("/graphql", fmt.Sprintf(`{"query": "{ users(id: \"%s\", first: 1) { data { full_name steps_data { steps recorded_date } } } }"}`, id)),
		get(service + "/encounter-from-recording/" + g.RecordingName),
		keep("analysis.json", service+"/aria-analysis", fmt.Sprintf(`{"recording_id": "%s", "analysis": {"engine": "scribe", "summary": "Sleeps better; blood pressure as before."}}`, g.RecordingName)),
		fmt.Sprintf(`curl -s %s "$U%s/aria-analysis/$(jq -r .input_data.analysis_id analysis.json)"`, asked, service),
	}}
}

// from is a value in a file, as a shell reads it inside single quotes.
func from(file, filter string) string { return fmt.Sprintf(`'"$(jq -r '%s' %s)"'`, filter, file) }

// onePixel is a picture, in base64.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
