package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
)

type login struct {
	ID          string     `json:"id" format:"uuid" doc:"Of the patient or provider; staff who are neither have one of their own"`
	Email       string     `json:"email" doc:"What the person logs in with"`
	Role        care.Role  `json:"role" enum:"patient,provider,administrator,auditor"`
	Person      *int64     `json:"personNumber" doc:"The patient's or provider's number"`
	Enabled     bool       `json:"enabled"`
	HasPassword bool       `json:"hasPassword"`
	PasswordAt  *time.Time `json:"passwordAt" doc:"When the password was set"`
	CreatedAt   time.Time  `json:"createdAt"`
	UpdatedAt   time.Time  `json:"updatedAt"`
}

func (l login) location() string { return "/logins/" + l.ID }

func lowerLogin(l care.Login) login {
	out := login{
		ID: l.ID, Email: l.Email, Role: l.Role, Enabled: l.Enabled, HasPassword: l.HasPassword(), PasswordAt: utc(l.PasswordAt),
		CreatedAt: l.CreatedAt.UTC(), UpdatedAt: l.UpdatedAt.UTC(),
	}
	if l.Person != 0 {
		out.Person = &l.Person
	}
	return out
}

type loginPath struct {
	Login string `path:"login" doc:"The log-in's id, or its person's number"`
}

func (s *Surface) listLogins(ctx context.Context, c call, in pageQuery) (list[login], error) {
	after, err := c.cursors.decode(in.Cursor)
	if err != nil {
		return list[login]{}, err
	}
	found, err := s.Logins.List(ctx, c.Actor, c.Scope, after, in.limit()+1)
	if err != nil {
		return list[login]{}, err
	}
	return page(found, in.limit(), c.cursors, lowerLogin, func(l care.Login) string { return l.ID }), nil
}

type createLogin struct {
	Body newLogin
}

type newLogin struct {
	Role   care.Role `json:"role" enum:"patient,provider,administrator,auditor"`
	Person string    `json:"person,omitempty" doc:"The patient's or provider's id or number; for those two roles only"`
	Email  string    `json:"email,omitempty" doc:"What the person logs in with; their own address where absent"`
}

func (s *Surface) createLogin(ctx context.Context, c call, in createLogin) (login, error) {
	l, err := s.Logins.Create(ctx, c.Actor, logins.NewLogin{
		Scope: c.Scope, Role: in.Body.Role, Person: personRef(in.Body.Person), Email: in.Body.Email,
	}, c.once)
	return lowerLogin(l), err
}

func (s *Surface) getLogin(ctx context.Context, c call, in loginPath) (login, error) {
	l, err := s.Logins.Login(ctx, c.Actor, c.Scope, in.Login)
	return lowerLogin(l), err
}

type changeLogin struct {
	loginPath
	Body loginChange
}

type loginChange struct {
	Enabled optional[bool] `json:"enabled,omitzero" doc:"False ends the person's sessions at once"`
}

func (s *Surface) changeLogin(ctx context.Context, c call, in changeLogin) (login, error) {
	if in.Body.Enabled.Given && in.Body.Enabled.Value == nil {
		return login{}, care.Invalid("enabled", "must be true or false")
	}
	l, err := s.Logins.Change(ctx, c.Actor, c.Scope, in.Login, in.Body.Enabled.Value)
	return lowerLogin(l), err
}

// passwordLink is shown once: only the hash of its token is kept.
type passwordLink struct {
	Path      string    `json:"path" doc:"Where the link leads, below the address that people see; works once"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// setPasswordLink makes a new link each time, whatever the Idempotency-Key: an
// answer that is kept to be given again would keep the link.
func (s *Surface) setPasswordLink(ctx context.Context, c call, in loginPath) (passwordLink, error) {
	made, err := s.Logins.SetPasswordLink(ctx, c.Actor, c.Scope, in.Login)
	if err != nil {
		return passwordLink{}, err
	}
	return passwordLink{Path: logins.PasswordPath + "?token=" + made.Token, ExpiresAt: made.ExpiresAt.UTC()}, nil
}
