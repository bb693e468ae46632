package storetest

import (
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
)

// openClient opens a clinic with a client.
func openClient(t tb, s store.Store) (clinic, care.Client) {
	t.Helper()
	c := openClinic(t, s, "acme-health", "live")
	client := c.client(1)
	update(t, s, func(tx store.Tx) error { return tx.CreateClient(client) })
	return c, client
}

func grantsOf(t tb, s store.Store, client string) []care.Grant {
	t.Helper()
	return get(t, s, func(tx store.Tx) ([]care.Grant, error) { return tx.Grants(client) })
}

func clientTests() []test {
	return []test{
		{"A client is found by its exact name", func(t *testing.T, s store.Store) {
			_, client := openClient(t, s)
			for _, name := range []string{"", client.Name + " ", "ACME-HEALTH-LIVE-CLIENT-001", "%", client.Name[:5]} {
				absent(t, s, func(tx store.Tx) (care.Client, error) { return tx.Client(name) })
			}
		}},
		{"A block is set and lifted", func(t *testing.T, s store.Store) {
			_, client := openClient(t, s)
			for _, until := range []*care.Client{ptr(client), ptr(client)} {
				until.BlockedUntil = ptr(at(300))
				update(t, s, func(tx store.Tx) error { return tx.UpdateClient(*until) })
				equal(t, get(t, s, func(tx store.Tx) (care.Client, error) { return tx.Client(client.Name) }), *until)
				update(t, s, func(tx store.Tx) error { return tx.UpdateClient(client) })
				equal(t, get(t, s, func(tx store.Tx) (care.Client, error) { return tx.Client(client.Name) }), client)
			}
		}},
		{"An update never takes a client to another tenant", func(t *testing.T, s store.Store) {
			_, client := openClient(t, s)
			openClinic(t, s, "birch-clinic", "live")
			stolen := client
			stolen.Tenant = "birch-clinic"
			refused(t, s, care.KindNotFound, func(tx store.Tx) error { return tx.UpdateClient(stolen) })
			equal(t, get(t, s, func(tx store.Tx) (care.Client, error) { return tx.Client(client.Name) }), client)
		}},
		{"Grants come by instance and name, ended ones too", grantsInOrder},
		{"Putting a grant again gives it a new end and leaves its beginning", func(t *testing.T, s store.Store) {
			c, client := openClient(t, s)
			g := c.grant(client.Name, care.GrantCallRead)
			for _, end := range []int{10, 5, 20} {
				next := g
				next.Until, next.CreatedAt = ptr(at(end)), at(end)
				update(t, s, func(tx store.Tx) error { return tx.PutGrant(next) })
				next.CreatedAt = at(10)
				equal(t, grantsOf(t, s, client.Name), []care.Grant{next})
			}
			g.CreatedAt = at(10)
			update(t, s, func(tx store.Tx) error { return tx.PutGrant(g) })
			equal(t, grantsOf(t, s, client.Name), []care.Grant{g})
		}},
		{"A grant ends exactly at its end", func(t *testing.T, s store.Store) {
			c, client := openClient(t, s)
			g := c.grant(client.Name, care.GrantCallRead)
			g.Until = ptr(at(10))
			update(t, s, func(tx store.Tx) error { return tx.PutGrant(g) })
			got := grantsOf(t, s, client.Name)[0]
			if !got.InForce(at(10).Add(-1)) || got.InForce(at(10)) {
				t.Fatalf("the grant's end moved: %v, want %v", got.Until, at(10))
			}
		}},
		{"Deleting a grant takes that one only, and a second time finds none", grantDeleted},
	}
}

func grantsInOrder(t *testing.T, s store.Store) {
	live, client := openClient(t, s)
	sandbox := openClinic(t, s, "acme-health", "sandbox")
	other := live.client(2)
	ended := live.grant(client.Name, care.GrantAdmin)
	ended.Until = ptr(epoch)
	want := []care.Grant{
		ended, live.grant(client.Name, care.GrantCallRead), live.grant(client.Name, care.GrantVoiceCalls),
		sandbox.grant(client.Name, care.GrantAdmin), sandbox.grant(client.Name, care.GrantSSO),
	}
	update(t, s, func(tx store.Tx) error {
		if err := tx.CreateClient(other); err != nil {
			return err
		}
		for _, i := range []int{3, 1, 4, 0, 2} {
			if err := tx.PutGrant(want[i]); err != nil {
				return err
			}
		}
		return tx.PutGrant(live.grant(other.Name, care.GrantAuditRead))
	})
	equal(t, grantsOf(t, s, client.Name), want)
	equal(t, len(grantsOf(t, s, other.Name)), 1)
	equal(t, grantsOf(t, s, "nobody"), nil)
}

func grantDeleted(t *testing.T, s store.Store) {
	live, client := openClient(t, s)
	sandbox := openClinic(t, s, "acme-health", "sandbox")
	kept := []care.Grant{live.grant(client.Name, care.GrantAdmin), sandbox.grant(client.Name, care.GrantCallRead)}
	gone := live.grant(client.Name, care.GrantCallRead)
	update(t, s, func(tx store.Tx) error { return each(append(kept, gone), tx.PutGrant) })
	update(t, s, func(tx store.Tx) error { return tx.DeleteGrant(gone.Tenant, gone.Instance, gone.Client, gone.Name) })
	equal(t, grantsOf(t, s, client.Name), kept)
	refused(t, s, care.KindNotFound, func(tx store.Tx) error {
		return tx.DeleteGrant(gone.Tenant, gone.Instance, gone.Client, gone.Name)
	})
}
