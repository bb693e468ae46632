package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/config"
	"chartline/internal/demo"
)

// demoCmd has flags of its own: no environment and no file may lead the demo to
// real data.
type demoCmd struct {
	Data   string `default:"chartline-demo" placeholder:"DIR" help:"Directory for the demo's data, its own or empty (default: chartline-demo)."`
	Listen string `default:"127.0.0.1:8080" placeholder:"ADDR" help:"Loopback address and port to listen on (default: 127.0.0.1:8080)."`
}

// Run serves invented data until it is told to stop.
func (c demoCmd) Run(a *app) (err error) {
	settings, err := config.Load(config.Sources{Flags: map[string]string{"data": c.Data, "listen": c.Listen}})
	if err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return usage{"the demo listens on loopback addresses only, such as 127.0.0.1:8080"}
	}
	l, err := listen(settings)
	if err != nil {
		return err
	}
	if !isLoopback(l.Main.Addr()) {
		return errors.Join(errors.New("localhost is not a loopback address here"), l.Main.Close())
	}
	served := false
	defer func() {
		if !served {
			err = errors.Join(err, l.Main.Close())
		}
	}()
	dir, err := demo.Claim(c.Data)
	if err != nil {
		return fmt.Errorf("cannot use the demo directory: %w", err)
	}
	return a.serving(settings, func(e *engine) error {
		guide, err := a.prepareDemo(e, dir, readyAt(l).URL)
		if err != nil {
			return err
		}
		if err := a.showDemo(guide, c.Data); err != nil {
			return err
		}
		served = true
		return e.server(slog.New(slog.NewJSONHandler(a.err, &slog.HandlerOptions{Level: slog.LevelWarn})), nil).Run(a.ctx, l)
	})
}

// prepareDemo brings the data in and makes this start's credentials.
func (a *app) prepareDemo(e *engine, dir demo.Dir, url string) (demo.Guide, error) {
	s := demo.Services{Logins: e.logins, Access: e.access, People: e.people, Practice: e.practice, Chart: e.chart, Visits: e.visits, Voice: e.voice, Recordings: e.recordings}
	done, err := dir.Seeded()
	if err != nil {
		return demo.Guide{}, err
	}
	if !done {
		if err := s.Seed(a.ctx, a.actor()); err != nil {
			return demo.Guide{}, err
		}
		if err := dir.SetSeeded(); err != nil {
			return demo.Guide{}, err
		}
	}
	entry := auth.NewLogins(auth.LoginOptions{Store: e.store, Passwords: e.passwords})
	made, err := s.Renew(a.ctx, a.actor(), auth.New(e.store, nil).Secret, entry.Link)
	if err != nil {
		return demo.Guide{}, err
	}
	found, err := e.visits.LookUp(a.ctx, a.actor(), care.Scope{Tenant: demo.Tenant, Instance: demo.Live}, demo.ExampleRecording)
	if err != nil && !care.IsNotFound(err) { // who tries things out may have withheld it
		return demo.Guide{}, err
	}
	return demo.NewGuide(url, found.Recording.ID, made, time.Now()), nil
}

// showDemo says what there is: for a program, one line.
func (a *app) showDemo(g demo.Guide, dir string) error {
	if a.json {
		return printLine(a.out, g)
	}
	return g.Write(a.out, dir)
}
