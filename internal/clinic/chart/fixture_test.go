package chart_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/oversight"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/visits"
	"chartline/internal/testkit"
)

var (
	live     = care.Scope{Tenant: "acme-health", Instance: "live"}
	operator = testkit.Operator()
	system   = care.Actor{Kind: care.ActorSystem, ID: "server", Origin: care.Origin{Via: "task sweep"}}
)

// clinic is a practice with two patients, an encounter of the first with a
// recording, and two partners that may do everything.
type clinic struct {
	*testkit.Kit
	rosa, other       care.Patient
	provider, another care.Provider
	encounter         care.Encounter
	recording         care.Recording
	partner, rival    care.Actor
}

func open(t testing.TB, o testkit.Options) *clinic {
	t.Helper()
	c := &clinic{Kit: testkit.New(t, o), partner: partner("partner"), rival: partner("rival")}
	c.Tenant(t, live.Tenant, "live", "sandbox")
	ctx := t.Context()
	c.rosa, c.other = c.patient(t, live, "Rosa"), c.patient(t, live, "Barnaby")
	for _, p := range []*care.Provider{&c.provider, &c.another} {
		var err error
		*p, err = c.People.CreateProvider(ctx, operator, care.Provider{Scope: live, LastName: "Broome"}, nil)
		must(t, err)
	}
	var err error
	c.encounter, err = c.Visits.CreateEncounter(ctx, operator, visits.NewEncounter{
		Scope: live, Patient: care.PersonRef{ID: c.rosa.ID}, Provider: care.PersonRef{ID: c.provider.ID},
	}, nil)
	must(t, err)
	s, err := c.Visits.CreateSession(ctx, operator, care.Session{Scope: live, Encounter: c.encounter.ID, Status: care.SessionCompleted, Start: testkit.Start}, nil)
	must(t, err)
	up, err := c.Recordings.Upload(ctx, operator, recordings.Upload{
		Scope: live, Name: "visit.mp3", Owner: care.Owner{Kind: care.OwnerSession, ID: s.ID}, ContentType: "audio/mpeg", Consent: care.ConsentGiven,
	}, bytes.NewReader([]byte("ID3 visit")))
	must(t, err)
	c.recording = up.Recording
	return c
}

func partner(name string) care.Actor {
	a := care.Actor{Kind: care.ActorClient, ID: name, Tenant: live.Tenant, Home: live.Instance, Instances: []string{"live", "sandbox"}}
	for _, g := range care.GrantNames() {
		for _, instance := range a.Instances {
			a.Grants = append(a.Grants, care.Grant{Tenant: live.Tenant, Instance: instance, Name: g})
		}
	}
	return a
}

func (c *clinic) patient(t testing.TB, s care.Scope, name string) care.Patient {
	t.Helper()
	p, err := c.People.CreatePatient(t.Context(), operator, care.Patient{Scope: s, FirstName: name, LastName: "Quill"}, nil)
	must(t, err)
	return p
}

func ref(p care.Patient) care.PersonRef { return care.PersonRef{ID: p.ID} }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fails proves the kind of an error and the fields that it names, all of them.
func fails(t testing.TB, err error, kind care.Kind, fields ...string) {
	t.Helper()
	e, ok := errors.AsType[*care.Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("got %v, want %v", err, kind)
	}
	for _, f := range fields {
		if e.Fields[f] == "" {
			t.Errorf("got %v, which does not name %s", err, f)
		}
	}
	if len(fields) > 0 && len(e.Fields) != len(fields) {
		t.Errorf("got %v, which names more than %v", err, fields)
	}
}

// pdf is a document; each has other bytes.
func pdf(text string) []byte { return []byte("%PDF-1.7\n" + text) }

// batch hands out files one after the other, and then fails with end.
func batch(end error, files ...[]byte) func() (chart.Incoming, error) {
	return func() (chart.Incoming, error) {
		if len(files) == 0 {
			return chart.Incoming{}, end
		}
		f := files[0]
		files = files[1:]
		return chart.Incoming{Name: "scan.pdf", Body: bytes.NewReader(f)}, nil
	}
}

func (c *clinic) upload(t testing.TB, actor care.Actor, files ...[]byte) ([]care.File, error) {
	t.Helper()
	return c.Chart.Upload(t.Context(), actor, live, "files", batch(io.EOF, files...))
}

// kept returns the keys of all stored files.
func (c *clinic) kept(t testing.TB) []string {
	t.Helper()
	var keys []string
	for o, err := range c.Media.List(t.Context(), live.Tenant+"/"+live.Instance+"/files/") {
		must(t, err)
		keys = append(keys, o.Key)
	}
	slices.Sort(keys)
	return keys
}

// entries returns the practice's audit entries of an action, newest first.
func (c *clinic) entries(t testing.TB, action care.Action) []care.AuditEntry {
	t.Helper()
	page, err := c.Oversight.List(t.Context(), operator, care.AuditFilter{Chain: live.Tenant, Action: action}, oversight.Page{NewestFirst: true, Limit: 20})
	must(t, err)
	return page.Entries
}

// later is after everything that was stored has come of age: stored objects bear
// the system's time.
func (c *clinic) later() { c.Clock.Move(time.Since(c.Clock.Now()) + 2*time.Hour) }
