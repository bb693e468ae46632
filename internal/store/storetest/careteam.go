package storetest

import (
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func careTeamTests() []test {
	return []test{
		{"A care team comes by provider, without the ended and the others'", careTeamOrder},
		{"Putting a member again gives the new role and leaves the beginning", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			m := w.member(w.Patient, w.Provider)
			update(t, s, func(tx store.Tx) error { return tx.PutCareTeamMember(m) })
			next := m
			next.Role, next.CreatedAt = "covering", at(50)
			update(t, s, func(tx store.Tx) error { return tx.PutCareTeamMember(next) })
			next.CreatedAt = m.CreatedAt
			equal(t, careTeam(t, s, w.clinic, w.Patient), []care.CareTeamMember{next})
		}},
		{"Who was taken from a care team is in it no more, and can come back", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			m := w.member(w.Patient, w.Provider)
			for range 2 {
				update(t, s, func(tx store.Tx) error { return tx.PutCareTeamMember(m) })
				equal(t, inTeam(t, s, w.clinic, w.Patient.ID, w.Provider.Number), true)
				update(t, s, func(tx store.Tx) error { return tx.DeleteCareTeamMember(w.Scope, m.Patient, m.Provider) })
				equal(t, inTeam(t, s, w.clinic, w.Patient.ID, w.Provider.Number), false)
				equal(t, careTeam(t, s, w.clinic, w.Patient), nil)
			}
			refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.DeleteCareTeamMember(w.Scope, m.Patient, m.Provider) })
		}},
		{"Nobody is in the care team of a patient who does not exist", func(t *testing.T, s store.Store) {
			w := openWard(t, s, "acme-health", "live")
			update(t, s, func(tx store.Tx) error { return tx.PutCareTeamMember(w.member(w.Patient, w.Provider)) })
			for _, patient := range []string{"", "%", uid("nobody", 1)} {
				equal(t, inTeam(t, s, w.clinic, patient, w.Provider.Number), false)
				equal(t, careTeam(t, s, w.clinic, care.Patient{ID: patient}), nil)
			}
			equal(t, inTeam(t, s, w.clinic, w.Patient.ID, 0), false)
			equal(t, inTeam(t, s, w.clinic, w.Patient.ID, w.Patient.Number), false)
		}},
	}
}

func careTeam(t tb, s store.Store, c clinic, p care.Patient) []care.CareTeamMember {
	t.Helper()
	return get(t, s, func(tx store.Tx) ([]care.CareTeamMember, error) { return tx.CareTeam(c.Scope, p.ID) })
}

func inTeam(t tb, s store.Store, c clinic, patient string, provider int64) bool {
	t.Helper()
	return get(t, s, func(tx store.Tx) (bool, error) { return tx.InCareTeam(c.Scope, patient, provider) })
}

func careTeamOrder(t *testing.T, s store.Store) {
	w := openWard(t, s, "acme-health", "live")
	other := w.patient(2)
	team := []care.CareTeamMember{w.member(w.Patient, w.provider(2)), w.member(w.Patient, w.provider(9)), w.member(w.Patient, w.provider(10))}
	update(t, s, func(tx store.Tx) error {
		return all(
			func() error { return tx.CreatePatient(other) },
			func() error {
				return each([]care.Provider{w.provider(10), w.provider(2), w.provider(9)}, tx.CreateProvider)
			},
			func() error {
				return each([]care.CareTeamMember{team[2], team[0], w.member(other, w.Provider), team[1]}, tx.PutCareTeamMember)
			},
		)
	})
	equal(t, careTeam(t, s, w.clinic, w.Patient), team)
	equal(t, inTeam(t, s, w.clinic, w.Patient.ID, w.Provider.Number), false)
	equal(t, inTeam(t, s, w.clinic, other.ID, w.Provider.Number), true)
}
