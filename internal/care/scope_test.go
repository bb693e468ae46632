package care_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

func TestTenantNamesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"abc", "acme-health", "1st", "a--", strings.Repeat("a", 63)} {
		if err := care.CheckTenantName(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{
		"", "a", "ab", "-ab", "Abc", "a_b", "a.b", "a/b", "abc\n", "äbc", "ａbc", strings.Repeat("a", 64), "api", "auth", "oauth", "sso", "portal",
		"admin", "hooks", "fhir", "graphql", "docs", "static", "assets", "healthz", "readyz", "metrics", "debug",
	} {
		if err := care.CheckTenantName(name); care.KindOf(err) != care.KindInvalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestInstanceNamesAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"live", "sandbox", "a", "1", "test_2-b", strings.Repeat("a", 63)} {
		if err := care.CheckInstanceName(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "admin", "Admin", "ADMIN", "_a", "-a", "a b", "a/b", "live\n", strings.Repeat("a", 64)} {
		if err := care.CheckInstanceName(name); care.KindOf(err) != care.KindInvalid {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestReservedWordsAreReservedInAnyCase(t *testing.T) {
	t.Parallel()
	for _, word := range strings.Fields("api auth oauth sso portal ui admin hooks fhir graphql docs static assets v1 healthz readyz metrics debug favicon.ico robots.txt .well-known") {
		if !care.Reserved(word) || !care.Reserved(strings.ToUpper(word)) || care.Reserved(word+"x") {
			t.Errorf("%s", word)
		}
	}
	if care.Reserved("") || care.Reserved("acme-health") {
		t.Error("any word is reserved")
	}
}

// calls.md, Permission: every grant that it names, and no other.
func TestTheGrantsAreTheContracts(t *testing.T) {
	t.Parallel()
	want := map[care.GrantName]bool{}
	for _, name := range strings.Fields(`voice_calls voice_calls_none_care_team phone_record access_unrecognized_communications
		sso patient_write form_write lab_write note_write schedule_read provider_signup patient_read encounter_from_recording analysis
		encounter_read encounter_write call_read call_write recording_read recording_write schedule_write audit_read admin`) {
		want[care.GrantName(name)] = true
	}
	for _, name := range care.GrantNames() {
		if !want[name] || !care.ValidGrant(name) {
			t.Errorf("%s is not in the contract, or twice", name)
		}
		delete(want, name)
	}
	if len(want) > 0 || care.ValidGrant("") || care.ValidGrant("ADMIN") {
		t.Errorf("missing %v", want)
	}
}

func TestAGrantHoldsInItsInstanceUntilItsEnd(t *testing.T) {
	t.Parallel()
	live := care.Scope{Tenant: "acme-health", Instance: "live"}
	actor := care.Actor{Kind: care.ActorClient, Tenant: "acme-health", Instances: []string{"live", "sandbox"}, Grants: []care.Grant{
		{Instance: "live", Name: care.GrantCallRead, Until: &noon},
		{Instance: "live", Name: care.GrantCallRead, Until: ptr(noon.Add(-time.Hour))},
		{Instance: "sandbox", Name: care.GrantAdmin},
	}}
	for name, c := range map[string]struct {
		scope care.Scope
		grant care.GrantName
		now   time.Time
		want  bool
	}{
		"before its end":   {live, care.GrantCallRead, noon.Add(-1), true},
		"at its end":       {live, care.GrantCallRead, noon, false},
		"another instance": {care.Scope{Tenant: "acme-health", Instance: "sandbox"}, care.GrantCallRead, noon.Add(-1), false},
		"another tenant":   {care.Scope{Tenant: "birch-clinic", Instance: "live"}, care.GrantCallRead, noon.Add(-1), false},
		"another grant":    {live, care.GrantAdmin, noon, false},
		"without an end":   {care.Scope{Tenant: "acme-health", Instance: "sandbox"}, care.GrantAdmin, noon.AddDate(1000, 0, 0), true},
	} {
		if actor.Holds(c.scope, c.grant, c.now) != c.want {
			t.Errorf("%s: holds is %v", name, !c.want)
		}
	}
}

func TestAnActorUsesItsOwnInstancesOnly(t *testing.T) {
	t.Parallel()
	kinds := []care.ActorKind{care.ActorClient, care.ActorPerson, care.ActorOperator, care.ActorSystem, care.ActorNobody, ""}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"acme", "birch", ""})
		a := care.Actor{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Tenant: names.Draw(t, "of"), Instances: rapid.SliceOfN(names, 0, 2).Draw(t, "instances")}
		s := care.Scope{Tenant: names.Draw(t, "tenant"), Instance: names.Draw(t, "instance")}
		listed := false
		for _, i := range a.Instances {
			listed = listed || i == s.Instance
		}
		want := a.Kind == care.ActorOperator || a.Kind == care.ActorSystem ||
			(a.Kind == care.ActorClient || a.Kind == care.ActorPerson) && a.Tenant == s.Tenant && listed
		if a.MayUse(s) != want {
			t.Fatalf("%+v in %s: %v", a, s, !want)
		}
	})
}
