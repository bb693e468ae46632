package cli

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
)

type loginCmd struct {
	List            loginList            `cmd:"" help:"List the people who may log in."`
	Show            loginShow            `cmd:"" help:"Show one log-in."`
	Create          loginCreate          `cmd:"" help:"Let a patient, a provider or somebody of the staff log in; prints the link that sets their password, this once."`
	SetPasswordLink loginSetPasswordLink `cmd:"" help:"Make a link that sets a person's first or next password, once, within a day."`
	Enable          loginEnable          `cmd:"" help:"Let a person in again."`
	Disable         loginDisable         `cmd:"" help:"Keep a person out and end their sessions at once."`
}

type loginDoc struct {
	ID          string     `json:"id"`
	Email       string     `json:"email"`
	Role        care.Role  `json:"role"`
	Person      *int64     `json:"person"` // the patient's or provider's number
	Enabled     bool       `json:"enabled"`
	HasPassword bool       `json:"hasPassword"`
	PasswordAt  *time.Time `json:"passwordAt"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
	// Of a set-password link, when it was just made.
	Link          string     `json:"link,omitempty"`
	LinkExpiresAt *time.Time `json:"linkExpiresAt,omitempty"`
}

func docOfLogin(l care.Login) loginDoc {
	d := loginDoc{ID: l.ID, Email: l.Email, Role: l.Role, Enabled: l.Enabled, HasPassword: l.HasPassword(), PasswordAt: l.PasswordAt,
		CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt}
	if l.Person != 0 {
		d.Person = &l.Person
	}
	return d
}

func (d loginDoc) number() string {
	if d.Person == nil {
		return ""
	}
	return strconv.FormatInt(*d.Person, 10)
}

func (a *app) showLogin(d loginDoc) error {
	return a.show(d, func(w io.Writer) {
		writeFields(w, field{"log-in", d.ID}, field{"email", d.Email}, field{"role", string(d.Role)}, field{"person", d.number()},
			field{"enabled", yesNo(d.Enabled)}, field{"password", yesNo(d.HasPassword)}, field{"set-password link", d.Link}, field{"link works until", whenPtr(d.LinkExpiresAt)})
		if d.Link != "" {
			fmt.Fprintln(w, "The link works once and is not shown again.")
		}
	})
}

// linked makes a set-password link and shows it.
func (a *app) linked(e *engine, s care.Scope, ref string) error {
	made, err := e.logins.SetPasswordLink(a.ctx, a.actor(), s, ref)
	if err != nil {
		return err
	}
	d := docOfLogin(made.Login)
	d.Link, d.LinkExpiresAt = e.peoplesURL()+logins.PasswordPath+"?token="+url.QueryEscape(made.Token), &made.ExpiresAt
	return a.showLogin(d)
}

// peoplesURL is the origin that people see, as far as settings tell.
func (e *engine) peoplesURL() string {
	c := e.settings
	switch {
	case c.PublicURL != "":
		return c.PublicURL
	case c.TLSCert != "":
		return "https://" + c.Listen
	}
	return "http://" + c.Listen
}

type loginList struct {
	Scope    scopeFlags `embed:""`
	Page     pageFlags  `embed:""`
	Settings dataFlags  `embed:""`
}

// Run lists log-ins.
func (c loginList) Run(a *app) error {
	if err := c.Page.check(); err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.logins.List(a.ctx, a.actor(), c.Scope.scope(), c.Page.After, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, func(l care.Login) string { return l.ID })
		return showPage(a, docs(all, docOfLogin), next,
			column[loginDoc]{"EMAIL", func(d loginDoc) string { return d.Email }},
			column[loginDoc]{"ROLE", func(d loginDoc) string { return string(d.Role) }},
			column[loginDoc]{"PERSON", loginDoc.number},
			column[loginDoc]{"ENABLED", func(d loginDoc) string { return yesNo(d.Enabled) }},
			column[loginDoc]{"PASSWORD", func(d loginDoc) string { return yesNo(d.HasPassword) }},
			column[loginDoc]{"ID", func(d loginDoc) string { return d.ID }})
	})
}

// loginFlags name one log-in.
type loginFlags struct {
	Login    string     `arg:"" help:"The person's e-mail address, number or UUID."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

type loginShow struct {
	Login loginFlags `embed:""`
}

// Run shows a log-in.
func (c loginShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		l, err := e.logins.Login(a.ctx, a.actor(), c.Login.Scope.scope(), c.Login.Login)
		if err != nil {
			return err
		}
		return a.showLogin(docOfLogin(l))
	})
}

type loginCreate struct {
	Scope    scopeFlags `embed:""`
	Role     string     `required:"" placeholder:"ROLE" help:"patient, provider, administrator or auditor."`
	Person   string     `placeholder:"ID" help:"The patient's or provider's UUID or number."`
	Email    string     `placeholder:"ADDRESS" help:"The e-mail address to log in with (default: the person's own)."`
	Settings dataFlags  `embed:""`
}

// Run makes a log-in.
func (c loginCreate) Run(a *app) error {
	in := logins.NewLogin{Scope: c.Scope.scope(), Role: care.Role(strings.ToLower(c.Role)), Email: c.Email}
	if c.Person != "" {
		ref, err := personRef("person", c.Person)
		if err != nil {
			return err
		}
		in.Person = ref
	}
	return a.with(func(e *engine) error {
		l, err := e.logins.Create(a.ctx, a.actor(), in, nil)
		if err != nil {
			return err
		}
		return a.linked(e, in.Scope, l.ID)
	})
}

type loginSetPasswordLink struct {
	Login loginFlags `embed:""`
}

// Run makes a link that sets a password.
func (c loginSetPasswordLink) Run(a *app) error {
	return a.with(func(e *engine) error { return a.linked(e, c.Login.Scope.scope(), c.Login.Login) })
}

type loginEnable struct {
	Login loginFlags `embed:""`
}

// Run lets a person in again.
func (c loginEnable) Run(a *app) error { return a.setLoginEnabled(c.Login, true) }

type loginDisable struct {
	Login loginFlags `embed:""`
}

// Run keeps a person out.
func (c loginDisable) Run(a *app) error { return a.setLoginEnabled(c.Login, false) }

func (a *app) setLoginEnabled(f loginFlags, enabled bool) error {
	return a.with(func(e *engine) error {
		l, err := e.logins.SetEnabled(a.ctx, a.actor(), f.Scope.scope(), f.Login, enabled)
		if err != nil {
			return err
		}
		return a.showLogin(docOfLogin(l))
	})
}
