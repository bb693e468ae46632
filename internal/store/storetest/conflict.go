package storetest

import (
	"slices"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// collision is a write that collides with what is there, and the field that
// the conflict names.
type collision struct {
	what  string
	field string
	call  func(tx store.Tx, k things) error
}

func collisions() []collision {
	return []collision{
		{"a tenant's name", "name", func(tx store.Tx, k things) error {
			return tx.CreateTenant(care.Tenant{Name: k.Tenant, CreatedAt: epoch})
		}},
		{"an instance's name", "name", func(tx store.Tx, k things) error { return tx.CreateInstance(k.instance()) }},
		{"a client's name", "name", func(tx store.Tx, k things) error { return tx.CreateClient(k.Client) }},
		{"a patient's id", "id", func(tx store.Tx, k things) error {
			p := k.patient(901)
			p.ID = k.Patient.ID
			return tx.CreatePatient(p)
		}},
		{"a patient's number", "number", func(tx store.Tx, k things) error {
			p := k.patient(901)
			p.Number = k.Patient.Number
			return tx.CreatePatient(p)
		}},
		{"a provider's number as a patient's", "number", func(tx store.Tx, k things) error {
			p := k.patient(901)
			p.Number = k.Provider.Number
			return tx.CreatePatient(p)
		}},
		{"a patient's MRN", "mrn", func(tx store.Tx, k things) error {
			p := k.patient(901)
			p.MRN = k.Patient.MRN
			return tx.CreatePatient(p)
		}},
		{"a patient's external id", "externalId", func(tx store.Tx, k things) error {
			p := k.patient(901)
			p.ExternalID = k.Patient.ExternalID
			return tx.CreatePatient(p)
		}},
		{"another patient's MRN in a change", "mrn", func(tx store.Tx, k things) error {
			p := k.patient(900)
			p.MRN = k.Patient.MRN
			return tx.UpdatePatient(p)
		}},
		{"another patient's external id in a change", "externalId", func(tx store.Tx, k things) error {
			p := k.patient(900)
			p.ExternalID = k.Patient.ExternalID
			return tx.UpdatePatient(p)
		}},
		{"a provider's id", "id", func(tx store.Tx, k things) error {
			p := k.provider(901)
			p.ID = k.Provider.ID
			return tx.CreateProvider(p)
		}},
		{"a provider's number", "number", func(tx store.Tx, k things) error {
			p := k.provider(901)
			p.Number = k.Provider.Number
			return tx.CreateProvider(p)
		}},
		{"a patient's number as a provider's", "number", func(tx store.Tx, k things) error {
			p := k.provider(901)
			p.Number = k.Patient.Number
			return tx.CreateProvider(p)
		}},
		{"an encounter's id", "id", func(tx store.Tx, k things) error { return tx.CreateEncounter(k.Encounter) }},
		{"a session's id", "id", func(tx store.Tx, k things) error {
			v := k.session(901, k.Encounter.ID)
			v.ID = k.Session.ID
			return tx.CreateSession(v)
		}},
		{"a session's sid", "sid", func(tx store.Tx, k things) error {
			v := k.session(901, k.Encounter.ID)
			v.SID = k.Session.SID
			return tx.CreateSession(v)
		}},
		{"another session's sid in a change", "sid", func(tx store.Tx, k things) error {
			v := k.session(900, k.Encounter.ID)
			v.SID = k.Session.SID
			return tx.UpdateSession(v)
		}},
		{"a log-in's person", "id", func(tx store.Tx, k things) error {
			return tx.CreateLogin(k.login(k.Patient, "another address"))
		}},
		{"a log-in's address", "email", func(tx store.Tx, k things) error {
			v := care.ProviderLogin(k.Provider, "", epoch)
			v.Email = k.Login.Email
			return tx.CreateLogin(v)
		}},
		{"another log-in's address in a change", "email", func(tx store.Tx, k things) error {
			v := k.staff("staff", 1)
			if err := tx.CreateLogin(v); err != nil {
				return err
			}
			v.Email = k.Login.Email
			return tx.UpdateLogin(v)
		}},
		{"a log-in link's hash", "hash", func(tx store.Tx, k things) error { return tx.CreateLoginLink(k.Link) }},
		{"a web session's hash", "hash", func(tx store.Tx, k things) error { return tx.CreateWebSession(k.Web) }},
		{"a call's id", "id", func(tx store.Tx, k things) error { return tx.CreateCall(k.Call) }},
		{"a recording's id", "id", func(tx store.Tx, k things) error {
			r := k.ofCall(k.recording(901, "free"), k.Call)
			r.ID = k.Voicemail.ID
			return tx.CreateRecording(r)
		}},
		{"a recording's name that is held", "name", func(tx store.Tx, k things) error {
			return tx.CreateRecording(k.ofCall(k.recording(901, k.Voicemail.Name), k.Call))
		}},
	}
}

func conflictTests() []test {
	return []test{{"A conflict names the field and changes nothing", func(t *testing.T, s store.Store) {
		scope := scopes()[0]
		populate(t, s, scope)
		k := twin(scope)
		update(t, s, func(tx store.Tx) error {
			return all(
				func() error { return tx.CreatePatient(k.patient(900)) },
				func() error { return tx.CreateSession(k.session(900, k.Encounter.ID)) },
			)
		})
		before := everything(t, s, scope)
		for _, c := range slices.Concat(collisions(), bookingCollisions(), chartCollisions()) {
			t.Run(c.what, func(t *testing.T) {
				conflicts(t, s, func(tx store.Tx) error { return c.call(tx, k) }, c.field)
				equal(t, everything(t, s, scope), before)
			})
		}
	}}}
}
