package practice

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"strings"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Settings are a practice with its instance's time zone.
type Settings struct {
	care.Practice
	TimeZone string
}

// Settings returns a practice. Errors: NotFound, Forbidden.
func (s *Service) Settings(ctx context.Context, actor care.Actor, scope care.Scope) (Settings, error) {
	q := gate.Request{Actor: actor, Action: policy.PracticeRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locatePractice(scope), func(tx store.Tx) (Settings, error) { return settings(tx, scope) })
}

// Practices lists a tenant's by instance; there are never many. Errors: NotFound
// (tenant), Forbidden.
func (s *Service) Practices(ctx context.Context, actor care.Actor, tenant string) ([]Settings, error) {
	q := gate.Request{Actor: actor, Action: policy.PracticeRead, Scope: care.Scope{Tenant: tenant}}
	return gate.Read(ctx, s.gate, q, func(tx store.Tx) (care.Target, error) {
		_, err := tx.Tenant(tenant)
		return care.Target{Noun: "tenant", ID: tenant}, err
	}, func(tx store.Tx) ([]Settings, error) {
		instances, err := tx.Instances(tenant)
		var out []Settings
		for _, in := range instances {
			p, err := tx.Practice(in.Scope)
			if err != nil {
				return nil, err
			}
			out = append(out, Settings{p, in.TimeZone})
		}
		return out, err
	})
}

func settings(tx store.Tx, scope care.Scope) (Settings, error) {
	p, err := tx.Practice(scope)
	if err != nil {
		return Settings{}, err
	}
	in, err := tx.Instance(scope)
	return Settings{p, in.TimeZone}, err
}

func locatePractice(scope care.Scope) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		_, err := tx.Practice(scope)
		return care.Target{Noun: "practice", ID: scope.Instance}, err
	}
}

// Change is what can be changed of a practice; what is nil stays.
type Change struct {
	CustomerCode  *string
	TimeZone      *string
	Languages     *[]string
	Hours         *care.Week
	NoticeMinutes *int64
	HorizonDays   *int64
}

// Change changes a practice. Errors: Invalid, NotFound, Conflict (customerCode),
// Forbidden.
func (s *Service) Change(ctx context.Context, actor care.Actor, scope care.Scope, c Change) (Settings, error) {
	q := gate.Request{Actor: actor, Action: policy.PracticeWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locatePractice(scope), func(tx store.Tx) (Settings, error) {
		now, err := settings(tx, scope)
		if err != nil {
			return now, err
		}
		return now, c.make(tx, &now, s.gate)
	})
}

// apply changes to, or names what it cannot be.
func (c Change) apply(to *Settings) error {
	care.Replace(&to.CustomerCode, c.CustomerCode)
	care.Replace(&to.Languages, c.Languages)
	care.Replace(&to.Hours, c.Hours)
	care.Replace(&to.NoticeMinutes, c.NoticeMinutes)
	care.Replace(&to.HorizonDays, c.HorizonDays)
	care.Replace(&to.TimeZone, c.TimeZone)
	var bad care.Problems
	bad.Include(to.Check())
	bad.Check(care.ValidTimeZone(to.TimeZone), "timezone", "must be an IANA zone name")
	return bad.Err()
}

func (c Change) make(tx store.Tx, to *Settings, g *gate.Gate) error {
	if err := c.apply(to); err != nil {
		return err
	}
	to.UpdatedAt = g.Now()
	if c.TimeZone != nil {
		in, err := tx.Instance(to.Scope)
		if err != nil {
			return err
		}
		in.TimeZone, in.UpdatedAt = to.TimeZone, to.UpdatedAt
		if err := tx.UpdateInstance(in); err != nil {
			return err
		}
	}
	return tx.UpdatePractice(to.Practice)
}

// NewPractice is an instance to be made with its practice.
type NewPractice struct {
	Instance care.Instance
	Change
}

// Create makes an instance, and says what its practice is in the same breath.
// Errors: Invalid, NotFound (tenant), Conflict (name, customerCode), Forbidden.
func (s *Service) Create(ctx context.Context, actor care.Actor, in NewPractice) (Settings, error) {
	if err := in.Instance.Check(); err != nil {
		return Settings{}, err
	}
	in.Instance.CreatedAt = s.gate.Now()
	in.Instance.UpdatedAt = in.Instance.CreatedAt
	scope := in.Instance.Scope
	q := gate.Request{Actor: actor, Action: policy.InstanceWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, func(store.Tx) (care.Target, error) {
		return care.Target{Noun: "practice", ID: scope.Instance}, nil
	}, func(tx store.Tx) (Settings, error) {
		made := Settings{care.NewPractice(in.Instance), in.Instance.TimeZone}
		if _, err := tx.Tenant(scope.Tenant); err != nil {
			return made, err
		}
		in.TimeZone = nil // the instance has it
		if err := in.apply(&made); err != nil {
			return made, err
		}
		if err := tx.CreateInstance(in.Instance); err != nil {
			return made, err
		}
		return made, tx.CreatePractice(made.Practice)
	})
}

// RotateSignupCode gives the practice a new sign-up code and returns it, this
// once: the one before is worth nothing any more. Errors: NotFound, Forbidden.
func (s *Service) RotateSignupCode(ctx context.Context, actor care.Actor, scope care.Scope) (string, error) {
	code := newSignupCode()
	q := gate.Request{Actor: actor, Action: policy.PracticeWrite, Scope: scope, Reason: "new sign-up code"}
	_, err := gate.Write(ctx, s.gate, q, locatePractice(scope), func(tx store.Tx) (struct{}, error) {
		p, err := tx.Practice(scope)
		if err != nil {
			return struct{}{}, err
		}
		p.SignupHash, p.UpdatedAt = hashSignupCode(code), s.gate.Now()
		return struct{}{}, tx.UpdatePractice(p)
	})
	if err != nil {
		return "", err
	}
	return code, nil
}

// newSignupCode returns 100 random bits as people can type them.
func newSignupCode() string {
	text := strings.ToLower(rand.Text()[:20])
	return text[:5] + "-" + text[5:10] + "-" + text[10:15] + "-" + text[15:]
}

// hashSignupCode is what is kept of a code; capitals and dashes do not count.
func hashSignupCode(code string) []byte {
	plain := strings.ReplaceAll(strings.ToLower(strings.TrimSpace(code)), "-", "")
	sum := sha256.Sum256([]byte("sign-up\x00" + plain))
	return sum[:]
}

// At returns the data set of the practice that a customer code names: scope's
// own where it names none. Errors: NotFound (practice), also for one that the
// actor may not use.
func (s *Service) At(ctx context.Context, q gate.Request, customerCode string) (care.Scope, error) {
	if customerCode == "" {
		return q.Scope, nil
	}
	scope := q.Scope
	_, err := s.gate.Check(ctx, q, func(tx store.Tx) (care.Target, error) {
		var err error
		scope, err = gate.FindPractice(tx, q.Actor, q.Scope, customerCode)
		return care.Target{Noun: "practice"}, err
	})
	return scope, err
}
