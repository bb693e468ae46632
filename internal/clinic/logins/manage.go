package logins

import (
	"context"
	"strings"
	"time"

	"github.com/google/uuid"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// NewLogin is what a log-in is made of.
type NewLogin struct {
	Scope care.Scope
	Role  care.Role
	// Person is the patient or provider; nobody for the other roles.
	Person care.PersonRef
	// Email is the person's own where empty.
	Email string
}

// Create makes a log-in without a password; see SetPasswordLink. Errors: Invalid,
// NotFound (patient, provider), Conflict (the person or the address has one),
// Forbidden.
func (s *Service) Create(ctx context.Context, actor care.Actor, in NewLogin, once *care.Once) (care.Login, error) {
	q := gate.Request{Actor: actor, Action: policy.LoginWrite, Scope: in.Scope, Once: once, Reason: "create " + string(in.Role)}
	id := uuid.NewString()
	made, err := gate.Write(ctx, s.gate, q, gate.Nothing("login"), func(tx store.Tx) (gate.Made[care.Login], error) {
		l, err := s.make(tx, in, id)
		if err == nil {
			err = l.Check()
		}
		if err == nil {
			err = tx.CreateLogin(l)
		}
		return gate.Made[care.Login]{Value: l, Target: loginTarget(l)}, err
	})
	return made.Value, err
}

func (s *Service) make(tx store.Tx, in NewLogin, id string) (care.Login, error) {
	var l care.Login
	switch in.Role {
	case care.RolePatient:
		p, err := gate.FindPatient(tx, in.Scope, in.Person)
		if err != nil {
			return l, err
		}
		l = care.PatientLogin(p, "", s.gate.Now())
	case care.RoleProvider:
		p, err := gate.FindProvider(tx, in.Scope, in.Person)
		if err != nil {
			return l, err
		}
		l = care.ProviderLogin(p, "", s.gate.Now())
	default:
		if in.Person != (care.PersonRef{}) {
			return l, care.Invalid("person", "is for patients and providers")
		}
		l = care.StaffLogin(in.Scope, id, in.Email, in.Role, s.gate.Now())
	}
	if in.Email != "" {
		l.Email = care.LoginEmail(in.Email)
	}
	return l, nil
}

// List lists log-ins by id, those after the given one: an address has no place in
// a cursor.
func (s *Service) List(ctx context.Context, actor care.Actor, scope care.Scope, after string, limit int) ([]care.Login, error) {
	q := gate.Request{Actor: actor, Action: policy.LoginRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, gate.Nothing("login"), func(tx store.Tx) ([]care.Login, error) {
		return tx.Logins(scope, after, limit)
	})
}

// Login returns one, by its id, its person's number or its address. Errors:
// NotFound, Forbidden.
func (s *Service) Login(ctx context.Context, actor care.Actor, scope care.Scope, ref string) (care.Login, error) {
	var l care.Login
	q := gate.Request{Actor: actor, Action: policy.LoginRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locateRef(scope, ref, &l), func(store.Tx) (care.Login, error) { return l, nil })
}

// SetEnabled lets a person in again, or no more: their sessions and links end at
// once. Errors: NotFound, Forbidden.
func (s *Service) SetEnabled(ctx context.Context, actor care.Actor, scope care.Scope, ref string, enabled bool) (care.Login, error) {
	return s.Change(ctx, actor, scope, ref, &enabled)
}

// Change is SetEnabled where enabled is given, and changes nothing where it is nil.
func (s *Service) Change(ctx context.Context, actor care.Actor, scope care.Scope, ref string, enabled *bool) (care.Login, error) {
	var l care.Login
	q := gate.Request{Actor: actor, Action: policy.LoginWrite, Scope: scope}
	if enabled != nil {
		q.Reason = map[bool]string{true: "enable", false: "disable"}[*enabled]
	}
	return gate.Write(ctx, s.gate, q, locateRef(scope, ref, &l), func(tx store.Tx) (care.Login, error) {
		l := l
		if enabled == nil {
			return l, nil
		}
		l.Enabled, l.UpdatedAt = *enabled, s.gate.Now()
		if err := tx.UpdateLogin(l); err != nil || l.Enabled {
			return l, err
		}
		for _, purpose := range []care.LinkPurpose{care.LinkSSO, care.LinkSetPassword} {
			if err := tx.DeleteLoginLinks(scope, l.ID, purpose); err != nil {
				return l, err
			}
		}
		return l, tx.DeleteWebSessions(scope, l.ID)
	})
}

// PasswordLink is a link with which a person sets their password. Its token is
// shown this once.
type PasswordLink struct {
	Login     care.Login
	Token     string
	ExpiresAt time.Time
}

// SetPasswordLink makes a link with which the person sets their first or next
// password, and ends the one made before. Errors: NotFound, Conflict (the log-in
// is disabled), Forbidden.
func (s *Service) SetPasswordLink(ctx context.Context, actor care.Actor, scope care.Scope, ref string) (PasswordLink, error) {
	token, hash := newSecret("chp_")
	now := s.gate.Now()
	var l care.Login
	q := gate.Request{Actor: actor, Action: policy.LoginWrite, Scope: scope, Reason: "set-password link"}
	_, err := gate.Write(ctx, s.gate, q, locateRef(scope, ref, &l), func(tx store.Tx) (struct{}, error) {
		if !l.Enabled {
			return struct{}{}, &care.Error{Kind: care.KindConflict, Noun: "login", Message: "the log-in is disabled"}
		}
		if err := tx.DeleteLoginLinks(scope, l.ID, care.LinkSetPassword); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.CreateLoginLink(care.LoginLink{
			Scope: scope, Hash: hash, Login: l.ID, Purpose: care.LinkSetPassword, IssuedAt: now, ExpiresAt: now.Add(PasswordLinkLife),
		})
	})
	if err != nil {
		return PasswordLink{}, err
	}
	return PasswordLink{Login: l, Token: token, ExpiresAt: now.Add(PasswordLinkLife)}, nil
}

// locateRef finds a log-in by its id, its person's number or its address.
func locateRef(scope care.Scope, ref string, l *care.Login) func(store.Tx) (care.Target, error) {
	return func(tx store.Tx) (care.Target, error) {
		var err error
		if *l, err = find(tx, scope, ref); err != nil {
			return care.Target{Noun: "login"}, err
		}
		return loginTarget(*l), nil
	}
}

func find(tx store.Tx, scope care.Scope, ref string) (care.Login, error) {
	if strings.Contains(ref, "@") {
		return tx.LoginByEmail(scope, care.LoginEmail(ref))
	}
	person, ok := care.ParsePersonRef(ref)
	switch {
	case !ok:
		return care.Login{}, care.NotFound("login")
	case person.ID != "":
		return tx.Login(scope, person.ID)
	}
	if p, err := tx.PatientByNumber(scope, person.Number); err == nil {
		return tx.Login(scope, p.ID)
	} else if !care.IsNotFound(err) {
		return care.Login{}, err
	}
	p, err := tx.Provider(scope, person.Number)
	if care.IsNotFound(err) {
		return care.Login{}, care.NotFound("login")
	}
	if err != nil {
		return care.Login{}, err
	}
	return tx.Login(scope, p.ID)
}
