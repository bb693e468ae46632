package cli

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

type practiceCmd struct {
	List          practiceList          `cmd:"" help:"List a tenant's practices: every instance is one."`
	Show          practiceShow          `cmd:"" help:"Show a practice: its codes, hours and rules of booking."`
	Create        practiceCreate        `cmd:"" help:"Make an instance, and say what its practice is."`
	Set           practiceSet           `cmd:"" help:"Change a practice."`
	NewSignupCode practiceNewSignupCode `cmd:"" help:"Make a new code with which providers sign up, printed this once; the one before ends."`
}

type practiceDoc struct {
	Tenant        string    `json:"tenant"`
	Instance      string    `json:"instance"`
	CustomerCode  string    `json:"customerCode"`
	TimeZone      string    `json:"timeZone"`
	Languages     []string  `json:"languages"`
	Hours         string    `json:"hours"` // as --hours takes them
	NoticeMinutes int64     `json:"noticeMinutes"`
	HorizonDays   int64     `json:"horizonDays"`
	SignupOpen    bool      `json:"signupOpen"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

func docOfPractice(p practice.Settings) practiceDoc {
	return practiceDoc{Tenant: p.Tenant, Instance: p.Instance, CustomerCode: p.CustomerCode, TimeZone: p.TimeZone, Languages: p.Languages,
		Hours: p.Hours.String(), NoticeMinutes: p.NoticeMinutes, HorizonDays: p.HorizonDays, SignupOpen: len(p.SignupHash) > 0,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt}
}

func (a *app) showPractice(p practice.Settings) error {
	return a.show(docOfPractice(p), func(w io.Writer) {
		writeFields(w, field{"practice", p.Scope.String()}, field{"customer code", p.CustomerCode}, field{"time zone", p.TimeZone},
			field{"languages", strings.Join(p.Languages, " ")}, field{"hours", hoursOf(p.Hours)},
			field{"notice", strconv.FormatInt(p.NoticeMinutes, 10) + " minutes"}, field{"horizon", strconv.FormatInt(p.HorizonDays, 10) + " days"},
			field{"sign-up", signup(len(p.SignupHash) > 0)})
	})
}

func signup(open bool) string {
	if open {
		return "open, by code"
	}
	return "closed: no code was made"
}

func hoursOf(w care.Week) string {
	if text := w.String(); text != "" {
		return text
	}
	return "none"
}

// practiceFlags are what can be said of a practice.
type practiceFlags struct {
	CustomerCode *string   `placeholder:"CODE" help:"By which partners name the practice; unique in the tenant."`
	TimeZone     *string   `placeholder:"ZONE" help:"IANA time zone."`
	Languages    *[]string `placeholder:"CODE,..." help:"en, es, ar, it, pt-BR, fr-ca, gu."`
	Hours        *string   `placeholder:"HOURS" help:"Of providers that have none of their own, such as \"mon-fri 09:00-12:00,13:00-17:00; sat 10:00-14:00\"; what lies between is a break."`
	Notice       *int64    `placeholder:"MINUTES" help:"How long before its start a slot can be booked last."`
	Horizon      *int64    `placeholder:"DAYS" help:"How many days ahead a slot can be booked."`
}

func (f practiceFlags) change() (practice.Change, error) {
	c := practice.Change{CustomerCode: f.CustomerCode, TimeZone: f.TimeZone, Languages: f.Languages, NoticeMinutes: f.Notice, HorizonDays: f.Horizon}
	if f.Hours != nil {
		week, err := care.ParseWeek(*f.Hours)
		if err != nil {
			return c, err
		}
		c.Hours = &week
	}
	return c, nil
}

type practiceList struct {
	Tenant   string    `required:"" placeholder:"NAME" help:"The tenant."`
	Settings dataFlags `embed:""`
}

// Run lists a tenant's practices; there are never many.
func (c practiceList) Run(a *app) error {
	return a.with(func(e *engine) error {
		all, err := e.practice.Practices(a.ctx, a.actor(), c.Tenant)
		if err != nil {
			return err
		}
		return showPage(a, docs(all, docOfPractice), "",
			column[practiceDoc]{"INSTANCE", func(p practiceDoc) string { return p.Instance }},
			column[practiceDoc]{"CUSTOMER CODE", func(p practiceDoc) string { return p.CustomerCode }},
			column[practiceDoc]{"TIME ZONE", func(p practiceDoc) string { return p.TimeZone }},
			column[practiceDoc]{"LANGUAGES", func(p practiceDoc) string { return strings.Join(p.Languages, " ") }},
			column[practiceDoc]{"SIGN-UP", func(p practiceDoc) string { return signup(p.SignupOpen) }})
	})
}

type practiceShow struct {
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

// Run shows a practice.
func (c practiceShow) Run(a *app) error {
	return a.with(func(e *engine) error {
		p, err := e.practice.Settings(a.ctx, a.actor(), c.Scope.scope())
		if err != nil {
			return err
		}
		return a.showPractice(p)
	})
}

type practiceCreate struct {
	Name                  string        `arg:"" help:"The instance's name, as in paths: 1 to 63 of a-z, 0-9, _ and -."`
	Tenant                string        `required:"" placeholder:"NAME" help:"The tenant."`
	Practice              practiceFlags `embed:""`
	UnknownConsentRefused bool          `help:"Recordings of unknown consent answer as if they were not there."`
	Settings              dataFlags     `embed:""`
}

// Run makes an instance with its practice.
func (c practiceCreate) Run(a *app) error {
	change, err := c.Practice.change()
	if err != nil {
		return err
	}
	in := care.Instance{Scope: care.Scope{Tenant: c.Tenant, Instance: c.Name}, UnknownConsentRefused: c.UnknownConsentRefused}
	care.Replace(&in.TimeZone, c.Practice.TimeZone)
	return a.with(func(e *engine) error {
		p, err := e.practice.Create(a.ctx, a.actor(), practice.NewPractice{Instance: in, Change: change})
		if err != nil {
			return err
		}
		return a.showPractice(p)
	})
}

type practiceSet struct {
	Scope    scopeFlags    `embed:""`
	Practice practiceFlags `embed:""`
	Settings dataFlags     `embed:""`
}

// Run changes a practice.
func (c practiceSet) Run(a *app) error {
	change, err := c.Practice.change()
	if err != nil {
		return err
	}
	if change == (practice.Change{}) {
		return usage{"nothing to change: give one of the practice's flags; see chartline practice set --help"}
	}
	return a.with(func(e *engine) error {
		p, err := e.practice.Change(a.ctx, a.actor(), c.Scope.scope(), change)
		if err != nil {
			return err
		}
		return a.showPractice(p)
	})
}

type practiceNewSignupCode struct {
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

type signupCodeDoc struct {
	Tenant     string `json:"tenant"`
	Instance   string `json:"instance"`
	SignupCode string `json:"signupCode"`
}

// Run makes a new sign-up code.
func (c practiceNewSignupCode) Run(a *app) error {
	return a.with(func(e *engine) error {
		code, err := e.practice.RotateSignupCode(a.ctx, a.actor(), c.Scope.scope())
		if err != nil {
			return err
		}
		return a.show(signupCodeDoc{c.Scope.Tenant, c.Scope.Instance, code}, func(w io.Writer) {
			writeFields(w, field{"sign-up code", code})
			fmt.Fprintln(w, "The code is not shown again: only its hash is kept. The one before works no more.")
		})
	})
}
