package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

func providerOf(id string) practice.ProviderRef {
	return practice.ProviderRef{PersonRef: personRef(id)}
}

type schedule struct {
	TimeZone string     `json:"timezone" doc:"In which the hours are meant: the provider's, or else the practice's"`
	Hours    WeekHours  `json:"hours" doc:"Those that count: the provider's own, or else the practice's"`
	OwnHours bool       `json:"ownHours" doc:"Whether the hours are the provider's own"`
	Services []int64    `json:"services" nullable:"false" doc:"Ids of what the provider gives; none means all"`
	Updated  *time.Time `json:"updatedAt"`
}

func lowerSchedule(v practice.Schedule) schedule {
	out := schedule{TimeZone: v.TimeZone, Hours: lowerWeek(v.Week), OwnHours: v.Schedule.Hours != nil, Services: append([]int64{}, v.Services...)}
	if !v.UpdatedAt.IsZero() {
		out.Updated = utc(&v.UpdatedAt)
	}
	return out
}

func (s *Surface) getSchedule(ctx context.Context, c call, in providerPath) (schedule, error) {
	v, err := s.Practice.Schedule(ctx, c.Actor, c.Scope, providerOf(in.Provider))
	return lowerSchedule(v), err
}

type changeSchedule struct {
	providerPath
	Body scheduleChange
}

type scheduleChange struct {
	Hours    optional[WeekHours] `json:"hours,omitzero" doc:"The provider's own, all of them; null: the practice's count again"`
	Services *[]int64            `json:"services,omitempty" maxItems:"1000" doc:"Ids; none means all"`
}

func (s *Surface) changeSchedule(ctx context.Context, c call, in changeSchedule) (schedule, error) {
	change := practice.ScheduleChange{Services: in.Body.Services}
	if hours := in.Body.Hours; hours.Given {
		change.Hours = care.Remove[care.Week]()
		if hours.Value != nil {
			week, err := hours.Value.lift()
			if err != nil {
				return schedule{}, err
			}
			change.Hours = care.SetTo(week)
		}
	}
	v, err := s.Practice.ChangeSchedule(ctx, c.Actor, c.Scope, providerOf(in.Provider), change)
	return lowerSchedule(v), err
}

type scheduleDay struct {
	Date      string    `json:"date" format:"date" doc:"In the provider's zone"`
	Hours     []string  `json:"hours" nullable:"false" doc:"In place of the usual ones; none on a day off"`
	Note      *string   `json:"note"`
	UpdatedAt time.Time `json:"updatedAt"`
}

func lowerScheduleDay(d care.ScheduleDay) scheduleDay {
	return scheduleDay{Date: d.Date, Hours: lowerSpans(d.Spans), Note: orNull(d.Note), UpdatedAt: d.UpdatedAt.UTC()}
}

type listScheduleDays struct {
	providerPath
	From  string `query:"from" doc:"The first date, YYYY-MM-DD"`
	Until string `query:"until" doc:"The last date, YYYY-MM-DD"`
}

func (s *Surface) listScheduleDays(ctx context.Context, c call, in listScheduleDays) (list[scheduleDay], error) {
	found, err := s.Practice.Days(ctx, c.Actor, c.Scope, providerOf(in.Provider), in.From, in.Until)
	out := list[scheduleDay]{Items: make([]scheduleDay, len(found))}
	for i, d := range found {
		out.Items[i] = lowerScheduleDay(d)
	}
	return out, err
}

type scheduleDayPath struct {
	providerPath
	Date string `path:"date" doc:"YYYY-MM-DD"`
}

type putScheduleDay struct {
	scheduleDayPath
	Body newScheduleDay
}

type newScheduleDay struct {
	Hours []string `json:"hours,omitempty" nullable:"false" maxItems:"20" doc:"Like [\"10:00-12:00\"]; none is a day off"`
	Note  string   `json:"note,omitempty" maxLength:"200"`
}

func (s *Surface) putScheduleDay(ctx context.Context, c call, in putScheduleDay) (scheduleDay, error) {
	spans, err := liftSpans(in.Body.Hours)
	if err != nil {
		return scheduleDay{}, err
	}
	d, err := s.Practice.SetDay(ctx, c.Actor, providerOf(in.Provider), care.ScheduleDay{Scope: c.Scope, Date: in.Date, Spans: spans, Note: in.Body.Note})
	return lowerScheduleDay(d), err
}

func (s *Surface) deleteScheduleDay(ctx context.Context, c call, in scheduleDayPath) (none, error) {
	return none{}, s.Practice.ClearDay(ctx, c.Actor, c.Scope, providerOf(in.Provider), in.Date)
}

type listSlots struct {
	Provider string `query:"provider" required:"true" doc:"The provider's id or number"`
	Service  string `query:"service" required:"true" doc:"The service's id"`
	Date     string `query:"date" required:"true" doc:"YYYY-MM-DD, in timezone"`
	TimeZone string `query:"timezone" doc:"IANA name; the provider's where absent"`
}

type slots struct {
	TimeZone string      `json:"timezone"`
	Items    []time.Time `json:"items" nullable:"false" doc:"When an appointment can begin, in UTC"`
	Clock    []string    `json:"clock" nullable:"false" doc:"The same as the zone's clock shows them, each time once"`
}

func (s *Surface) listSlots(ctx context.Context, c call, in listSlots) (slots, error) {
	found, err := s.Practice.Slots(ctx, c.Actor, practice.SlotQuery{
		Scope: c.Scope, Provider: providerOf(in.Provider), Service: practice.ServiceRef{ID: numberID(in.Service)}, Date: in.Date, TimeZone: in.TimeZone,
	})
	if err != nil {
		return slots{}, err
	}
	out := slots{TimeZone: found.Zone.String(), Items: make([]time.Time, len(found.Times)), Clock: care.ClockTimes(found.Times, found.Zone)}
	for i, t := range found.Times {
		out.Items[i] = t.UTC()
	}
	return out, nil
}
