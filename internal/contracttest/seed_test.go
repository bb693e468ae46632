package contracttest

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/visits"
	"chartline/internal/testkit"
)

// seedFile is the section of a conversation with data of its own, beside
// testdata/contract/clinic.json, which all of them have.
const seedFile = "seed.json"

// seed is data in words, brought in through the use cases. "as" names a value
// for conversations: a patient's UUID, a call's, a recording's.
type seed struct {
	Tenants []seedTenant
	Clients []seedClient
	Data    []seedData
}

type seedTenant struct {
	Name      string
	Instances []seedInstance
}

type seedInstance struct {
	Name           string
	TimeZone       string
	UnknownRefused bool // unknown consent counts as refused
}

// seedClient names its values token, secret and client, after As and a dot.
type seedClient struct {
	As, Tenant, Home string
	Instances        []string
	Grants           []care.GrantName // "*" for all
}

type seedData struct {
	In         string // tenant/instance
	Patients   []seedPerson
	Providers  []seedPerson
	CareTeams  []struct{ Patient, Provider string }
	Encounters []seedEncounter
	Sessions   []seedSession
	Calls      []seedCall
	Recordings []seedRecording
	seedLogins
	seedBookings
	seedCharts
}

type seedPerson struct {
	As, ID                                                                  string
	Number                                                                  int64
	FirstName, MiddleName, LastName, Title, BirthDate, Gender, Email, Phone string
	CountryCode, TimeZone, MRN, ExternalID                                  string
}

type seedEncounter struct {
	ID                int64
	Patient, Provider int64 // numbers
	Complaint         string
}

type seedSession struct {
	ID, SID   string
	Encounter int64
	Status    care.SessionStatus
	Start     time.Time
	End       *time.Time
	Reported  *int64
	Others    []int64
}

type seedCall struct {
	As, ID    string
	Patient   string // UUID
	Direction care.Direction
	Status    care.CallStatus
	Duration  int64
	CalledAt  time.Time
	Full      *seedCallRest
	Series    int // as many calls, a minute apart, ids counted up
}

type seedCallRest struct {
	StartedAt, AnsweredAt, EndedAt     *time.Time
	From, To, ExternalID, Source, User string
	Encounter                          *int64
	Legs                               []care.Leg
	Voicemail                          bool
}

type seedRecording struct {
	As, Name, File string
	Session, Call  string
	Consent        care.Consent
	Duration       *int64
	StartedAt      *time.Time
	Withheld       string // the reason
	Dismissed      bool
	Deleted        bool
	AfterMinutes   int // the clock moves before it arrives
}

func readSeed(t testing.TB, text []byte) seed {
	t.Helper()
	var s seed
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatalf("seed: %v", err)
	}
	return s
}

// clinic is the data that all conversations have.
func clinic(t testing.TB) seed {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "testdata", "contract", "clinic.json"))
	if err != nil {
		t.Fatal(err)
	}
	return readSeed(t, text)
}

// plant brings a seed in.
func (w *world) plant(s seed) {
	w.t.Helper()
	for _, tenant := range s.Tenants {
		_, err := w.kit.Access.CreateTenant(w.t.Context(), testkit.Operator(), tenant.Name, tenant.Name)
		w.must(err)
		for _, in := range tenant.Instances {
			_, err := w.kit.Access.CreateInstance(w.t.Context(), testkit.Operator(), care.Instance{
				Scope: care.Scope{Tenant: tenant.Name, Instance: in.Name}, TimeZone: in.TimeZone, UnknownConsentRefused: in.UnknownRefused,
			})
			w.must(err)
		}
	}
	for _, c := range s.Clients {
		w.plantClient(c)
	}
	for _, d := range s.Data {
		w.plantData(d)
	}
}

func (w *world) plantClient(c seedClient) {
	w.t.Helper()
	grants := c.Grants
	if len(grants) == 1 && grants[0] == "*" {
		grants = care.GrantNames()
	}
	prefix := ""
	if c.As != "" {
		prefix = c.As + "."
	}
	made, err := w.kit.Access.CreateClient(w.t.Context(), testkit.Operator(), access.NewClient{
		Tenant: c.Tenant, Title: "conversation", Home: c.Home, Instances: c.Instances, Grants: grants,
	})
	w.must(err)
	actor, err := w.kit.Auth.Secret(w.t.Context(), "", made.Client.Name, made.Secret, "127.0.0.1")
	w.must(err)
	issued, err := w.kit.Access.IssueToken(w.t.Context(), actor)
	w.must(err)
	w.vars[prefix+"token"], w.vars[prefix+"secret"], w.vars[prefix+"client"] = issued.Token, made.Secret, made.Client.Name
	w.clients[issued.Token] = made.Client
	w.secrets = append(w.secrets, issued.Token, made.Secret)
}

func (w *world) plantData(d seedData) {
	w.t.Helper()
	scope := scopeOf(d.In)
	ctx, actor := w.t.Context(), testkit.Operator()
	for _, p := range d.Patients {
		made, err := w.kit.People.CreatePatient(ctx, actor, care.Patient{
			Scope: scope, ID: p.ID, Number: p.Number, FirstName: p.FirstName, MiddleName: p.MiddleName, LastName: p.LastName,
			BirthDate: p.BirthDate, Gender: p.Gender, Email: p.Email, Phone: p.Phone, CountryCode: p.CountryCode,
			TimeZone: p.TimeZone, MRN: p.MRN, ExternalID: p.ExternalID,
		}, nil)
		w.must(err)
		w.name(p.As, made.ID)
		w.mark(scope.Tenant, p.FirstName, p.MiddleName, p.LastName, p.Email, p.Phone, p.MRN, p.ExternalID)
	}
	for _, p := range d.Providers {
		made, err := w.kit.People.CreateProvider(ctx, actor, care.Provider{
			Scope: scope, ID: p.ID, Number: p.Number, FirstName: p.FirstName, MiddleName: p.MiddleName, LastName: p.LastName, Title: p.Title,
			Gender: p.Gender, Email: p.Email, Phone: p.Phone, CountryCode: p.CountryCode, TimeZone: p.TimeZone,
		}, nil)
		w.must(err)
		w.name(p.As, made.ID)
		w.mark(scope.Tenant, p.FirstName, p.MiddleName, p.LastName, p.Email, p.Phone)
	}
	w.plantLogins(scope, d.seedLogins)
	for _, m := range d.CareTeams {
		_, err := w.kit.People.AddToCareTeam(ctx, actor, scope, care.PersonRef{ID: m.Patient}, care.PersonRef{ID: m.Provider}, "", nil)
		w.must(err)
	}
	w.plantBookings(scope, d.seedBookings)
	for _, e := range d.Encounters {
		_, err := w.kit.Visits.CreateEncounter(ctx, actor, visits.NewEncounter{
			Scope: scope, ID: e.ID, Patient: care.PersonRef{Number: e.Patient}, Provider: care.PersonRef{Number: e.Provider}, Complaint: e.Complaint,
		}, nil)
		w.must(err)
		w.mark(scope.Tenant, e.Complaint)
	}
	for _, s := range d.Sessions {
		_, err := w.kit.Visits.CreateSession(ctx, actor, care.Session{
			Scope: scope, ID: s.ID, SID: s.SID, Encounter: s.Encounter, Status: cmp.Or(s.Status, care.SessionCompleted),
			Start: s.Start, End: s.End, Reported: s.Reported, Others: s.Others,
		}, nil)
		w.must(err)
	}
	for _, c := range d.Calls {
		w.plantCalls(scope, c)
	}
	for _, r := range d.Recordings {
		w.plantRecording(scope, r)
	}
	w.plantCharts(scope, d.seedCharts)
}

func (w *world) plantCalls(scope care.Scope, c seedCall) {
	w.t.Helper()
	call := care.Call{
		Scope: scope, ID: c.ID, Direction: cmp.Or(c.Direction, care.Outbound), Status: cmp.Or(c.Status, care.CallCompleted),
		Duration: c.Duration, CalledAt: c.CalledAt,
	}
	if f := c.Full; f != nil {
		call.StartedAt, call.AnsweredAt, call.EndedAt = f.StartedAt, f.AnsweredAt, f.EndedAt
		call.From, call.To, call.ExternalID, call.Source, call.User = f.From, f.To, f.ExternalID, f.Source, f.User
		call.Encounter, call.Legs, call.Voicemail = f.Encounter, f.Legs, f.Voicemail
		w.mark(scope.Tenant, f.From, f.To, f.ExternalID)
	}
	for i := range max(c.Series, 1) {
		if c.Series > 0 {
			call.ID = countUp(c.ID, i)
			call.CalledAt = c.CalledAt.Add(time.Duration(i) * time.Minute)
		}
		made, err := w.kit.Voice.CreateCall(w.t.Context(), testkit.Operator(), care.PersonRef{ID: c.Patient}, call, nil)
		w.must(err)
		w.name(c.As, made.Call.ID)
	}
}

func (w *world) plantRecording(scope care.Scope, r seedRecording) {
	w.t.Helper()
	ctx := w.t.Context()
	w.kit.Clock.Move(time.Duration(r.AfterMinutes) * time.Minute)
	f := mediaFile(w.t, cmp.Or(r.File, "tone.wav"))
	u := recordings.Upload{
		Scope: scope, Name: r.Name, ContentType: f.contentType, Consent: cmp.Or(r.Consent, care.ConsentGiven),
		Duration: r.Duration, StartedAt: r.StartedAt, Owner: care.Owner{Kind: care.OwnerSession, ID: r.Session},
	}
	if r.Call != "" {
		u.Owner = care.Owner{Kind: care.OwnerCall, ID: r.Call}
	}
	made, err := w.kit.Recordings.Upload(ctx, testkit.Operator(), u, bytes.NewReader(f.bytes))
	w.must(err)
	w.name(r.As, made.Recording.ID)
	w.mark(scope.Tenant, r.Name, r.Withheld)
	ask := recordings.Ask{Actor: testkit.Operator(), Scope: scope, ID: made.Recording.ID, Reason: r.Withheld}
	if r.Withheld != "" {
		_, err := w.kit.Recordings.Withhold(ctx, ask)
		w.must(err)
	}
	if r.Dismissed {
		_, err := w.kit.Recordings.Settle(ctx, ask, recordings.Settlement{Decision: recordings.Dismiss})
		w.must(err)
	}
	if r.Deleted {
		_, err := w.kit.Recordings.Delete(ctx, ask)
		w.must(err)
	}
}

func scopeOf(in string) care.Scope {
	tenant, instance, _ := strings.Cut(in, "/")
	return care.Scope{Tenant: tenant, Instance: instance}
}

// start is a time for what has to have one.
func start(n int) time.Time { return time.Date(2026, 1, 5+n, 9, 0, 0, 0, time.UTC) }

// countUp returns a UUID whose last digits are n more.
func countUp(id string, n int) string {
	last, err := strconv.ParseInt(id[24:], 16, 64)
	if err != nil {
		return id
	}
	return fmt.Sprintf("%s%012x", id[:24], last+int64(n))
}
