package server

import (
	"net/http"
	"path"
	"strings"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// Handler serves every path. withMetrics puts /metrics among them, for loopback
// peers only.
func (s *Server) Handler(withMetrics bool) http.Handler {
	return s.observe(s.dispatch(withMetrics))
}

// dispatch chooses the surface by the first word of the path: one ServeMux
// cannot hold /{tenant}/{instance}/... beside literal routes. Unclean paths
// (//, /../) get the surface's own 404 and are never redirected.
func (s *Server) dispatch(withMetrics bool) http.Handler {
	tenants, tokens, oauth := s.calls.Tenants(), s.calls.Tokens(), s.calls.OAuth()
	service, service404 := s.telehealth.Handler(), http.HandlerFunc(s.telehealth.NotFound)
	calls404, oauth404 := http.HandlerFunc(s.calls.NotFound), http.HandlerFunc(s.calls.OAuthNotFound)
	native := s.native.Handler()
	portal, portal404 := s.portal.Handler(), http.HandlerFunc(s.portal.NotFound)
	ops := s.opsHandler(withMetrics)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = keepEncodedSlashes(r)
		clean := isClean(r.URL.EscapedPath())
		first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		word := strings.ToLower(first)
		var h http.Handler
		switch {
		case word == "api" && (rest == "v1" || strings.HasPrefix(rest, "v1/")):
			h = native
		case word == "portal", word == "sso" && rest == "login":
			h = portal
			if !clean {
				h = portal404
			}
		case word == "api", word == "sso":
			h = service
			if !clean {
				h = service404
			}
		case word == "auth" && clean:
			h = tokens
		case word == "oauth":
			h = oauth
			if !clean {
				h = oauth404
			}
		case word == "", word == "healthz", word == "readyz", word == "metrics":
			h = ops
			if !clean {
				h = calls404
			}
		case !clean, care.Reserved(word):
			h = calls404
		default:
			h = tenants
		}
		h.ServeHTTP(w, r)
	})
}

// keepEncodedSlashes escapes what a client should have escaped in its path, such
// as letters beyond ASCII and braces. net/url takes a path with any of them for
// one without escapes, so that a %2F in a name beside them would count as a slash.
func keepEncodedSlashes(r *http.Request) *http.Request {
	const hex = "0123456789ABCDEF"
	raw := r.URL.RawPath
	if raw == "" {
		return r
	}
	escaped := make([]byte, 0, len(raw)+16)
	for i := range len(raw) {
		c := raw[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			escaped = append(escaped, '%', hex[c>>4], hex[c&15])
			continue
		}
		escaped = append(escaped, c)
	}
	if len(escaped) == len(raw) {
		return r
	}
	u := *r.URL
	u.RawPath = string(escaped)
	copied := *r
	copied.URL = &u
	return &copied
}

// isClean reports whether http.ServeMux would take the path as it is.
func isClean(p string) bool {
	if p == "" || p[0] != '/' {
		return false
	}
	clean := path.Clean(p)
	if p[len(p)-1] == '/' && clean != "/" {
		clean += "/"
	}
	return clean == p
}

// observe makes the one event of a request, logs and counts it.
func (s *Server) observe(next http.Handler) http.Handler {
	ids := newRequestIDs()
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w := &httpio.Writer{ResponseWriter: rw, ReadLimit: s.deps.Limits.Body, Event: httpio.Event{
			RequestID: ids.next(), Method: r.Method, Address: httpio.PeerAddress(r), Start: s.deps.Now(),
		}}
		w.Header().Set("X-Request-Id", w.Event.RequestID)
		if r.ContentLength != 0 {
			// For who answers without reading the body: net/http reads what is left
			// of it, with no limit of its own. Who does read it sets another.
			_ = http.NewResponseController(rw).SetReadDeadline(time.Now().Add(s.deps.Limits.HeaderTimeout))
		}
		if len(r.TransferEncoding) > 0 {
			// net/http hides a Content-Length beside it, by which a proxy in front
			// may have found another end: nothing more is read from there.
			w.Header().Set("Connection", "close")
		}
		r, span := s.traced(r)
		s.metrics.inFlight.Add(1)
		s.handling.Add(1)
		defer func() {
			s.metrics.inFlight.Add(-1)
			s.finish(&w.Event, span)
			s.handling.Add(-1)
		}()
		next.ServeHTTP(w, r)
	})
}
