package practice_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

var live = care.Scope{Tenant: "acme-health", Instance: "live"}

// clinic is a practice in New York with a service of half an hour, a provider
// who works Monday to Friday from nine to five, and a client that may anything.
type clinic struct {
	*testkit.Kit
	client   care.Actor
	provider care.Provider
	service  care.Service
}

func open(t testing.TB) *clinic {
	t.Helper()
	c := &clinic{Kit: testkit.New(t, testkit.Options{})}
	c.Tenant(t, live.Tenant, "live", "sandbox")
	made, _ := c.Client(t, live, care.GrantNames()...)
	c.client = care.Actor{Kind: care.ActorClient, ID: made.Client.Name, Tenant: live.Tenant, Home: "live", Instances: []string{"live"}}
	for _, g := range care.GrantNames() {
		c.client.Grants = append(c.client.Grants, care.Grant{Tenant: live.Tenant, Instance: "live", Name: g})
	}
	var err error
	c.provider, err = c.People.CreateProvider(t.Context(), testkit.Operator(), care.Provider{Scope: live, FirstName: "Ines", LastName: "Brandt", Email: "ines@example.org"}, nil)
	must(t, err)
	c.service, err = c.Practice.CreateService(t.Context(), testkit.Operator(), care.Service{Scope: live, Name: "Consultation", Minutes: 30}, nil)
	must(t, err)
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fails proves the kind of an error and the fields that it names.
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
}

// registration is of the n-th patient, who wants the slot at minute of the day
// after the clock's.
func (c *clinic) registration(n, minute int) practice.Registration {
	in := practice.Registration{Scope: live, Patient: care.Patient{
		FirstName: "Rosa", LastName: fmt.Sprint("Quill ", n), BirthDate: "1980-02-29", Email: fmt.Sprintf("rosa%d@example.org", n),
		Phone: "2125550111", CountryCode: "+1",
	}}
	if minute > 0 {
		in.Service, in.Provider = practice.ServiceRef{ID: c.service.ID}, practice.ProviderRef{Email: "INES@example.org"}
		in.Wanted = &practice.WantedSlot{Date: "2026-03-19", Minute: minute, Complaint: "Cough"}
	}
	return in
}

func (c *clinic) patients(t testing.TB) []care.Patient {
	t.Helper()
	all, err := c.People.Patients(t.Context(), testkit.Operator(), live, 0, 1000)
	must(t, err)
	return all
}

func (c *clinic) slots(t testing.TB, date, zone string) []string {
	t.Helper()
	got, err := c.Practice.Slots(t.Context(), testkit.Operator(), practice.SlotQuery{
		Scope: live, Provider: practice.ProviderRef{Email: "ines@example.org"}, Service: practice.ServiceRef{ID: c.service.ID}, Date: date, TimeZone: zone,
	})
	must(t, err)
	return care.ClockTimes(got.Times, got.Zone)
}

func TestOfAHundredWhoRegisterForOneSlotOneGetsItAndNobodyElseIsRegistered(t *testing.T) {
	t.Parallel()
	c := open(t)
	got := make([]error, 100)
	var all sync.WaitGroup
	for n := range got {
		all.Go(func() { _, got[n] = c.Practice.Register(t.Context(), c.client, c.registration(n, 9*60)) })
	}
	all.Wait()
	booked := 0
	for _, err := range got {
		if err == nil {
			booked++
			continue
		}
		fails(t, err, care.KindConflict, "start")
	}
	if n := len(c.patients(t)); booked != 1 || n != 1 {
		t.Errorf("%d were booked, and %d registered", booked, n)
	}
	if got := c.slots(t, "2026-03-19", ""); slices.Contains(got, "09:00 AM") || len(got) != 15 {
		t.Errorf("free are %v", got)
	}
}

func TestARegistrationThatIsSentAgainIsTheSame(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	first, err := c.Practice.Register(ctx, c.client, c.registration(1, 9*60))
	must(t, err)
	c.Clock.Move(23 * time.Hour)
	again, err := c.Practice.Register(ctx, c.client, c.registration(1, 9*60))
	if err != nil || again.Patient.ID != first.Patient.ID || *again.Appointment != *first.Appointment {
		t.Fatalf("again it is %v, %v", again, err)
	}
	// Other words are another patient, and another client's are its own.
	in := c.registration(1, 0)
	in.Patient.BirthDate = "1980-02-28"
	twin, err := c.Practice.Register(ctx, c.client, in)
	must(t, err)
	other := c.client
	other.ID = "client-other"
	theirs, err := c.Practice.Register(ctx, other, c.registration(1, 0))
	must(t, err)
	c.Clock.Move(time.Hour)
	late, err := c.Practice.Register(ctx, c.client, c.registration(1, 0))
	must(t, err)
	ids := []string{first.Patient.ID, twin.Patient.ID, theirs.Patient.ID, late.Patient.ID}
	slices.Sort(ids)
	if n := len(slices.Compact(ids)); n != 4 {
		t.Errorf("four registrations made %d patients", n)
	}
}

func TestTheSamePatientMayWantAnotherSlot(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	first, err := c.Practice.Register(ctx, c.client, c.registration(1, 0))
	must(t, err)
	if first.Appointment != nil {
		t.Error("nothing was asked for, and something booked")
	}
	second, err := c.Practice.Register(ctx, c.client, c.registration(1, 9*60))
	must(t, err)
	_, err = c.Practice.Cancel(ctx, practice.Ask{Actor: c.client, Scope: live, ID: *second.Appointment, Reason: "a mistake"})
	must(t, err)
	third, err := c.Practice.Register(ctx, c.client, c.registration(1, 9*60))
	must(t, err)
	if second.Patient.ID != first.Patient.ID || third.Patient.ID != first.Patient.ID || *third.Appointment == *second.Appointment {
		t.Errorf("it went %v, %v, %v", first, second, third)
	}
	_, err = c.Practice.Register(ctx, c.client, c.registration(2, 9*60))
	fails(t, err, care.KindConflict, "start")
}

func TestWhatIsWrongWithARegistrationChangesNothing(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	in := c.registration(1, 0)
	in.Patient.MRN = "M-1"
	_, err := c.Practice.Register(ctx, c.client, in)
	must(t, err)
	for what, change := range map[string]func(*practice.Registration) (care.Kind, string){
		"an MRN that is taken": func(in *practice.Registration) (care.Kind, string) {
			in.Patient.MRN = "M-1"
			return care.KindConflict, "mrn"
		},
		"a birth date in the future": func(in *practice.Registration) (care.Kind, string) {
			in.Patient.BirthDate = "2026-03-20"
			return care.KindInvalid, "birthDate"
		},
		"a password that everybody has": func(in *practice.Registration) (care.Kind, string) {
			in.Password = "passwordpassword"
			return care.KindInvalid, "password"
		},
		"a short password": func(in *practice.Registration) (care.Kind, string) {
			in.Password = "14 characters."
			return care.KindInvalid, "password"
		},
		"no such practice": func(in *practice.Registration) (care.Kind, string) {
			in.CustomerCode = "nobody"
			return care.KindNotFound, ""
		},
		"a practice not theirs": func(in *practice.Registration) (care.Kind, string) {
			in.CustomerCode = "sandbox"
			return care.KindNotFound, ""
		},
		"no such provider": func(in *practice.Registration) (care.Kind, string) {
			in.Provider.Email = "no@example.org"
			return care.KindNotFound, ""
		},
		"no such service": func(in *practice.Registration) (care.Kind, string) {
			in.Service = practice.ServiceRef{Name: "x"}
			return care.KindNotFound, ""
		},
		"a time between slots": func(in *practice.Registration) (care.Kind, string) {
			in.Wanted.Minute = 9*60 + 15
			return care.KindConflict, "start"
		},
		"a time outside of work": func(in *practice.Registration) (care.Kind, string) {
			in.Wanted.Minute = 17 * 60
			return care.KindConflict, "start"
		},
		"a past date": func(in *practice.Registration) (care.Kind, string) {
			in.Wanted.Date = "2026-03-17"
			return care.KindConflict, "start"
		},
		"no date": func(in *practice.Registration) (care.Kind, string) {
			in.Wanted.Date = "2026-02-30"
			return care.KindInvalid, "date"
		},
	} {
		in := c.registration(2, 9*60)
		kind, field := change(&in)
		_, err := c.Practice.Register(ctx, c.client, in)
		e, ok := errors.AsType[*care.Error](err)
		if !ok || e.Kind != kind || field != "" && e.Fields[field] == "" {
			t.Errorf("%s: got %v", what, err)
		}
		if n := len(c.patients(t)); n != 1 {
			t.Fatalf("%s: there are %d patients", what, n)
		}
	}
	if got := c.slots(t, "2026-03-19", ""); len(got) != 16 {
		t.Errorf("free are %v", got)
	}
}

func TestAFamilySharesAnAddressAndOneLogIn(t *testing.T) {
	t.Parallel()
	c := open(t)
	in := c.registration(1, 0)
	in.Password, in.Details.City = "seven ducks on a pond", "Albany"
	parent, err := c.Practice.Register(t.Context(), c.client, in)
	must(t, err)
	in.Patient.FirstName, in.Patient.Email = "Iris", "ROSA1@example.org"
	child, err := c.Practice.Register(t.Context(), c.client, in)
	must(t, err)
	must(t, c.Store.View(t.Context(), func(tx store.Tx) error {
		l, err := tx.LoginByEmail(live, "rosa1@example.org")
		if err == nil && (l.ID != parent.Patient.ID || l.PasswordHash == "" || l.Role != care.RolePatient) {
			t.Errorf("the log-in is %+v", l)
		}
		if _, err := tx.Login(live, child.Patient.ID); !care.IsNotFound(err) {
			t.Errorf("the child has a log-in: %v", err)
		}
		d, err := tx.Details(live, parent.Patient.Number, parent.Patient.Number)
		if len(d) != 1 || d[0].City != "Albany" || child.Patient.TimeZone != "America/New_York" {
			t.Errorf("details are %v, the zone is %q", d, child.Patient.TimeZone)
		}
		return err
	}))
}

func TestACustomerCodeLeadsToAnotherPracticeOfTheClient(t *testing.T) {
	t.Parallel()
	c := open(t)
	code := "SAND"
	sandbox := care.Scope{Tenant: live.Tenant, Instance: "sandbox"}
	_, err := c.Practice.Change(t.Context(), testkit.Operator(), sandbox, practice.Change{CustomerCode: &code})
	must(t, err)
	in := c.registration(1, 0)
	in.CustomerCode = code
	_, err = c.Practice.Register(t.Context(), c.client, in)
	fails(t, err, care.KindNotFound)
	both := c.client
	both.Instances = []string{"live", "sandbox"}
	_, err = c.Practice.Register(t.Context(), both, in)
	fails(t, err, care.KindForbidden) // it has no grant there
	both.Grants = append(both.Grants, care.Grant{Tenant: live.Tenant, Instance: "sandbox", Name: care.GrantPatientWrite})
	done, err := c.Practice.Register(t.Context(), both, in)
	if err != nil || done.Patient.Scope != sandbox {
		t.Errorf("got %v, %v", done, err)
	}
}

func TestAnAppointmentLivesOn(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	done, err := c.Practice.Register(ctx, c.client, c.registration(1, 9*60))
	must(t, err)
	ask := practice.Ask{Actor: c.client, Scope: live, ID: *done.Appointment}
	nine := time.Date(2026, 3, 19, 13, 0, 0, 0, time.UTC)
	_, err = c.Practice.NoShow(ctx, ask)
	fails(t, err, care.KindConflict) // it has not begun
	_, err = c.Practice.Reschedule(ctx, ask, practice.Rescheduling{Start: nine.Add(15 * time.Minute)})
	fails(t, err, care.KindConflict, "start")
	moved, err := c.Practice.Reschedule(ctx, ask, practice.Rescheduling{Start: nine.Add(time.Hour)})
	must(t, err)
	if got := c.slots(t, "2026-03-19", ""); got[0] != "09:00 AM" || slices.Contains(got, "10:00 AM") || !moved.Start.Equal(nine.Add(time.Hour)) {
		t.Errorf("moved to %v, free are %v", moved.Start, got)
	}
	_, err = c.Practice.CheckIn(ctx, ask)
	must(t, err)
	started, err := c.Practice.Start(ctx, ask)
	must(t, err)
	e, err := c.Visits.Encounter(ctx, c.client, live, *started.Encounter)
	if err != nil || e.Patient != done.Patient.Number || e.Provider != c.provider.Number || e.Complaint != "Cough" {
		t.Errorf("the encounter is %+v, %v", e, err)
	}
	for what, again := range map[string]func() error{
		"start":  func() error { _, err := c.Practice.Start(ctx, ask); return err },
		"cancel": func() error { _, err := c.Practice.Cancel(ctx, ask); return err },
		"move": func() error {
			_, err := c.Practice.Reschedule(ctx, ask, practice.Rescheduling{Start: nine})
			return err
		},
		"no show": func() error { _, err := c.Practice.NoShow(ctx, ask); return err },
	} {
		if err := again(); care.KindOf(err) != care.KindConflict {
			t.Errorf("%s of what has started: %v", what, err)
		}
	}
	missed, err := c.Practice.Register(ctx, c.client, c.registration(2, 9*60))
	must(t, err)
	c.Clock.Move(24 * time.Hour)
	ask.ID = *missed.Appointment
	if a, err := c.Practice.NoShow(ctx, ask); err != nil || a.Status != care.AppointmentNoShow {
		t.Errorf("no show: %v, %v", a, err)
	}
}

func TestRulesOfBookingHoursAndDaysCount(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx, by := t.Context(), testkit.Operator()
	ines := practice.ProviderRef{Email: "ines@example.org"}
	// It is Wednesday, eleven o'clock in New York.
	if got := c.slots(t, "2026-03-18", ""); got[0] != "11:30 AM" {
		t.Errorf("today are free %v", got)
	}
	notice, horizon := int64(120), int64(2)
	_, err := c.Practice.Change(ctx, by, live, practice.Change{NoticeMinutes: &notice, HorizonDays: &horizon})
	must(t, err)
	if got := c.slots(t, "2026-03-18", ""); got[0] != "01:00 PM" {
		t.Errorf("with two hours' notice are free %v", got)
	}
	if got := c.slots(t, "2026-03-20", ""); got[len(got)-1] != "11:00 AM" {
		t.Errorf("within two days are free %v", got)
	}
	week, err := care.ParseWeek("thu 13:00-14:00")
	must(t, err)
	_, err = c.Practice.ChangeSchedule(ctx, by, live, ines, practice.ScheduleChange{Hours: care.SetTo(week)})
	must(t, err)
	if got := c.slots(t, "2026-03-19", "Asia/Kolkata"); !slices.Equal(got, []string{"10:30 PM", "11:00 PM"}) {
		t.Errorf("seen from Kolkata are free %v", got)
	}
	_, err = c.Practice.SetDay(ctx, by, ines, care.ScheduleDay{Scope: live, Date: "2026-03-19", Note: "away"})
	must(t, err)
	if got := c.slots(t, "2026-03-19", ""); len(got) != 0 {
		t.Errorf("on a day off are free %v", got)
	}
	must(t, c.Practice.ClearDay(ctx, by, live, ines, "2026-03-19"))
	if got := c.slots(t, "2026-03-19", ""); len(got) != 2 {
		t.Errorf("on the day that is none are free %v", got)
	}
	other, err := c.Practice.CreateService(ctx, by, care.Service{Scope: live, Name: "Other", Minutes: 30}, nil)
	must(t, err)
	_, err = c.Practice.ChangeSchedule(ctx, by, live, ines, practice.ScheduleChange{Services: &[]int64{other.ID}})
	must(t, err)
	_, err = c.Practice.Slots(ctx, by, practice.SlotQuery{Scope: live, Provider: ines, Service: practice.ServiceRef{ID: c.service.ID}, Date: "2026-03-19"})
	fails(t, err, care.KindNotFound)
	retired := true
	_, err = c.Practice.ChangeService(ctx, by, live, other.ID, practice.ServiceChange{Retired: &retired})
	must(t, err)
	_, err = c.Practice.Slots(ctx, by, practice.SlotQuery{Scope: live, Provider: ines, Service: practice.ServiceRef{Name: "Other"}, Date: "2026-03-19"})
	fails(t, err, care.KindNotFound)
}

func TestOfAnHourThatIsThereTwiceTheFirstFreeOneIsBooked(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	week, err := care.ParseWeek("sun 00:00-03:00")
	must(t, err)
	hour, err := c.Practice.CreateService(ctx, testkit.Operator(), care.Service{Scope: live, Name: "Hour", Minutes: 60}, nil)
	must(t, err)
	_, err = c.Practice.ChangeSchedule(ctx, testkit.Operator(), live, practice.ProviderRef{Email: "ines@example.org"}, practice.ScheduleChange{Hours: care.SetTo(week)})
	must(t, err)
	for n, want := range []time.Time{time.Date(2026, 11, 1, 5, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC)} {
		for range 2 { // a retry has the same one, and not the other
			in := c.registration(n, 60)
			in.Service, in.Wanted.Date = practice.ServiceRef{ID: hour.ID}, "2026-11-01"
			done, err := c.Practice.Register(ctx, c.client, in)
			must(t, err)
			a, err := c.Practice.Appointment(ctx, c.client, live, *done.Appointment)
			if err != nil || !a.Start.Equal(want) {
				t.Errorf("the %d. is at %v, %v", n+1, a.Start, err)
			}
		}
	}
	in := c.registration(3, 60)
	in.Service, in.Wanted.Date = practice.ServiceRef{ID: hour.ID}, "2026-11-01"
	_, err = c.Practice.Register(ctx, c.client, in)
	fails(t, err, care.KindConflict, "start")
}

func TestAServiceIsGivenOnceWhileItIsActive(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	in := c.registration(1, 0)
	in.Service = practice.ServiceRef{Name: "Consultation"}
	done, err := c.Practice.Register(ctx, c.client, in) // gives it
	must(t, err)
	patient := care.PersonRef{Number: done.Patient.Number}
	give := practice.NewAssignment{Scope: live, Patient: patient, Service: practice.ServiceRef{ID: c.service.ID}}
	first, err := c.Practice.Assign(ctx, c.client, give, nil)
	must(t, err)
	all, err := c.Practice.Assignments(ctx, c.client, live, patient)
	if err != nil || len(all) != 1 || all[0].ID != first.Assignment.ID || all[0].StartDate != "2026-03-18" {
		t.Fatalf("there are %v, %v", all, err)
	}
	_, err = c.Practice.EndAssignment(ctx, c.client, live, patient, first.Assignment.ID, "2026-03-17")
	fails(t, err, care.KindInvalid, "endDate")
	_, err = c.Practice.EndAssignment(ctx, c.client, live, patient, first.Assignment.ID, "2026-03-18")
	must(t, err)
	c.Clock.Move(13 * time.Hour) // past midnight in New York
	second, err := c.Practice.Assign(ctx, c.client, give, nil)
	if err != nil || second.Assignment.ID == first.Assignment.ID || second.Assignment.StartDate != "2026-03-19" {
		t.Errorf("what ended is given as %v, %v", second, err)
	}
	give.StartDate, give.EndDate = "2026-04-01", "2026-03-31"
	_, err = c.Practice.Assign(ctx, c.client, give, nil)
	fails(t, err, care.KindInvalid, "endDate")
}
