package cli

import (
	"io"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/access"
)

type instanceCmd struct {
	Create instanceCreate `cmd:"" help:"Make an instance of a tenant."`
	List   instanceList   `cmd:"" help:"List a tenant's instances."`
	Set    instanceSet    `cmd:"" help:"Change an instance's settings."`
}

type instanceDoc struct {
	Tenant                string    `json:"tenant"`
	Name                  string    `json:"name"`
	TimeZone              string    `json:"timeZone"`
	UnknownConsentRefused bool      `json:"unknownConsentRefused"`
	CreatedAt             time.Time `json:"createdAt"`
	UpdatedAt             time.Time `json:"updatedAt"`
}

func docOfInstance(in care.Instance) instanceDoc {
	return instanceDoc{Tenant: in.Tenant, Name: in.Instance, TimeZone: in.TimeZone,
		UnknownConsentRefused: in.UnknownConsentRefused, CreatedAt: in.CreatedAt, UpdatedAt: in.UpdatedAt}
}

func (a *app) showInstance(in care.Instance) error {
	return a.show(docOfInstance(in), func(w io.Writer) {
		writeFields(w, field{"instance", in.Scope.String()}, field{"time zone", in.TimeZone},
			field{"unknown consent", unknownConsent(in.UnknownConsentRefused)})
	})
}

func unknownConsent(refused bool) string {
	if refused {
		return "counts as refused"
	}
	return "may be heard"
}

type instanceCreate struct {
	Name                  string    `arg:"" help:"Name, as in paths: 1 to 63 of a-z, 0-9, _ and -."`
	Tenant                string    `required:"" placeholder:"NAME" help:"The tenant."`
	TimeZone              string    `placeholder:"ZONE" help:"The practice's IANA time zone (default: UTC)."`
	UnknownConsentRefused bool      `help:"Recordings of unknown consent answer as if they were not there."`
	Settings              dataFlags `embed:""`
}

// Run makes an instance.
func (c instanceCreate) Run(a *app) error {
	return a.with(func(e *engine) error {
		in, err := e.access.CreateInstance(a.ctx, a.actor(), care.Instance{
			Scope: care.Scope{Tenant: c.Tenant, Instance: c.Name}, TimeZone: c.TimeZone, UnknownConsentRefused: c.UnknownConsentRefused,
		})
		if err != nil {
			return err
		}
		return a.showInstance(in)
	})
}

type instanceList struct {
	Tenant   string    `required:"" placeholder:"NAME" help:"The tenant."`
	Settings dataFlags `embed:""`
}

// Run lists a tenant's instances; there are never many.
func (c instanceList) Run(a *app) error {
	return a.with(func(e *engine) error {
		all, err := e.access.Instances(a.ctx, a.actor(), c.Tenant)
		if err != nil {
			return err
		}
		return showPage(a, docs(all, docOfInstance), "",
			column[instanceDoc]{"NAME", func(i instanceDoc) string { return i.Name }},
			column[instanceDoc]{"TIME ZONE", func(i instanceDoc) string { return i.TimeZone }},
			column[instanceDoc]{"UNKNOWN CONSENT", func(i instanceDoc) string { return unknownConsent(i.UnknownConsentRefused) }},
			column[instanceDoc]{"CREATED", func(i instanceDoc) string { return when(i.CreatedAt) }})
	})
}

type instanceSet struct {
	Name                  string    `arg:"" help:"The instance."`
	Tenant                string    `required:"" placeholder:"NAME" help:"The tenant."`
	TimeZone              *string   `placeholder:"ZONE" help:"The practice's IANA time zone."`
	UnknownConsentRefused *bool     `negatable:"" help:"Whether recordings of unknown consent answer as if they were not there."`
	Settings              dataFlags `embed:""`
}

// Run changes an instance.
func (c instanceSet) Run(a *app) error {
	if c.TimeZone == nil && c.UnknownConsentRefused == nil {
		return usage{"nothing to change: give --time-zone or --[no-]unknown-consent-refused"}
	}
	return a.with(func(e *engine) error {
		in, err := e.access.ChangeInstance(a.ctx, a.actor(), care.Scope{Tenant: c.Tenant, Instance: c.Name},
			access.InstanceChange{TimeZone: c.TimeZone, UnknownConsentRefused: c.UnknownConsentRefused})
		if err != nil {
			return err
		}
		return a.showInstance(in)
	})
}
