package demo

import (
	"fmt"

	"chartline/internal/care"
)

// section is lines to paste under one heading. U is the server's address, T the
// token of every grant, NONE that of none, OTHER the other tenant's.
type section struct {
	title string
	lines []string
}

func (g Guide) sections() []section {
	all := []section{g.lookUps(), g.partner(), g.portal(), g.calls(), g.refused(), g.tokens(), g.reading(), g.writing()}
	if g.RecordingID != "" {
		all = append(all, g.recording())
	}
	return append(all, section{"Health and figures", []string{`curl -s "$U/"`, `curl -s "$U/healthz"`, `curl -s "$U/readyz"`, `curl -s "$U/metrics"`}})
}

// asked shows who asks.
const asked = `-H "Authorization: Bearer $T"`

func get(path string) string { return fmt.Sprintf(`curl -s %s "$U%s"`, asked, path) }

func send(method, path, body string) string {
	return fmt.Sprintf(`curl -s -X %s %s -H 'Content-Type: application/json' -d '%s' "$U%s"`, method, asked, body, path)
}

func (g Guide) lookUps() section {
	return section{"A recording's name in, its encounter out", []string{
		get("/api/service/v1/encounter-from-recording/" + g.RecordingName),
		get("/api/service/v1/encounter-from-recording/"+ambiguousName) + "   # fits two encounters",
		get("/api/service/v1/encounter-from-recording/visits%2F2026%2F02%2F1770900060231.wav"),
	}}
}

func (g Guide) patient() string {
	return fmt.Sprintf("/%s/%s/patients/%s", g.Tenant, g.Instance, g.PatientID)
}

func (g Guide) calls() section {
	call := g.patient() + "/calls/" + g.CallID
	return section{"A patient's calls, and their recordings", []string{
		get(g.patient()),
		get(g.patient() + "/calls"),
		get(g.patient() + "/calls?hasRecording=true&size=5&sort=calledAt,asc"),
		get(call),
		fmt.Sprintf(`curl -sI %s "$U%s/recording"`, asked, call),
		fmt.Sprintf(`curl -s -o recording.mp3 %s "$U%s/recording"`, asked, call),
		fmt.Sprintf(`curl -s -r 0-999 -o first-kilobyte.mp3 %s "$U%s/recording"`, asked, call),
	}}
}

func (g Guide) loginForm() string { return fmt.Sprintf("/portal/login/%s/%s", g.Tenant, g.Instance) }

func (g Guide) portal() section {
	token := fmt.Sprintf(`curl -s %s -d '{"username": "%s", "password": "%s"}' "$U/sso/token"`, asked, g.PortalUser, g.PortalPassword)
	form := g.loginForm()
	return section{"A patient's way into the portal, by single sign-on and by its form", []string{
		token,
		`curl -s -L -c cookies.txt "$U/sso/login?token=$(` + token + ` | sed -E 's/.*"userAccessToken":"([^"]*)".*/\1/')"`,
		`curl -s -b cookies.txt "$U/portal"`,
		fmt.Sprintf(`curl -s "$U%s"`, form),
		fmt.Sprintf(`curl -s -L -c cookies.txt --data-urlencode 'email=%s' --data-urlencode 'password=%s' "$U%s"`, g.PortalUser, g.PortalPassword, form),
	}}
}

func (g Guide) refused() section {
	return section{"What is refused: without a grant, of another tenant, without a token", []string{
		fmt.Sprintf(`curl -s -H "Authorization: Bearer $NONE" "$U%s/calls"`, g.patient()),
		fmt.Sprintf(`curl -s -H "Authorization: Bearer $OTHER" "$U%s/calls"`, g.patient()),
		get("/api/service/v1/encounter-from-recording/" + g.Other.RecordingName),
		fmt.Sprintf(`curl -s "$U%s/calls"`, g.patient()),
	}}
}

func (g Guide) tokens() section {
	return section{"Tokens, in each of the three ways", []string{
		fmt.Sprintf(`curl -s -H 'Content-Type: application/json' -d '{"apiClient": "%s", "secret": "%s"}' "$U/auth/token"`, g.APIClient, g.Secret),
		fmt.Sprintf(`curl -s -H 'Content-Type: application/json' -d '{"secret": "%s"}' "$U/%s/admin/api_clients/%s"`, g.Secret, g.Tenant, g.APIClient),
		fmt.Sprintf(`curl -s -u '%s:%s' -d grant_type=client_credentials "$U/oauth/token"`, g.APIClient, g.Secret),
	}}
}

// session is the recorded one of the example.
func (g Guide) session() string {
	return sessionID(care.Scope{Tenant: Tenant, Instance: Live}, ExampleEncounter, 1)
}

func (g Guide) reading() section {
	return section{"The native surface, reading (its OpenAPI document says the rest)", []string{
		get("/api/v1/openapi.json"),
		get("/api/v1/instance"),
		get("/api/v1/patients?limit=3"),
		get("/api/v1/patients/" + g.PatientID),
		get("/api/v1/patients/" + g.PatientID + "/care-team"),
		get(fmt.Sprintf("/api/v1/patients/%s/care-team/%d", g.PatientID, exampleProvider)),
		get("/api/v1/providers"),
		get(fmt.Sprintf("/api/v1/providers/%d", exampleProvider)),
		get("/api/v1/encounters?patient=" + g.PatientID),
		get(fmt.Sprintf("/api/v1/encounters/%d", ExampleEncounter)),
		get(fmt.Sprintf("/api/v1/sessions?encounter=%d", ExampleEncounter)),
		get("/api/v1/sessions/" + g.session()),
		get("/api/v1/calls?patient=" + g.PatientID),
		get("/api/v1/calls/" + g.CallID),
		get("/api/v1/recordings"),
		get("/api/v1/recordings?nameStatus=waiting"),
		get("/api/v1/audit?patient=" + g.PatientID),
	}}
}

func (g Guide) writing() section {
	return section{"The native surface, bringing in and changing", []string{
		send("POST", "/api/v1/patients", `{"firstName": "Nell", "lastName": "Hartwood", "birthDate": "1985-04-12"}`),
		send("PATCH", "/api/v1/patients/"+g.PatientID, `{"timezone": "Europe/London"}`),
		send("POST", "/api/v1/providers", `{"firstName": "Piet", "lastName": "Halloran", "title": "MD", "timezone": "Europe/Dublin"}`),
		send("POST", "/api/v1/encounters", fmt.Sprintf(`{"patientNumber": %d, "providerNumber": %d, "complaint": "Follow-up"}`, examplePatient, exampleProvider)),
		send("POST", "/api/v1/sessions", fmt.Sprintf(`{"encounterId": %d, "status": "scheduled", "start": "2026-12-01T15:00:00Z"}`, ExampleEncounter)),
		send("POST", "/api/v1/calls", fmt.Sprintf(`{"patientId": "%s", "direction": "INBOUND", "status": "COMPLETED", "duration": 34, "calledAt": "2026-11-20T15:00:00Z"}`, g.PatientID)),
		fmt.Sprintf(`curl -s %s -H 'Content-Type: audio/mpeg' --data-binary @recording.mp3 "$U/api/v1/recordings?name=mine.mp3&call=%s"`, asked, g.CallID),
	}}
}

func (g Guide) recording() section {
	path := "/api/v1/recordings/" + g.RecordingID
	return section{"A visit's recording: heard, withheld, released", []string{
		get(path),
		fmt.Sprintf(`curl -s -o visit.mp3 %s "$U%s/content"`, asked, path),
		send("POST", path+"/withhold", `{"reason": "asked for by the patient"}`),
		get("/api/service/v1/encounter-from-recording/"+g.RecordingName) + "   # not there any more",
		send("POST", path+"/release", `{"reason": "the patient agreed"}`),
		send("POST", path+"/consent", `{"consent": "given"}`),
	}}
}
