package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/clinic/oversight"
	"chartline/internal/config"
	"chartline/internal/jobs"
	"chartline/internal/server"
	"chartline/internal/trace"
)

type serveCmd struct {
	Server   serverFlags  `embed:""`
	Settings dataFlags    `embed:""`
	Replica  replicaFlags `embed:""`
}

// ready is the JSON line of a server that answers.
type ready struct {
	URL     string `json:"url"`
	Metrics string `json:"metrics,omitempty"` // where --metrics-listen put them
}

// Run serves until it is told to stop.
func (serveCmd) Run(a *app) error {
	settings, err := a.config()
	if err != nil {
		return err
	}
	lines := &logBuffer{w: a.err}
	defer lines.Flush()
	log := slog.New(slog.NewJSONHandler(lines, &slog.HandlerOptions{Level: settings.LogLevel}))
	traces, err := tracer(settings.Traces, log)
	if err != nil {
		return err
	}
	return a.serving(settings, func(e *engine) (err error) {
		l, err := listen(settings)
		if err != nil {
			return err
		}
		log.Info("listening", "address", l.Main.Addr().String(), "tls", l.TLS != nil, "version", buildOf().Version, "database", settings.Database.String(), "media", settings.Media.String(), "traces", settings.Traces.On())
		if l.TLS == nil && !isLoopback(l.Main.Addr()) {
			log.Warn("without TLS, health data crosses the network in the clear: give --tls-cert and --tls-key, or keep a TLS proxy in front")
		}
		if e.madeMaster {
			log.Warn("a new master key was made: what is sealed cannot be read without it; keep a copy elsewhere", "file", settings.MasterKeyFile)
		}
		if a.json {
			if err := printLine(a.out, readyAt(l)); err != nil {
				return err
			}
		}
		err = e.server(log, traces).Run(a.ctx, l)
		log.Info("stopped")
		return err
	})
}

// serving opens the engine as the only server of its data.
func (a *app) serving(c config.Config, fn func(*engine) error) (err error) {
	if err := beginInstallation(a.ctx, c); err != nil {
		return err
	}
	release, err := lockServer(c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	a.paceCollector()
	return a.withEngine(c, toServe, func(e *engine) error {
		if _, err := e.objects.get(a.ctx); err != nil {
			return err
		}
		if err := e.checkMaster(a.ctx); err != nil {
			return err
		}
		return fn(e)
	})
}

// paceCollector has the garbage collector run half as often as it would: a
// server's live memory is a few megabytes, of which the default pace makes many
// collections a second under load. What starting left is given back soon after.
// GOGC in the environment wins.
func (a *app) paceCollector() {
	if _, set := a.env("GOGC"); !set {
		debug.SetGCPercent(200)
	}
	time.AfterFunc(time.Second, debug.FreeOSMemory)
}

// listen opens what the server listens on.
func listen(c config.Config) (l server.Listeners, err error) {
	if c.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return l, fmt.Errorf("the TLS certificate cannot be used: %w", err)
		}
		l.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	}
	if l.Main, err = listenOn(c.Listen); err != nil {
		return l, err
	}
	if c.MetricsListen != "" {
		if l.Metrics, err = listenOn(c.MetricsListen); err != nil {
			return l, errors.Join(err, l.Main.Close())
		}
	}
	return l, nil
}

func listenOn(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, fmt.Errorf("cannot listen on %s: another program has that port; choose another with --listen", address)
		}
		return nil, fmt.Errorf("cannot listen on %s: %w", address, e.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w", address, err)
	}
	return l, nil
}

func isLoopback(a net.Addr) bool {
	tcp, ok := a.(*net.TCPAddr)
	return ok && tcp.IP.IsLoopback()
}

// readyAt is where l is reached from this machine.
func readyAt(l server.Listeners) ready {
	scheme := "http"
	if l.TLS != nil {
		scheme = "https"
	}
	r := ready{URL: scheme + "://" + localAddress(l.Main)}
	if l.Metrics != nil {
		r.Metrics = "http://" + localAddress(l.Metrics) + "/metrics"
	}
	return r
}

func localAddress(l net.Listener) string {
	host, port, err := net.SplitHostPort(l.Addr().String())
	if ip := net.ParseIP(host); err == nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

// server puts the engine behind the surfaces.
func (e *engine) server(log *slog.Logger, traces *trace.Tracer) *server.Server {
	c := e.settings
	return server.New(server.Deps{
		Logins: e.logins, Entry: auth.NewLogins(auth.LoginOptions{Store: e.store, Passwords: e.passwords, Idle: c.SessionIdle}),
		Passwords: e.passwords, PublicURL: c.PublicURL, Introspection: c.GraphQLIntrospection,
		Auth: auth.New(e.store, nil), Access: e.access, People: e.people, Practice: e.practice, Chart: e.chart, Visits: e.visits, Voice: e.voice,
		Recordings: e.recordings, Oversight: e.oversight, Jobs: &jobs.Options{Store: e.store}, Traces: traces,
		Keeper: oversight.NewKeeper(e.store, e.key, e.checkpoints, time.Now),
		// Derived from the installation's key. No tenant is without a name, so
		// that no name that is asked for is ever hashed to it.
		CursorKey: []byte(e.key.Hasher().Name(care.Scope{}, "cursor key")),
		Checks:    map[string]func(context.Context) error{"database": e.store.Check, "media": e.media.Check},
		Standby:   e.standby(log), Writes: e.store.Writes, Log: log, Version: buildOf().Version,
		Limits: server.Limits{HeaderTimeout: c.HeaderTimeout, IdleTimeout: c.IdleTimeout, HeaderBytes: server.DefaultLimits().HeaderBytes,
			Drain: c.DrainTimeout, Stall: c.StallTimeout, Upload: c.MaxUpload},
	})
}
