package voice_test

import (
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/visits"
	"chartline/internal/clinic/voice"
	"chartline/internal/testkit"
)

var (
	live     = care.Scope{Tenant: "acme-health", Instance: "live"}
	operator = testkit.Operator()
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// A call that moves to an encounter takes its recordings along, so that a look-up
// by their names finds the encounter; one that does not move keeps them.
func TestRecordingsFollowTheirCallToAnEncounter(t *testing.T) {
	t.Parallel()
	k := testkit.New(t, testkit.Options{})
	k.Tenant(t, live.Tenant, live.Instance)
	ctx := t.Context()
	p, err := k.People.CreatePatient(ctx, operator, care.Patient{Scope: live, LastName: "Quill"}, nil)
	must(t, err)
	d, err := k.People.CreateProvider(ctx, operator, care.Provider{Scope: live, LastName: "Broome"}, nil)
	must(t, err)
	patient := care.PersonRef{ID: p.ID}
	e, err := k.Visits.CreateEncounter(ctx, operator, visits.NewEncounter{Scope: live, Patient: patient, Provider: care.PersonRef{ID: d.ID}}, nil)
	must(t, err)
	c, err := k.Voice.CreateCall(ctx, operator, patient, care.Call{Scope: live, Direction: care.Inbound, Status: care.CallCompleted, CalledAt: testkit.Start.Add(time.Millisecond)}, nil)
	must(t, err)
	if c.Call.CalledAt != testkit.Start {
		t.Errorf("called at %s, want whole seconds", c.Call.CalledAt)
	}
	_, err = k.Recordings.Upload(ctx, operator, recordings.Upload{Scope: live, Name: "x", Owner: care.Owner{Kind: care.OwnerCall, ID: c.Call.ID}, ContentType: "audio/mpeg"}, strings.NewReader("ID3 sound"))
	must(t, err)
	if _, err := k.Visits.LookUp(ctx, operator, live, "x"); !care.IsNotFound(err) {
		t.Errorf("a call without an encounter is looked up: %v", err)
	}
	moved, err := k.Voice.ChangeCall(ctx, operator, live, c.Call.ID, voice.CallChange{Encounter: care.SetTo(e.ID)})
	must(t, err)
	if !moved.HasRecording {
		t.Error("the recording was lost on the way")
	}
	found, err := k.Visits.LookUp(ctx, operator, live, "x")
	must(t, err)
	if found.Visit.Encounter.ID != e.ID {
		t.Errorf("found encounter %d, want %d", found.Visit.Encounter.ID, e.ID)
	}
	status := care.CallFailed
	same, err := k.Voice.ChangeCall(ctx, operator, live, c.Call.ID, voice.CallChange{Status: &status})
	must(t, err)
	if same.Call.Encounter == nil || *same.Call.Encounter != e.ID || !same.HasRecording {
		t.Errorf("a change of the status moved the call: %+v", same)
	}
}
