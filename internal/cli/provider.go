package cli

import (
	"io"
	"strconv"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/people"
)

type providerCmd struct {
	List   providerList   `cmd:"" help:"List providers by number."`
	Show   providerShow   `cmd:"" help:"Show one provider."`
	Create providerCreate `cmd:"" help:"Register a provider."`
	Set    providerSet    `cmd:"" help:"Change a provider; an empty value removes what was there."`
}

type providerDoc struct {
	ID          string    `json:"id"`
	Number      int64     `json:"number"`
	FirstName   string    `json:"firstName"`
	MiddleName  string    `json:"middleName"`
	LastName    string    `json:"lastName"`
	Title       string    `json:"title"`
	Gender      string    `json:"gender"`
	Email       string    `json:"email"`
	Phone       string    `json:"phone"`
	CountryCode string    `json:"countryCode"`
	TimeZone    string    `json:"timeZone"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func docOfProvider(p care.Provider) providerDoc {
	return providerDoc{ID: p.ID, Number: p.Number, FirstName: p.FirstName, MiddleName: p.MiddleName, LastName: p.LastName, Title: p.Title,
		Gender: p.Gender, Email: p.Email, Phone: p.Phone, CountryCode: p.CountryCode, TimeZone: p.TimeZone, CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

func (a *app) showProvider(p care.Provider) error {
	return a.show(docOfProvider(p), func(w io.Writer) {
		writeFields(w, field{"provider", p.ID}, field{"number", strconv.FormatInt(p.Number, 10)}, field{"name", p.FullName()}, field{"title", p.Title},
			field{"gender", p.Gender}, field{"email", p.Email}, field{"phone", p.CountryCode + p.Phone}, field{"time zone", p.TimeZone})
	})
}

// providerArg names one provider.
type providerArg struct {
	Provider string     `arg:"" help:"The provider's UUID or number."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

func (p providerArg) ref() (care.PersonRef, error) { return personRef("provider", p.Provider) }

type providerList struct {
	Scope    scopeFlags `embed:""`
	Page     pageFlags  `embed:""`
	Settings dataFlags  `embed:""`
}

// Run lists providers.
func (c providerList) Run(a *app) error {
	after, err := c.Page.afterNumber()
	if err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.people.Providers(a.ctx, a.actor(), c.Scope.scope(), after, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, func(p care.Provider) string { return strconv.FormatInt(p.Number, 10) })
		return showPage(a, docs(all, docOfProvider), next,
			column[providerDoc]{"NUMBER", func(p providerDoc) string { return strconv.FormatInt(p.Number, 10) }},
			column[providerDoc]{"ID", func(p providerDoc) string { return p.ID }},
			column[providerDoc]{"NAME", func(p providerDoc) string { return care.FullName(p.FirstName, p.MiddleName, p.LastName) }},
			column[providerDoc]{"TITLE", func(p providerDoc) string { return p.Title }},
			column[providerDoc]{"TIME ZONE", func(p providerDoc) string { return p.TimeZone }})
	})
}

type providerShow struct {
	Of providerArg `embed:""`
}

// Run shows a provider.
func (c providerShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		ref, err := c.Of.ref()
		if err != nil {
			return err
		}
		p, err := e.people.ProviderByRef(a.ctx, a.actor(), c.Of.Scope.scope(), ref)
		if err != nil {
			return err
		}
		return a.showProvider(p)
	})
}

type providerCreate struct {
	Scope       scopeFlags `embed:""`
	ID          string     `placeholder:"UUID" help:"The provider's UUID (default: made)."`
	Number      int64      `placeholder:"N" help:"The provider's number, a year x 10^8 + a sequence (default: the next of this year)."`
	FirstName   string     `placeholder:"NAME" help:"First name."`
	MiddleName  string     `placeholder:"NAME" help:"Middle name."`
	LastName    string     `placeholder:"NAME" help:"Last name."`
	Title       string     `placeholder:"TEXT" help:"As in MD."`
	Gender      string     `placeholder:"GENDER" help:"male, female or prefer_not_to_say."`
	Email       string     `placeholder:"ADDRESS" help:"E-mail address."`
	CountryCode string     `placeholder:"CODE" help:"Dial code with its plus, such as +1."`
	Phone       string     `placeholder:"DIGITS" help:"National digits of the phone number."`
	TimeZone    string     `placeholder:"ZONE" help:"IANA time zone (default: the practice's counts)."`
	Settings    dataFlags  `embed:""`
}

// Run registers a provider.
func (c providerCreate) Run(a *app) error {
	return a.with(func(e *engine) error {
		p, err := e.people.CreateProvider(a.ctx, a.actor(), care.Provider{
			Scope: c.Scope.scope(), ID: c.ID, Number: c.Number, FirstName: c.FirstName, MiddleName: c.MiddleName, LastName: c.LastName, Title: c.Title,
			Gender: c.Gender, Email: c.Email, CountryCode: c.CountryCode, Phone: c.Phone, TimeZone: c.TimeZone,
		}, nil)
		if err != nil {
			return err
		}
		return a.showProvider(p)
	})
}

type providerSet struct {
	Of          providerArg `embed:""`
	FirstName   *string     `placeholder:"NAME" help:"First name."`
	MiddleName  *string     `placeholder:"NAME" help:"Middle name."`
	LastName    *string     `placeholder:"NAME" help:"Last name."`
	Title       *string     `placeholder:"TEXT" help:"As in MD."`
	Gender      *string     `placeholder:"GENDER" help:"male, female or prefer_not_to_say."`
	Email       *string     `placeholder:"ADDRESS" help:"E-mail address."`
	CountryCode *string     `placeholder:"CODE" help:"Dial code with its plus, such as +1."`
	Phone       *string     `placeholder:"DIGITS" help:"National digits of the phone number."`
	TimeZone    *string     `placeholder:"ZONE" help:"IANA time zone; where there is none the practice's counts."`
}

// Run changes a provider.
func (c providerSet) Run(a *app) error {
	change := people.ProviderChange{FirstName: c.FirstName, MiddleName: c.MiddleName, LastName: c.LastName, Title: c.Title, Gender: c.Gender,
		Email: c.Email, CountryCode: c.CountryCode, Phone: c.Phone, TimeZone: c.TimeZone}
	if change == (people.ProviderChange{}) {
		return usage{"nothing to change: give one of the provider's flags; see chartline provider set --help"}
	}
	return a.with(func(e *engine) error {
		ref, err := c.Of.ref()
		if err != nil {
			return err
		}
		p, err := e.people.ChangeProvider(a.ctx, a.actor(), c.Of.Scope.scope(), ref, change)
		if err != nil {
			return err
		}
		return a.showProvider(p)
	})
}
