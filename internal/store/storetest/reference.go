package storetest

import (
	"slices"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// reference is a write that points to what is not there.
type reference struct {
	what string
	call func(tx store.Tx, k, other things) error
}

// references returns writes in k's scope that point to things of other, which
// is another scope's, or nobody's.
func references() []reference {
	return []reference{
		{"an instance of a tenant", func(tx store.Tx, _, _ things) error {
			return tx.CreateInstance(care.Instance{Scope: care.Scope{Tenant: "nobody", Instance: "live"}, TimeZone: "UTC", CreatedAt: epoch, UpdatedAt: epoch})
		}},
		{"a client of a tenant", func(tx store.Tx, k, _ things) error {
			c := k.client(900)
			c.Tenant = "nobody"
			return tx.CreateClient(c)
		}},
		{"a client's home", func(tx store.Tx, k, _ things) error {
			c := k.client(900)
			c.Home, c.Instances = "nowhere", []string{"nowhere"}
			return tx.CreateClient(c)
		}},
		{"a grant of a client", func(tx store.Tx, k, other things) error {
			return tx.PutGrant(k.grant(other.Client.Name+"-x", care.GrantAdmin))
		}},
		{"a grant in an instance", func(tx store.Tx, k, _ things) error {
			g := k.grant(k.Client.Name, care.GrantAdmin)
			g.Instance = "nowhere"
			return tx.PutGrant(g)
		}},
		{"a token of a client", func(tx store.Tx, k, other things) error {
			return tx.CreateToken(k.token(other.Client.Name+"-x", 900, epoch))
		}},
		{"a person's number in an instance", func(tx store.Tx, k, _ things) error {
			_, err := tx.NextPerson(care.Scope{Tenant: k.Tenant, Instance: "nowhere"}, 2024)
			return err
		}},
		{"an encounter's number in an instance", func(tx store.Tx, k, _ things) error {
			_, err := tx.NextEncounter(care.Scope{Tenant: k.Tenant, Instance: "nowhere"})
			return err
		}},
		{"a patient of an instance", func(tx store.Tx, k, _ things) error {
			p := k.patient(900)
			p.Instance = "nowhere"
			return tx.CreatePatient(p)
		}},
		{"a provider of an instance", func(tx store.Tx, k, _ things) error {
			p := k.provider(900)
			p.Instance = "nowhere"
			return tx.CreateProvider(p)
		}},
		{"a care-team member's patient", func(tx store.Tx, k, other things) error {
			return tx.PutCareTeamMember(k.member(other.Patient, k.Provider))
		}},
		{"a care-team member's provider", func(tx store.Tx, k, other things) error {
			return tx.PutCareTeamMember(k.member(k.Patient, other.Provider))
		}},
		{"a care-team member's provider who is a patient", func(tx store.Tx, k, _ things) error {
			m := k.member(k.Patient, k.Provider)
			m.Provider = k.Patient.Number
			return tx.PutCareTeamMember(m)
		}},
		{"a log-in of an instance", func(tx store.Tx, k, _ things) error {
			v := k.staff("staff", 900)
			v.Instance = "nowhere"
			return tx.CreateLogin(v)
		}},
		{"a log-in's patient", func(tx store.Tx, k, other things) error { return tx.CreateLogin(k.login(other.Patient, "free")) }},
		{"a log-in's number that is not its id's", func(tx store.Tx, k, _ things) error {
			v := k.login(k.Patient, "free")
			v.Person = k.Provider.Number
			return tx.CreateLogin(v)
		}},
		{"a patient's log-in that is a provider's", func(tx store.Tx, k, _ things) error {
			v := care.ProviderLogin(k.Provider, "", epoch)
			v.Email, v.Role = "free@example.org", care.RolePatient
			return tx.CreateLogin(v)
		}},
		{"a log-in link's log-in", func(tx store.Tx, k, other things) error {
			v := k.link(other.Login, 900)
			v.Scope = k.Scope
			return tx.CreateLoginLink(v)
		}},
		{"a web session's log-in", func(tx store.Tx, k, other things) error {
			v := k.webSession(other.Login, 900)
			v.Scope = k.Scope
			return tx.CreateWebSession(v)
		}},
		{"an encounter's patient", func(tx store.Tx, k, other things) error {
			return tx.CreateEncounter(k.encounter(900, other.Patient, k.Provider))
		}},
		{"an encounter's patient who is a provider", func(tx store.Tx, k, _ things) error {
			e := k.encounter(900, k.Patient, k.Provider)
			e.Patient = k.Provider.Number
			return tx.CreateEncounter(e)
		}},
		{"an encounter's provider", func(tx store.Tx, k, other things) error {
			return tx.CreateEncounter(k.encounter(900, k.Patient, other.Provider))
		}},
		{"an encounter's provider in a change", func(tx store.Tx, k, other things) error {
			e := k.Encounter
			e.Provider = other.Provider.Number
			return tx.UpdateEncounter(e)
		}},
		{"a session's encounter", func(tx store.Tx, k, other things) error {
			return tx.CreateSession(k.session(900, other.Encounter.ID))
		}},
		{"a session's encounter in a change", func(tx store.Tx, k, other things) error {
			v := k.Session
			v.Encounter = other.Encounter.ID
			return tx.UpdateSession(v)
		}},
		{"a call's patient", func(tx store.Tx, k, other things) error { return tx.CreateCall(k.call(900, other.Patient)) }},
		{"a call's patient in a change", func(tx store.Tx, k, other things) error {
			v := k.Call
			v.Patient = other.Patient.ID
			return tx.UpdateCall(v)
		}},
		{"a call's encounter", func(tx store.Tx, k, other things) error {
			v := k.call(900, k.Patient)
			v.Encounter = &other.Encounter.ID
			return tx.CreateCall(v)
		}},
		{"a recording's session", func(tx store.Tx, k, other things) error {
			r := k.ofSession(k.recording(900, "free"), k.Session, k.Patient)
			r.Owner.ID = other.Session.ID
			return tx.CreateRecording(r)
		}},
		{"a recording's call", func(tx store.Tx, k, other things) error {
			r := k.ofCall(k.recording(900, "free"), k.Call)
			r.Owner.ID = other.Call.ID
			return tx.CreateRecording(r)
		}},
		{"a recording's owner by another kind", func(tx store.Tx, k, _ things) error {
			r := k.ofCall(k.recording(900, "free"), k.Call)
			r.Owner.Kind = care.OwnerSession
			return tx.CreateRecording(r)
		}},
		{"a recording's owner in a change", func(tx store.Tx, k, other things) error {
			r := k.Recording
			r.Owner = other.Recording.Owner
			return tx.UpdateRecording(r)
		}},
		{"a recording's patient", func(tx store.Tx, k, other things) error {
			r := k.ofCall(k.recording(900, "free"), k.Call)
			r.Patient = other.Patient.ID
			return tx.CreateRecording(r)
		}},
		{"a recording's encounter", func(tx store.Tx, k, other things) error {
			r := k.ofCall(k.recording(900, "free"), k.Call)
			r.Encounter = &other.Encounter.ID
			return tx.CreateRecording(r)
		}},
	}
}

// pointsNowhere reports whether err says that a reference points to nothing:
// not found or invalid, and never a fault of ours.
func pointsNowhere(err error) bool {
	kind := care.KindOf(err)
	return kind == care.KindNotFound || kind == care.KindInvalid
}

func referenceTests() []test {
	return []test{{"A reference to what is not there is refused and changes nothing", func(t *testing.T, s store.Store) {
		populate(t, s, scopes()...)
		scope := scopes()[0]
		before := everything(t, s, scope)
		for _, r := range slices.Concat(references(), bookingReferences(), chartReferences()) {
			t.Run(r.what, func(t *testing.T) {
				for _, other := range []things{thingsOf(scope, "unknown", 90), own(scopes()[1]), own(scopes()[2])} {
					err := s.Update(within(t), func(tx store.Tx) error { return r.call(tx, twin(scope), other) })
					if !pointsNowhere(err) {
						t.Errorf("with what is %s: %v", other.mark, err)
					}
				}
				equal(t, everything(t, s, scope), before)
			})
		}
	}}}
}
