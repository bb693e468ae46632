package demo

import (
	"fmt"
	"time"

	"chartline/internal/care"
)

// complaints are what visits were about, by turns.
var complaints = [...]string{
	"Blood pressure follow-up", "Sleep and daytime tiredness", "Knee pain after running", "Medication review",
	"Seasonal allergies", "Migraine, second visit", "Diabetes check, three months", "Skin rash on both forearms",
	"Low mood since spring", "Results of the stress test", "Persistent cough", "Back pain, desk work",
}

// addExample adds the encounter of the telehealth reference: 131 seconds in two
// sessions, the recorded one 101, the other 30.
func (c *Clinic) addExample() {
	s := c.Instance.Scope
	c.Encounters = append(c.Encounters, care.Encounter{
		ID: ExampleEncounter, Patient: examplePatient, Provider: exampleProvider, Complaint: "Blood pressure follow-up, and trouble sleeping",
	})
	recorded := time.UnixMilli(1771585033302).UTC() // the name is the moment it began
	first := recorded.Add(-4 * time.Minute)
	c.Sessions = append(c.Sessions,
		care.Session{
			ID: sessionID(s, ExampleEncounter, 0), SID: id(s, "sid", "example/0"), Encounter: ExampleEncounter, Status: care.SessionCompleted,
			Start: first, End: ptr(first.Add(30*time.Second + 410*time.Millisecond)), Reported: ptr(int64(30)),
		},
		care.Session{
			ID: sessionID(s, ExampleEncounter, 1), SID: id(s, "sid", "example/1"), Encounter: ExampleEncounter, Status: care.SessionCompleted,
			Start: recorded, End: ptr(recorded.Add(102 * time.Second)), Reported: ptr(int64(101)),
		})
	c.Recordings = append(c.Recordings, Recording{
		Name: ExampleRecording, Clip: "visit-101s.mp3", StartedAt: recorded, Consent: care.ConsentGiven,
		Owner: care.Owner{Kind: care.OwnerSession, ID: sessionID(s, ExampleEncounter, 1)},
	})
}

// addVisits adds n encounters, one every few days since from, ids from firstID.
func (c *Clinic) addVisits(firstID int64, n int, from time.Time) {
	s := c.Instance.Scope
	for i := range n {
		e := care.Encounter{
			ID: firstID + int64(i), Patient: c.Patients[i*5%len(c.Patients)].Number,
			Provider: c.Providers[i%len(c.Providers)].Number, Complaint: complaints[i%len(complaints)],
		}
		c.Encounters = append(c.Encounters, e)
		start := from.AddDate(0, 0, i*5).Add(time.Duration(13*60+i*37%480) * time.Minute)
		for k := range 1 + i%3/2 { // every third has two sessions
			session := c.session(e.ID, k, start.Add(time.Duration(k)*25*time.Minute), i)
			session.SID = id(s, "sid", fmt.Sprintf("%d/%d", e.ID, k))
			c.Sessions = append(c.Sessions, session)
		}
	}
}

// session makes one session of a visit; i turns through the ways it can go.
func (c *Clinic) session(encounter int64, k int, start time.Time, i int) care.Session {
	v := care.Session{ID: sessionID(c.Instance.Scope, encounter, k), Encounter: encounter, Status: care.SessionCompleted, Start: start}
	length := time.Duration(420+i*83%1300)*time.Second + time.Duration(i*137%1000)*time.Millisecond
	switch {
	case k == 0 && i%11 == 7:
		v.Status = care.SessionMissed
	case k == 0 && i%13 == 5:
		v.Status, v.End, v.Reported = care.SessionFailed, ptr(start.Add(19*time.Second)), ptr(int64(18))
	case i%4 == 1: // the platform said nothing of its length
		v.End = ptr(start.Add(length))
	default:
		v.End, v.Reported = ptr(start.Add(length)), ptr(int64(length/time.Second)-1)
	}
	if i%9 == 4 {
		v.Others = []int64{c.Providers[(i+1)%len(c.Providers)].Number}
	}
	return v
}

// addUpcoming adds one visit that has not begun and one that has not ended.
func (c *Clinic) addUpcoming(firstID int64) {
	s := c.Instance.Scope
	for i, status := range []care.SessionStatus{care.SessionScheduled, care.SessionInProgress} {
		e := firstID + int64(i)
		c.Encounters = append(c.Encounters, care.Encounter{
			ID: e, Patient: c.Patients[i+1].Number, Provider: c.Providers[i].Number, Complaint: complaints[i+3],
		})
		c.Sessions = append(c.Sessions, care.Session{
			ID: sessionID(s, e, 0), SID: id(s, "sid", fmt.Sprintf("%d/0", e)), Encounter: e, Status: status,
			Start: at(2026, time.November, 19+i, 15, 30, 0),
		})
	}
}

// record adds a recording of the k-th session of an encounter.
func (c *Clinic) record(encounter int64, k int, r Recording) {
	r.Owner = care.Owner{Kind: care.OwnerSession, ID: sessionID(c.Instance.Scope, encounter, k)}
	for _, s := range c.Sessions {
		if s.ID == r.Owner.ID {
			r.StartedAt = s.Start
		}
	}
	c.Recordings = append(c.Recordings, r)
}
