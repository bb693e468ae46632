package native

import (
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/chart"
	"chartline/internal/clinic/logins"
	"chartline/internal/clinic/oversight"
	"chartline/internal/clinic/people"
	"chartline/internal/clinic/practice"
	"chartline/internal/clinic/recordings"
	"chartline/internal/clinic/visits"
	"chartline/internal/clinic/voice"
)

// DefaultMaxUpload is how large a recording may be where nothing else is set.
const DefaultMaxUpload = 4 << 30

// Surface serves /api/v1.
type Surface struct {
	Auth       *auth.Authenticator
	Access     *access.Service
	People     *people.Service
	Practice   *practice.Service
	Chart      *chart.Service
	Logins     *logins.Service
	Visits     *visits.Service
	Voice      *voice.Service
	Recordings *recordings.Service
	Oversight  *oversight.Service
	// CursorKey authenticates the cursors of lists. Nodes that share clients
	// share it; without one, cursors are checked for damage and scope only.
	CursorKey []byte
	// MaxUpload is how many bytes a recording may have; 0 means DefaultMaxUpload.
	MaxUpload int64
	// Stall is how long an upload or a download may stand still.
	Stall time.Duration
	// Version is shown in the OpenAPI document.
	Version string

	rendering sync.Once // of the document, when it is first asked for
	rendered  []byte
	renderErr error
}

// Handler serves Routes.
func (s *Surface) Handler() http.Handler {
	shared := httpio.Surface{Auth: s.Auth, Admit: s.Access.Admit, Scope: httpio.HomeScope, WriteError: writeError}
	served := shared.Handler(s.Routes())
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isClean(r.URL.EscapedPath()) { // http.ServeMux would redirect
			shared.Fail(w, r, &care.Error{Kind: care.KindNoRoute, Message: "no such route"})
			return
		}
		served.ServeHTTP(w, r)
	})
}

func isClean(p string) bool { return path.Clean(p) == strings.TrimSuffix(p, "/") }

func (s *Surface) maxUpload() int64 {
	if s.MaxUpload > 0 {
		return s.MaxUpload
	}
	return DefaultMaxUpload
}
