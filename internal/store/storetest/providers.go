package storetest

import (
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func providerTests() []test {
	return []test{
		{"A provider is found by number and by id", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			a, b := c.provider(1), c.provider(2)
			update(t, s, func(tx store.Tx) error { return each([]care.Provider{a, b}, tx.CreateProvider) })
			for _, p := range []care.Provider{a, b} {
				equal(t, get(t, s, func(tx store.Tx) (care.Provider, error) { return tx.Provider(c.Scope, p.Number) }), p)
				equal(t, get(t, s, func(tx store.Tx) (care.Provider, error) { return tx.ProviderByID(c.Scope, p.ID) }), p)
			}
			absent(t, s, func(tx store.Tx) (care.Provider, error) { return tx.Provider(c.Scope, 0) })
			absent(t, s, func(tx store.Tx) (care.Provider, error) { return tx.Provider(c.Scope, a.Number+10) })
			absent(t, s, func(tx store.Tx) (care.Provider, error) { return tx.ProviderByID(c.Scope, "") })
			absent(t, s, func(tx store.Tx) (care.Provider, error) { return tx.ProviderByID(c.Scope, uid("nobody", 1)) })
		}},
		{"Providers come by number, and patients are none of them", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			update(t, s, func(tx store.Tx) error {
				return all(
					func() error {
						return each([]care.Provider{c.provider(12), c.provider(3), c.provider(7)}, tx.CreateProvider)
					},
					func() error { return tx.CreatePatient(c.patient(5)) },
				)
			})
			got := get(t, s, func(tx store.Tx) ([]care.Provider, error) { return tx.Providers(c.Scope, 0, 10) })
			equal(t, got, []care.Provider{c.provider(3), c.provider(7), c.provider(12)})
			patients := get(t, s, func(tx store.Tx) ([]care.Patient, error) { return tx.Patients(c.Scope, 0, 10) })
			equal(t, patients, []care.Patient{c.patient(5)})
		}},
		{"Changing a provider leaves the others", func(t *testing.T, s store.Store) {
			c := openClinic(t, s, "acme-health", "live")
			a, b := c.provider(1), c.provider(2)
			update(t, s, func(tx store.Tx) error { return each([]care.Provider{a, b}, tx.CreateProvider) })
			a.LastName, a.UpdatedAt = "Moreau", at(1)
			update(t, s, func(tx store.Tx) error { return tx.UpdateProvider(a) })
			got := get(t, s, func(tx store.Tx) ([]care.Provider, error) { return tx.Providers(c.Scope, 0, 10) })
			equal(t, got, []care.Provider{a, b})
		}},
	}
}
