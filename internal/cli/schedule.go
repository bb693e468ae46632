package cli

import (
	"io"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

type scheduleCmd struct {
	List     scheduleList     `cmd:"" help:"List when providers work, by their numbers."`
	Show     scheduleShow     `cmd:"" help:"Show when a provider works, and for what."`
	Set      scheduleSet      `cmd:"" help:"Change when a provider works, and for what. What is booked stays."`
	Days     scheduleDays     `cmd:"" help:"List a provider's days off and days with other hours."`
	SetDay   scheduleSetDay   `cmd:"" help:"Make a date a day off, or one with other hours. What is booked stays."`
	ClearDay scheduleClearDay `cmd:"" help:"Make a date like any other of its weekday."`
	Agenda   scheduleAgenda   `cmd:"" help:"List a provider's appointments of a date, cancelled ones too."`
	Slots    scheduleSlots    `cmd:"" help:"List when a provider is free for a service on a date."`
}

type scheduleDoc struct {
	Provider  int64      `json:"provider"` // number
	TimeZone  string     `json:"timeZone"`
	Hours     string     `json:"hours"` // as --hours takes them
	OwnHours  bool       `json:"ownHours"`
	Services  []int64    `json:"services"` // none means all
	UpdatedAt *time.Time `json:"updatedAt"`
}

func docOfSchedule(v practice.Schedule) scheduleDoc {
	d := scheduleDoc{Provider: v.Provider, TimeZone: v.TimeZone, Hours: v.Week.String(), OwnHours: v.Schedule.Hours != nil, Services: append([]int64{}, v.Services...)}
	if !v.UpdatedAt.IsZero() {
		d.UpdatedAt = &v.UpdatedAt
	}
	return d
}

func (d scheduleDoc) number() string { return strconv.FormatInt(d.Provider, 10) }

func (d scheduleDoc) given() string {
	if len(d.Services) == 0 {
		return "all"
	}
	ids := make([]string, len(d.Services))
	for i, id := range d.Services {
		ids[i] = strconv.FormatInt(id, 10)
	}
	return strings.Join(ids, " ")
}

func (d scheduleDoc) hours() string {
	whose := " (the practice's)"
	if d.OwnHours {
		whose = ""
	}
	if d.Hours == "" {
		return "none" + whose
	}
	return d.Hours + whose
}

func (a *app) showSchedule(v practice.Schedule) error {
	d := docOfSchedule(v)
	return a.show(d, func(w io.Writer) {
		writeFields(w, field{"provider", d.number()}, field{"time zone", d.TimeZone}, field{"hours", d.hours()}, field{"services", d.given()})
	})
}

// schedule names the provider's schedule.
func (p providerArg) schedule() (practice.ProviderRef, error) {
	ref, err := p.ref()
	return practice.ProviderRef{PersonRef: ref}, err
}

type scheduleList struct {
	Scope    scopeFlags `embed:""`
	Page     pageFlags  `embed:""`
	Settings dataFlags  `embed:""`
}

// Run lists schedules.
func (c scheduleList) Run(a *app) error {
	after, err := c.Page.afterNumber()
	if err != nil {
		return err
	}
	return a.with(func(e *engine) error {
		all, err := e.practice.Schedules(a.ctx, a.actor(), c.Scope.scope(), after, c.Page.Limit+1)
		if err != nil {
			return err
		}
		all, next := cutPage(all, c.Page.Limit, func(v practice.Schedule) string { return strconv.FormatInt(v.Provider, 10) })
		return showPage(a, docs(all, docOfSchedule), next,
			column[scheduleDoc]{"PROVIDER", scheduleDoc.number},
			column[scheduleDoc]{"TIME ZONE", func(d scheduleDoc) string { return d.TimeZone }},
			column[scheduleDoc]{"SERVICES", scheduleDoc.given},
			column[scheduleDoc]{"HOURS", scheduleDoc.hours})
	})
}

type scheduleShow struct {
	Of providerArg `embed:""`
}

// Run shows a schedule.
func (c scheduleShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		ref, err := c.Of.schedule()
		if err != nil {
			return err
		}
		v, err := e.practice.Schedule(a.ctx, a.actor(), c.Of.Scope.scope(), ref)
		if err != nil {
			return err
		}
		return a.showSchedule(v)
	})
}

type scheduleSet struct {
	Of            providerArg `embed:""`
	Hours         *string     `xor:"hours" placeholder:"HOURS" help:"The provider's own, such as \"mon-fri 09:00-12:00,13:00-17:00; sat 10:00-14:00\"; what lies between is a break."`
	PracticeHours bool        `xor:"hours" help:"The practice's hours count again."`
	Services      []int64     `xor:"services" placeholder:"ID,..." help:"The ids of the services that the provider gives."`
	AllServices   bool        `xor:"services" help:"The provider gives all services."`
}

func (c scheduleSet) change() (practice.ScheduleChange, error) {
	var change practice.ScheduleChange
	switch {
	case c.Hours != nil:
		week, err := care.ParseWeek(*c.Hours)
		if err != nil {
			return change, err
		}
		change.Hours = care.SetTo(week)
	case c.PracticeHours:
		change.Hours = care.Remove[care.Week]()
	}
	if len(c.Services) > 0 || c.AllServices {
		change.Services = &c.Services
	}
	return change, nil
}

// Run changes a schedule.
func (c scheduleSet) Run(a *app) error {
	change, err := c.change()
	if err != nil {
		return err
	}
	if !change.Hours.Given && change.Services == nil {
		return usage{"nothing to change: give --hours or --practice-hours, --services or --all-services"}
	}
	return a.with(func(e *engine) error {
		ref, err := c.Of.schedule()
		if err != nil {
			return err
		}
		v, err := e.practice.ChangeSchedule(a.ctx, a.actor(), c.Of.Scope.scope(), ref, change)
		if err != nil {
			return err
		}
		return a.showSchedule(v)
	})
}
