package demo

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"chartline/internal/care"
)

// clinicLine is the number that calls go out from and come in to.
const clinicLine = "+16175550100"

// addCalls adds n calls of each patient, and more of the first, over the ten
// months after from.
func (c *Clinic) addCalls(n, more int, from time.Time) {
	for i, p := range c.Patients {
		count := n
		if i == 0 {
			count += more
		}
		every := 300 / count // days
		for k := range count {
			called := from.AddDate(0, 0, k*every+i*7%every).Add(time.Duration(8*3600+(i*7919+k*4057)%36000) * time.Second)
			c.Calls = append(c.Calls, c.call(p, k, i+k, called))
		}
	}
	c.sortCalls()
}

// sortCalls puts the newest first, as lists do.
func (c *Clinic) sortCalls() {
	slices.SortStableFunc(c.Calls, func(a, b care.Call) int { return b.CalledAt.Compare(a.CalledAt) })
}

// call makes a patient's k-th call; turn goes through the ways a call can end.
func (c *Clinic) call(p care.Patient, k, turn int, called time.Time) care.Call {
	v := c.dial(p, fmt.Sprint(k), called.Add(time.Duration(turn*211%1000)*time.Millisecond))
	if turn%3 == 0 {
		incoming(&v)
	}
	if turn%5 == 4 {
		v.Source, v.ExternalID = "asterisk", fmt.Sprintf("%d.%d", called.Unix(), 100+turn)
	}
	switch turn % 12 {
	case 3:
		ended(&v, care.CallNoAnswer, 40*time.Second)
	case 5:
		ended(&v, care.CallBusy, 2*time.Second)
	case 8:
		ended(&v, care.CallFailed, time.Second)
	case 10:
		ended(&v, care.CallCanceled, 7*time.Second)
	case 7: // nobody there: a message was left
		v.Voicemail = true
		answered(&v, 12*time.Second, time.Duration(15+turn%30)*time.Second)
	default:
		answered(&v, time.Duration(4+turn%17)*time.Second, time.Duration(25+turn*67%700)*time.Second)
	}
	return v
}

// dial makes a call that goes out and has not been taken yet.
func (c *Clinic) dial(p care.Patient, key string, started time.Time) care.Call {
	s := c.Instance.Scope
	key = fmt.Sprintf("%d/%s", p.Number, key)
	sum := sha256.Sum256([]byte(s.String() + key))
	return care.Call{
		ID: id(s, "call", key), Patient: PatientID(s, p.Number), Direction: care.Outbound, Status: care.CallRinging,
		CalledAt: care.WholeSeconds(started), StartedAt: &started, From: clinicLine, To: p.CountryCode + p.Phone,
		Source: "twilio", ExternalID: "CA" + hex.EncodeToString(sum[:16]), User: id(s, "user", int(sum[0]%4)),
		Legs: []care.Leg{{Role: "parent", Status: care.CallInProgress}, {Role: "child", Status: care.CallRinging}},
	}
}

func incoming(v *care.Call) {
	v.Direction, v.From, v.To, v.User = care.Inbound, v.To, v.From, ""
}

// answered ends a call that was taken after ring and lasted talk.
func answered(v *care.Call, ring, talk time.Duration) {
	v.Status, v.Duration = care.CallCompleted, int64(talk/time.Second)
	v.AnsweredAt = ptr(v.StartedAt.Add(ring))
	v.EndedAt = ptr(v.AnsweredAt.Add(talk))
	v.Legs = []care.Leg{
		{Role: "parent", Status: care.CallCompleted, Duration: int64((ring + talk) / time.Second)},
		{Role: "child", Status: care.CallCompleted, Duration: v.Duration},
	}
}

// ended ends a call that nobody took.
func ended(v *care.Call, status care.CallStatus, after time.Duration) {
	v.Status, v.EndedAt = status, ptr(v.StartedAt.Add(after))
	v.Legs = []care.Leg{
		{Role: "parent", Status: care.CallCompleted, Duration: int64(after / time.Second)},
		{Role: "child", Status: status},
	}
}

// recordCall adds a call that is as long as its recording, and the recording.
func (c *Clinic) recordCall(p care.Patient, r Recording, length time.Duration, fromPatient, voicemail bool) {
	v := c.dial(p, r.Name, r.StartedAt)
	if fromPatient {
		incoming(&v)
	}
	v.Voicemail = voicemail
	answered(&v, 6*time.Second, length)
	r.StartedAt = *v.AnsweredAt
	r.Owner = care.Owner{Kind: care.OwnerCall, ID: v.ID}
	c.Calls = append(c.Calls, v)
	c.Recordings = append(c.Recordings, r)
}

// addUnfinished adds a call in each state that comes before an end.
func (c *Clinic) addUnfinished(started time.Time) {
	for i, status := range []care.CallStatus{care.CallQueued, care.CallInitiated, care.CallRinging, care.CallInProgress} {
		v := c.dial(c.Patients[i+4], "now", started.Add(time.Duration(i)*time.Minute))
		v.Status = status
		v.Legs = nil
		if status == care.CallInProgress {
			v.AnsweredAt = ptr(v.StartedAt.Add(9 * time.Second))
		}
		c.Calls = append(c.Calls, v)
	}
}
