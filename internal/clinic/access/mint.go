package access

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// MintToken gives out a token in a client's name without its secret, for an
// operator who could as well give the client a new one. Errors: NotFound,
// Conflict (the client is disabled), Forbidden (no operator).
func (s *Service) MintToken(ctx context.Context, actor care.Actor, tenant, name string) (IssuedToken, error) {
	token, hash := newToken()
	now := s.gate.Now()
	q := gate.Request{Actor: actor, Action: policy.ClientWrite, Scope: tenantScope(tenant), Reason: "token"}
	c, err := gate.Write(ctx, s.gate, q, findClient(tenant, name), func(tx store.Tx) (care.Client, error) {
		c, err := tx.Client(name)
		if err != nil {
			return c, err
		}
		if !c.Enabled {
			return c, &care.Error{Kind: care.KindConflict, Noun: "client", Message: "the client is disabled"}
		}
		return c, tx.CreateToken(care.Token{Hash: hash, Tenant: c.Tenant, Client: c.Name, IssuedAt: now, ExpiresAt: now.Add(TokenLife)})
	})
	if err != nil {
		return IssuedToken{}, err
	}
	return IssuedToken{Token: token, ExpiresAt: now.Add(TokenLife), Client: c}, nil
}
