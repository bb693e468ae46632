package visits_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/visits"
	"chartline/internal/testkit"
)

var (
	live     = care.Scope{Tenant: "acme-health", Instance: "live"}
	operator = testkit.Operator()
)

type clinic struct {
	*testkit.Kit
	patient, provider care.PersonRef
}

func open(t *testing.T) clinic {
	t.Helper()
	c := clinic{Kit: testkit.New(t, testkit.Options{})}
	c.Tenant(t, live.Tenant, live.Instance)
	p, err := c.People.CreatePatient(t.Context(), operator, care.Patient{Scope: live, LastName: "Quill"}, nil)
	must(t, err)
	d, err := c.People.CreateProvider(t.Context(), operator, care.Provider{Scope: live, LastName: "Broome"}, nil)
	must(t, err)
	c.patient, c.provider = care.PersonRef{ID: p.ID}, care.PersonRef{Number: d.Number}
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Drawing goes on past the highest id that was brought: what is drawn was free.
func TestEncounterIdsAreDrawnPastThoseThatWereBrought(t *testing.T) {
	t.Parallel()
	c := open(t)
	var (
		mu  sync.Mutex
		ids []int64
		all sync.WaitGroup
	)
	for i := range int64(20) {
		all.Go(func() {
			in := visits.NewEncounter{Scope: live, Patient: c.patient, Provider: c.provider}
			if i%4 == 0 {
				in.ID = 1000 * (1 + i)
			}
			e, err := c.Visits.CreateEncounter(t.Context(), operator, in, nil)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			ids = append(ids, e.ID)
		})
	}
	all.Wait()
	slices.Sort(ids)
	if len(slices.Compact(slices.Clone(ids))) != 20 {
		t.Errorf("ids meet: %v", ids)
	}
	next, err := c.Visits.CreateEncounter(t.Context(), operator, visits.NewEncounter{Scope: live, Patient: c.patient, Provider: c.provider}, nil)
	must(t, err)
	if want := ids[len(ids)-1] + 1; next.ID != want {
		t.Errorf("the next is %d, want %d", next.ID, want)
	}
}

func TestASessionIsOfAnEncounterThatIsThere(t *testing.T) {
	t.Parallel()
	c := open(t)
	in := care.Session{Scope: live, Encounter: 7, Status: care.SessionScheduled, Start: testkit.Start.Add(time.Nanosecond)}
	if _, err := c.Visits.CreateSession(t.Context(), operator, in, nil); !care.IsNotFound(err) {
		t.Errorf("a session of nothing: %v", err)
	}
	e, err := c.Visits.CreateEncounter(t.Context(), operator, visits.NewEncounter{Scope: live, ID: 7, Patient: c.patient, Provider: c.provider}, nil)
	must(t, err)
	s, err := c.Visits.CreateSession(t.Context(), operator, in, nil)
	must(t, err)
	if s.Start != testkit.Start || s.Duration() != 0 {
		t.Errorf("start %s, duration %d", s.Start, s.Duration())
	}
	end := testkit.Start.Add(90 * time.Second)
	s, err = c.Visits.ChangeSession(t.Context(), operator, live, s.ID, visits.SessionChange{End: care.SetTo(end)})
	must(t, err)
	if s.Duration() != 90 {
		t.Errorf("duration %d, want 90", s.Duration())
	}
	other := int64(8)
	if _, err := c.Visits.Sessions(t.Context(), operator, live, &other, "", 10); !care.IsNotFound(err) {
		t.Errorf("sessions of an encounter that is not there: %v", err)
	}
	found, err := c.Visits.Sessions(t.Context(), operator, live, &e.ID, "", 10)
	must(t, err)
	if len(found) != 1 || found[0].ID != s.ID {
		t.Errorf("found %v", found)
	}
}
