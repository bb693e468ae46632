package care_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

func goodCall() care.Call {
	return care.Call{Direction: care.Inbound, Status: care.CallCompleted, CalledAt: noon}
}

func TestACallNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	checkFields(t, map[string]checkCase{
		"":         {with(goodCall(), nil), nil},
		"nothing":  {with(care.Call{}, nil), []string{"calledAt", "direction", "status"}},
		"lower":    {with(goodCall(), func(c *care.Call) { c.Direction, c.Status = "inbound", "completed" }), []string{"direction", "status"}},
		"duration": {with(goodCall(), func(c *care.Call) { c.Duration = -1 }), []string{"duration"}},
		"long ago": {with(goodCall(), func(c *care.Call) { c.CalledAt = time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC) }), []string{"calledAt"}},
		"texts": {with(goodCall(), func(c *care.Call) {
			c.From, c.To, c.ExternalID, c.Source, c.User = "\x00", "a\nb", "\x7f", repeat("x", 201), "\xff"
		}), []string{"externalId", "from", "source", "to", "userId"}},
		"id":        {with(goodCall(), func(c *care.Call) { c.ID = "CA123" }), []string{"id"}},
		"leg role":  {with(goodCall(), func(c *care.Call) { c.Legs = []care.Leg{{Role: "aunt", Status: care.CallBusy}} }), []string{"legs"}},
		"leg state": {with(goodCall(), func(c *care.Call) { c.Legs = []care.Leg{{Role: "child"}} }), []string{"legs"}},
		"leg time":  {with(goodCall(), func(c *care.Call) { c.Legs = []care.Leg{{Role: "child", Status: care.CallBusy, Duration: -1}} }), []string{"legs"}},
		"many legs": {with(goodCall(), func(c *care.Call) { c.Legs = make([]care.Leg, 51) }), []string{"legs"}},
		"good legs": {with(goodCall(), func(c *care.Call) {
			c.Legs = []care.Leg{{Role: "parent", Status: care.CallBusy}, {Role: "child", Status: care.CallQueued}}
		}), nil},
	})
}

// calls.md names each of these; a client switches on them.
func TestTheWordsOfACallAreTheContracts(t *testing.T) {
	t.Parallel()
	want := map[care.CallStatus]bool{
		"QUEUED": true, "INITIATED": true, "RINGING": true, "IN_PROGRESS": true, "COMPLETED": true, "BUSY": true, "NO_ANSWER": true, "FAILED": true, "CANCELED": true,
	}
	for _, s := range care.CallStatuses() {
		if !want[s] {
			t.Errorf("%q is not in the contract, or twice", s)
		}
		delete(want, s)
	}
	if len(want) != 0 || len(care.Directions()) != 2 || care.Inbound != "INBOUND" || care.Outbound != "OUTBOUND" {
		t.Errorf("missing %v", want)
	}
}

func TestACallIsCalledAtWholeSecondsCutToThePast(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMicro(rapid.Int64Range(-2_208_988_800_000_000, 253_402_300_799_999_999).Draw(t, "at"))
		at = at.In(time.FixedZone("", rapid.IntRange(-50000, 50000).Draw(t, "zone")))
		c := goodCall()
		c.CalledAt = at
		if err := c.Check(); err != nil {
			t.Fatal(err)
		}
		if late := at.Sub(c.CalledAt); late < 0 || late >= time.Second || c.CalledAt.Nanosecond() != 0 || c.CalledAt.Location() != time.UTC {
			t.Fatalf("%v is kept as %v", at, c.CalledAt)
		}
	})
	c := goodCall()
	c.CalledAt, c.StartedAt = time.Time{}, ptr(noon.Add(1500*time.Millisecond))
	if err := c.Check(); err != nil || !c.CalledAt.Equal(noon.Add(time.Second)) || !c.StartedAt.Equal(noon.Add(1500*time.Millisecond)) {
		t.Errorf("without a time of its own it is called at %v, %v", c.CalledAt, err)
	}
}

func TestAnEmptyFilterIsEmptyAndAnyOtherIsNot(t *testing.T) {
	t.Parallel()
	if !(care.CallFilter{}).Empty() {
		t.Error("the zero filter narrows")
	}
	for i, f := range []care.CallFilter{{From: &noon}, {Until: &noon}, {Direction: care.Inbound}, {Status: care.CallBusy}, {HasRecording: ptr(false)}} {
		if f.Empty() {
			t.Errorf("filter %d does not narrow", i)
		}
	}
}

func TestAnItemIsTheCallThatAListShows(t *testing.T) {
	t.Parallel()
	c := care.Call{ID: "id", Patient: "patient", Direction: care.Outbound, Status: care.CallBusy, Duration: 7, CalledAt: noon, Media: care.MediaGiven}
	if got, want := c.Item(), (care.CallItem{ID: "id", Patient: "patient", Direction: care.Outbound, Status: care.CallBusy, Duration: 7, CalledAt: noon, Media: care.MediaGiven}); got != want {
		t.Errorf("got %+v", got)
	}
}
