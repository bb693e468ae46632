package practice

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// Wrong sign-up codes are counted by client and practice.
const (
	wrongCodeLimit  = 10
	wrongCodeWindow = 15 * time.Minute
)

// Signup is a provider who signs up with the practice's code.
type Signup struct {
	care.Scope
	Code     string
	Provider care.Provider
	Details  care.Details
	Password string
}

// about are words that the password must not be.
func (s Signup) about() []string {
	return []string{s.Provider.Email, s.Provider.FirstName, s.Provider.LastName}
}

// SignUp makes a provider, with a log-in where they have an e-mail address. They
// have the practice's hours and services, and see no patient until somebody puts
// them into a care team. Errors: Forbidden (a wrong code too), RateLimited,
// Invalid, Conflict (email), TooLarge (password).
func (s *Service) SignUp(ctx context.Context, actor care.Actor, in Signup) (care.Provider, error) {
	if err := s.CheckSignup(&in); err != nil {
		return care.Provider{}, err
	}
	q := gate.Request{Actor: actor, Action: policy.ProviderSignup, Scope: in.Scope}
	if err := s.checkCode(ctx, q, in.Code); err != nil {
		return care.Provider{}, err
	}
	hash, err := s.hashPassword(ctx, in.Password, in.about()...)
	if err != nil {
		if noted := s.gate.Note(ctx, q, care.Target{Noun: "provider"}, care.OutcomeFailed, care.KindOf(err).String()); noted != nil {
			return care.Provider{}, noted
		}
		return care.Provider{}, err
	}
	made, err := gate.Write(ctx, s.gate, q, gate.Nothing("provider"), func(tx store.Tx) (gate.Made[care.Provider], error) {
		if err := codeTriesOf(q, s.gate.Now()).limited(tx); err != nil {
			return gate.Made[care.Provider]{}, err
		}
		p, err := s.signUp(tx, in, hash)
		return gate.Made[care.Provider]{Value: p, Target: providerTarget(p, "provider")}, err
	})
	return made.Value, err
}

// CheckSignup names every faulty field of a sign-up by itself, before the code or
// anything stored is looked at. Errors: Invalid.
func (s *Service) CheckSignup(in *Signup) error {
	var bad care.Problems
	bad.Include(in.Provider.Check())
	bad.Include(in.Details.Check())
	bad.Check(in.Provider.FirstName != "", "firstName", "is required")
	bad.Check(in.Provider.Email != "" || in.Provider.Phone != "", "email", "is required, or phone")
	bad.Check(in.Password != "", "password", "is required")
	s.checkPassword(&bad, in.Password, in.about()...)
	if born, ok := care.ParseDate(in.Details.BirthDate); ok {
		bad.Check(!born.After(s.gate.Now().Add(care.EarliestZone)), "birthDate", "must not be in the future")
	}
	return bad.Err()
}

func (s *Service) signUp(tx store.Tx, in Signup, hash string) (care.Provider, error) {
	p, now := in.Provider, s.gate.Now()
	practice, err := tx.Practice(in.Scope)
	if err != nil {
		return p, err
	}
	if !admits(practice, in.Code) { // it was changed meanwhile
		return p, errWrongCode()
	}
	if p.Email != "" {
		if there, err := tx.ProvidersByEmail(in.Scope, p.Email, 1); err != nil || len(there) > 0 {
			return p, firstOf(err, care.Conflict("provider", "email"))
		}
	}
	p.Scope, p.ID, p.CreatedAt, p.UpdatedAt = in.Scope, uuid.NewString(), now, now
	if p.Number, err = tx.NextPerson(in.Scope, now.Year()); err != nil {
		return p, err
	}
	if err := tx.CreateProvider(p); err != nil {
		return p, err
	}
	in.Details.Scope = in.Scope
	if err := putDetails(tx, in.Details, p.Number); err != nil || p.Email == "" {
		return p, err
	}
	return p, tx.CreateLogin(care.ProviderLogin(p, hash, now))
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func errWrongCode() error {
	return &care.Error{Kind: care.KindForbidden, Noun: "provider", Message: "the sign-up code is not right"}
}

// codeTries are a client's wrong codes at a practice, counted.
type codeTries struct {
	key        string
	now, since time.Time
}

func codeTriesOf(q gate.Request, now time.Time) codeTries {
	sum := sha256.Sum256([]byte(q.Scope.String() + "\x00" + string(q.Actor.Kind) + "\x00" + q.Actor.ID))
	return codeTries{key: "signup:" + hex.EncodeToString(sum[:16]), now: now, since: now.Add(time.Microsecond - wrongCodeWindow)}
}

// limited returns RateLimited where too many were wrong.
func (c codeTries) limited(tx store.Tx) error {
	wrong, began, err := tx.Attempts(c.key, c.since)
	if err != nil || wrong < wrongCodeLimit || began.After(c.now) { // one of the future is of a wrong clock
		return err
	}
	return &care.Error{
		Kind: care.KindRateLimited, Noun: "provider", Message: "too many wrong sign-up codes", RetryAfter: max(began.Add(wrongCodeWindow).Sub(c.now), time.Second),
	}
}

// refusal is what became of showing a wrong code.
type refusal struct{ why error }

// Refused says so; see gate.Refuser.
func (r refusal) Refused() string {
	if care.KindOf(r.why) == care.KindRateLimited {
		return "too many wrong sign-up codes"
	}
	return "wrong sign-up code"
}

// checkCode refuses a wrong code, and counts it. It comes before the password is
// hashed, which costs more than anything else here. That the right one was not
// found by guessing, signUp proves once more: many codes shown at once guess no
// more often.
func (s *Service) checkCode(ctx context.Context, q gate.Request, code string) error {
	var (
		tries   = codeTriesOf(q, s.gate.Now())
		right   bool
		limited error
	)
	_, err := s.gate.Check(ctx, q, func(tx store.Tx) (care.Target, error) {
		t := care.Target{Noun: "provider"}
		p, err := tx.Practice(q.Scope)
		if err != nil {
			return t, err
		}
		right = admits(p, code)
		if limited = tries.limited(tx); care.KindOf(limited) != care.KindRateLimited {
			err = limited
		}
		return t, err
	})
	switch {
	case err != nil:
		return err
	case limited != nil:
		return firstOf(s.gate.Note(ctx, q, care.Target{Noun: "provider"}, care.OutcomeRefused, refusal{limited}.Refused()), limited)
	case right:
		return nil
	}
	refused, err := gate.Write(ctx, s.gate, q, gate.Nothing("provider"), func(tx store.Tx) (refusal, error) {
		switch err := tries.limited(tx); {
		case care.KindOf(err) == care.KindRateLimited:
			return refusal{err}, nil
		case err != nil:
			return refusal{}, err
		}
		_, _, err := tx.CountAttempt(tries.key, tries.since, tries.now)
		return refusal{errWrongCode()}, err
	})
	return firstOf(err, refused.why)
}

// admits reports whether code is the practice's sign-up code.
func admits(p care.Practice, code string) bool {
	return len(p.SignupHash) > 0 && subtle.ConstantTimeCompare(p.SignupHash, hashSignupCode(code)) == 1
}
