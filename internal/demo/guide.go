package demo

import (
	"fmt"
	"io"
	"strings"
	"time"

	"chartline/internal/care"
)

// Guide is what a start of the demo tells: the JSON line of --json, and, in
// words, what there is and how to ask for it.
type Guide struct {
	URL            string     `json:"url"`
	Tenant         string     `json:"tenant"`
	Instance       string     `json:"instance"`
	APIClient      string     `json:"apiClient"`
	Secret         string     `json:"secret"`
	Token          string     `json:"token"`        // holds every grant
	NoGrantToken   string     `json:"noGrantToken"` // holds none
	PortalUser     string     `json:"portalUser"`   // a patient who can log in
	PortalPassword string     `json:"portalPassword"`
	PatientID      string     `json:"patientId"`
	CallID         string     `json:"callId"` // one of that patient's recorded calls
	RecordingName  string     `json:"recordingName"`
	CustomerCode   string     `json:"customerCode"`
	SignupCode     string     `json:"signupCode"`    // with it providers sign up
	ServiceID      int64      `json:"serviceId"`     // that can be booked
	ProviderEmail  string     `json:"providerEmail"` // with whom
	Other          OtherGuide `json:"other"`

	// RecordingID is the recording of that name, for the lines to paste, and
	// Tomorrow a date on which there are slots.
	RecordingID string `json:"-"`
	Tomorrow    string `json:"-"`
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

// NewGuide returns the guide to a demo that is reached at url, started at now.
// recordingID is the id of the recording that ExampleRecording names.
func NewGuide(url, recordingID string, made Credentials, now time.Time) Guide {
	g := Guide{URL: url, RecordingID: recordingID, Tomorrow: now.AddDate(0, 0, 1).Format(time.DateOnly), Tenant: Tenant, Instance: Live, APIClient: made.Client, Secret: made.Secret, Token: made.Token,
		PortalUser: made.PortalUser, PortalPassword: made.PortalPassword,
		NoGrantToken: made.NoGrantToken, RecordingName: ExampleRecording, CustomerCode: CustomerCode, SignupCode: made.SignupCode, ServiceID: ServiceID,
		Other: OtherGuide{Tenant: OtherTenant, Instance: Live, Token: made.OtherToken, RecordingName: otherRecording}}
	for _, c := range Clinics() {
		switch c.Instance.Scope {
		case care.Scope{Tenant: Tenant, Instance: Live}:
			g.PatientID = PatientID(c.Instance.Scope, examplePatient)
			g.CallID = c.Recorded(g.PatientID)[0]
			g.ProviderEmail = c.Providers[0].Email
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
	fmt.Fprintf(&b, "\nA patient's own page, in a browser: %s%s, as %s with the password %s\n", g.URL, g.loginForm(), g.PortalUser, g.PortalPassword)
	fmt.Fprintf(&b, "\nPaste into another terminal (the token lasts an hour; every start makes new ones):\n\n")
	fmt.Fprintf(&b, "  U=%s T=%s NONE=%s OTHER=%s\n", g.URL, g.Token, g.NoGrantToken, g.Other.Token)
	for _, s := range g.sections() {
		fmt.Fprintf(&b, "\n%s:\n", s.title)
		for _, line := range s.lines {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	fmt.Fprintf(&b, "\nCtrl-C stops it. The same command starts it again with what is in %s; remove that directory to be rid of it.\n", dir)
	_, err := io.WriteString(w, b.String())
	return err
}
