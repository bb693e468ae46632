package webui

import (
	"net/http"
	"net/url"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/policy"
)

// maxForm bounds what a form sends: the longest password twice, escaped, and
// the rest.
const maxForm = 32 << 10

// ssoLogin is where a partner sends a browser with a token of /sso/token.
func (s *Surface) ssoLogin(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	link, l, err := s.people.Link(r.Context(), r.URL.Query().Get("token"), care.LinkSSO)
	if err != nil {
		return badLink(s.logins.LinkRefused(r.Context(), c.Actor.Origin, policy.LoginEnter, link, l, err))
	}
	if r.Method == http.MethodHead { // whoever only looks uses nothing up
		return redirect(w, http.StatusFound, link.Target)
	}
	before, err := s.before(r)
	if err != nil {
		return err
	}
	in, err := s.logins.EnterByLink(r.Context(), c.Actor.Origin, link, l, before)
	if err != nil {
		return badLink(err)
	}
	noteVisit(w, l.Scope)
	s.setCookie(w, r, in.Token)
	return redirect(w, http.StatusFound, in.Target)
}

// badLink says of a link that lets nobody in that it does not: 400 here, as
// published, since no browser could answer a 401.
func badLink(err error) error {
	switch care.KindOf(err) {
	case care.KindUnauthenticated, care.KindExpired:
		return &care.Error{Kind: care.KindInvalid, Noun: "login_link", Message: "This link has been used, has expired, or is not a valid one."}
	}
	return err
}

// redirect answers with a place that was checked: one of our own paths, or a
// configured URL.
func redirect(w http.ResponseWriter, status int, to string) error {
	h := w.Header()
	h.Set("Location", to)
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer") // the token stays here
	w.WriteHeader(status)
	return nil
}

// loginView is what the log-in form shows.
type loginView struct {
	view
	Action string
	Email  string // as it was sent
	Wrong  string
	Note   string // why somebody is here
}

const awayNote = "You were away for a while, so you have been logged out."

// entrance finds the practice whose form is asked for.
func (s *Surface) entrance(r *http.Request) (care.Scope, loginView, error) {
	scope := care.Scope{Tenant: r.PathValue("tenant"), Instance: r.PathValue("instance")}
	v, err := s.loginView(r, scope)
	return scope, v, err
}

func (s *Surface) loginView(r *http.Request, scope care.Scope) (loginView, error) {
	in, err := s.people.Entrance(r.Context(), scope)
	return loginView{view: s.outsideView("Log in", in.Title), Action: loginPath(scope)}, err
}

// loginForm shows the log-in form of one practice.
func (s *Surface) loginForm(w http.ResponseWriter, r *http.Request, _ httpio.Caller) error {
	_, v, err := s.entrance(r)
	if err != nil {
		return err
	}
	switch q := r.URL.Query(); {
	case q.Has("set"):
		v.Note = "Your password is set. Log in with it."
	case q.Has("away"):
		v.Note = awayNote
	}
	return s.pages.write(w, http.StatusOK, "login.html", v)
}

// login lets a person in by the form.
func (s *Surface) login(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	scope, v, err := s.entrance(r)
	if err != nil {
		return err
	}
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	before, err := s.before(r)
	if err != nil {
		return err
	}
	email, origin := form.Get("email"), c.Actor.Origin
	l, err := s.people.Password(r.Context(), scope, email, form.Get("password"), origin.Address)
	if err != nil {
		nobody := care.Actor{Kind: care.ActorNobody, Origin: origin}
		err = s.logins.PasswordRefused(r.Context(), nobody, policy.LoginEnter, scope, email, err)
		if care.KindOf(err) == care.KindBadSecret {
			v.Wrong, v.Faulty = "That e-mail address and password do not fit.", true
			if care.ValidEmail(email) {
				v.Email = email
			}
			return s.pages.write(w, http.StatusBadRequest, "login.html", v)
		}
		return err
	}
	in, err := s.logins.EnterByPassword(r.Context(), origin, l, before)
	if err != nil {
		return err
	}
	noteVisit(w, l.Scope)
	s.setCookie(w, r, in.Token)
	return redirect(w, http.StatusSeeOther, in.Target)
}

// readForm reads a form's fields. Errors: TooLarge, Timeout, Invalid,
// UnsupportedMedia.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		return nil, &care.Error{Kind: care.KindUnsupportedMedia}
	}
	body, err := httpio.ReadBody(w, r, maxForm)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, care.Invalid("body", "must be a form")
	}
	return form, nil
}

// logout ends the session, also one that had ended by itself.
func (s *Surface) logout(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	v, err := s.visitor(w, r, c)
	switch care.KindOf(err) {
	case care.KindUnauthenticated, care.KindExpired:
		s.setCookie(w, r, "")
		return err
	}
	if err != nil {
		return err
	}
	if err := s.logins.Leave(r.Context(), v.actor, v.session); err != nil {
		return err
	}
	s.setCookie(w, r, "")
	return redirect(w, http.StatusSeeOther, loginPath(v.session.Scope))
}
