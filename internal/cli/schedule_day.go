package cli

import (
	"io"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

type scheduleDayDoc struct {
	Date      string    `json:"date"`
	Hours     string    `json:"hours"` // empty on a day off
	Note      string    `json:"note"`
	UpdatedAt time.Time `json:"updatedAt"`
}

func docOfScheduleDay(d care.ScheduleDay) scheduleDayDoc {
	return scheduleDayDoc{Date: d.Date, Hours: d.Spans.String(), Note: d.Note, UpdatedAt: d.UpdatedAt}
}

func (d scheduleDayDoc) hours() string {
	if d.Hours == "" {
		return "off"
	}
	return d.Hours
}

type scheduleDays struct {
	Of    providerArg `embed:""`
	From  string      `placeholder:"DATE" help:"The first date, YYYY-MM-DD."`
	Until string      `placeholder:"DATE" help:"The last date, YYYY-MM-DD."`
}

// Run lists a provider's days that are not as usual.
func (c scheduleDays) Run(a *app) error {
	return a.with(func(e *engine) error {
		ref, err := c.Of.schedule()
		if err != nil {
			return err
		}
		all, err := e.practice.Days(a.ctx, a.actor(), c.Of.Scope.scope(), ref, c.From, c.Until)
		if err != nil {
			return err
		}
		return showPage(a, docs(all, docOfScheduleDay), "",
			column[scheduleDayDoc]{"DATE", func(d scheduleDayDoc) string { return d.Date }},
			column[scheduleDayDoc]{"HOURS", scheduleDayDoc.hours},
			column[scheduleDayDoc]{"NOTE", func(d scheduleDayDoc) string { return d.Note }})
	})
}

// dayArg names one date of a provider.
type dayArg struct {
	Provider string     `arg:"" help:"The provider's UUID or number."`
	Date     string     `arg:"" help:"The date, YYYY-MM-DD, as the provider's clock has it."`
	Scope    scopeFlags `embed:""`
	Settings dataFlags  `embed:""`
}

func (d dayArg) schedule() (practice.ProviderRef, error) {
	return providerArg{Provider: d.Provider}.schedule()
}

type scheduleSetDay struct {
	Of    dayArg  `embed:""`
	Hours *string `xor:"day" required:"" placeholder:"HOURS" help:"The hours of that day, such as 10:00-12:00,13:00-15:00."`
	Off   bool    `xor:"day" required:"" help:"The provider does not work."`
	Note  string  `placeholder:"TEXT" help:"Why."`
}

// Run makes a date another than usual.
func (c scheduleSetDay) Run(a *app) error {
	var spans care.Spans
	if c.Hours != nil {
		var err error
		if spans, err = care.ParseSpans(*c.Hours); err != nil {
			return err
		}
		if len(spans) == 0 {
			return usage{"--hours must not be empty: --off makes a day off"}
		}
	}
	return a.with(func(e *engine) error {
		ref, err := c.Of.schedule()
		if err != nil {
			return err
		}
		d, err := e.practice.SetDay(a.ctx, a.actor(), ref, care.ScheduleDay{Scope: c.Of.Scope.scope(), Date: c.Of.Date, Spans: spans, Note: c.Note})
		if err != nil {
			return err
		}
		doc := docOfScheduleDay(d)
		return a.show(doc, func(w io.Writer) {
			writeFields(w, field{"date", doc.Date}, field{"hours", doc.hours()}, field{"note", doc.Note})
		})
	})
}

type scheduleClearDay struct {
	Of dayArg `embed:""`
}

// Run makes a date like any other of its weekday, and shows what then counts.
func (c scheduleClearDay) Run(a *app) error {
	return a.with(func(e *engine) error {
		ref, err := c.Of.schedule()
		if err != nil {
			return err
		}
		scope := c.Of.Scope.scope()
		if err := e.practice.ClearDay(a.ctx, a.actor(), scope, ref, c.Of.Date); err != nil {
			return err
		}
		v, err := e.practice.Schedule(a.ctx, a.actor(), scope, ref)
		if err != nil {
			return err
		}
		return a.showSchedule(v)
	})
}
