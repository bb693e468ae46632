package cli

import (
	"io"
	"strconv"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

type serviceCmd struct {
	List   serviceList   `cmd:"" help:"List what can be booked at a practice, retired services too."`
	Show   serviceShow   `cmd:"" help:"Show one service."`
	Create serviceCreate `cmd:"" help:"Add a service: a kind of appointment."`
	Set    serviceSet    `cmd:"" help:"Change a service, retire it or bring it back. Appointments keep the length that they were booked with."`
}

type serviceDoc struct {
	ID            int64     `json:"id"`
	Name          string    `json:"name"`
	Minutes       int64     `json:"minutes"`
	BufferMinutes int64     `json:"bufferMinutes"`
	Retired       bool      `json:"retired"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

func docOfService(v care.Service) serviceDoc {
	return serviceDoc{ID: v.ID, Name: v.Name, Minutes: v.Minutes, BufferMinutes: v.BufferMinutes, Retired: v.Retired, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt}
}

func (a *app) showService(v care.Service) error {
	return a.show(docOfService(v), func(w io.Writer) {
		writeFields(w, field{"service", strconv.FormatInt(v.ID, 10)}, field{"name", v.Name}, field{"minutes", strconv.FormatInt(v.Minutes, 10)},
			field{"buffer", strconv.FormatInt(v.BufferMinutes, 10)}, field{"retired", yesNo(v.Retired)})
	})
}

type serviceList struct {
	Scope    scopeFlags `embed:""`
	Page     pageFlags  `embed:""`
	Settings dataFlags  `embed:""`
}

// Run lists services.
func (c serviceList) Run(a *app) error {
	after, err := c.Page.afterNumber()
	if err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.practice.Services(a.ctx, a.actor(), c.Scope.scope(), after, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, func(v care.Service) string { return strconv.FormatInt(v.ID, 10) })
		return showPage(a, docs(all, docOfService), next,
			column[serviceDoc]{"ID", func(v serviceDoc) string { return strconv.FormatInt(v.ID, 10) }},
			column[serviceDoc]{"NAME", func(v serviceDoc) string { return v.Name }},
			column[serviceDoc]{"MINUTES", func(v serviceDoc) string { return strconv.FormatInt(v.Minutes, 10) }},
			column[serviceDoc]{"BUFFER", func(v serviceDoc) string { return strconv.FormatInt(v.BufferMinutes, 10) }},
			column[serviceDoc]{"RETIRED", func(v serviceDoc) string { return yesNo(v.Retired) }})
	})
}

type serviceShow struct {
	Service  int64      `arg:"" help:"The service's id."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

// Run shows a service.
func (c serviceShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		v, err := e.practice.Service(a.ctx, a.actor(), c.Scope.scope(), c.Service)
		if err != nil {
			return err
		}
		return a.showService(v)
	})
}

type serviceCreate struct {
	Name     string     `arg:"" help:"What people call it; unique in the instance."`
	Scope    scopeFlags `embed:""`
	Minutes  int64      `required:"" placeholder:"N" help:"How long it lasts, in steps of five."`
	Buffer   int64      `placeholder:"N" help:"Minutes after it in which its provider is not booked, in steps of five."`
	ID       int64      `placeholder:"N" help:"The service's id (default: the next)."`
	Settings dataFlags  `embed:""`
}

// Run adds a service.
func (c serviceCreate) Run(a *app) error {
	if c.ID < 0 {
		return usage{"--id must be at least 1"}
	}
	return a.with(func(e *engine) error {
		v, err := e.practice.CreateService(a.ctx, a.actor(), care.Service{
			Scope: c.Scope.scope(), ID: c.ID, Name: c.Name, Minutes: c.Minutes, BufferMinutes: c.Buffer,
		}, nil)
		if err != nil {
			return err
		}
		return a.showService(v)
	})
}

type serviceSet struct {
	Service  int64      `arg:"" help:"The service's id."`
	Scope    scopeFlags `embed:""`
	Name     *string    `placeholder:"TEXT" help:"What people call it."`
	Minutes  *int64     `placeholder:"N" help:"How long it lasts, in steps of five."`
	Buffer   *int64     `placeholder:"N" help:"Minutes after it in which its provider is not booked, in steps of five."`
	Retired  *bool      `negatable:"" help:"Whether it takes no new appointments."`
	Settings dataFlags  `embed:""`
}

// Run changes a service.
func (c serviceSet) Run(a *app) error {
	change := practice.ServiceChange{Name: c.Name, Minutes: c.Minutes, BufferMinutes: c.Buffer, Retired: c.Retired}
	if change == (practice.ServiceChange{}) {
		return usage{"nothing to change: give --name, --minutes, --buffer or --[no-]retired"}
	}
	return a.with(func(e *engine) error {
		v, err := e.practice.ChangeService(a.ctx, a.actor(), c.Scope.scope(), c.Service, change)
		if err != nil {
			return err
		}
		return a.showService(v)
	})
}
