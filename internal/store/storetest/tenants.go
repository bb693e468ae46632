package storetest

import (
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

func tenantTests() []test {
	return []test{
		{"A tenant that does not exist is not found", func(t *testing.T, s store.Store) {
			openClinic(t, s, "acme-health", "live")
			for _, name := range []string{"", "acme", "acme-health ", "ACME-HEALTH", "acme-healthy", "acme%", "acme_health"} {
				absent(t, s, func(tx store.Tx) (care.Tenant, error) { return tx.Tenant(name) })
			}
		}},
		{"An instance is found under its own tenant only", func(t *testing.T, s store.Store) {
			openClinic(t, s, "acme-health", "live")
			openClinic(t, s, "birch-clinic", "sandbox")
			for _, scope := range []care.Scope{{}, {Tenant: "acme-health"}, {Instance: "live"}, {Tenant: "acme-health", Instance: "sandbox"},
				{Tenant: "birch-clinic", Instance: "live"}, {Tenant: "acme-health", Instance: "LIVE"}} {
				absent(t, s, func(tx store.Tx) (care.Instance, error) { return tx.Instance(scope) })
			}
		}},
		{"The instances of a tenant come by name, and no other tenant's", func(t *testing.T, s store.Store) {
			for _, name := range []string{"sandbox", "live", "archive-2019", "b_1"} {
				openClinic(t, s, "acme-health", name)
			}
			openClinic(t, s, "birch-clinic", "other")
			got := get(t, s, func(tx store.Tx) ([]care.Instance, error) { return tx.Instances("acme-health") })
			equal(t, names(got, func(i care.Instance) string { return i.Instance }), []string{"archive-2019", "b_1", "live", "sandbox"})
			update(t, s, func(tx store.Tx) error {
				return tx.CreateTenant(care.Tenant{Name: "cedar", CreatedAt: epoch})
			})
			equal(t, get(t, s, func(tx store.Tx) ([]care.Instance, error) { return tx.Instances("cedar") }), nil)
		}},
		{"Changing one instance leaves the tenant's others", func(t *testing.T, s store.Store) {
			live, sandbox := openClinic(t, s, "acme-health", "live"), openClinic(t, s, "acme-health", "sandbox")
			changed := live.instance()
			changed.TimeZone, changed.UnknownConsentRefused, changed.UpdatedAt = "Europe/Rome", true, at(1)
			update(t, s, func(tx store.Tx) error { return tx.UpdateInstance(changed) })
			equal(t, get(t, s, func(tx store.Tx) (care.Instance, error) { return tx.Instance(live.Scope) }), changed)
			equal(t, get(t, s, func(tx store.Tx) (care.Instance, error) { return tx.Instance(sandbox.Scope) }), sandbox.instance())
		}},
		{"A database that was just opened can be read, written and verified", func(t *testing.T, s store.Store) {
			for _, check := range []func() error{func() error { return s.Check(within(t)) }, func() error { return s.Verify(within(t)) }} {
				if err := check(); err != nil {
					t.Errorf("empty: %v", err)
				}
			}
			openWard(t, s, "acme-health", "live")
			if err := s.Verify(within(t)); err != nil {
				t.Errorf("verify: %v", err)
			}
			equal(t, get(t, s, func(tx store.Tx) ([]care.Tenant, error) { return tx.Tenants("", 10) })[0].Name, "acme-health")
		}},
	}
}

// names maps items to what tells them apart.
func names[T any](items []T, name func(T) string) []string {
	out := make([]string, 0, len(items))
	for _, item := range items {
		out = append(out, name(item))
	}
	return out
}
