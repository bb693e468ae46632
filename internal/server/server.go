package server

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"chartline/internal/api/calls"
	"chartline/internal/api/graph"
	"chartline/internal/api/httpio"
	"chartline/internal/api/native"
	"chartline/internal/api/telehealth"
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
	"chartline/internal/jobs"
	"chartline/internal/trace"
	"chartline/internal/webui"
)

// Server serves the surfaces.
type Server struct {
	deps       Deps
	calls      *calls.Surface
	telehealth *telehealth.Surface
	native     *native.Surface
	portal     *webui.Surface
	health     *health
	metrics    *metrics
	handling   atomic.Int64 // requests being answered
}

// Deps are what a Server needs.
type Deps struct {
	Auth       *auth.Authenticator
	Access     *access.Service
	People     *people.Service
	Practice   *practice.Service
	Chart      *chart.Service
	Visits     *visits.Service
	Voice      *voice.Service
	Recordings *recordings.Service
	Oversight  *oversight.Service
	Keeper     *oversight.Keeper
	// Logins are the use cases of people who log in, Entry and Passwords check who
	// they are, PublicURL is the origin that they see.
	Logins    *logins.Service
	Entry     *auth.Logins
	Passwords *auth.Passwords
	PublicURL string
	// Introspection lets clients ask for the GraphQL schema.
	Introspection bool
	CursorKey     []byte // seals the cursors of the native surface's lists; the same on every node
	// Jobs says what durable work runs on; nil leaves it to other nodes.
	Jobs *jobs.Options
	// Traces begins traces of requests and of work; nil begins none. Run closes it.
	Traces *trace.Tracer
	// Checks are what readiness depends on, by name.
	Checks map[string]func(context.Context) error
	// Standby says how reading from a copy of the database goes; nil where there
	// is none.
	Standby func() Standby
	// Writes counts the store's commits, and the updates that shared them.
	Writes  func() (commits, updates int64)
	Log     *slog.Logger
	Version string
	Limits  Limits
	Now     func() time.Time // nil means the system's clock
}

// Limits bound what a client can hold.
type Limits struct {
	HeaderTimeout time.Duration // to send a request's header
	IdleTimeout   time.Duration // between requests
	Body          time.Duration // to send a short body; 0 means 30 seconds
	HeaderBytes   int
	Drain         time.Duration // for requests under way at a stop
	Stall         time.Duration // that an upload or download may stand still
	Upload        int64         // bytes of one recording
}

// DefaultLimits are those of a server that is told nothing else.
func DefaultLimits() Limits {
	return Limits{HeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, HeaderBytes: 64 << 10, Drain: 30 * time.Second, Stall: time.Minute, Upload: 4 << 30}
}

// Listeners are what a Server listens on.
type Listeners struct {
	Main net.Listener
	// Metrics, where not nil, serves /metrics in place of the main one.
	Metrics net.Listener
	// TLS, where not nil, is spoken on Main.
	TLS *tls.Config
}

// New returns a server that does not listen yet.
func New(d Deps) *Server {
	if d.Now == nil {
		d.Now = time.Now
	}
	counts := newMetrics(d.Standby, d.Writes)
	d.Traces.Start(func(outcome string, spans int) { counts.spans.With(outcome).Add(int64(spans)) })
	return &Server{
		deps: d,
		calls: &calls.Surface{
			Auth: d.Auth, Access: d.Access, People: d.People, Voice: d.Voice, Recordings: d.Recordings, Now: d.Now, Stall: d.Limits.Stall,
		},
		portal: webui.New(webui.Options{Chart: d.Chart, People: d.Entry, Logins: d.Logins, Passwords: d.Passwords, PublicURL: d.PublicURL, Stall: d.Limits.Stall}),
		telehealth: &telehealth.Surface{
			Logins: d.Logins, People: d.Entry, Auth: d.Auth, Access: d.Access, Visits: d.Visits, Practice: d.Practice,
			Chart: d.Chart, Graph: graph.New(graph.Options{Chart: d.Chart, Introspection: d.Introspection}), Stall: d.Limits.Stall,
		},
		native: &native.Surface{
			Logins: d.Logins,
			Auth:   d.Auth, Access: d.Access, People: d.People, Practice: d.Practice, Chart: d.Chart, Visits: d.Visits, Voice: d.Voice, Recordings: d.Recordings,
			Oversight: d.Oversight, CursorKey: d.CursorKey,
			MaxUpload: d.Limits.Upload, Stall: d.Limits.Stall, Version: d.Version,
		},
		health:  newHealth(d.Checks, d.Standby, d.Log),
		metrics: counts,
	}
}

// Standby is a copy of the database that reads may go to.
type Standby struct {
	Used bool
	// Reads were answered by it; Turned were begun there and answered by the primary.
	Reads, Turned int64
}

// recurring is the server's own work.
func (s *Server) recurring() []task {
	return []task{
		{name: "checkpoint", every: time.Minute, atStop: true, run: s.deps.Keeper.Checkpoint},
		{name: "sweep", every: time.Hour, atStart: true, run: s.sweep},
		{name: "expire", every: time.Hour, run: s.deps.Access.Expire},
	}
}

func (s *Server) sweep(ctx context.Context) error {
	actor := care.Actor{Kind: care.ActorSystem, ID: "server", Origin: care.Origin{Via: "task sweep"}}
	_, files := s.deps.Chart.Sweep(ctx, actor)
	_, recordings := s.deps.Recordings.Sweep(ctx, actor, s.deps.Chart.Uploading)
	return errors.Join(files, recordings)
}

// Run serves until ctx ends, then drains: it stops listening, lets requests
// under way finish within Limits.Drain, stops the recurring work and does what
// is due at a stop. It returns nil after an orderly stop.
func (s *Server) Run(ctx context.Context, l Listeners) error {
	work := startTasks(s.recurring(), s.deps.Log, s.metrics, s.deps.Traces)
	stopJobs := s.startJobs()
	main := s.httpServer(s.Handler(l.Metrics == nil))
	servers := []*http.Server{main}
	failed := make(chan error, 2)
	if l.TLS != nil {
		main.TLSConfig = l.TLS
		go func() { failed <- main.ServeTLS(l.Main, "", "") }()
	} else {
		go func() { failed <- main.Serve(l.Main) }()
	}
	if l.Metrics != nil {
		extra := s.httpServer(s.metrics.registry)
		servers = append(servers, extra)
		go func() { failed <- extra.Serve(l.Metrics) }()
	}
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.health.stopping()
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.deps.Limits.Drain)
	defer cancel()
	for _, server := range servers {
		if late := server.Shutdown(drain); late != nil {
			s.deps.Log.Warn("requests cut off at stop", "cause", late.Error())
			_ = server.Close()
		}
	}
	s.awaitHandlers()
	stopJobs()
	err = errors.Join(err, work.stop(drain))
	s.deps.Traces.Close(drain)
	return err
}

// cutLimit is how long requests that were cut off may take to notice, on a machine
// that has no time for them. Mostly it is next to none.
const cutLimit = 10 * time.Second

// awaitHandlers waits for requests that were cut off: what they leave in the
// audit log is to be under the last checkpoint.
func (s *Server) awaitHandlers() {
	for end := time.Now().Add(cutLimit); s.handling.Load() > 0 && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

func (s *Server) httpServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ConnContext:       httpio.ConnContext,
		ReadHeaderTimeout: s.deps.Limits.HeaderTimeout,
		IdleTimeout:       s.deps.Limits.IdleTimeout,
		MaxHeaderBytes:    s.deps.Limits.HeaderBytes,
		// "OPTIONS *" is answered and logged like everything else.
		DisableGeneralOptionsHandler: true,
		// net/http's own words can quote what a client sent: only their number counts.
		ErrorLog: log.New(countingWriter{s.metrics.protocolErrors}, "", 0),
	}
}
