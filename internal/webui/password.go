package webui

import (
	"errors"
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/policy"
)

// passwordView is what the page that sets a password shows.
type passwordView struct {
	view
	Action string
	Token  string
	Email  string
	Least  int
	Wrong  string
	// Mistyped reports that Wrong is about the second of the two.
	Mistyped bool
}

// passwordForm shows the page that a set-password link leads to. The link is
// used up when the form is sent, so that a mail scanner does no harm.
func (s *Surface) passwordForm(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	token := r.URL.Query().Get("token")
	_, v, err := s.passwordLink(r, c, token)
	if err != nil {
		return err
	}
	return s.pages.write(w, http.StatusOK, "password.html", v)
}

// found is a set-password link and whose it is.
type found struct {
	link care.LoginLink
	l    care.Login
}

func (s *Surface) passwordLink(r *http.Request, c httpio.Caller, token string) (found, passwordView, error) {
	link, l, err := s.people.Link(r.Context(), token, care.LinkSetPassword)
	if err != nil {
		return found{}, passwordView{}, badLink(s.logins.LinkRefused(r.Context(), c.Actor.Origin, policy.LoginSecret, link, l, err))
	}
	in, err := s.people.Entrance(r.Context(), l.Scope)
	v := passwordView{view: s.outsideView("Set your password", in.Title), Action: setPasswordPath, Token: token, Email: l.Email, Least: s.passwords.Least()}
	return found{link, l}, v, err
}

// setPassword sets the password and leads to the log-in form.
func (s *Surface) setPassword(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	form, err := readForm(w, r)
	if err != nil {
		return err
	}
	at, v, err := s.passwordLink(r, c, form.Get("token"))
	if err != nil {
		return err
	}
	password := form.Get("password")
	if password != form.Get("again") {
		v.Wrong, v.Mistyped, v.Faulty = "The two passwords are not the same.", true, true
		return s.pages.write(w, http.StatusBadRequest, "password.html", v)
	}
	err = s.logins.SetPassword(r.Context(), c.Actor.Origin, at.link, at.l, password)
	if e, ok := errors.AsType[*care.Error](err); ok && e.Kind == care.KindInvalid {
		v.Wrong, v.Faulty = "That password "+e.Fields["password"]+". Choose another.", true
		return s.pages.write(w, http.StatusBadRequest, "password.html", v)
	}
	if err != nil {
		return badLink(err)
	}
	noteVisit(w, at.l.Scope)
	return redirect(w, http.StatusSeeOther, loginPath(at.l.Scope)+"?set")
}
