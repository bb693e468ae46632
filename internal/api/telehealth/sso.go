package telehealth

import (
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/policy"
)

type wireSSORequest struct {
	username, password, redirect string
}

type wireSSOAnswer struct {
	UserAccessToken string `json:"userAccessToken"`
}

func (s *Surface) ssoBody(in *wireSSORequest) body {
	target := rule{func(v string) bool { _, err := s.Logins.CheckTarget(v); return err == nil }, "must be a path of the portal or a configured URL"}
	return body{limit: 64 << 10, anyType: true, rows: []row{
		email("username", &in.username).must(),
		exactText("password", &in.password, care.MaxPasswordBytes).must(),
		longText("redirectParam", &in.redirect, care.MaxLongText, target),
	}}
}

// ssoToken is section 1: a person's e-mail address and password in, a token with
// which they come into the portal once out.
func (s *Surface) ssoToken(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var in wireSSORequest
	if err := decode(w, r, s.ssoBody(&in)); err != nil {
		return err
	}
	target, err := s.Logins.CheckTarget(in.redirect)
	if err != nil {
		return err
	}
	l, err := s.People.Password(r.Context(), c.Scope, in.username, in.password, c.Actor.Origin.Address)
	if err != nil {
		err = s.Logins.PasswordRefused(r.Context(), c.Actor, policy.SSOIssue, c.Scope, in.username, err)
		if care.KindOf(err) == care.KindBadSecret { // here 401 is the partner's own token
			err = &care.Error{Kind: care.KindInvalid, Noun: "login", Message: "Invalid username or password"}
		}
		return err
	}
	token, err := s.Logins.IssueSSO(r.Context(), c.Actor, l, target)
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, wireSSOAnswer{UserAccessToken: token})
}
