package policy

import (
	"testing"
	"time"

	"chartline/internal/care"
)

var (
	now   = time.Date(2026, 3, 18, 14, 0, 0, 0, time.UTC)
	live  = care.Scope{Tenant: "acme-health", Instance: "live"}
	other = care.Scope{Tenant: "other-health", Instance: "live"}
)

func client(names ...care.GrantName) care.Actor {
	a := care.Actor{Kind: care.ActorClient, ID: "c", Tenant: live.Tenant, Instances: []string{live.Instance}}
	for _, n := range names {
		a.Grants = append(a.Grants, care.Grant{Tenant: live.Tenant, Instance: live.Instance, Name: n})
	}
	return a
}

func person(names ...care.GrantName) care.Actor {
	a := client(names...)
	a.Kind = care.ActorPerson
	return a
}

func TestAClientWithoutGrantsIsRefusedEverything(t *testing.T) {
	t.Parallel()
	p := New()
	for _, action := range p.Actions() {
		if action == TokenIssue {
			continue // proven by its secret
		}
		if d := p.May(client(), action, live, now); d.Allowed || d.Reason == "" {
			t.Errorf("%s: got %+v, want a refusal with a reason", action, d)
		}
	}
}

func TestNobodyIsRefusedEverything(t *testing.T) {
	t.Parallel()
	p := New()
	for _, action := range p.Actions() {
		if p.May(care.Actor{Kind: care.ActorNobody}, action, live, now).Allowed || p.May(care.Actor{}, action, live, now).Allowed {
			t.Errorf("%s is allowed to nobody", action)
		}
	}
}

func TestEveryGrantAdmitsOnlyWhereItWasGivenAndWhileItHolds(t *testing.T) {
	t.Parallel()
	p := New()
	for _, action := range p.Actions() {
		for _, g := range p.GrantsFor(action) {
			if g == care.GrantVoiceCalls {
				continue // for people, below
			}
			a := client(g)
			if d := p.Decide(a, action, live, care.Target{Patient: "x"}, now); !d.Allowed {
				t.Errorf("%s with %s: refused: %s", action, g, d.Reason)
			}
			if p.Decide(a, action, other, care.Target{}, now).Allowed {
				t.Errorf("%s with %s is allowed in another tenant", action, g)
			}
			if p.Decide(a, action, care.Scope{Tenant: live.Tenant, Instance: "sandbox"}, care.Target{}, now).Allowed {
				t.Errorf("%s with %s is allowed in another instance", action, g)
			}
			a.Grants[0].Until = &now
			if p.Decide(a, action, live, care.Target{}, now).Allowed {
				t.Errorf("%s with %s is allowed after its end", action, g)
			}
		}
	}
}

func TestAnActionThatNoRuleNamesIsRefusedToAll(t *testing.T) {
	t.Parallel()
	p := New()
	for _, a := range []care.Actor{client(care.GrantNames()...), {Kind: care.ActorOperator}, {Kind: care.ActorSystem}} {
		if p.Decide(a, "patient.devour", live, care.Target{}, now).Allowed {
			t.Errorf("%s: allowed", a.Kind)
		}
	}
}

func TestVoiceCallsFollowTheCareTeam(t *testing.T) {
	t.Parallel()
	p := New()
	cases := []struct {
		who     string
		actor   care.Actor
		inTeam  bool
		allowed bool
	}{
		{"a client with voice_calls only", client(care.GrantVoiceCalls), false, false},
		{"a client with voice_calls, told to be in the team", client(care.GrantVoiceCalls), true, false},
		{"a client with the none-care-team grant", client(care.GrantVoiceCallsNoneCareTeam), false, true},
		{"a person in the team with voice_calls", person(care.GrantVoiceCalls), true, true},
		{"a person outside the team with voice_calls", person(care.GrantVoiceCalls), false, false},
		{"a person outside the team with the other", person(care.GrantVoiceCallsNoneCareTeam), false, true},
		{"a person in the team with only the other", person(care.GrantVoiceCallsNoneCareTeam), true, false},
	}
	for _, c := range cases {
		for _, action := range []care.Action{VoiceCallList, VoiceCallRead, VoiceCallRecording} {
			if got := p.Decide(c.actor, action, live, care.Target{Patient: "p", CareTeam: c.inTeam}, now); got.Allowed != c.allowed {
				t.Errorf("%s, %s: got %+v, want allowed=%t", c.who, action, got, c.allowed)
			}
		}
	}
}

func TestAPersonNeedsTheCareTeamForAPatientsData(t *testing.T) {
	t.Parallel()
	p := New()
	a := person(care.GrantPatientRead)
	if p.Decide(a, PatientRead, live, care.Target{Patient: "p"}, now).Allowed {
		t.Error("allowed outside the care team")
	}
	if !p.Decide(a, PatientRead, live, care.Target{Patient: "p", CareTeam: true}, now).Allowed {
		t.Error("refused inside the care team")
	}
	if !p.May(a, PatientRead, live, now).Allowed {
		t.Error("May refuses what Decide can allow")
	}
}
