package people_test

import (
	"fmt"
	"sync"
	"testing"

	"chartline/internal/care"
	"chartline/internal/clinic/people"
	"chartline/internal/testkit"
)

var (
	live     = care.Scope{Tenant: "acme-health", Instance: "live"}
	operator = testkit.Operator()
)

func open(t *testing.T) *testkit.Kit {
	t.Helper()
	k := testkit.New(t, testkit.Options{})
	k.Tenant(t, live.Tenant, live.Instance)
	return k
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// person is somebody of the staff with a grant.
func person(provider int64, grants ...care.GrantName) care.Actor {
	a := care.Actor{Kind: care.ActorPerson, ID: "p", Tenant: live.Tenant, Home: live.Instance, Instances: []string{live.Instance}, Provider: provider}
	for _, g := range grants {
		a.Grants = append(a.Grants, care.Grant{Tenant: live.Tenant, Instance: live.Instance, Name: g})
	}
	return a
}

func ptr[T any](v T) *T { return &v }

// Changes of different fields at the same time are both kept.
func TestChangesAtTheSameTimeDoNotUndoEachOther(t *testing.T) {
	t.Parallel()
	k := open(t)
	p, err := k.People.CreatePatient(t.Context(), operator, care.Patient{Scope: live, LastName: "Quill"}, nil)
	must(t, err)
	ref := care.PersonRef{Number: p.Number}
	changes := []people.PatientChange{{FirstName: ptr("Rosa")}, {MRN: ptr("M-1")}, {ExternalID: ptr("E-1")}, {Email: ptr("rosa@example.org")}, {BirthDate: ptr("1980-02-29")}, {TimeZone: ptr("America/Denver")}}
	var all sync.WaitGroup
	for _, c := range changes {
		all.Go(func() {
			if _, err := k.People.ChangePatient(t.Context(), operator, live, ref, c); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := k.People.PatientByRef(t.Context(), operator, live, ref)
	must(t, err)
	want := p
	want.FirstName, want.MRN, want.ExternalID, want.Email, want.BirthDate, want.TimeZone = "Rosa", "M-1", "E-1", "rosa@example.org", "1980-02-29", "America/Denver"
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestNumbersAreDrawnOnceAndByYear(t *testing.T) {
	t.Parallel()
	k := open(t)
	var (
		mu   sync.Mutex
		seen = map[int64]bool{}
		all  sync.WaitGroup
	)
	for i := range 24 {
		all.Go(func() {
			var n int64
			if i%2 == 0 {
				p, err := k.People.CreatePatient(t.Context(), operator, care.Patient{Scope: live, LastName: fmt.Sprint(i)}, nil)
				if n = p.Number; err != nil {
					t.Error(err)
				}
			} else {
				p, err := k.People.CreateProvider(t.Context(), operator, care.Provider{Scope: live, LastName: fmt.Sprint(i)}, nil)
				if n = p.Number; err != nil {
					t.Error(err)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			seen[n] = true
		})
	}
	all.Wait()
	for i := range int64(24) {
		if !seen[care.PersonNumber(2026, i+1)] {
			t.Errorf("number %d was not drawn", i+1)
		}
	}
	k.Clock.Move(365 * 24 * 3600e9)
	p, err := k.People.CreatePatient(t.Context(), operator, care.Patient{Scope: live, LastName: "Next"}, nil)
	must(t, err)
	if p.Number != care.PersonNumber(2027, 1) {
		t.Errorf("the first of the next year is %d", p.Number)
	}
}

// Staff change patients in whose care team they are; anybody with the grant
// registers new ones.
func TestStaffChangeOnlyTheirOwnPatients(t *testing.T) {
	t.Parallel()
	k := open(t)
	ctx := t.Context()
	doctor, err := k.People.CreateProvider(ctx, operator, care.Provider{Scope: live, LastName: "Broome"}, nil)
	must(t, err)
	staff := person(doctor.Number, care.GrantPatientRead, care.GrantPatientWrite)
	p, err := k.People.CreatePatient(ctx, staff, care.Patient{Scope: live, LastName: "Quill"}, nil)
	must(t, err)
	ref, change := care.PersonRef{ID: p.ID}, people.PatientChange{LastName: ptr("Moss")}
	if _, err := k.People.ChangePatient(ctx, staff, live, ref, change); care.KindOf(err) != care.KindForbidden {
		t.Errorf("a stranger's patient was changed: %v", err)
	}
	if _, err := k.People.AddToCareTeam(ctx, staff, live, ref, care.PersonRef{Number: doctor.Number}, "", nil); care.KindOf(err) != care.KindForbidden {
		t.Errorf("staff let themselves in: %v", err)
	}
	_, err = k.People.AddToCareTeam(ctx, operator, live, ref, care.PersonRef{Number: doctor.Number}, "", nil)
	must(t, err)
	if _, err := k.People.ChangePatient(ctx, staff, live, ref, change); err != nil {
		t.Errorf("their own patient: %v", err)
	}
	must(t, k.People.RemoveFromCareTeam(ctx, operator, live, ref, care.PersonRef{ID: doctor.ID}))
	if _, err := k.People.PatientByRef(ctx, staff, live, ref); care.KindOf(err) != care.KindForbidden {
		t.Errorf("a former patient was read: %v", err)
	}
}
