package calls

import (
	"mime"
	"net/http"
	"net/url"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
)

// maxTokenBody bounds a token request.
const maxTokenBody = 16 << 10

type wireToken struct {
	Token      string `json:"token"`
	ExpiresAt  string `json:"expiresAt"`
	ClientName string `json:"clientName"`
	Enabled    bool   `json:"enabled"`
}

// token is POST /auth/token.
func (s *Surface) token(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var body struct {
		APIClient string `json:"apiClient"`
		Secret    string `json:"secret"`
	}
	if err := httpio.ReadJSON(w, r, maxTokenBody, false, false, &body); err != nil {
		return err
	}
	return s.answerToken(w, r, c, "", body.APIClient, body.Secret)
}

// tenantToken is POST /{tenant}/admin/api_clients/{clientName}.
func (s *Surface) tenantToken(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	var body struct {
		Secret string `json:"secret"`
	}
	if err := httpio.ReadJSON(w, r, maxTokenBody, false, false, &body); err != nil {
		return err
	}
	return s.answerToken(w, r, c, r.PathValue("tenant"), r.PathValue("clientName"), body.Secret)
}

func (s *Surface) answerToken(w http.ResponseWriter, r *http.Request, c httpio.Caller, tenant, name, secret string) error {
	issued, err := s.issue(r, c, tenant, name, secret)
	if err != nil {
		return err
	}
	return httpio.WriteJSON(w, http.StatusOK, wireToken{
		Token: issued.Token, ExpiresAt: instant(issued.ExpiresAt), ClientName: issued.Client.Name, Enabled: issued.Client.Enabled,
	})
}

func (s *Surface) issue(r *http.Request, c httpio.Caller, tenant, name, secret string) (access.IssuedToken, error) {
	actor, err := s.Auth.Secret(r.Context(), tenant, name, secret, c.Actor.Origin.Address)
	if err != nil {
		return access.IssuedToken{}, s.Access.TokenRefused(r.Context(), c.Actor, name, err)
	}
	actor.Origin = c.Actor.Origin
	return s.Access.IssueToken(r.Context(), actor)
}

// wireOAuth and wireOAuthError are RFC 6749's, sections 5.1 and 5.2.
type wireOAuth struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"`
}

type wireOAuthError struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// oauthToken is POST /oauth/token: client credentials, by Basic or in the body.
func (s *Surface) oauthToken(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	if t, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || t != "application/x-www-form-urlencoded" {
		return &care.Error{Kind: care.KindUnsupportedMedia, Message: "the content type must be application/x-www-form-urlencoded"}
	}
	body, err := httpio.ReadBody(w, r, maxTokenBody)
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return care.Invalid("body", "must be a form")
	}
	for name, values := range form {
		if len(values) > 1 {
			return care.Invalid(name, "must be given once")
		}
	}
	switch form.Get("grant_type") {
	case "":
		return care.Invalid("grant_type", "is required")
	case "client_credentials":
	default:
		return care.Invalid("grant_type", unsupportedGrant)
	}
	name, secret := form.Get("client_id"), form.Get("client_secret")
	if user, password, ok := r.BasicAuth(); ok {
		if secret != "" {
			return care.Invalid("client_secret", "must not be given in two ways")
		}
		// Both are form-encoded inside Basic (RFC 6749, section 2.3.1).
		userName, errUser := url.QueryUnescape(user)
		userSecret, errSecret := url.QueryUnescape(password)
		if errUser != nil || errSecret != nil {
			return care.Invalid("Authorization", "must be form-encoded inside Basic")
		}
		name, secret = userName, userSecret
	}
	issued, err := s.issue(r, c, "", name, secret)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
	return httpio.WriteJSON(w, http.StatusOK, wireOAuth{AccessToken: issued.Token, TokenType: "Bearer", ExpiresIn: int64(access.TokenLife / time.Second)})
}

// unsupportedGrant is the reason that makes an invalid grant_type RFC 6749's
// unsupported_grant_type.
const unsupportedGrant = "must be client_credentials"

func writeOAuthError(w http.ResponseWriter, _ *http.Request, e *care.Error, id string) {
	out := wireOAuthError{Error: "invalid_request", Description: messages[shapeOf(e.Kind).code]}
	status := shapeOf(e.Kind).status
	switch e.Kind {
	case care.KindBadSecret:
		out.Error = "invalid_client"
		w.Header().Set("WWW-Authenticate", `Basic realm="chartline"`)
	case care.KindForbidden:
		out.Error = "unauthorized_client"
	case care.KindRateLimited, care.KindUnavailable:
		out.Error = "temporarily_unavailable"
	case care.KindInternal:
		out.Error = "server_error"
	case care.KindInvalid:
		for field, reason := range e.Fields {
			if reason == unsupportedGrant {
				out.Error = "unsupported_grant_type"
			}
			out.Description = field + " " + reason
		}
	default:
		if e.Message != "" {
			out.Description = e.Message
		}
	}
	if id != "" {
		out.Description += " (" + id + ")"
	}
	_ = httpio.WriteJSON(w, status, out)
}
