package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/access"
)

type clientCmd struct {
	Create       clientCreate       `cmd:"" help:"Make a client; prints its name and secret, this once."`
	List         clientList         `cmd:"" help:"List a tenant's clients."`
	Enable       clientEnable       `cmd:"" help:"Let a client in again."`
	Disable      clientDisable      `cmd:"" help:"Keep a client out and end its tokens, everywhere by the time this returns."`
	RotateSecret clientRotateSecret `cmd:"" help:"Give a client a new secret and end its tokens."`
	RevokeTokens clientRevokeTokens `cmd:"" help:"End a client's tokens, everywhere by the time this returns."`
	Token        clientToken        `cmd:"" help:"Give out a token in a client's name, for an hour."`
}

type clientDoc struct {
	Name      string    `json:"name"`
	Tenant    string    `json:"tenant"`
	Title     string    `json:"title"`
	Enabled   bool      `json:"enabled"`
	Home      string    `json:"home"`
	Instances []string  `json:"instances"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	Secret    string    `json:"secret,omitempty"` // when made or rotated
}

func docOfClient(c care.Client) clientDoc {
	return clientDoc{Name: c.Name, Tenant: c.Tenant, Title: c.Title, Enabled: c.Enabled, Home: c.Home,
		Instances: c.Instances, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt}
}

func (a *app) showClient(c care.Client, secret string) error {
	doc := docOfClient(c)
	doc.Secret = secret
	return a.show(doc, func(w io.Writer) {
		writeFields(w, field{"client", c.Name}, field{"secret", secret}, field{"title", c.Title}, field{"enabled", yesNo(c.Enabled)},
			field{"home", c.Tenant + "/" + c.Home}, field{"instances", strings.Join(c.Instances, " ")})
		if secret != "" {
			fmt.Fprintln(w, "The secret is not shown again: only its hash is kept.")
		}
	})
}

type clientCreate struct {
	Tenant    string    `required:"" placeholder:"NAME" help:"The tenant."`
	Home      string    `default:"live" placeholder:"NAME" help:"The instance in which /api and /sso act (default: live)."`
	Instance  []string  `placeholder:"NAME,..." help:"Further instances that it may use."`
	Title     string    `placeholder:"TEXT" help:"What people call it."`
	Grant     []string  `placeholder:"NAME,..." help:"Grants in every one of its instances; see policy grants."`
	AllGrants bool      `help:"Every grant there is."`
	Settings  dataFlags `embed:""`
}

// Run makes a client.
func (c clientCreate) Run(a *app) error {
	grants := grantNames(c.Grant)
	if c.AllGrants {
		grants = care.GrantNames()
	}
	return a.with(func(e *engine) error {
		made, err := e.access.CreateClient(a.ctx, a.actor(), access.NewClient{
			Tenant: c.Tenant, Title: c.Title, Home: c.Home, Instances: c.Instance, Grants: grants,
		})
		if err != nil {
			return err
		}
		return a.showClient(made.Client, made.Secret)
	})
}

type clientList struct {
	Tenant   string    `required:"" placeholder:"NAME" help:"The tenant."`
	Page     pageFlags `embed:""`
	Settings dataFlags `embed:""`
}

// Run lists clients.
func (c clientList) Run(a *app) error {
	if err := c.Page.check(); err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.access.Clients(a.ctx, a.actor(), c.Tenant, c.Page.After, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, func(c care.Client) string { return c.Name })
		return showPage(a, docs(all, docOfClient), next,
			column[clientDoc]{"NAME", func(c clientDoc) string { return c.Name }},
			column[clientDoc]{"ENABLED", func(c clientDoc) string { return yesNo(c.Enabled) }},
			column[clientDoc]{"INSTANCES", func(c clientDoc) string { return strings.Join(c.Instances, " ") }},
			column[clientDoc]{"CREATED", func(c clientDoc) string { return when(c.CreatedAt) }},
			column[clientDoc]{"TITLE", func(c clientDoc) string { return c.Title }})
	})
}

// clientFlags name one client.
type clientFlags struct {
	Name     string    `arg:"" help:"The client's name."`
	Tenant   string    `required:"" placeholder:"NAME" help:"The tenant."`
	Settings dataFlags `embed:""`
}

type clientEnable struct {
	Client clientFlags `embed:""`
}

// Run lets a client in again.
func (c clientEnable) Run(a *app) error {
	return a.with(func(e *engine) error {
		made, err := e.access.SetClientEnabled(a.ctx, a.actor(), c.Client.Tenant, c.Client.Name, true)
		if err != nil {
			return err
		}
		return a.showClient(made, "")
	})
}

type clientDisable struct {
	Client clientFlags `embed:""`
}

// Run keeps a client out.
func (c clientDisable) Run(a *app) error {
	return a.with(func(e *engine) error {
		made, err := e.access.SetClientEnabled(a.ctx, a.actor(), c.Client.Tenant, c.Client.Name, false)
		if err != nil {
			return err
		}
		if err := a.untilHeeded(); err != nil {
			return err
		}
		return a.showClient(made, "")
	})
}

type clientRotateSecret struct {
	Client clientFlags `embed:""`
}

// Run gives a client a new secret. The secret is printed before the wait: once
// made it must not be lost.
func (c clientRotateSecret) Run(a *app) error {
	return a.with(func(e *engine) error {
		made, err := e.access.RotateSecret(a.ctx, a.actor(), c.Client.Tenant, c.Client.Name)
		if err != nil {
			return err
		}
		if err := a.showClient(made.Client, made.Secret); err != nil {
			return err
		}
		return a.untilHeeded()
	})
}

type clientRevokeTokens struct {
	Client clientFlags `embed:""`
}

// Run ends a client's tokens.
func (c clientRevokeTokens) Run(a *app) error {
	return a.with(func(e *engine) error {
		made, err := e.access.RevokeTokens(a.ctx, a.actor(), c.Client.Tenant, c.Client.Name)
		if err != nil {
			return err
		}
		if err := a.untilHeeded(); err != nil {
			return err
		}
		return a.showClient(made, "")
	})
}

type clientToken struct {
	Client clientFlags `embed:""`
}

type tokenDoc struct {
	Client    string    `json:"client"`
	Token     string    `json:"token"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// Run gives out a token, and prints nothing else to standard output.
func (c clientToken) Run(a *app) error {
	return a.with(func(e *engine) error {
		t, err := e.access.MintToken(a.ctx, a.actor(), c.Client.Tenant, c.Client.Name)
		if err != nil {
			return err
		}
		return a.show(tokenDoc{Client: t.Client.Name, Token: t.Token, ExpiresAt: t.ExpiresAt}, func(w io.Writer) {
			fmt.Fprintln(w, t.Token)
		})
	})
}
