package webui

import (
	"errors"
	"net/http"
	"strings"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// secure reports whether the browser came by TLS, as far as can be known.
func (s *Surface) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(s.publicURL, "https:")
}

// cookieName is bound to this host by its prefix, where that is possible.
func (s *Surface) cookieName(r *http.Request) string {
	if s.secure(r) {
		return "__Host-chartline"
	}
	return "chartline"
}

// setCookie hands the browser a session; an empty token takes it back. It ends
// with the browser: when the session itself ends, the server decides.
func (s *Surface) setCookie(w http.ResponseWriter, r *http.Request, token string) {
	c := &http.Cookie{Name: s.cookieName(r), Value: token, Path: "/", HttpOnly: true, Secure: s.secure(r), SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// session returns who the browser's cookie stands for; see auth.Logins.Session.
func (s *Surface) session(r *http.Request) (care.Actor, care.WebSession, error) {
	c, err := r.Cookie(s.cookieName(r))
	if err != nil {
		return s.people.Session(r.Context(), "")
	}
	return s.people.Session(r.Context(), c.Value)
}

// before returns the session that the browser had until now, if any: whoever
// comes in gets a new one, and the old one ends.
func (s *Surface) before(r *http.Request) (*care.WebSession, error) {
	_, w, err := s.session(r)
	switch care.KindOf(err) {
	case care.KindUnauthenticated, care.KindExpired:
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &w, nil
}

// visitor is who is in.
type visitor struct {
	actor   care.Actor
	session care.WebSession
}

// inside makes a handler of one for who is in.
func (s *Surface) inside(handle func(http.ResponseWriter, *http.Request, visitor) error) func(http.ResponseWriter, *http.Request, httpio.Caller) error {
	return func(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
		v, err := s.visitor(w, r, c)
		if err != nil {
			return err
		}
		return handle(w, r, v)
	}
}

func (s *Surface) visitor(w http.ResponseWriter, r *http.Request, c httpio.Caller) (visitor, error) {
	actor, session, err := s.session(r)
	if err != nil {
		return visitor{}, outside(err, session.Scope)
	}
	actor.Origin = c.Actor.Origin
	noteVisit(w, session.Scope)
	return visitor{actor, session}, nil
}

// noteVisit notes for the log that a person was let in, and where. Who it was is
// for the audit log alone, under the request's id: a person's id may be a
// patient's.
func noteVisit(w http.ResponseWriter, s care.Scope) {
	event := httpio.EventOf(w)
	event.Tenant, event.Instance, event.ActorKind = s.Tenant, s.Instance, care.ActorPerson
}

// away is why somebody is not in, and where they were.
type away struct{ scope care.Scope }

func (a away) Error() string { return "not logged in at " + a.scope.String() }

// outside notes where the session was that has ended, so that the page can lead
// back there.
func outside(err error, scope care.Scope) error {
	if e, ok := errors.AsType[*care.Error](err); ok && scope != (care.Scope{}) && e.Kind == care.KindExpired {
		return &care.Error{Kind: e.Kind, Noun: e.Noun, Message: e.Message, Cause: away{scope}}
	}
	return err
}
