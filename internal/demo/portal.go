package demo

import (
	"context"
	"crypto/rand"

	"chartline/internal/care"
	"chartline/internal/clinic/logins"
)

// renewPortalUser gives the example's patient a log-in and a new password, by a
// set-password link, as people get theirs.
func (s Services) renewPortalUser(ctx context.Context, actor care.Actor, check CheckLink) (user, password string, err error) {
	scope := care.Scope{Tenant: Tenant, Instance: Live}
	id := PatientID(scope, examplePatient)
	_, err = s.Logins.Create(ctx, actor, logins.NewLogin{Scope: scope, Role: care.RolePatient, Person: care.PersonRef{ID: id}}, nil)
	if !isThere(err) {
		return "", "", err
	}
	if _, err := s.Logins.SetEnabled(ctx, actor, scope, id, true); err != nil {
		return "", "", err
	}
	made, err := s.Logins.SetPasswordLink(ctx, actor, scope, id)
	if err != nil {
		return "", "", err
	}
	link, l, err := check(ctx, made.Token, care.LinkSetPassword)
	if err != nil {
		return "", "", err
	}
	password = rand.Text()
	return l.Email, password, s.Logins.SetPassword(ctx, actor.Origin, link, l, password)
}
