package logins

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// IssueSSO gives a partner's client a token with which the person, whose
// password auth has checked, comes into the portal once. target is as CheckTarget
// gave it. Errors: Forbidden.
func (s *Service) IssueSSO(ctx context.Context, actor care.Actor, l care.Login, target string) (string, error) {
	token, hash := newSecret("chs_")
	now := s.gate.Now()
	link := care.LoginLink{Scope: l.Scope, Hash: hash, Login: l.ID, Purpose: care.LinkSSO, Target: target, IssuedAt: now, ExpiresAt: now.Add(SSOLife)}
	q := gate.Request{Actor: actor, Action: policy.SSOIssue, Scope: l.Scope}
	_, err := gate.Write(ctx, s.gate, q, locate(l), func(tx store.Tx) (struct{}, error) { return struct{}{}, tx.CreateLoginLink(link) })
	if err != nil {
		return "", err
	}
	return token, nil
}

// PasswordRefused audits that auth refused an e-mail address with a password,
// and returns the error to answer. The address is kept as a keyed hash: one that
// nobody has and a wrong password leave equal traces.
func (s *Service) PasswordRefused(ctx context.Context, actor care.Actor, action care.Action, scope care.Scope, email string, refused error) error {
	kind := care.KindOf(refused)
	if kind != care.KindBadSecret && kind != care.KindRateLimited {
		return refused
	}
	q := gate.Request{Actor: actor, Action: action, Scope: scope, Asked: care.LoginEmail(email)}
	if err := s.gate.Note(ctx, q, care.Target{Noun: "login"}, care.OutcomeRefused, kind.String()); err != nil {
		return err
	}
	return refused
}

// LinkRefused audits that auth refused a link, and returns the error to answer.
// link and l are what auth knew of it.
func (s *Service) LinkRefused(ctx context.Context, origin care.Origin, action care.Action, link care.LoginLink, l care.Login, refused error) error {
	kind := care.KindOf(refused)
	if kind != care.KindUnauthenticated && kind != care.KindExpired {
		return refused
	}
	q := gate.Request{Actor: care.Actor{Kind: care.ActorNobody, Origin: origin}, Action: action, Scope: link.Scope}
	t := care.Target{Noun: "login"}
	if l.ID != "" {
		t = loginTarget(l)
	}
	if err := s.gate.Note(ctx, q, t, care.OutcomeRefused, "link "+kind.String()); err != nil {
		return err
	}
	return refused
}

// Entered is a web session that began: its token is for the browser's cookie
// and is shown this once.
type Entered struct {
	Token     string
	ExpiresAt time.Time
	Target    string // where to go
}

// EnterByLink lets the person in by a link that auth found good, uses it up, and
// ends the session that the browser had before. Errors: Expired (it was used
// meanwhile), Unauthenticated (the log-in was disabled meanwhile).
func (s *Service) EnterByLink(ctx context.Context, origin care.Origin, link care.LoginLink, l care.Login, before *care.WebSession) (Entered, error) {
	return s.enter(ctx, origin, l, "sso", before, link.Target, func(tx store.Tx, now time.Time) error {
		err := tx.UseLoginLink(link.Hash, now)
		if care.IsNotFound(err) {
			err = errLinkUsed()
		}
		return err
	})
}

// EnterByPassword lets the person in, whose password auth has checked, and ends
// the session that the browser had before. Errors: Unauthenticated.
func (s *Service) EnterByPassword(ctx context.Context, origin care.Origin, l care.Login, before *care.WebSession) (Entered, error) {
	return s.enter(ctx, origin, l, "password", before, Portal, func(store.Tx, time.Time) error { return nil })
}

func (s *Service) enter(ctx context.Context, origin care.Origin, l care.Login, how string, before *care.WebSession, target string, use func(store.Tx, time.Time) error) (Entered, error) {
	token, hash := newSecret("chw_")
	now := s.gate.Now()
	w := care.WebSession{Scope: l.Scope, Hash: hash, Login: l.ID, CreatedAt: now, SeenAt: now, ExpiresAt: now.Add(s.life)}
	actor := l.Actor()
	actor.Origin = origin
	q := gate.Request{Actor: actor, Action: policy.LoginEnter, Scope: l.Scope, Reason: how}
	_, err := gate.Write(ctx, s.gate, q, locate(l), func(tx store.Tx) (struct{}, error) {
		if err := use(tx, now); err != nil {
			return struct{}{}, err
		}
		current, err := tx.Login(l.Scope, l.ID)
		if err != nil {
			return struct{}{}, err
		}
		if !current.Enabled || current.PasswordHash != l.PasswordHash {
			return struct{}{}, &care.Error{Kind: care.KindUnauthenticated, Noun: "login", Message: "the log-in has changed"}
		}
		if before != nil {
			if err := tx.DeleteWebSession(before.Hash); err != nil && !care.IsNotFound(err) {
				return struct{}{}, err
			}
		}
		return struct{}{}, tx.CreateWebSession(w)
	})
	if err != nil {
		return Entered{}, err
	}
	return Entered{Token: token, ExpiresAt: w.ExpiresAt, Target: target}, nil
}

func errLinkUsed() error {
	return &care.Error{Kind: care.KindExpired, Noun: "login_link", Message: "the link was used or has expired"}
}

// Leave ends the session of a person who logs out.
func (s *Service) Leave(ctx context.Context, actor care.Actor, w care.WebSession) error {
	q := gate.Request{Actor: actor, Action: policy.LoginLeave, Scope: w.Scope}
	_, err := gate.Write(ctx, s.gate, q, ownTarget(actor, "login"), func(tx store.Tx) (struct{}, error) {
		err := tx.DeleteWebSession(w.Hash)
		if care.IsNotFound(err) { // in another tab, meanwhile
			err = nil
		}
		return struct{}{}, err
	})
	return err
}

func ownTarget(actor care.Actor, noun string) func(store.Tx) (care.Target, error) {
	return func(store.Tx) (care.Target, error) {
		return care.Target{Noun: noun, ID: actor.ID, Patient: actor.Patient}, nil
	}
}

// SetPassword sets the password of the person whose set-password link auth found
// good, uses the link up, and ends their sessions and other links: whoever had
// the old password is out. Errors: Invalid ("password"), TooLarge, Expired (the
// link was used meanwhile), Unauthenticated, Unavailable.
func (s *Service) SetPassword(ctx context.Context, origin care.Origin, link care.LoginLink, l care.Login, password string) error {
	hash, err := s.passwords.Hash(ctx, password, l.Email, "chartline", l.Tenant, l.Instance)
	if err != nil {
		return err
	}
	now := s.gate.Now()
	actor := l.Actor()
	actor.Origin = origin
	q := gate.Request{Actor: actor, Action: policy.LoginSecret, Scope: l.Scope, Reason: "set-password link"}
	_, err = gate.Write(ctx, s.gate, q, locate(l), func(tx store.Tx) (struct{}, error) {
		err := tx.UseLoginLink(link.Hash, now)
		if care.IsNotFound(err) {
			err = errLinkUsed()
		}
		if err != nil {
			return struct{}{}, err
		}
		current, err := tx.Login(l.Scope, l.ID)
		if err != nil {
			return struct{}{}, err
		}
		if !current.Enabled {
			return struct{}{}, &care.Error{Kind: care.KindUnauthenticated, Noun: "login", Message: "the log-in has changed"}
		}
		current.PasswordHash, current.PasswordAt, current.Failures, current.UpdatedAt = hash, &now, 0, now
		if err := tx.UpdateLogin(current); err != nil {
			return struct{}{}, err
		}
		if err := tx.DeleteLoginLinks(l.Scope, l.ID, care.LinkSSO); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.DeleteWebSessions(l.Scope, l.ID)
	})
	return err
}
