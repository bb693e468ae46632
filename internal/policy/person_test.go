package policy

import (
	"slices"
	"testing"

	"chartline/internal/care"
)

const (
	nadia = "11111111-1111-4111-8111-111111111111"
	omar  = "22222222-2222-4222-8222-222222222222"
)

// loggedIn returns somebody who logged in in a role.
func loggedIn(role care.Role) care.Actor {
	l := care.Login{Scope: live, ID: nadia, Email: "somebody@example.org", Role: role, Enabled: true}
	if role == care.RolePatient || role == care.RoleProvider {
		l.Person = care.PersonNumber(2026, 1)
	}
	return l.Actor()
}

// ownActions are all that a patient may do with stored data.
var ownActions = []care.Action{PatientRead, FileRead, FileContent, FormRead}

// selfActions are what people do for themselves.
var selfActions = []care.Action{LoginEnter, LoginLeave, LoginSecret, PortalRead}

func TestAPatientSeesTheirOwnDataAndNobodyElses(t *testing.T) {
	t.Parallel()
	p := New()
	patient := loggedIn(care.RolePatient)
	for _, action := range p.Actions() {
		own := slices.Contains(ownActions, action)
		self := slices.Contains(selfActions, action)
		if got := p.Decide(patient, action, live, care.Target{Patient: nadia}, now); got.Allowed != (own || self) {
			t.Errorf("%s on their own: %+v", action, got)
		}
		for _, inTeam := range []bool{false, true} {
			got := p.Decide(patient, action, live, care.Target{Patient: omar, CareTeam: inTeam}, now)
			if got.Allowed || p.self(action) != care.ActorClient && !p.operators(action) && !got.Hidden {
				t.Errorf("%s on another patient's: %+v", action, got)
			}
		}
		if got := p.Decide(patient, action, live, care.Target{}, now); got.Allowed != self {
			t.Errorf("%s on no patient's: %+v", action, got)
		}
		if got := p.Decide(patient, action, other, care.Target{Patient: nadia}, now); got.Allowed {
			t.Errorf("%s in another tenant: %+v", action, got)
		}
		if got := p.May(patient, action, live, now); got.Allowed != (own || self) {
			t.Errorf("May %s: %+v", action, got)
		}
	}
}

func (p *Policy) self(a care.Action) care.ActorKind { return p.rules[a].self }
func (p *Policy) operators(a care.Action) bool      { return p.rules[a].operators }

func TestGrantsMakeNoPatientMore(t *testing.T) {
	t.Parallel()
	p := New()
	patient := loggedIn(care.RolePatient)
	for _, g := range care.GrantNames() {
		patient.Grants = append(patient.Grants, care.Grant{Tenant: live.Tenant, Instance: live.Instance, Name: g})
	}
	for _, action := range p.Actions() {
		if p.Decide(patient, action, live, care.Target{Patient: omar, CareTeam: true}, now).Allowed {
			t.Errorf("%s on another patient's is allowed", action)
		}
		if p.Decide(patient, action, live, care.Target{}, now).Allowed && !slices.Contains(selfActions, action) {
			t.Errorf("%s is allowed", action)
		}
	}
}

func TestAProviderSeesThePatientsInWhoseCareTeamTheyAre(t *testing.T) {
	t.Parallel()
	p := New()
	provider := loggedIn(care.RoleProvider)
	if provider.Provider == 0 || provider.Patient != "" {
		t.Fatalf("got %+v", provider)
	}
	for _, action := range []care.Action{PatientRead, EncounterRead, CallRead, RecordingRead, RecordingContent, VoiceCallRead} {
		if got := p.Decide(provider, action, live, care.Target{Patient: omar, CareTeam: true}, now); !got.Allowed {
			t.Errorf("%s in the care team: %+v", action, got)
		}
		if got := p.Decide(provider, action, live, care.Target{Patient: omar}, now); got.Allowed || got.Hidden {
			t.Errorf("%s outside: %+v", action, got)
		}
	}
	for _, action := range []care.Action{ProviderWrite, LoginRead, LoginWrite, AuditRead, SSOIssue, TokenIssue, ClientWrite} {
		if p.May(provider, action, live, now).Allowed {
			t.Errorf("%s is allowed to a provider", action)
		}
	}
}

func TestStaffDoWhatTheirRoleSays(t *testing.T) {
	t.Parallel()
	p := New()
	for role, want := range map[care.Role][]care.Action{
		care.RoleAdministrator: {LoginRead, LoginWrite, ProviderWrite, CareTeamWrite},
		care.RoleAuditor:       {AuditRead, AuditVerify, AuditExport},
	} {
		actor := loggedIn(role)
		for _, action := range want {
			if got := p.May(actor, action, live, now); !got.Allowed {
				t.Errorf("%s: %s: %+v", role, action, got)
			}
		}
		for _, action := range []care.Action{PatientRead, EncounterRead, RecordingContent, VoiceCallRead, TenantWrite, SSOIssue} {
			if p.Decide(actor, action, live, care.Target{Patient: omar}, now).Allowed {
				t.Errorf("%s: %s is allowed", role, action)
			}
		}
	}
}

func TestPeopleDoForThemselvesWhatNoClientDoesForThem(t *testing.T) {
	t.Parallel()
	p := New()
	for _, action := range selfActions {
		if p.May(client(care.GrantNames()...), action, live, now).Allowed {
			t.Errorf("%s is allowed to a client", action)
		}
	}
	if p.May(loggedIn(care.RoleAdministrator), TokenIssue, live, now).Allowed {
		t.Error("a person gets a client's token")
	}
}
