package demo

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/logins"
	"chartline/internal/clinic/people"
	"chartline/internal/clinic/practice"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/visits"
	"chartline/internal/clinic/voice"
	"chartline/internal/demo/audio"
)

// Services are the use cases that the demo goes through.
type Services struct {
	Access     *access.Service
	Logins     *logins.Service
	People     *people.Service
	Practice   *practice.Service
	Chart      *chart.Service
	Visits     *visits.Service
	Voice      *voice.Service
	Recordings *recordings.Service
}

// together is how many changes are made at a time: they share commits.
const together = 64

// Seed brings in what is missing of every clinic. What is there stays as it is,
// so that a seeding that was cut off can be run again.
func (s Services) Seed(ctx context.Context, actor care.Actor) error {
	all := Clinics()
	for _, c := range all {
		if err := s.house(ctx, actor, c); err != nil {
			return fmt.Errorf("seed %s: %w", c.Instance.Scope, err)
		}
	}
	g, ctx := errgroup.WithContext(ctx)
	for _, c := range all {
		g.Go(func() error {
			if err := s.fill(ctx, actor, c); err != nil {
				return fmt.Errorf("seed %s: %w", c.Instance.Scope, err)
			}
			return nil
		})
	}
	return g.Wait()
}

// house makes the tenant and the instance.
func (s Services) house(ctx context.Context, actor care.Actor, c Clinic) error {
	if _, err := s.Access.CreateTenant(ctx, actor, c.Instance.Tenant, c.Title); !isThere(err) {
		return err
	}
	if _, err := s.Access.CreateInstance(ctx, actor, c.Instance); !isThere(err) {
		return err
	}
	return nil
}

// isThere reports whether a creation left the thing there: it was made, or had
// been before.
func isThere(err error) bool { return err == nil || care.KindOf(err) == care.KindConflict }

// fill brings in what hangs on nothing first, then what hangs on that.
func (s Services) fill(ctx context.Context, actor care.Actor, c Clinic) error {
	scope := c.Instance.Scope
	ref := func(number int64) care.PersonRef { return care.PersonRef{Number: number} }
	stages := []func(*errgroup.Group, context.Context){
		func(g *errgroup.Group, ctx context.Context) {
			each(g, c.Providers, func(p care.Provider) error {
				_, err := s.People.CreateProvider(ctx, actor, p, nil)
				return err
			})
			each(g, c.Patients, func(p care.Patient) error {
				_, err := s.People.CreatePatient(ctx, actor, p, nil)
				return err
			})
		},
		func(g *errgroup.Group, ctx context.Context) {
			each(g, c.Team, func(m care.CareTeamMember) error {
				_, err := s.People.AddToCareTeam(ctx, actor, scope, care.PersonRef{ID: m.Patient}, ref(m.Provider), m.Role, nil)
				return err
			})
			each(g, c.Encounters, func(e care.Encounter) error {
				_, err := s.Visits.CreateEncounter(ctx, actor, visits.NewEncounter{Scope: scope, ID: e.ID, Patient: ref(e.Patient), Provider: ref(e.Provider), Complaint: e.Complaint}, nil)
				return err
			})
			each(g, c.Calls, func(v care.Call) error {
				_, err := s.Voice.CreateCall(ctx, actor, care.PersonRef{ID: v.Patient}, v, nil)
				return err
			})
		},
		func(g *errgroup.Group, ctx context.Context) {
			each(g, c.Sessions, func(v care.Session) error {
				_, err := s.Visits.CreateSession(ctx, actor, v, nil)
				return err
			})
		},
	}
	for _, stage := range stages {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(together)
		stage(g, ctx)
		if err := g.Wait(); err != nil {
			return err
		}
	}
	if err := s.book(ctx, actor, c); err != nil {
		return err
	}
	for _, r := range c.Recordings { // in order: the first of a name holds it
		if err := s.record(ctx, actor, scope, r); err != nil {
			return err
		}
	}
	return nil
}

func each[T any](g *errgroup.Group, all []T, create func(T) error) {
	for _, one := range all {
		g.Go(func() error {
			if err := create(one); !isThere(err) {
				return err
			}
			return nil
		})
	}
}

// record takes a clip in as a recording.
func (s Services) record(ctx context.Context, actor care.Actor, scope care.Scope, r Recording) error {
	clip, err := audio.FS.Open(r.Clip)
	if err != nil {
		return err
	}
	up := recordings.Upload{Scope: scope, Name: r.Name, Owner: r.Owner, StartedAt: &r.StartedAt, Consent: r.Consent}
	for _, c := range audio.Clips() {
		if c.File == r.Clip {
			up.ContentType, up.Duration = c.ContentType, ptr(int64(c.Duration.Seconds()))
		}
	}
	out, err := s.Recordings.Upload(ctx, actor, up, clip)
	if err != nil || r.Withhold == "" || out.Recording.WithheldAt != nil {
		return err
	}
	_, err = s.Recordings.Withhold(ctx, recordings.Ask{Actor: actor, Scope: scope, ID: out.Recording.ID, Reason: r.Withhold})
	return err
}
