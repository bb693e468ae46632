package cli

import (
	"context"
	"io"
	"os"
	"os/user"
	"strconv"
	"time"

	"github.com/google/uuid"

	"chartline/internal/auth"
	"chartline/internal/care"
	"chartline/internal/config"
)

// app is one run of the command line.
type app struct {
	ctx      context.Context
	env      func(string) (string, bool)
	in       io.Reader
	out, err io.Writer
	json     bool
	via      string            // "cli recording list"
	flags    map[string]string // settings given as flags
}

func (a *app) config() (config.Config, error) {
	return config.Load(config.Sources{Env: a.env, Flags: a.flags})
}

// actor is the operating system's user.
func (a *app) actor() care.Actor {
	name := "uid " + strconv.Itoa(os.Getuid())
	if u, err := user.Current(); err == nil && u.Username != "" {
		name = u.Username
	}
	return care.Actor{Kind: care.ActorOperator, ID: name, Origin: care.Origin{Address: "local", RequestID: uuid.NewString(), Via: a.via}}
}

// with opens the engine that the settings name, runs fn, and closes it.
func (a *app) with(fn func(*engine) error) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	return a.withEngine(c, existing, fn)
}

// untilHeeded waits until every node heeds what was just granted or revoked.
func (a *app) untilHeeded() error {
	select {
	case <-time.After(auth.Freshness):
		return nil
	case <-a.ctx.Done():
		return a.ctx.Err()
	}
}

// scopeFlags name the data set.
type scopeFlags struct {
	Tenant   string `required:"" placeholder:"NAME" help:"The tenant."`
	Instance string `default:"live" placeholder:"NAME" help:"The instance (default: live)."`
}

func (s scopeFlags) scope() care.Scope { return care.Scope{Tenant: s.Tenant, Instance: s.Instance} }

// pageFlags walk a list.
type pageFlags struct {
	Limit int    `default:"50" placeholder:"N" help:"At most so many, 1 to 1000 (default: 50)."`
	After string `placeholder:"KEY" help:"Those after this one: what an earlier list printed as next."`
}

// check bounds a page.
func (p pageFlags) check() error {
	if p.Limit < 1 || p.Limit > 1000 {
		return usage{"--limit must be from 1 to 1000"}
	}
	return nil
}

// cutPage takes a list that was asked for with one more than limit, and returns
// the page and the key of its last item, empty where the list ends there.
func cutPage[T any](all []T, limit int, key func(T) string) ([]T, string) {
	if len(all) <= limit {
		return all, ""
	}
	return all[:limit], key(all[limit-1])
}

// afterNumber checks a page whose keys are numbers.
func (p pageFlags) afterNumber() (int64, error) {
	if err := p.check(); err != nil || p.After == "" {
		return 0, err
	}
	n, err := strconv.ParseInt(p.After, 10, 64)
	if err != nil || n < 0 {
		return 0, usage{"--after must be a number here"}
	}
	return n, nil
}
