package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// NewClient is what a client is made of.
type NewClient struct {
	Tenant    string
	Title     string
	Home      string   // the instance in which /api and /sso act
	Instances []string // beside Home
	// Grants are given in every instance of the client.
	Grants []care.GrantName
}

// ClientSecret is a client with its secret, which is shown this once: only its
// hash is stored.
type ClientSecret struct {
	Client care.Client
	Secret string
}

// AuditTarget names the client.
func (c ClientSecret) AuditTarget() care.Target { return clientTarget(c.Client) }

func clientTarget(c care.Client) care.Target { return care.Target{Noun: "client", ID: c.Name} }

// CreateClient makes an enabled client with a generated name and secret.
// Errors: Invalid, NotFound (tenant or instance).
func (s *Service) CreateClient(ctx context.Context, actor care.Actor, in NewClient) (ClientSecret, error) {
	title, ok := care.CleanText(in.Title, care.MaxText, false)
	if !ok {
		return ClientSecret{}, care.Invalid("title", "must be at most 200 characters without control characters")
	}
	if err := checkGrants(in.Grants); err != nil {
		return ClientSecret{}, err
	}
	now := s.gate.Now()
	secret, hash := newSecret()
	c := care.Client{
		Name: newName(), Tenant: in.Tenant, Title: title, SecretHash: hash, Enabled: true, Home: in.Home,
		Instances: slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(in.Instances), in.Home)))),
		CreatedAt: now, UpdatedAt: now,
	}
	q := gate.Request{Actor: actor, Action: policy.ClientWrite, Scope: tenantScope(in.Tenant)}
	made, err := gate.Write(ctx, s.gate, q, target("client", c.Name), func(tx store.Tx) (care.Client, error) {
		for _, name := range c.Instances {
			if _, err := tx.Instance(care.Scope{Tenant: c.Tenant, Instance: name}); err != nil {
				return c, err
			}
		}
		if err := tx.CreateClient(c); err != nil {
			return c, err
		}
		for _, instance := range c.Instances {
			for _, name := range in.Grants {
				g := care.Grant{Client: c.Name, Tenant: c.Tenant, Instance: instance, Name: name, CreatedAt: now}
				if err := tx.PutGrant(g); err != nil {
					return c, err
				}
			}
		}
		return c, nil
	})
	if err != nil {
		return ClientSecret{}, err
	}
	return ClientSecret{Client: made, Secret: secret}, nil
}

// Clients lists a tenant's clients by name. Errors: NotFound.
func (s *Service) Clients(ctx context.Context, actor care.Actor, tenant, after string, limit int) ([]care.Client, error) {
	q := gate.Request{Actor: actor, Action: policy.ClientRead, Scope: tenantScope(tenant)}
	return gate.Read(ctx, s.gate, q, findTenant(tenant), func(tx store.Tx) ([]care.Client, error) {
		return tx.Clients(tenant, after, limit)
	})
}

// Client returns one of a tenant's clients. Errors: NotFound.
func (s *Service) Client(ctx context.Context, actor care.Actor, tenant, name string) (care.Client, error) {
	q := gate.Request{Actor: actor, Action: policy.ClientRead, Scope: tenantScope(tenant)}
	return gate.Read(ctx, s.gate, q, findClient(tenant, name), func(tx store.Tx) (care.Client, error) {
		return tx.Client(name)
	})
}

// SetClientEnabled enables a client, or disables it and ends its tokens. Nodes
// heed it within auth.Freshness. Errors: NotFound.
func (s *Service) SetClientEnabled(ctx context.Context, actor care.Actor, tenant, name string, enabled bool) (care.Client, error) {
	return s.changeClient(ctx, actor, tenant, name, func(tx store.Tx, c *care.Client) error {
		c.Enabled = enabled
		if enabled {
			c.BlockedUntil = nil
			return nil
		}
		return tx.DeleteTokens(c.Name)
	})
}

// RotateSecret gives a client a new secret and ends its tokens. Errors: NotFound.
func (s *Service) RotateSecret(ctx context.Context, actor care.Actor, tenant, name string) (ClientSecret, error) {
	secret, hash := newSecret()
	c, err := s.changeClient(ctx, actor, tenant, name, func(tx store.Tx, c *care.Client) error {
		c.SecretHash = hash
		return tx.DeleteTokens(c.Name)
	})
	if err != nil {
		return ClientSecret{}, err
	}
	return ClientSecret{Client: c, Secret: secret}, nil
}

// RevokeTokens ends every token of a client at once. Errors: NotFound.
func (s *Service) RevokeTokens(ctx context.Context, actor care.Actor, tenant, name string) (care.Client, error) {
	return s.changeClient(ctx, actor, tenant, name, func(tx store.Tx, c *care.Client) error {
		return tx.DeleteTokens(c.Name)
	})
}

func (s *Service) changeClient(ctx context.Context, actor care.Actor, tenant, name string, change func(store.Tx, *care.Client) error) (care.Client, error) {
	q := gate.Request{Actor: actor, Action: policy.ClientWrite, Scope: tenantScope(tenant)}
	return gate.Write(ctx, s.gate, q, findClient(tenant, name), func(tx store.Tx) (care.Client, error) {
		c, err := tx.Client(name)
		if err != nil {
			return c, err
		}
		if err := change(tx, &c); err != nil {
			return c, err
		}
		c.UpdatedAt = s.gate.Now()
		return c, tx.UpdateClient(c)
	})
}

func findClient(tenant, name string) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		c, err := tx.Client(name)
		if err == nil && c.Tenant != tenant {
			err = care.NotFound("client")
		}
		return care.Target{Noun: "client", ID: name}, err
	}
}

// newSecret returns 256 random bits as text, and the hash that is stored.
func newSecret() (string, []byte) {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	secret := base64.RawURLEncoding.EncodeToString(b)
	hash := sha256.Sum256([]byte(secret))
	return secret, hash[:]
}

// newName returns a client name that cannot be guessed from another: 16 letters
// and digits.
func newName() string { return "client-" + strings.ToLower(rand.Text()[:16]) }
