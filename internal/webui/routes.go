package webui

import (
	"net/http"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/logins"
	"chartline/internal/policy"
)

// Surface serves the pages.
type Surface struct {
	people    *auth.Logins
	logins    *logins.Service
	chart     *chart.Service
	passwords *auth.Passwords
	publicURL string
	pages     *pages
	crossSite *http.CrossOriginProtection
	zones     care.Zones
	stall     time.Duration
}

// Options are what a Surface needs.
type Options struct {
	People    *auth.Logins
	Logins    *logins.Service
	Chart     *chart.Service
	Passwords *auth.Passwords
	// PublicURL is the origin that people see; empty for the one they use.
	PublicURL string
	// Stall is how long a download may stand still.
	Stall time.Duration
}

// New returns the surface.
func New(o Options) *Surface {
	s := &Surface{people: o.People, logins: o.Logins, chart: o.Chart, passwords: o.Passwords, publicURL: o.PublicURL, pages: newPages(), stall: o.Stall, crossSite: http.NewCrossOriginProtection()}
	if o.PublicURL != "" {
		// An origin, as config checks.
		_ = s.crossSite.AddTrustedOrigin(o.PublicURL)
	}
	return s
}

// The paths that pages name.
const (
	portalPath      = logins.Portal
	ssoLoginPath    = "/sso/login"
	logoutPath      = portalPath + "/logout"
	setPasswordPath = logins.PasswordPath
	stylePath       = portalPath + "/style.css"
)

func formPath(id string) string { return portalPath + "/forms/" + id }

func filePath(id string) string { return portalPath + "/files/" + id }

func loginPath(s care.Scope) string { return portalPath + "/login/" + s.Tenant + "/" + s.Instance }

// route is one row of the table.
type route struct {
	method, pattern string
	action          care.Action // for the log; policy is asked by the use cases
	handle          func(http.ResponseWriter, *http.Request, httpio.Caller) error
}

func (s *Surface) table() []route {
	const get, post = http.MethodGet, http.MethodPost
	return []route{
		{get, ssoLoginPath, policy.LoginEnter, s.ssoLogin},
		{get, portalPath, policy.PortalRead, s.inside(s.portal)},
		{get, portalPath + "/{$}", policy.PortalRead, s.inside(s.portal)},
		{get, portalPath + "/forms/{form}", policy.FormRead, s.inside(s.form)},
		{get, portalPath + "/files/{file}", policy.FileContent, s.inside(s.file)},
		{get, portalPath + "/login/{tenant}/{instance}", "", s.loginForm},
		{post, portalPath + "/login/{tenant}/{instance}", policy.LoginEnter, s.login},
		{post, logoutPath, policy.LoginLeave, s.logout},
		{get, setPasswordPath, "", s.passwordForm},
		{post, setPasswordPath, policy.LoginSecret, s.setPassword},
		{get, stylePath, "", s.style},
	}
}

// Routes is the table as httpio serves it. Who asks is told by the cookie, so
// that no route has an action that a bearer token is asked for.
func (s *Surface) Routes() []httpio.Route {
	var routes []httpio.Route
	for _, r := range s.table() {
		routes = append(routes, httpio.Route{Method: r.method, Pattern: r.pattern, Handle: func(w http.ResponseWriter, req *http.Request, c httpio.Caller) error {
			httpio.EventOf(w).Action = r.action
			if err := s.crossSite.Check(req); err != nil {
				return &care.Error{Kind: care.KindForbidden, Message: "the request comes from another site"}
			}
			return r.handle(w, req, c)
		}})
	}
	return routes
}

// Handler serves Routes.
func (s *Surface) Handler() http.Handler { return s.shared().Handler(s.Routes()) }

// NotFound answers an unclean path under /portal, or /sso/login.
func (s *Surface) NotFound(w http.ResponseWriter, r *http.Request) {
	s.shared().Fail(w, r, &care.Error{Kind: care.KindNoRoute})
}

func (s *Surface) shared() httpio.Surface { return httpio.Surface{WriteError: s.writeError} }
