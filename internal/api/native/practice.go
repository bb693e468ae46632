package native

import (
	"context"
	"errors"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

// WeekHours are working hours by day; a day that is left out is free.
type WeekHours struct {
	Mon []string `json:"mon,omitempty" nullable:"false" maxItems:"20" doc:"Like [\"09:00-12:00\", \"13:00-17:00\"], in steps of five minutes; what lies between is a break"`
	Tue []string `json:"tue,omitempty" nullable:"false" maxItems:"20"`
	Wed []string `json:"wed,omitempty" nullable:"false" maxItems:"20"`
	Thu []string `json:"thu,omitempty" nullable:"false" maxItems:"20"`
	Fri []string `json:"fri,omitempty" nullable:"false" maxItems:"20"`
	Sat []string `json:"sat,omitempty" nullable:"false" maxItems:"20"`
	Sun []string `json:"sun,omitempty" nullable:"false" maxItems:"20"`
}

func (h *WeekHours) days() [7]*[]string {
	return [7]*[]string{&h.Sun, &h.Mon, &h.Tue, &h.Wed, &h.Thu, &h.Fri, &h.Sat}
}

func lowerWeek(w care.Week) WeekHours {
	var h WeekHours
	for i, to := range h.days() {
		if len(w[i]) > 0 {
			*to = lowerSpans(w[i])
		}
	}
	return h
}

func lowerSpans(spans care.Spans) []string {
	out := make([]string, len(spans))
	for i, s := range spans {
		out[i] = s.String()
	}
	return out
}

// lift names every day whose hours are faulty.
func (h WeekHours) lift() (care.Week, error) {
	var w care.Week
	var bad care.Problems
	for i, day := range h.days() {
		spans, err := liftSpans(*day)
		if e, faulty := errors.AsType[*care.Error](err); faulty {
			bad.Add("hours."+care.Weekdays()[i], e.Fields["hours"])
		}
		w[i] = spans
	}
	return w, bad.Err()
}

func liftSpans(texts []string) (care.Spans, error) {
	spans := make(care.Spans, len(texts))
	for i, text := range texts {
		var err error
		if spans[i], err = care.ParseSpan(text); err != nil {
			return nil, err
		}
	}
	return spans.Joined()
}

type practiceSettings struct {
	CustomerCode  string    `json:"customerCode" doc:"By which partners name the practice; unique in the tenant"`
	TimeZone      string    `json:"timezone" doc:"IANA name"`
	Languages     []string  `json:"languages" nullable:"false"`
	Hours         WeekHours `json:"hours" doc:"Of providers that have none of their own"`
	NoticeMinutes int64     `json:"noticeMinutes" doc:"How long before its start a slot can be booked last"`
	HorizonDays   int64     `json:"horizonDays" doc:"How many days ahead a slot can be booked"`
	SignupOpen    bool      `json:"signupOpen" doc:"Whether there is a sign-up code; it is shown only when it is made"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

func lowerPractice(p practice.Settings) practiceSettings {
	return practiceSettings{
		CustomerCode: p.CustomerCode, TimeZone: p.TimeZone, Languages: p.Languages, Hours: lowerWeek(p.Hours), NoticeMinutes: p.NoticeMinutes,
		HorizonDays: p.HorizonDays, SignupOpen: len(p.SignupHash) > 0, UpdatedAt: p.UpdatedAt.UTC(),
	}
}

func (s *Surface) getPractice(ctx context.Context, c call, _ struct{}) (practiceSettings, error) {
	p, err := s.Practice.Settings(ctx, c.Actor, c.Scope)
	return lowerPractice(p), err
}

type changePractice struct {
	Body practiceChange
}

type practiceChange struct {
	CustomerCode  *string    `json:"customerCode,omitempty" maxLength:"63"`
	TimeZone      *string    `json:"timezone,omitempty"`
	Languages     *[]string  `json:"languages,omitempty" maxItems:"7" doc:"en, es, ar, it, pt-BR, fr-ca, gu"`
	Hours         *WeekHours `json:"hours,omitempty"`
	NoticeMinutes *int64     `json:"noticeMinutes,omitempty" minimum:"0"`
	HorizonDays   *int64     `json:"horizonDays,omitempty" minimum:"1"`
}

func (s *Surface) changePractice(ctx context.Context, c call, in changePractice) (practiceSettings, error) {
	b := in.Body
	change := practice.Change{CustomerCode: b.CustomerCode, TimeZone: b.TimeZone, Languages: b.Languages, NoticeMinutes: b.NoticeMinutes, HorizonDays: b.HorizonDays}
	if b.Hours != nil {
		week, err := b.Hours.lift()
		if err != nil {
			return practiceSettings{}, err
		}
		change.Hours = &week
	}
	p, err := s.Practice.Change(ctx, c.Actor, c.Scope, change)
	return lowerPractice(p), err
}

type signupCode struct {
	SignupCode string `json:"signupCode" doc:"With it providers sign up. Shown this once"`
}

func (s *Surface) rotateSignupCode(ctx context.Context, c call, _ struct{}) (signupCode, error) {
	code, err := s.Practice.RotateSignupCode(ctx, c.Actor, c.Scope)
	return signupCode{code}, err
}

type service struct {
	ID            int64     `json:"id"`
	Name          string    `json:"name" doc:"Unique in the instance"`
	Minutes       int64     `json:"minutes" doc:"How long it lasts"`
	BufferMinutes int64     `json:"bufferMinutes" doc:"After it, in which its provider is not booked"`
	Retired       bool      `json:"retired" doc:"It takes no new appointments"`
	CreatedAt     time.Time `json:"createdAt"`
	UpdatedAt     time.Time `json:"updatedAt"`
}

func (v service) location() string { return "/services/" + placeOf(v.ID) }

func lowerService(v care.Service) service {
	return service{
		ID: v.ID, Name: v.Name, Minutes: v.Minutes, BufferMinutes: v.BufferMinutes, Retired: v.Retired,
		CreatedAt: v.CreatedAt.UTC(), UpdatedAt: v.UpdatedAt.UTC(),
	}
}

type servicePath struct {
	Service string `path:"service" doc:"The service's id"`
}

func (s *Surface) listServices(ctx context.Context, c call, in pageQuery) (list[service], error) {
	after, err := in.number(c.cursors)
	if err != nil {
		return list[service]{}, err
	}
	found, err := s.Practice.Services(ctx, c.Actor, c.Scope, after, in.limit()+1)
	if err != nil {
		return list[service]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerService, func(v care.Service) string { return placeOf(v.ID) }), nil
}

type createService struct {
	Body newService
}

type newService struct {
	ID            int64  `json:"id,omitempty" minimum:"1" doc:"An id that the service has already; drawn where absent"`
	Name          string `json:"name" maxLength:"200"`
	Minutes       int64  `json:"minutes" minimum:"5" maximum:"720" doc:"In steps of five"`
	BufferMinutes int64  `json:"bufferMinutes,omitempty" minimum:"0" maximum:"240" doc:"In steps of five"`
}

func (s *Surface) createService(ctx context.Context, c call, in createService) (service, error) {
	b := in.Body
	v, err := s.Practice.CreateService(ctx, c.Actor, care.Service{Scope: c.Scope, ID: b.ID, Name: b.Name, Minutes: b.Minutes, BufferMinutes: b.BufferMinutes}, c.once)
	return lowerService(v), err
}

func (s *Surface) getService(ctx context.Context, c call, in servicePath) (service, error) {
	v, err := s.Practice.Service(ctx, c.Actor, c.Scope, numberID(in.Service))
	return lowerService(v), err
}

type changeService struct {
	servicePath
	Body serviceChange
}

type serviceChange struct {
	Name          *string `json:"name,omitempty" maxLength:"200"`
	Minutes       *int64  `json:"minutes,omitempty" minimum:"5" maximum:"720" doc:"Appointments keep the length that they were booked with"`
	BufferMinutes *int64  `json:"bufferMinutes,omitempty" minimum:"0" maximum:"240"`
	Retired       *bool   `json:"retired,omitempty"`
}

func (s *Surface) changeService(ctx context.Context, c call, in changeService) (service, error) {
	b := in.Body
	v, err := s.Practice.ChangeService(ctx, c.Actor, c.Scope, numberID(in.Service), practice.ServiceChange{
		Name: b.Name, Minutes: b.Minutes, BufferMinutes: b.BufferMinutes, Retired: b.Retired,
	})
	return lowerService(v), err
}
