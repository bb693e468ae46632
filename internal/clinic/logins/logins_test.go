package logins_test

import (
	"bytes"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"chartline/internal/audit"
	"chartline/internal/care"
	"chartline/internal/clinic/logins"
	"chartline/internal/policy"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

var (
	live     = care.Scope{Tenant: "acme-health", Instance: "live"}
	operator = testkit.Operator()
	from     = care.Origin{Address: "192.0.2.1", Via: "test"}
)

const secret = "a quiet river at dawn"

// ward is a kit with one patient who logs in.
type ward struct {
	*testkit.Kit
	patient care.Patient
	login   care.Login
}

func open(t *testing.T) ward {
	t.Helper()
	w := ward{Kit: testkit.New(t, testkit.Options{})}
	w.Tenant(t, live.Tenant, live.Instance)
	w.patient = w.register(t, "Nadia", "nadia@example.org")
	_, err := w.Logins.Create(t.Context(), operator, logins.NewLogin{Scope: live, Role: care.RolePatient, Person: care.PersonRef{ID: w.patient.ID}}, nil)
	must(t, err)
	made, err := w.Logins.SetPasswordLink(t.Context(), operator, live, w.patient.ID)
	must(t, err)
	link, l, err := w.Entry.Link(t.Context(), made.Token, care.LinkSetPassword)
	must(t, err)
	must(t, w.Logins.SetPassword(t.Context(), from, link, l, secret))
	w.login, err = w.Logins.Login(t.Context(), operator, live, "nadia@example.org")
	must(t, err)
	return w
}

func (w ward) register(t *testing.T, name, email string) care.Patient {
	t.Helper()
	p, err := w.People.CreatePatient(t.Context(), operator, care.Patient{Scope: live, FirstName: name, Email: email}, nil)
	must(t, err)
	return p
}

// entries are the tenant's audit entries from the n-th on.
func (w ward) entries(t *testing.T, after int) []care.AuditEntry {
	t.Helper()
	var all []care.AuditEntry
	must(t, w.Store.View(t.Context(), func(tx store.Tx) error {
		all = nil
		groups, err := tx.AuditGroups(live.Tenant, 0, 1000)
		for _, g := range groups {
			for line := range bytes.Lines(g.Lines) {
				e, _, err := audit.Decode(bytes.TrimRight(line, "\n"))
				if err != nil {
					return err
				}
				all = append(all, e)
			}
		}
		return err
	}))
	return all[after:]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryWayInAndOutIsAudited(t *testing.T) {
	t.Parallel()
	w := open(t)
	partner, _ := w.Client(t, live, care.GrantSSO)
	actor, err := w.Auth.Secret(t.Context(), "", partner.Client.Name, partner.Secret, "192.0.2.9")
	must(t, err)
	before := len(w.entries(t, 0))

	token, err := w.Logins.IssueSSO(t.Context(), actor, w.login, logins.Portal)
	must(t, err)
	link, l, err := w.Entry.Link(t.Context(), token, care.LinkSSO)
	must(t, err)
	in, err := w.Logins.EnterByLink(t.Context(), from, link, l, nil)
	must(t, err)
	person, session, err := w.Entry.Session(t.Context(), in.Token)
	must(t, err)
	if _, err := w.Logins.Page(t.Context(), person); err != nil {
		t.Error(err)
	}
	must(t, w.Logins.Leave(t.Context(), person, session))
	_, wrong := w.Entry.Password(t.Context(), live, "nadia@example.org", "wrong", "192.0.2.1")
	if err := w.Logins.PasswordRefused(t.Context(), actor, policy.SSOIssue, live, "nadia@example.org", wrong); err != wrong {
		t.Errorf("got %v", err)
	}
	link, l, used := w.Entry.Link(t.Context(), token, care.LinkSSO)
	if err := w.Logins.LinkRefused(t.Context(), from, policy.LoginEnter, link, l, used); err != used || care.KindOf(used) != care.KindExpired {
		t.Errorf("got %v", err)
	}

	want := []struct {
		actor   care.ActorKind
		action  care.Action
		outcome care.Outcome
		reason  string
		patient bool
	}{
		{care.ActorClient, policy.SSOIssue, care.OutcomeAllowed, "grant sso", true},
		{care.ActorPerson, policy.LoginEnter, care.OutcomeAllowed, "sso", true},
		{care.ActorPerson, policy.PortalRead, care.OutcomeAllowed, "for themselves", true},
		{care.ActorPerson, policy.LoginLeave, care.OutcomeAllowed, "for themselves", true},
		{care.ActorClient, policy.SSOIssue, care.OutcomeRefused, "bad_secret", false},
		{care.ActorNobody, policy.LoginEnter, care.OutcomeRefused, "link expired", true},
	}
	all := w.entries(t, before)
	if len(all) != len(want) {
		t.Fatalf("there are %d entries: %+v", len(all), all)
	}
	for i, e := range all {
		v := want[i]
		if e.Actor != v.actor || e.Action != v.action || e.Outcome != v.outcome || e.Reason != v.reason || (e.Patient == w.patient.ID) != v.patient || e.Noun != "login" {
			t.Errorf("entry %d: %+v, want %+v", i, e, v)
		}
		if e.Actor == care.ActorPerson && e.ActorID != w.patient.ID {
			t.Errorf("entry %d is %s's", i, e.ActorID)
		}
	}
	if all[4].Asked == "" || strings.Contains(all[4].Asked, "nadia") || all[4].ID != "" {
		t.Errorf("of a refusal is kept: %+v", all[4])
	}
}

func TestALinkThatManyFollowAtOnceLetsOneIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	token, err := w.Logins.IssueSSO(t.Context(), operator, w.login, logins.Portal)
	must(t, err)
	var in atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			link, l, err := w.Entry.Link(t.Context(), token, care.LinkSSO)
			if err == nil {
				_, err = w.Logins.EnterByLink(t.Context(), from, link, l, nil)
			}
			switch care.KindOf(err) {
			case care.KindExpired:
			default:
				if err != nil {
					t.Error(err)
					return
				}
				in.Add(1)
			}
		})
	}
	all.Wait()
	if in.Load() != 1 {
		t.Errorf("%d came in", in.Load())
	}
}

func TestAPersonAndAnAddressHaveOneLogIn(t *testing.T) {
	t.Parallel()
	w := open(t)
	sister := w.register(t, "Nora", "Nadia@example.org")
	noAddress := w.register(t, "Omar", "")
	create := func(in logins.NewLogin) error {
		in.Scope = live
		_, err := w.Logins.Create(t.Context(), operator, in, nil)
		return err
	}
	for name, c := range map[string]struct {
		in   logins.NewLogin
		want care.Kind
	}{
		"a second one":               {logins.NewLogin{Role: care.RolePatient, Person: care.PersonRef{Number: w.patient.Number}, Email: "other@example.org"}, care.KindConflict},
		"a family's address":         {logins.NewLogin{Role: care.RolePatient, Person: care.PersonRef{ID: sister.ID}}, care.KindConflict},
		"no address":                 {logins.NewLogin{Role: care.RolePatient, Person: care.PersonRef{ID: noAddress.ID}}, care.KindInvalid},
		"a patient as provider":      {logins.NewLogin{Role: care.RoleProvider, Person: care.PersonRef{ID: sister.ID}}, care.KindNotFound},
		"nobody":                     {logins.NewLogin{Role: care.RolePatient}, care.KindNotFound},
		"an auditor who is somebody": {logins.NewLogin{Role: care.RoleAuditor, Person: care.PersonRef{ID: sister.ID}, Email: "a@example.org"}, care.KindInvalid},
		"no such role":               {logins.NewLogin{Role: "king", Email: "a@example.org"}, care.KindInvalid},
	} {
		if err := create(c.in); care.KindOf(err) != c.want || err == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := create(logins.NewLogin{Role: care.RolePatient, Person: care.PersonRef{ID: sister.ID}, Email: "Nora@example.org"}); err != nil {
		t.Error(err)
	}
	for _, ref := range []string{sister.ID, "nora@EXAMPLE.org", " nora@example.org "} {
		if l, err := w.Logins.Login(t.Context(), operator, live, ref); err != nil || l.ID != sister.ID {
			t.Errorf("%q: %+v, %v", ref, l, err)
		}
	}
}

func TestOnlyAdministratorsKeepLogIns(t *testing.T) {
	t.Parallel()
	w := open(t)
	as := func(role care.Role, scope care.Scope) care.Actor {
		return care.Login{Scope: scope, ID: "33333333-3333-4333-8333-333333333333", Role: role, Person: 202600000009}.Actor()
	}
	for name, c := range map[string]struct {
		actor care.Actor
		want  care.Kind
	}{
		"a patient": {as(care.RolePatient, live), care.KindNotFound}, "a provider": {as(care.RoleProvider, live), care.KindForbidden},
		"an auditor":                             {as(care.RoleAuditor, live), care.KindForbidden},
		"an administrator of another instance":   {as(care.RoleAdministrator, care.Scope{Tenant: live.Tenant, Instance: "sandbox"}), care.KindForbidden},
		"an administrator of another tenant":     {as(care.RoleAdministrator, care.Scope{Tenant: "birch-clinic", Instance: "live"}), care.KindForbidden},
		"the person, who is a patient":           {w.login.Actor(), care.KindForbidden},
		"a program of another tenant with admin": {care.Actor{Kind: care.ActorClient, ID: "x", Tenant: "birch-clinic", Instances: []string{"live"}}, care.KindForbidden},
	} {
		_, err := w.Logins.SetPasswordLink(t.Context(), c.actor, live, w.patient.ID)
		if care.KindOf(err) != c.want || err == nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.Logins.SetEnabled(t.Context(), c.actor, live, w.patient.ID, false); err == nil {
			t.Errorf("%s disables", name)
		}
	}
	if _, err := w.Logins.SetPasswordLink(t.Context(), as(care.RoleAdministrator, live), live, w.patient.ID); err != nil {
		t.Error(err)
	}
}

func TestWhatHasExpiredIsRemoved(t *testing.T) {
	t.Parallel()
	w := open(t)
	token, err := w.Logins.IssueSSO(t.Context(), operator, w.login, logins.Portal)
	must(t, err)
	in, err := w.Logins.EnterByPassword(t.Context(), from, w.login, nil)
	must(t, err)
	kinds := func() [2]care.Kind {
		_, _, link := w.Entry.Link(t.Context(), token, care.LinkSSO)
		_, _, session := w.Entry.Session(t.Context(), in.Token)
		return [2]care.Kind{care.KindOf(link), care.KindOf(session)}
	}
	w.Clock.Move(24 * time.Hour)
	must(t, w.Access.Expire(t.Context()))
	if got := kinds(); got != [2]care.Kind{care.KindExpired, care.KindExpired} {
		t.Errorf("a day later: %v", got)
	}
	w.Clock.Move(13 * time.Hour)
	must(t, w.Access.Expire(t.Context()))
	if got := kinds(); got != [2]care.Kind{care.KindUnauthenticated, care.KindUnauthenticated} {
		t.Errorf("later still: %v", got)
	}
}

// FuzzATargetIsOneOfOurOwnPaths holds what is taken against what a browser, which
// drops tabs and line ends and takes a backslash for a slash, would make of it.
func FuzzATargetIsOneOfOurOwnPaths(f *testing.F) {
	for _, seed := range []string{"/portal", "/portal/x?y#z", "//evil.example", `/\evil.example`, "/portal/../x", "/%2f/e", "https://evil.example/portal", "/portal\t//evil.example", "/portal?a=//b", "/portal#/\\x"} {
		f.Add(seed)
	}
	s := logins.New(logins.Options{})
	base, err := url.Parse("https://care.example.org/sso/login")
	must(f, err)
	f.Fuzz(func(t *testing.T, target string) {
		got, err := s.CheckTarget(target)
		if err != nil || target == "" {
			return
		}
		browser := strings.NewReplacer("\t", "", "\r", "", "\n", "", `\`, "/").Replace(strings.TrimFunc(target, func(r rune) bool { return r <= ' ' }))
		ref, err := url.Parse(browser)
		if got != target || err != nil {
			t.Fatalf("%q becomes %q, %v", target, got, err)
		}
		u := base.ResolveReference(ref)
		if u.Host != base.Host || u.Scheme != "https" || u.Path != "/portal" && !strings.HasPrefix(u.Path, "/portal/") || strings.Contains(u.Path, "..") {
			t.Errorf("%q leads to %s", target, u)
		}
	})
}
