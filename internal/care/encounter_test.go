package care_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func ptr[T any](v T) *T { return &v }

func TestASessionLastsAsReportedElseTheFloorOfTheExactDifference(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		session care.Session
		want    int64
	}{
		"reported wins, even against the times": {care.Session{Start: noon, End: ptr(noon.Add(102 * time.Second)), Reported: ptr(int64(101))}, 101},
		"reported nothing is nothing":           {care.Session{Start: noon, End: ptr(noon.Add(time.Hour)), Reported: ptr(int64(0))}, 0},
		"a whole difference":                    {care.Session{Start: noon, End: ptr(noon.Add(30 * time.Second))}, 30},
		"a fraction is cut":                     {care.Session{Start: noon.Add(time.Microsecond), End: ptr(noon.Add(30 * time.Second))}, 29},
		"by the exact times, not the shown":     {care.Session{Start: noon.Add(900 * time.Millisecond), End: ptr(noon.Add(2100 * time.Millisecond))}, 1},
		"less than a second":                    {care.Session{Start: noon, End: ptr(noon.Add(999999 * time.Microsecond))}, 0},
		"no end is no time":                     {care.Session{Start: noon}, 0},
		"no end is no time, reported or not":    {care.Session{Start: noon, Reported: ptr(int64(60))}, 0},
		"through the end of summer time":        {care.Session{Start: time.Date(2026, 11, 1, 6, 30, 0, 0, time.UTC), End: ptr(time.Date(2026, 11, 1, 7, 30, 0, 0, time.UTC))}, 3600},
	} {
		if got := c.session.Duration(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestAVisitLastsAsLongAsAllItsSessions(t *testing.T) {
	t.Parallel()
	// The contract's own example: one recorded session and one that is not.
	v := care.Visit{Sessions: []care.VisitSession{
		{Session: care.Session{Start: noon, End: ptr(noon.Add(30 * time.Second))}},
		{Session: care.Session{Start: noon, End: ptr(noon.Add(102 * time.Second)), Reported: ptr(int64(101))}, Recordings: []care.RecordingName{{ID: "a"}}},
		{Session: care.Session{Start: noon, Status: care.SessionScheduled}},
	}}
	if got := v.Duration(); got != 131 {
		t.Errorf("got %d, want 131", got)
	}
}

func TestASessionNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	good := func() care.Session {
		return care.Session{Status: care.SessionCompleted, Start: noon, End: ptr(noon), Encounter: 1}
	}
	checkFields(t, map[string]checkCase{
		"":             {with(good(), func(*care.Session) {}), nil},
		"ids":          {with(good(), func(s *care.Session) { s.ID, s.SID = "x", "y" }), []string{"id", "sid"}},
		"status":       {with(good(), func(s *care.Session) { s.Status = "COMPLETED" }), []string{"status"}},
		"no status":    {with(good(), func(s *care.Session) { s.Status = "" }), []string{"status"}},
		"end":          {with(good(), func(s *care.Session) { s.End = ptr(noon.Add(-1)) }), []string{"end"}},
		"duration":     {with(good(), func(s *care.Session) { s.Reported = ptr(int64(-1)) }), []string{"duration"}},
		"participants": {with(good(), func(s *care.Session) { s.Others = make([]int64, 101) }), []string{"participants"}},
		"nothing":      {with(care.Session{}, func(*care.Session) {}), []string{"encounter", "start", "status"}},
	})
	for _, status := range care.SessionStatuses() {
		s := good()
		if s.Status = status; s.Check() != nil {
			t.Errorf("%s is refused", status)
		}
	}
	s := good()
	s.ID, s.SID = "ABCDEF0123456789ABCDEF01", "6F9619FF-8B86-D011-B42D-00C04FC964FF"
	if err := s.Check(); err != nil || s.ID != "abcdef0123456789abcdef01" || s.SID != "6f9619ff-8b86-d011-b42d-00c04fc964ff" {
		t.Errorf("ids are kept as %s and %s, %v", s.ID, s.SID, err)
	}
}

func TestAnEncounterNamesEveryFaultyField(t *testing.T) {
	t.Parallel()
	long := func(n int) string { return repeat("é", n) }
	checkFields(t, map[string]checkCase{
		"":             {with(care.Encounter{Patient: 1, Provider: 1, Complaint: "cough\nfever\tsince Monday"}, nil), nil},
		"brought id":   {with(care.Encounter{ID: 13356, Patient: 1, Provider: 1}, nil), nil},
		"long":         {with(care.Encounter{Patient: 1, Provider: 1, Complaint: long(care.MaxLongText)}, nil), nil},
		"too long":     {with(care.Encounter{Patient: 1, Provider: 1, Complaint: long(care.MaxLongText + 1)}, nil), []string{"complaint"}},
		"control":      {with(care.Encounter{Patient: 1, Provider: 1, Complaint: "a\x00b"}, nil), []string{"complaint"}},
		"negative id":  {with(care.Encounter{ID: -1, Patient: 1, Provider: 1}, nil), []string{"id"}},
		"nobody there": {with(care.Encounter{Patient: 0, Provider: -1}, nil), []string{"patient", "provider"}},
	})
	e := care.Encounter{Patient: 1, Provider: 1, Complaint: "  sore throat \n"}
	if err := e.Check(); err != nil || e.Complaint != "sore throat" {
		t.Errorf("the complaint is kept as %q, %v", e.Complaint, err)
	}
}

func TestAnEndedSessionNeverLastsLessThanNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := care.Session{Status: care.SessionCompleted, Encounter: 1, Start: time.UnixMicro(rapid.Int64Range(-2_208_988_800_000_000, 253_402_300_799_999_999).Draw(t, "start"))}
		lasted := time.Duration(rapid.Int64Range(-5, 1<<53).Draw(t, "lasted")) * time.Microsecond
		s.End = ptr(s.Start.Add(lasted))
		if (s.Check() == nil) != (lasted >= 0) {
			t.Fatalf("a session of %v: %v", lasted, s.Check())
		}
		if lasted >= 0 && s.Duration() != int64(lasted/time.Second) {
			t.Fatalf("%v is %d s", lasted, s.Duration())
		}
	})
}
