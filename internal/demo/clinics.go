package demo

import (
	"slices"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/demo/audio"
)

// acme is the instance that a newcomer looks at.
func acme() Clinic {
	c := Clinic{
		Title:     "Acme Health (demo)",
		Instance:  care.Instance{Scope: care.Scope{Tenant: Tenant, Instance: Live}, TimeZone: "America/New_York"},
		Providers: acmeProviders(), Patients: acmePatients(), Booked: acmeBooked(),
	}
	c.addTeams()
	c.addVisits(13300, 52, at(2026, time.January, 12, 0, 0, 0))
	c.addExample()
	c.addUpcoming(13357)
	c.addCalls(6, 20, at(2026, time.January, 5, 0, 0, 0))
	c.addUnfinished(at(2026, time.November, 20, 14, 0, 0))
	c.recordClips("Rosa", "Davi", "Leonard", "Mina")
	c.addWorkList()
	c.sortCalls()
	return c
}

// addWorkList adds what needs a person: a name that arrived for two encounters,
// a withheld recording, a refused one.
func (c *Clinic) addWorkList() {
	const clip = "call-pharmacy.wav"
	c.record(13300, 0, Recording{Name: ambiguousName, Clip: clip, Consent: care.ConsentGiven})
	c.record(13303, 0, Recording{Name: ambiguousName, Clip: clip, Consent: care.ConsentGiven})
	c.record(13304, 0, Recording{Name: "1768999920117", Clip: clip, Consent: care.ConsentGiven, Withhold: "Patient asked for a review of what was said"})
	c.record(13306, 0, Recording{Name: "1770117240844", Clip: clip, Consent: care.ConsentRefused})
	c.record(13308, 0, Recording{Name: "visits/2026/02/1770900060231.wav", Clip: clip, Consent: care.ConsentUnknown})
}

// acmeSandbox is a second instance of the same tenant: other people, other ids.
func acmeSandbox() Clinic {
	c := Clinic{
		Title:    "Acme Health (demo)",
		Instance: care.Instance{Scope: care.Scope{Tenant: Tenant, Instance: Sandbox}, TimeZone: "America/New_York", UnknownConsentRefused: true},
		Providers: []care.Provider{
			doctor(202500000001, "Test", "Provider", "MD", "prefer_not_to_say", "America/New_York"),
		},
		Patients: patients([]person{
			{202500000002, "Test", "Patient", "1990-01-01", "prefer_not_to_say", "America/New_York"},
			{202500000003, "Second", "Patient", "1990-01-02", "prefer_not_to_say", "America/New_York"},
		}),
		Booked: Booked{CustomerCode: CustomerCode + "-SANDBOX", Hours: demoHours, Services: []care.Service{{ID: 21, Name: "Rehearsal", Minutes: 30}}},
	}
	c.addTeams()
	c.addVisits(1, 4, at(2026, time.May, 4, 0, 0, 0))
	c.addCalls(3, 0, at(2026, time.January, 5, 0, 0, 0))
	c.record(1, 0, Recording{Name: "sandbox-visit.wav", Clip: "call-pharmacy.wav", Consent: care.ConsentGiven})
	c.record(2, 0, Recording{Name: "sandbox-unknown.wav", Clip: "call-pharmacy.wav", Consent: care.ConsentUnknown})
	return c
}

// birch is the other tenant, whose things acme must never see.
func birch() Clinic {
	c := Clinic{
		Title:    "Birch Clinic (demo)",
		Instance: care.Instance{Scope: care.Scope{Tenant: OtherTenant, Instance: Live}, TimeZone: "America/Chicago"},
		Providers: []care.Provider{
			doctor(otherProvider, "Amara", "Okafor", "MD", "female", "Africa/Lagos"),
			doctor(202100000004, "Ben", "Castellan", "PharmD", "male", "America/Denver"),
		},
		Patients: patients([]person{
			{otherPatient, "Tomas", "Weir", "1961-10-04", "male", "America/Chicago"},
			{202400000018, "Grace", "Ollivander", "1984-06-12", "female", "America/Chicago"},
			{202400000019, "Harriet", "Stanhope", "1957-02-19", "female", "America/Chicago"},
			{202500000004, "Idris", "Falconer", "1998-08-30", "male", "America/Chicago"},
		}),
		Booked: Booked{CustomerCode: "BIRCH", Hours: demoHours, Services: []care.Service{{ID: 31, Name: "Physiotherapy", Minutes: 45, BufferMinutes: 15}}},
	}
	c.addTeams()
	c.addVisits(1, 8, at(2026, time.February, 2, 0, 0, 0))
	c.addCalls(4, 3, at(2026, time.January, 5, 0, 0, 0))
	c.recordClips("Tomas")
	c.addGraceVisit(9)
	c.sortCalls()
	return c
}

// addGraceVisit adds the other tenant's recorded visit.
func (c *Clinic) addGraceVisit(encounter int64) {
	s := c.Instance.Scope
	began := time.UnixMilli(1772544615090).UTC()
	c.Encounters = append(c.Encounters, care.Encounter{ID: encounter, Patient: c.patient("Grace", "Ollivander").Number, Provider: otherProvider, Complaint: "Knee exercises, second week"})
	c.Sessions = append(c.Sessions, care.Session{
		ID: sessionID(s, encounter, 0), SID: id(s, "sid", "grace"), Encounter: encounter, Status: care.SessionCompleted,
		Start: began, End: ptr(began.Add(42 * time.Second)), Reported: ptr(int64(41)),
	})
	c.record(encounter, 0, Recording{Name: otherRecording, Clip: "call-physiotherapy.mp3", Consent: care.ConsentGiven})
}

// addTeams puts each patient in the care of one provider, every third in that
// of two.
func (c *Clinic) addTeams() {
	s := c.Instance.Scope
	for i, p := range c.Patients {
		c.Team = append(c.Team, care.CareTeamMember{Patient: PatientID(s, p.Number), Provider: c.Providers[i%len(c.Providers)].Number, Role: "primary"})
		if second := c.Providers[(i+1)%len(c.Providers)]; i%3 == 0 && len(c.Providers) > 1 {
			c.Team = append(c.Team, care.CareTeamMember{Patient: PatientID(s, p.Number), Provider: second.Number, Role: "consulting"})
		}
	}
}

// recordClips makes a recorded call of every clip in which one of these patients
// speaks, a few weeks apart.
func (c *Clinic) recordClips(first ...string) {
	began := at(2026, time.March, 2, 15, 4, 0)
	for i, clip := range audio.Clips() {
		name, last, _ := strings.Cut(clip.Patient, " ")
		if clip.Visit || !slices.Contains(first, name) {
			continue
		}
		consent := care.ConsentGiven
		if i%4 == 2 {
			consent = care.ConsentUnknown
		}
		sum := strings.ReplaceAll(id(c.Instance.Scope, "recording", clip.File), "-", "")
		c.recordCall(c.patient(name, last), Recording{Name: "RE" + sum, Clip: clip.File, Consent: consent, StartedAt: began.AddDate(0, 0, i*26)},
			clip.Duration, clip.FromPatient, clip.Voicemail)
	}
}
