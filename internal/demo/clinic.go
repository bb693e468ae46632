package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
)

// The tenants and their instances.
const (
	Tenant      = "acme-health"
	OtherTenant = "birch-clinic"
	Live        = "live"
	Sandbox     = "sandbox"
)

// What a newcomer is pointed at: the example of the telehealth reference, and a
// recorded call of the same patient.
const (
	ExampleRecording       = "1771585033302"
	ExampleEncounter int64 = 13356
	examplePatient   int64 = 202300001111
	exampleProvider  int64 = 202200000834
	ambiguousName          = "room-4.wav"
	otherRecording         = "1772544615090"
	otherPatient     int64 = 202400000017
	otherProvider    int64 = 202100000003
)

// Clinic is all that one instance is to hold.
type Clinic struct {
	Title      string // of the tenant
	Instance   care.Instance
	Providers  []care.Provider
	Patients   []care.Patient
	Team       []care.CareTeamMember
	Encounters []care.Encounter
	Sessions   []care.Session
	Calls      []care.Call
	Recordings []Recording
	Booked     Booked
}

// Recording is a stored recording: one of the clips, under a name, with an owner.
type Recording struct {
	Name      string
	Clip      string // file name in package audio
	Owner     care.Owner
	StartedAt time.Time
	Consent   care.Consent
	Withhold  string // the reason to withhold it; empty where it may be heard
}

// Clinics returns every instance of the demo, whole. Each call makes new ones.
func Clinics() []Clinic {
	all := []Clinic{acme(), acmeSandbox(), birch()}
	for i := range all {
		all[i].setScope()
	}
	return all
}

// PatientID returns the UUID of a patient of the demo.
func PatientID(s care.Scope, number int64) string { return id(s, "patient", number) }

// id makes a UUID that is the same at every start.
func id[T int | int64 | string](s care.Scope, noun string, key T) string {
	text := s.String() + "/" + noun + "/"
	switch k := any(key).(type) {
	case int:
		text += strconv.Itoa(k)
	case int64:
		text += strconv.FormatInt(k, 10)
	case string:
		text += k
	}
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("https://example.org/chartline/demo/"+text)).String()
}

// sessionID makes a session's id, 24 hex digits, the same at every start.
func sessionID(s care.Scope, encounter int64, n int) string {
	sum := sha256.Sum256([]byte(s.String() + "/session/" + strconv.FormatInt(encounter, 10) + "/" + strconv.Itoa(n)))
	return hex.EncodeToString(sum[:12])
}

func (c *Clinic) setScope() {
	s := c.Instance.Scope
	for i := range c.Providers {
		p := &c.Providers[i]
		p.Scope, p.ID = s, id(s, "provider", p.Number)
	}
	for i := range c.Patients {
		p := &c.Patients[i]
		p.Scope, p.ID = s, PatientID(s, p.Number)
	}
	for i := range c.Team {
		c.Team[i].Scope = s
	}
	for i := range c.Encounters {
		c.Encounters[i].Scope = s
	}
	for i := range c.Sessions {
		c.Sessions[i].Scope = s
	}
	for i := range c.Calls {
		c.Calls[i].Scope = s
	}
}

// patient returns the patient with that name. The catalogue names only those it
// has.
func (c *Clinic) patient(first, last string) care.Patient {
	i := slices.IndexFunc(c.Patients, func(p care.Patient) bool { return p.FirstName == first && p.LastName == last })
	return c.Patients[i]
}

func at(year int, month time.Month, day, hour, minute, second int) time.Time {
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

func ptr[T any](v T) *T { return &v }

// Recorded lists a patient's calls that can be heard, newest first.
func (c Clinic) Recorded(patient string) []string {
	var ids []string
	for _, call := range c.Calls {
		heard := slices.ContainsFunc(c.Recordings, func(r Recording) bool {
			return r.Owner == care.Owner{Kind: care.OwnerCall, ID: call.ID} && r.Consent != care.ConsentRefused && r.Withhold == ""
		})
		if call.Patient == patient && heard {
			ids = append(ids, call.ID)
		}
	}
	return ids
}
