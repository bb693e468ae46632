package telehealth

import (
	"net/http"
	"slices"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/logins"
	"chartline/internal/clinic/practice"
	"chartline/internal/clinic/visits"
	"chartline/internal/policy"
)

// Surface serves the contract.
type Surface struct {
	Auth   *auth.Authenticator
	Access *access.Service
	Visits *visits.Service
	// Logins and People serve section 1.
	Logins *logins.Service
	People *auth.Logins
	// Practice serves sections 3, 7, 9 and 10.
	Practice *practice.Service
	// Chart serves sections 4, 5, 6, 8, 11 and 13, Graph the queries of 11.
	Chart *chart.Service
	Graph GraphQL
	// Stall is how long an upload may stand still.
	Stall time.Duration

	zones care.Zones
}

const prefix = "/api/service/v1"

// The paths whose error bodies are their own, and one that stands alone.
const (
	ssoTokenPath   = "/sso/token"
	attachmentPath = "/api/service/v1/patient/form/attachment"
	lookUpPath     = "/api/service/v1/encounter-from-recording"
)

// Routes is the surface's table. An empty recording name is a route of its own,
// with and without the slash: it names nothing, which is not a wrong path.
func (s *Surface) Routes() []httpio.Route {
	return slices.Concat(s.chartRoutes(), []httpio.Route{
		{Method: http.MethodPost, Pattern: prefix + "/patient/register", Action: policy.PatientRegister, Handle: s.registerPatient},
		{Method: http.MethodPost, Pattern: prefix + "/patient/assign-service", Action: policy.AssignmentWrite, Handle: s.assignService},
		{Method: http.MethodPost, Pattern: prefix + "/appointment-slots", Action: policy.ScheduleRead, Handle: s.appointmentSlots},
		{Method: http.MethodPost, Pattern: prefix + "/provider/register", Action: policy.ProviderSignup, Handle: s.signUpProvider},
		{Method: http.MethodPost, Pattern: prefix + "/provider/signup", Action: policy.ProviderSignup, Handle: s.signUpProvider},
		{Method: http.MethodPost, Pattern: ssoTokenPath, Action: policy.SSOIssue, Handle: s.ssoToken},
		{Method: http.MethodGet, Pattern: lookUpPath, Action: policy.EncounterLookUp, Handle: s.encounterFromRecording},
		{Method: http.MethodGet, Pattern: lookUpPath + "/{$}", Action: policy.EncounterLookUp, Handle: s.encounterFromRecording},
		{Method: http.MethodGet, Pattern: lookUpPath + "/{recording_id}", Action: policy.EncounterLookUp, Handle: s.encounterFromRecording},
	})
}

// Handler serves Routes.
func (s *Surface) Handler() http.Handler { return s.shared().Handler(s.Routes()) }

// NotFound answers a path under /api or /sso that no surface has.
func (s *Surface) NotFound(w http.ResponseWriter, r *http.Request) {
	s.shared().Fail(w, r, &care.Error{Kind: care.KindNoRoute, Message: "no such route"})
}

func (s *Surface) shared() httpio.Surface {
	return httpio.Surface{Auth: s.Auth, Admit: s.Access.Admit, Scope: httpio.HomeScope, WriteError: writeError}
}
