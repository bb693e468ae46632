package access

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/store"
)

// Service is the use cases of this package.
type Service struct{ gate *gate.Gate }

// New returns the use cases behind g.
func New(g *gate.Gate) *Service { return &Service{gate: g} }

// tenantScope is the scope of what concerns a whole tenant.
func tenantScope(tenant string) care.Scope { return care.Scope{Tenant: tenant} }

func target(noun, id string) func(store.Tx) (care.Target, error) {
	return func(store.Tx) (care.Target, error) { return care.Target{Noun: noun, ID: id}, nil }
}

// Admit refuses, audited, an actor that could not be allowed action in scope on
// any target; see gate.Gate.Admit.
func (s *Service) Admit(ctx context.Context, actor care.Actor, action care.Action, scope care.Scope) error {
	return s.gate.Admit(ctx, gate.Request{Actor: actor, Action: action, Scope: scope})
}
