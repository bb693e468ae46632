package demo

import (
	"context"
	"strings"

	"chartline/internal/care"
	"chartline/internal/clinic/access"
)

// titlePrefix is how the demo knows its own clients again.
const titlePrefix = "Demo: "

// Credentials are made anew at every start; only their hashes are stored.
type Credentials struct {
	Client, Secret string // of Tenant, with every grant
	Token          string // that client's
	NoGrantToken   string // of a client of Tenant without any grant
	OtherToken     string // of a client of OtherTenant with every grant
	PortalUser     string // the example's patient, who can log in
	PortalPassword string
	SignupCode     string // with it providers sign up at Tenant's Live
}

// CheckSecret returns the actor that a client's name and secret stand for, as
// auth.Authenticator.Secret does.
type CheckSecret func(ctx context.Context, tenant, name, secret, address string) (care.Actor, error)

// CheckLink returns whom a link's token lets in, as auth.Logins.Link does.
type CheckLink func(ctx context.Context, token string, purpose care.LinkPurpose) (care.LoginLink, care.Login, error)

// Renew disables the clients of earlier starts, which ends their tokens, and
// makes new ones.
func (s Services) Renew(ctx context.Context, actor care.Actor, check CheckSecret, link CheckLink) (Credentials, error) {
	for _, tenant := range []string{Tenant, OtherTenant} {
		if err := s.disableEarlier(ctx, actor, tenant); err != nil {
			return Credentials{}, err
		}
	}
	all, allToken, err := s.newClient(ctx, actor, check, access.NewClient{
		Tenant: Tenant, Title: titlePrefix + "every grant", Home: Live, Instances: []string{Sandbox}, Grants: care.GrantNames()})
	if err != nil {
		return Credentials{}, err
	}
	_, noToken, err := s.newClient(ctx, actor, check, access.NewClient{
		Tenant: Tenant, Title: titlePrefix + "no grant", Home: Live, Instances: []string{Sandbox}})
	if err != nil {
		return Credentials{}, err
	}
	_, otherToken, err := s.newClient(ctx, actor, check, access.NewClient{
		Tenant: OtherTenant, Title: titlePrefix + "every grant", Home: Live, Grants: care.GrantNames()})
	if err != nil {
		return Credentials{}, err
	}
	made := Credentials{Client: all.Client.Name, Secret: all.Secret, Token: allToken, NoGrantToken: noToken, OtherToken: otherToken}
	if made.PortalUser, made.PortalPassword, err = s.renewPortalUser(ctx, actor, link); err != nil {
		return Credentials{}, err
	}
	if err := s.bookPortalUser(ctx, actor); err != nil {
		return Credentials{}, err
	}
	if err := s.sendPortalForm(ctx, actor); err != nil {
		return Credentials{}, err
	}
	made.SignupCode, err = s.Practice.RotateSignupCode(ctx, actor, care.Scope{Tenant: Tenant, Instance: Live})
	return made, err
}

const clientsPage = 100

func (s Services) disableEarlier(ctx context.Context, actor care.Actor, tenant string) error {
	for after := ""; ; {
		clients, err := s.Access.Clients(ctx, actor, tenant, after, clientsPage)
		if err != nil {
			return err
		}
		for _, c := range clients {
			after = c.Name
			if !c.Enabled || !strings.HasPrefix(c.Title, titlePrefix) {
				continue
			}
			if _, err := s.Access.SetClientEnabled(ctx, actor, tenant, c.Name, false); err != nil {
				return err
			}
		}
		if len(clients) < clientsPage {
			return nil
		}
	}
}

// newClient makes a client and gets it a token the way clients do.
func (s Services) newClient(ctx context.Context, actor care.Actor, check CheckSecret, in access.NewClient) (access.ClientSecret, string, error) {
	made, err := s.Access.CreateClient(ctx, actor, in)
	if err != nil {
		return made, "", err
	}
	client, err := check(ctx, in.Tenant, made.Client.Name, made.Secret, actor.Origin.Address)
	if err != nil {
		return made, "", err
	}
	client.Origin = actor.Origin
	token, err := s.Access.IssueToken(ctx, client)
	return made, token.Token, err
}
