package practice_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/people"
	"chartline/internal/clinic/practice"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

func signup(code string, n int) practice.Signup {
	return practice.Signup{Scope: live, Code: code, Password: "seven ducks on a pond", Provider: care.Provider{
		FirstName: "Omar", LastName: "Haddad", Email: fmt.Sprintf("omar%d@example.org", n),
	}}
}

func TestAProviderSignsUpWithTheCodeAndCanBeBookedAtOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	_, err := c.Practice.SignUp(ctx, c.client, signup("", 1)) // there is none yet
	fails(t, err, care.KindForbidden)
	old, err := c.Practice.RotateSignupCode(ctx, testkit.Operator(), live)
	must(t, err)
	code, err := c.Practice.RotateSignupCode(ctx, testkit.Operator(), live)
	must(t, err)
	_, err = c.Practice.SignUp(ctx, c.client, signup(old, 1))
	fails(t, err, care.KindForbidden)
	p, err := c.Practice.SignUp(ctx, c.client, signup(" "+code+" ", 1))
	must(t, err)
	got, err := c.Practice.Slots(ctx, c.client, practice.SlotQuery{
		Scope: live, Provider: practice.ProviderRef{Email: "omar1@example.org"}, Service: practice.ServiceRef{Name: "Consultation"}, Date: "2026-03-19",
	})
	if err != nil || len(got.Times) != 16 || got.Zone.String() != "America/New_York" {
		t.Errorf("slots are %v, %v", got, err)
	}
	must(t, c.Store.View(ctx, func(tx store.Tx) error {
		l, err := tx.Login(live, p.ID)
		if err == nil && (l.Person != p.Number || l.Role != care.RoleProvider || l.PasswordHash == "") {
			t.Errorf("the log-in is %+v", l)
		}
		return err
	}))
	_, err = c.Practice.SignUp(ctx, c.client, signup(code, 1))
	fails(t, err, care.KindConflict, "email")
	in := signup(code, 2)
	in.Password = "too short"
	_, err = c.Practice.SignUp(ctx, c.client, in)
	fails(t, err, care.KindInvalid, "password")
	in.Provider.Email, in.Provider.Phone, in.Provider.CountryCode, in.Password = "", "2125550177", "+1", "seven ducks on a pond"
	_, err = c.Practice.SignUp(ctx, c.client, in)
	must(t, err)
}

func TestWhoHasSignedUpSeesNoPatientUntilSomebodyGrantsIt(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	code, err := c.Practice.RotateSignupCode(ctx, testkit.Operator(), live)
	must(t, err)
	// Capitals and dashes do not count: people read codes to each other.
	p, err := c.Practice.SignUp(ctx, c.client, signup(strings.ToUpper(strings.ReplaceAll(code, "-", "")), 1))
	must(t, err)
	done, err := c.Practice.Register(ctx, c.client, c.registration(1, 0))
	must(t, err)
	var omar care.Actor
	must(t, c.Store.View(ctx, func(tx store.Tx) error {
		l, err := tx.Login(live, p.ID)
		omar = l.Actor()
		return err
	}))
	patient := care.PersonRef{ID: done.Patient.ID}
	if _, err := c.People.Patient(ctx, omar, live, people.PatientID{Value: patient.ID}); !care.IsNotFound(err) && care.KindOf(err) != care.KindForbidden {
		t.Errorf("a stranger's patient: %v", err)
	}
	_, err = c.People.AddToCareTeam(ctx, testkit.Operator(), live, patient, care.PersonRef{Number: p.Number}, "", nil)
	must(t, err)
	if got, err := c.People.Patient(ctx, omar, live, people.PatientID{Value: patient.ID}); err != nil || got.ID != patient.ID {
		t.Errorf("one in their care: %v, %v", got, err)
	}
}

func TestWrongSignUpCodesEndInWaiting(t *testing.T) {
	t.Parallel()
	c := open(t)
	ctx := t.Context()
	code, err := c.Practice.RotateSignupCode(ctx, testkit.Operator(), live)
	must(t, err)
	for range 10 {
		_, err := c.Practice.SignUp(ctx, c.client, signup("abcde-abcde-abcde-abcde", 1))
		fails(t, err, care.KindForbidden)
	}
	_, err = c.Practice.SignUp(ctx, c.client, signup(code, 1))
	fails(t, err, care.KindRateLimited)
	other := c.client
	other.ID = "client-other"
	_, err = c.Practice.SignUp(ctx, other, signup(code, 1))
	must(t, err)
	c.Clock.Move(15 * time.Minute)
	_, err = c.Practice.SignUp(ctx, c.client, signup(code, 2))
	must(t, err)
}

func TestManyCodesShownAtOnceGuessNoMoreOften(t *testing.T) {
	t.Parallel()
	c := open(t)
	code, err := c.Practice.RotateSignupCode(t.Context(), testkit.Operator(), live)
	must(t, err)
	got := make([]error, 60)
	var all sync.WaitGroup
	for n := range got {
		all.Go(func() { _, got[n] = c.Practice.SignUp(t.Context(), c.client, signup("abcde-abcde-abcde-abcde", n)) })
	}
	all.Wait()
	wrong := 0
	for _, err := range got {
		if care.KindOf(err) == care.KindForbidden {
			wrong++
			continue
		}
		fails(t, err, care.KindRateLimited)
	}
	if wrong != 10 {
		t.Errorf("%d were told that they are wrong", wrong)
	}
	_, err = c.Practice.SignUp(t.Context(), c.client, signup(code, 1))
	fails(t, err, care.KindRateLimited)
}
