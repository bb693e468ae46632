package access

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Grant lets a client do what names say in one of its instances, until the
// given time or, where nil, until revoked. Granting again gives a new end.
// Errors: Invalid, NotFound (client, or an instance that it may not use).
func (s *Service) Grant(ctx context.Context, actor care.Actor, scope care.Scope, client string, names []care.GrantName, until *time.Time) ([]care.Grant, error) {
	if err := checkGrants(names); err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, care.Invalid("grant", "is required")
	}
	now := s.gate.Now()
	q := gate.Request{Actor: actor, Action: policy.GrantWrite, Scope: scope, Reason: grantReason("grant", names)}
	return gate.Write(ctx, s.gate, q, findClientIn(scope, client), func(tx store.Tx) ([]care.Grant, error) {
		for _, name := range names {
			g := care.Grant{Client: client, Tenant: scope.Tenant, Instance: scope.Instance, Name: name, Until: care.TruncatePtr(until), CreatedAt: now}
			if err := tx.PutGrant(g); err != nil {
				return nil, err
			}
		}
		return tx.Grants(client)
	})
}

// RevokeGrant takes grants away. Errors: NotFound (client, or a grant that it
// does not have).
func (s *Service) RevokeGrant(ctx context.Context, actor care.Actor, scope care.Scope, client string, names []care.GrantName) ([]care.Grant, error) {
	q := gate.Request{Actor: actor, Action: policy.GrantWrite, Scope: scope, Reason: grantReason("revoke", names)}
	return gate.Write(ctx, s.gate, q, findClientIn(scope, client), func(tx store.Tx) ([]care.Grant, error) {
		for _, name := range names {
			if err := tx.DeleteGrant(scope.Tenant, scope.Instance, client, name); err != nil {
				return nil, err
			}
		}
		return tx.Grants(client)
	})
}

// Grants lists what a client was granted, in every instance. Errors: NotFound.
func (s *Service) Grants(ctx context.Context, actor care.Actor, tenant, client string) ([]care.Grant, error) {
	q := gate.Request{Actor: actor, Action: policy.GrantRead, Scope: tenantScope(tenant)}
	return gate.Read(ctx, s.gate, q, findClient(tenant, client), func(tx store.Tx) ([]care.Grant, error) {
		return tx.Grants(client)
	})
}

func findClientIn(scope care.Scope, client string) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		t, err := findClient(scope.Tenant, client)(tx)
		if err != nil {
			return t, err
		}
		c, err := tx.Client(client)
		if err == nil && !(care.Actor{Kind: care.ActorClient, Tenant: c.Tenant, Instances: c.Instances}).MayUse(scope) {
			err = care.NotFound("instance")
		}
		return t, err
	}
}

func checkGrants(names []care.GrantName) error {
	for _, n := range names {
		if !care.ValidGrant(n) {
			return care.Invalid("grant", "is not one of the grants: see chartline policy grants")
		}
	}
	return nil
}

func grantReason(verb string, names []care.GrantName) string {
	for _, n := range names {
		verb += " " + string(n)
	}
	return verb
}
