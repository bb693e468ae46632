package webui

import (
	"errors"
	"net/http"

	"chartline/internal/care"
)

// problemView is what a page about a failure shows.
type problemView struct {
	view
	Text    string
	ErrorID string
}

// shapeOf is the one table of Kinds: status, heading and words.
func shapeOf(k care.Kind) (status int, title, text string) {
	const again = "Try again in a little while."
	switch k {
	case care.KindInvalid:
		return http.StatusBadRequest, "That did not work", "Something in the request is not right."
	case care.KindUnauthenticated, care.KindBadSecret:
		return http.StatusUnauthorized, "You are not logged in", "Log in at the address that your practice gave you, or come in by your practice's own pages."
	case care.KindExpired:
		return http.StatusUnauthorized, "You have been logged out", "You were away for a while, so your session has ended."
	case care.KindForbidden:
		return http.StatusForbidden, "That is not allowed", "You may not see or do this."
	case care.KindNotFound, care.KindNoRoute:
		return http.StatusNotFound, "Not found", "There is no such page."
	case care.KindMethodNotAllowed:
		return http.StatusMethodNotAllowed, "That did not work", "This page cannot be asked for like that."
	case care.KindAmbiguous, care.KindConflict, care.KindMismatch:
		return http.StatusConflict, "That did not work", "Somebody else has changed this meanwhile. Look at it again."
	case care.KindPrecondition:
		return http.StatusPreconditionFailed, "That did not work", "This has changed meanwhile."
	case care.KindRange:
		return http.StatusRequestedRangeNotSatisfiable, "That did not work", "There is no such part of it."
	case care.KindTooLarge:
		return http.StatusRequestEntityTooLarge, "That is too long", "What was sent is longer than can be taken."
	case care.KindUnsupportedMedia:
		return http.StatusUnsupportedMediaType, "That did not work", "This page takes its own form only."
	case care.KindTimeout:
		return http.StatusRequestTimeout, "That took too long", again
	case care.KindRateLimited:
		return http.StatusTooManyRequests, "Too many attempts", "For safety, nobody can log in here for a while. Try again later, or ask your practice for a link that sets a new password."
	case care.KindStorageFull, care.KindUnavailable, care.KindMediaUnavailable:
		return http.StatusServiceUnavailable, "Not available right now", again
	case care.KindInternal:
	}
	return http.StatusInternalServerError, "Something went wrong on our side", again
}

// writeError renders e as a page; see httpio.Surface.
func (s *Surface) writeError(w http.ResponseWriter, r *http.Request, e *care.Error, id string) {
	if (e.Kind == care.KindUnauthenticated || e.Kind == care.KindExpired) && s.askIn(w, r, e) {
		return
	}
	status, title, text := shapeOf(e.Kind)
	v := problemView{view: s.outsideView(title, ""), Text: text, ErrorID: id}
	if e.Kind == care.KindInvalid && e.Noun == "login_link" {
		v.Title, v.Text = "This link does not work", e.Message
	}
	if err := s.pages.write(w, status, "problem.html", v); err != nil {
		http.Error(w, title, status)
	}
}

// askIn answers whoever is not in with the log-in form of their practice, and
// reports whether it could: where they were is known, or there is one only.
func (s *Surface) askIn(w http.ResponseWriter, r *http.Request, e *care.Error) bool {
	scope, note := care.Scope{}, "You are not logged in."
	if at, ok := errors.AsType[away](e.Cause); ok {
		scope, note = at.scope, awayNote
	} else if only, ok, err := s.people.OnlyEntrance(r.Context()); err == nil && ok {
		scope = only
	} else {
		return false
	}
	v, err := s.loginView(r, scope)
	if err != nil {
		return false
	}
	v.Note = note
	return s.pages.write(w, http.StatusUnauthorized, "login.html", v) == nil
}
