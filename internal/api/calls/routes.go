package calls

import (
	"net/http"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/people"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/voice"
	"chartline/internal/policy"
)

// Surface serves the contract.
type Surface struct {
	Auth       *auth.Authenticator
	Access     *access.Service
	People     *people.Service
	Voice      *voice.Service
	Recordings *recordings.Service
	// Now is the clock for the dates in errors.
	Now func() time.Time
	// Stall is how long a download may stand still.
	Stall time.Duration
}

// Routes are those under a tenant and an instance.
func (s *Surface) Routes() []httpio.Route {
	return []httpio.Route{
		{Method: http.MethodGet, Pattern: "/{tenant}/{instance}/patients/{patientId}", Action: policy.PatientRead, Handle: s.patient},
		{Method: http.MethodGet, Pattern: "/{tenant}/{instance}/patients/{patientId}/calls", Action: policy.VoiceCallList, Handle: s.list},
		{Method: http.MethodGet, Pattern: "/{tenant}/{instance}/patients/{patientId}/calls/{callId}", Action: policy.VoiceCallRead, Handle: s.call},
		{Method: http.MethodGet, Pattern: "/{tenant}/{instance}/patients/{patientId}/calls/{callId}/recording", Action: policy.VoiceCallRecording, Handle: s.recording},
		{Method: http.MethodPost, Pattern: "/{tenant}/admin/api_clients/{clientName}", Handle: s.tenantToken},
	}
}

// TokenRoutes are those outside any tenant, whose errors are the array.
func (s *Surface) TokenRoutes() []httpio.Route {
	return []httpio.Route{{Method: http.MethodPost, Pattern: "/auth/token", Handle: s.token}}
}

// OAuthRoutes are those whose errors are RFC 6749's objects.
func (s *Surface) OAuthRoutes() []httpio.Route {
	return []httpio.Route{{Method: http.MethodPost, Pattern: "/oauth/token", Handle: s.oauthToken}}
}

// Tenants serves Routes, Tokens TokenRoutes, OAuth OAuthRoutes.
func (s *Surface) Tenants() http.Handler { return s.shared().Handler(s.Routes()) }

// Tokens serves TokenRoutes.
func (s *Surface) Tokens() http.Handler { return s.shared().Handler(s.TokenRoutes()) }

// OAuth serves OAuthRoutes.
func (s *Surface) OAuth() http.Handler { return s.oauth().Handler(s.OAuthRoutes()) }

// OAuthNotFound answers a path under /oauth that no surface has.
func (s *Surface) OAuthNotFound(w http.ResponseWriter, r *http.Request) {
	s.oauth().Fail(w, r, &care.Error{Kind: care.KindNoRoute, Message: "no such route"})
}

func (s *Surface) oauth() httpio.Surface {
	shared := s.shared()
	shared.WriteError = writeOAuthError
	return shared
}

// NotFound answers a path that no surface has, in the error array.
func (s *Surface) NotFound(w http.ResponseWriter, r *http.Request) {
	s.Fail(w, r, &care.Error{Kind: care.KindNoRoute, Message: "no such route"})
}

// Fail answers an error of a path that no surface has.
func (s *Surface) Fail(w http.ResponseWriter, r *http.Request, err error) { s.shared().Fail(w, r, err) }

func (s *Surface) shared() httpio.Surface {
	return httpio.Surface{
		Auth:  s.Auth,
		Admit: s.Access.Admit,
		Scope: func(r *http.Request, _ care.Actor) care.Scope {
			return care.Scope{Tenant: r.PathValue("tenant"), Instance: r.PathValue("instance")}
		},
		WriteError: s.writeError,
	}
}
