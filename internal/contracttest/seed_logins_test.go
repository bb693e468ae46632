package contracttest

import (
	"cmp"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
	"chartline/internal/testkit"
)

// seedLogins are the people of an instance who log in.
type seedLogins struct {
	Logins []seedLogin
}

type seedLogin struct {
	As       string
	Person   int64 // a patient's or provider's number
	Role     care.Role
	Email    string
	Password string // none where empty
	Disabled bool
}

func (w *world) plantLogins(scope care.Scope, s seedLogins) {
	w.t.Helper()
	ctx, operator := w.t.Context(), testkit.Operator()
	for _, p := range s.Logins {
		l, err := w.kit.Logins.Create(ctx, operator, logins.NewLogin{
			Scope: scope, Role: cmp.Or(p.Role, care.RolePatient), Person: care.PersonRef{Number: p.Person}, Email: p.Email,
		}, nil)
		w.must(err)
		w.name(p.As, l.ID)
		if p.Password != "" {
			made, err := w.kit.Logins.SetPasswordLink(ctx, operator, scope, l.ID)
			w.must(err)
			link, l, err := w.kit.Entry.Link(ctx, made.Token, care.LinkSetPassword)
			w.must(err)
			w.must(w.kit.Logins.SetPassword(ctx, care.Origin{}, link, l, p.Password))
			w.secrets = append(w.secrets, p.Password)
		}
		if p.Disabled {
			_, err := w.kit.Logins.SetEnabled(ctx, operator, scope, l.ID, false)
			w.must(err)
		}
	}
}
