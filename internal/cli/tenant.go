package cli

import (
	"io"
	"time"

	"chartline/internal/care"
)

type tenantCmd struct {
	Create tenantCreate `cmd:"" help:"Make a tenant."`
	List   tenantList   `cmd:"" help:"List tenants by name."`
}

type tenantDoc struct {
	Name      string    `json:"name"`
	Title     string    `json:"title"`
	CreatedAt time.Time `json:"createdAt"`
}

func docOfTenant(t care.Tenant) tenantDoc { return tenantDoc(t) }

type tenantCreate struct {
	Name     string    `arg:"" help:"Name, as in paths: 3 to 63 of a-z, 0-9 and -."`
	Title    string    `placeholder:"TEXT" help:"What people call it."`
	Settings dataFlags `embed:""`
}

// Run makes a tenant; in an empty directory, the data too.
func (c tenantCreate) Run(a *app) error {
	settings, err := a.config()
	if err != nil {
		return err
	}
	return a.withEngine(settings, create, func(e *engine) error {
		t, err := e.access.CreateTenant(a.ctx, a.actor(), c.Name, c.Title)
		if err != nil {
			return err
		}
		return a.show(docOfTenant(t), func(w io.Writer) { writeFields(w, field{"tenant", t.Name}, field{"title", t.Title}) })
	})
}

type tenantList struct {
	Page     pageFlags `embed:""`
	Settings dataFlags `embed:""`
}

// Run lists tenants.
func (c tenantList) Run(a *app) error {
	if err := c.Page.check(); err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.access.Tenants(a.ctx, a.actor(), c.Page.After, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, func(t care.Tenant) string { return t.Name })
		return showPage(a, docs(all, docOfTenant), next,
			column[tenantDoc]{"NAME", func(t tenantDoc) string { return t.Name }},
			column[tenantDoc]{"CREATED", func(t tenantDoc) string { return when(t.CreatedAt) }},
			column[tenantDoc]{"TITLE", func(t tenantDoc) string { return t.Title }})
	})
}
