package httpio

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
)

// Route is one row of a surface's table.
type Route struct {
	Method  string
	Pattern string // of http.ServeMux, without the method
	// Action is what policy decides on; empty for what needs no token.
	Action care.Action
	Handle func(http.ResponseWriter, *http.Request, Caller) error
}

// Caller is who asks, in which data set.
type Caller struct {
	Actor care.Actor
	Scope care.Scope
}

// Surface is what the surfaces share: the order of the checks (calls.md) and
// one way of failing. Each brings its own scope and its own error bodies.
type Surface struct {
	Auth *auth.Authenticator
	// Admit refuses an actor that could not be allowed action on any target.
	Admit func(ctx context.Context, actor care.Actor, action care.Action, s care.Scope) error
	// Scope says which data set a request is about.
	Scope func(r *http.Request, actor care.Actor) care.Scope
	// WriteError renders an error in the surface's own shape. id is set for
	// faults of ours, whose cause goes to the log under that id.
	WriteError func(w http.ResponseWriter, r *http.Request, e *care.Error, id string)
}

// Handler serves a table of routes. Paths that no route has, and methods that a
// path does not have, are answered in the surface's own shape.
func (s Surface) Handler(routes []Route) http.Handler {
	mux := http.NewServeMux()
	for _, route := range routes {
		mux.Handle(route.Method+" "+route.Pattern, s.serve(route))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		err := &care.Error{Kind: care.KindNoRoute, Message: "no such route"}
		if allowed := allowedMethods(mux, r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			err = &care.Error{Kind: care.KindMethodNotAllowed, Message: "method not allowed"}
		}
		s.Fail(w, r, err)
	})
	return mux
}

func allowedMethods(mux *http.ServeMux, r *http.Request) []string {
	var allowed []string
	probe := &http.Request{URL: r.URL, Host: r.Host}
	for _, method := range []string{http.MethodDelete, http.MethodGet, http.MethodHead, http.MethodPatch, http.MethodPost, http.MethodPut} {
		probe.Method = method
		if _, pattern := mux.Handler(probe); pattern != "" && pattern != "/" {
			allowed = append(allowed, method)
		}
	}
	return slices.Compact(allowed)
}

func (s Surface) serve(route Route) http.Handler {
	via := route.Method + " " + route.Pattern
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		event := EventOf(w)
		event.Route, event.Action = via, route.Action
		defer s.recoverPanic(w, r)
		caller := Caller{Actor: care.Actor{Kind: care.ActorNobody}}
		if route.Action != "" {
			actor, err := s.Auth.Token(r.Context(), auth.Bearer(r.Header))
			if err != nil {
				s.Fail(w, r, err)
				return
			}
			caller = Caller{Actor: actor, Scope: s.Scope(r, actor)}
			event.Tenant, event.ActorKind, event.ActorID = actor.Tenant, actor.Kind, actor.ID
		}
		caller.Actor.Origin = care.Origin{Address: event.Address, RequestID: event.RequestID, Via: via}
		if route.Action != "" {
			if err := s.Admit(r.Context(), caller.Actor, route.Action, caller.Scope); err != nil {
				s.Fail(w, r, err)
				return
			}
			event.Instance = caller.Scope.Instance
		}
		if err := route.Handle(w, r, caller); err != nil {
			s.Fail(w, r, err)
		}
	})
}

// recoverPanic answers 500 for a panic in a handler. One that came after the
// answer had begun cuts the connection: half an answer must not look whole.
func (s Surface) recoverPanic(w http.ResponseWriter, r *http.Request) {
	p := recover()
	if p == nil {
		return
	}
	if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		panic(p)
	}
	cause := fmt.Errorf("panic: %v\n%s", p, debug.Stack())
	if event := EventOf(w); event.Status != 0 {
		event.ErrorID, event.Cause = newErrorID(), cause
		panic(http.ErrAbortHandler)
	}
	s.Fail(w, r, &care.Error{Kind: care.KindInternal, Cause: cause})
}

// Fail answers err in the surface's shape and notes it in the request's event.
func (s Surface) Fail(w http.ResponseWriter, r *http.Request, err error) {
	e, ok := errors.AsType[*care.Error](err)
	if !ok {
		e = &care.Error{Kind: care.KindInternal, Cause: err}
	}
	event := EventOf(w)
	id := ""
	switch e.Kind {
	case care.KindInternal, care.KindUnavailable, care.KindMediaUnavailable, care.KindStorageFull:
		id = newErrorID()
		event.ErrorID, event.Cause = id, err
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	switch e.Kind {
	case care.KindUnauthenticated, care.KindExpired, care.KindBadSecret:
		h.Set("WWW-Authenticate", "Bearer")
	case care.KindRateLimited, care.KindUnavailable, care.KindMediaUnavailable, care.KindStorageFull:
		h.Set("Retry-After", retryAfter(e.RetryAfter))
	case care.KindTooLarge, care.KindTimeout:
		h.Set("Connection", "close")
	}
	s.WriteError(w, r, e, id)
}

// retryAfter rounds up to whole seconds, at least one.
func retryAfter(d time.Duration) string {
	return strconv.FormatInt(max(1, int64((d+time.Second-1)/time.Second)), 10)
}

// newErrorID returns a short random id under which the log holds the cause.
func newErrorID() string { return strings.ToLower(rand.Text()[:12]) }

// PeerAddress is the socket's address without its port. Headers that claim
// another are never believed.
func PeerAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// HomeScope is the data set of surfaces without an instance in the path: the
// actor's home, or what the request header "instance" names (telehealth.md,
// Conventions).
func HomeScope(r *http.Request, actor care.Actor) care.Scope {
	s := care.Scope{Tenant: actor.Tenant, Instance: actor.Home}
	if name := r.Header.Get("Instance"); name != "" {
		s.Instance = name
	}
	return s
}
