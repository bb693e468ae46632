package demo

import (
	"fmt"
	"io"
	"strings"

	"chartline/internal/care"
)

// Guide is what a start of the demo tells: the JSON line of --json, and, in
// words, what there is and how to ask for it.
type Guide struct {
	URL           string     `json:"url"`
	Tenant        string     `json:"tenant"`
	Instance      string     `json:"instance"`
	APIClient     string     `json:"apiClient"`
	Secret        string     `json:"secret"`
	Token         string     `json:"token"`        // holds every grant
	NoGrantToken  string     `json:"noGrantToken"` // holds none
	PatientID     string     `json:"patientId"`
	CallID        string     `json:"callId"` // one of that patient's recorded calls
	RecordingName string     `json:"recordingName"`
	Other         OtherGuide `json:"other"`
}

// OtherGuide is the other tenant's part.
type OtherGuide struct {
	Tenant        string `json:"tenant"`
	Instance      string `json:"instance"`
	Token         string `json:"token"`
	PatientID     string `json:"patientId"`
	CallID        string `json:"callId"`
	RecordingName string `json:"recordingName"`
}

// NewGuide returns the guide to a demo that is reached at url.
func NewGuide(url string, made Credentials) Guide {
	g := Guide{URL: url, Tenant: Tenant, Instance: Live, APIClient: made.Client, Secret: made.Secret, Token: made.Token,
		NoGrantToken: made.NoGrantToken, RecordingName: ExampleRecording,
		Other: OtherGuide{Tenant: OtherTenant, Instance: Live, Token: made.OtherToken, RecordingName: otherRecording}}
	for _, c := range Clinics() {
		switch c.Instance.Scope {
		case care.Scope{Tenant: Tenant, Instance: Live}:
			g.PatientID = PatientID(c.Instance.Scope, examplePatient)
			g.CallID = c.Recorded(g.PatientID)[0]
		case care.Scope{Tenant: OtherTenant, Instance: Live}:
			g.Other.PatientID = PatientID(c.Instance.Scope, otherPatient)
			g.Other.CallID = c.Recorded(g.Other.PatientID)[0]
		}
	}
	return g
}

// Write says in words what the demo holds, and gives a line to paste for each
// thing to try.
func (g Guide) Write(w io.Writer, dir string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Chartline's demo is at %s, its data in %s. Everyone in it is invented.\n\n", g.URL, dir)
	for _, c := range Clinics() {
		fmt.Fprintf(&b, "  %-20s %2d patients, %d providers, %2d encounters, %3d calls, %2d recordings\n", c.Instance.Scope.String(),
			len(c.Patients), len(c.Providers), len(c.Encounters), len(c.Calls), len(c.Recordings))
	}
	fmt.Fprintf(&b, "\nPaste into another terminal (the token lasts an hour; every start makes new ones):\n\n")
	fmt.Fprintf(&b, "  U=%s T=%s\n", g.URL, g.Token)
	for _, s := range g.sections() {
		fmt.Fprintf(&b, "\n%s\n", s.title)
		for _, line := range s.lines {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	fmt.Fprintf(&b, "\nCtrl-C stops it. The same command starts it again with what is in %s; remove that directory to be rid of it.\n", dir)
	_, err := io.WriteString(w, b.String())
	return err
}

type section struct {
	title string
	lines []string
}

// sections are the lines to try. U is the server's address, T the token.
func (g Guide) sections() []section {
	const auth = `-H "Authorization: Bearer $T"`
	get := func(path string) string { return fmt.Sprintf(`curl -s %s "$U%s"`, auth, path) }
	calls := fmt.Sprintf("/%s/%s/patients/%s", g.Tenant, g.Instance, g.PatientID)
	call := calls + "/calls/" + g.CallID
	session := sessionID(care.Scope{Tenant: Tenant, Instance: Live}, ExampleEncounter, 1)
	return []section{
		{"A recording's name in, its encounter out", []string{
			get("/api/service/v1/encounter-from-recording/" + g.RecordingName),
			get("/api/service/v1/encounter-from-recording/"+ambiguousName) + "   # fits two encounters",
		}},
		{"A patient's calls, and their recordings", []string{
			get(calls),
			get(calls + "/calls"),
			get(calls + "/calls?hasRecording=true&size=5&sort=calledAt,asc"),
			get(call),
			fmt.Sprintf(`curl -sOJ %s "$U%s/recording"`, auth, call),
			fmt.Sprintf(`curl -sI %s "$U%s/recording"`, auth, call),
			fmt.Sprintf(`curl -s -r 0-999 -o first-kilobyte.mp3 %s "$U%s/recording"`, auth, call),
		}},
		{"Tokens, in each of the three ways", []string{
			fmt.Sprintf(`curl -s -H 'Content-Type: application/json' -d '{"apiClient": "%s", "secret": "%s"}' "$U/auth/token"`, g.APIClient, g.Secret),
			fmt.Sprintf(`curl -s -H 'Content-Type: application/json' -d '{"secret": "%s"}' "$U/%s/admin/api_clients/%s"`, g.Secret, g.Tenant, g.APIClient),
			fmt.Sprintf(`curl -s -u '%s:%s' -d grant_type=client_credentials "$U/oauth/token"`, g.APIClient, g.Secret),
		}},
		{"The native surface: everything else, as its OpenAPI document says", []string{
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
			get("/api/v1/sessions/" + session),
			get("/api/v1/calls?patient=" + g.PatientID),
			get("/api/v1/calls/" + g.CallID),
			get("/api/v1/recordings"),
			get("/api/v1/recordings?nameStatus=waiting"),
			get("/api/v1/audit?patient=" + g.PatientID),
		}},
		{"Health and figures", []string{`curl -s "$U/"`, `curl -s "$U/healthz"`, `curl -s "$U/readyz"`, `curl -s "$U/metrics"`}},
	}
}
