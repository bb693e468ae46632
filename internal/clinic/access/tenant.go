package access

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// CreateTenant makes a tenant. Errors: Invalid (a bad or reserved name),
// Conflict (the name is taken).
func (s *Service) CreateTenant(ctx context.Context, actor care.Actor, name, title string) (care.Tenant, error) {
	if err := care.CheckTenantName(name); err != nil {
		return care.Tenant{}, err
	}
	title, ok := care.CleanText(title, care.MaxText, false)
	if !ok {
		return care.Tenant{}, care.Invalid("title", "must be at most 200 characters without control characters")
	}
	t := care.Tenant{Name: name, Title: title, CreatedAt: s.gate.Now()}
	q := gate.Request{Actor: actor, Action: policy.TenantWrite, Scope: tenantScope(name)}
	return gate.Write(ctx, s.gate, q, target("tenant", name), func(tx store.Tx) (care.Tenant, error) {
		return t, tx.CreateTenant(t)
	})
}

// Tenants lists tenants by name, at most limit of those after the given one.
func (s *Service) Tenants(ctx context.Context, actor care.Actor, after string, limit int) ([]care.Tenant, error) {
	q := gate.Request{Actor: actor, Action: policy.TenantRead}
	return gate.Read(ctx, s.gate, q, gate.Nothing("tenant"), func(tx store.Tx) ([]care.Tenant, error) {
		return tx.Tenants(after, limit)
	})
}

// CreateInstance makes an instance of a tenant that is there, and its practice.
// An empty time zone means UTC. Errors: Invalid, NotFound (no such tenant), Conflict.
func (s *Service) CreateInstance(ctx context.Context, actor care.Actor, in care.Instance) (care.Instance, error) {
	if err := in.Check(); err != nil {
		return care.Instance{}, err
	}
	in.CreatedAt = s.gate.Now()
	in.UpdatedAt = in.CreatedAt
	q := gate.Request{Actor: actor, Action: policy.InstanceWrite, Scope: in.Scope}
	return gate.Write(ctx, s.gate, q, target("instance", in.Instance), func(tx store.Tx) (care.Instance, error) {
		if _, err := tx.Tenant(in.Tenant); err != nil {
			return in, err
		}
		if err := tx.CreateInstance(in); err != nil {
			return in, err
		}
		return in, tx.CreatePractice(care.NewPractice(in))
	})
}

// InstanceChange is what can be changed; nil fields stay as they are.
type InstanceChange struct {
	TimeZone              *string
	UnknownConsentRefused *bool
}

// ChangeInstance changes an instance's settings. Errors: Invalid, NotFound.
func (s *Service) ChangeInstance(ctx context.Context, actor care.Actor, scope care.Scope, c InstanceChange) (care.Instance, error) {
	q := gate.Request{Actor: actor, Action: policy.InstanceWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, target("instance", scope.Instance), func(tx store.Tx) (care.Instance, error) {
		in, err := tx.Instance(scope)
		if err != nil {
			return in, err
		}
		if c.TimeZone != nil {
			in.TimeZone = *c.TimeZone
		}
		if c.UnknownConsentRefused != nil {
			in.UnknownConsentRefused = *c.UnknownConsentRefused
		}
		if err := in.Check(); err != nil {
			return in, err
		}
		in.UpdatedAt = s.gate.Now()
		return in, tx.UpdateInstance(in)
	})
}

// Instance returns an instance's settings. Errors: Forbidden.
func (s *Service) Instance(ctx context.Context, actor care.Actor, scope care.Scope) (care.Instance, error) {
	q := gate.Request{Actor: actor, Action: policy.InstanceRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, target("instance", scope.Instance), func(tx store.Tx) (care.Instance, error) {
		return tx.Instance(scope)
	})
}

// Instances lists a tenant's instances by name. Errors: NotFound.
func (s *Service) Instances(ctx context.Context, actor care.Actor, tenant string) ([]care.Instance, error) {
	q := gate.Request{Actor: actor, Action: policy.InstanceRead, Scope: tenantScope(tenant)}
	return gate.Read(ctx, s.gate, q, findTenant(tenant), func(tx store.Tx) ([]care.Instance, error) {
		return tx.Instances(tenant)
	})
}

func findTenant(name string) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		_, err := tx.Tenant(name)
		return care.Target{Noun: "tenant", ID: name}, err
	}
}
