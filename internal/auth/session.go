package auth

import (
	"context"
	"crypto/sha256"
	"time"

	"chartline/internal/care"
	"chartline/internal/store"
)

// touchEvery is how stale SeenAt may get before it is written again: a session
// in use costs a write now and then, and may end that much early.
const touchEvery = time.Minute

// Session returns who is in by a web session's token, and the session. Errors:
// Unauthenticated (none, unknown, ended by log-out, or of a log-in that was
// disabled), Expired (unused for too long, or past its end; with the session).
func (a *Logins) Session(ctx context.Context, token string) (care.Actor, care.WebSession, error) {
	if token == "" || len(token) > 200 {
		return care.Actor{}, care.WebSession{}, errNoSession()
	}
	var (
		w care.WebSession
		l care.Login
	)
	err := a.store.View(ctx, func(tx store.Tx) error {
		var err error
		if w, err = tx.WebSession(sha256.Sum256([]byte(token))); err != nil {
			return err
		}
		l, err = tx.Login(w.Scope, w.Login)
		return err
	})
	now := care.Truncate(a.now())
	switch {
	case care.IsNotFound(err) || err == nil && !l.Enabled:
		return care.Actor{}, care.WebSession{}, errNoSession()
	case err != nil:
		return care.Actor{}, care.WebSession{}, err
	case w.Ended(now, a.idle):
		return care.Actor{}, w, &care.Error{Kind: care.KindExpired, Noun: "web_session", Message: "the session has ended"}
	}
	if now.Sub(w.SeenAt) >= touchEvery {
		if err := a.touch(ctx, w.Hash, now); err != nil {
			return care.Actor{}, care.WebSession{}, err
		}
		w.SeenAt = now
	}
	return l.Actor(), w, nil
}

func (a *Logins) touch(ctx context.Context, hash [32]byte, now time.Time) error {
	err := a.store.Update(ctx, func(tx store.Tx) error { return tx.TouchWebSession(hash, now) })
	if care.IsNotFound(err) { // logged out meanwhile
		return errNoSession()
	}
	return err
}

func errNoSession() error {
	return &care.Error{Kind: care.KindUnauthenticated, Noun: "web_session", Message: "nobody is logged in"}
}

// Link returns the link that a token stands for, for one purpose, and whom it
// lets in. It is still to be used up, by whoever does what it is for. Errors:
// Unauthenticated (unknown, or for something else), Expired (used, or past its
// end); with those the link is returned where it is known.
func (a *Logins) Link(ctx context.Context, token string, purpose care.LinkPurpose) (care.LoginLink, care.Login, error) {
	unknown := &care.Error{Kind: care.KindUnauthenticated, Noun: "login_link", Message: "the link is not a valid one"}
	if token == "" || len(token) > 200 {
		return care.LoginLink{}, care.Login{}, unknown
	}
	var (
		link care.LoginLink
		l    care.Login
	)
	err := a.store.View(ctx, func(tx store.Tx) error {
		var err error
		if link, err = tx.LoginLink(sha256.Sum256([]byte(token))); err != nil {
			return err
		}
		l, err = tx.Login(link.Scope, link.Login)
		return err
	})
	switch {
	case care.IsNotFound(err) || err == nil && link.Purpose != purpose:
		return care.LoginLink{}, care.Login{}, unknown
	case err != nil:
		return care.LoginLink{}, care.Login{}, err
	case !l.Enabled:
		return link, l, unknown
	case !link.Usable(care.Truncate(a.now())):
		return link, l, &care.Error{Kind: care.KindExpired, Noun: "login_link", Message: "the link was used or has expired"}
	}
	return link, l, nil
}
