package sqlstore

import "chartline/internal/care"

const (
	sqlScheduleAdmit = `
	SELECT EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $3)`
	sqlSchedulePut = `
	INSERT INTO schedule (tenant, instance, provider, hours, services, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (tenant, instance, provider) DO UPDATE SET hours = excluded.hours, services = excluded.services, updated_at = excluded.updated_at`
	sqlSchedule = `
	SELECT tenant, instance, provider, hours, services, updated_at FROM schedule
	WHERE tenant = $1 AND instance = $2 AND provider = $3`
	sqlScheduleDayPut = `
	INSERT INTO schedule_day (tenant, instance, provider, date, hours, note, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
	ON CONFLICT (tenant, instance, provider, date) DO UPDATE SET hours = excluded.hours, note = excluded.note, updated_at = excluded.updated_at`
	sqlScheduleDayDelete = `
	DELETE FROM schedule_day WHERE tenant = $1 AND instance = $2 AND provider = $3 AND date = $4`
	sqlScheduleDays = `
	SELECT tenant, instance, provider, date, hours, note, updated_at FROM schedule_day
	WHERE tenant = $1 AND instance = $2 AND provider = $3 AND date >= $4 AND date <= $5 ORDER BY date`
)

func scanSchedule(r *row) care.Schedule {
	return care.Schedule{
		Scope: scanScope(r), Provider: r.int(), Hours: r.maybeWeek(), Services: listOf[int64](r), UpdatedAt: r.time(),
	}
}

// maybeWeek reads working hours that may be another's.
func (r *row) maybeWeek() *care.Week {
	if r.rows.Null(r.column) {
		r.next()
		return nil
	}
	w := r.week()
	return &w
}

func scanScheduleDay(r *row) care.ScheduleDay {
	d := care.ScheduleDay{Scope: scanScope(r), Provider: r.int(), Date: r.text()}
	var err error
	if d.Spans, err = care.ParseSpans(r.text()); err != nil {
		r.fail(err)
	}
	d.Note, d.UpdatedAt = r.text(), r.time()
	return d
}

func (t *tx) PutSchedule(v care.Schedule) error {
	if err := t.admit("schedule", []string{"provider"}, nil, sqlScheduleAdmit, v.Tenant, v.Instance, v.Provider); err != nil {
		return err
	}
	services, err := listText(v.Services)
	if err != nil {
		return err
	}
	var hours any
	if v.Hours != nil {
		hours = v.Hours.String()
	}
	_, err = t.exec(sqlSchedulePut, v.Tenant, v.Instance, v.Provider, hours, services, micros(v.UpdatedAt))
	return err
}

func (t *tx) Schedule(s care.Scope, provider int64) (care.Schedule, error) {
	return one(t, "schedule", scanSchedule, sqlSchedule, s.Tenant, s.Instance, provider)
}

func (t *tx) PutScheduleDay(v care.ScheduleDay) error {
	if err := t.admit("schedule_day", []string{"provider"}, nil, sqlScheduleAdmit, v.Tenant, v.Instance, v.Provider); err != nil {
		return err
	}
	_, err := t.exec(sqlScheduleDayPut, v.Tenant, v.Instance, v.Provider, v.Date, v.Spans.String(), v.Note, micros(v.UpdatedAt))
	return err
}

func (t *tx) DeleteScheduleDay(s care.Scope, provider int64, date string) error {
	return t.change("schedule_day", sqlScheduleDayDelete, s.Tenant, s.Instance, provider, date)
}

func (t *tx) ScheduleDays(s care.Scope, provider int64, first, last string) ([]care.ScheduleDay, error) {
	return all(t, scanScheduleDay, sqlScheduleDays, s.Tenant, s.Instance, provider, first, last)
}
