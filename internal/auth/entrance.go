package auth

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/store"
)

// Entrance is what the log-in page of an instance may say to anybody.
type Entrance struct {
	Title    string // of its organisation
	TimeZone string
}

// Entrance returns that of an instance. Errors: NotFound.
func (a *Logins) Entrance(ctx context.Context, s care.Scope) (Entrance, error) {
	var e Entrance
	err := a.store.View(ctx, func(tx store.Tx) error {
		in, err := tx.Instance(s)
		if err != nil {
			return err
		}
		t, err := tx.Tenant(s.Tenant)
		e = Entrance{Title: t.Title, TimeZone: in.TimeZone}
		return err
	})
	return e, err
}

// OnlyEntrance returns the instance of a server that has no more than one; false
// where it has several, or none.
func (a *Logins) OnlyEntrance(ctx context.Context) (care.Scope, bool, error) {
	var found []care.Instance
	err := a.store.View(ctx, func(tx store.Tx) error {
		tenants, err := tx.Tenants("", 2)
		if err != nil || len(tenants) != 1 {
			return err
		}
		found, err = tx.Instances(tenants[0].Name)
		return err
	})
	if err != nil || len(found) != 1 {
		return care.Scope{}, false, err
	}
	return found[0].Scope, true, nil
}
