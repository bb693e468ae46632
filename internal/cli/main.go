package cli

import (
	"context"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"chartline/internal/config"
)

// What Main returns.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands is the whole command line.
type commands struct {
	JSON bool `name:"json" help:"Print one JSON document, on failure too."`

	Serve     serveCmd     `cmd:"" help:"Run the server."`
	Demo      demoCmd      `cmd:"" help:"Run the server with invented data, to try it out."`
	Tenant    tenantCmd    `cmd:"" help:"Tenants: the organisations."`
	Instance  instanceCmd  `cmd:"" help:"Instances: a tenant's separate data sets."`
	Client    clientCmd    `cmd:"" help:"API clients, their secrets and tokens."`
	Policy    policyCmd    `cmd:"" help:"Grants: who may do what, and why."`
	Practice  practiceCmd  `cmd:"" help:"Practices: codes, hours, rules of booking."`
	Service   serviceCmd   `cmd:"" help:"Services: what can be booked."`
	Provider  providerCmd  `cmd:"" help:"Providers."`
	Schedule  scheduleCmd  `cmd:"" help:"Schedules: when providers work, days off, what is free."`
	Patient   patientCmd   `cmd:"" help:"Patients."`
	Login     loginCmd     `cmd:"" help:"People who log in: patients, providers and staff."`
	Call      callCmd      `cmd:"" help:"Voice calls."`
	Recording recordingCmd `cmd:"" help:"Recordings: look up, bring in, settle, withhold, release."`
	Audit     auditCmd     `cmd:"" help:"The audit log: who did what to whose data."`
	Job       jobCmd       `cmd:"" help:"Durable background work: what waits, what failed, what was given up."`
	Backup    backupCmd    `cmd:"" help:"Back up, list backups, prove that one can be put back."`
	Restore   restoreCmd   `cmd:"" help:"Put a backup back into an empty place."`
	Scrub     scrubCmd     `cmd:"" help:"Read stored recordings back and compare them with what was stored."`
	Key       keyCmd       `cmd:"" help:"Keys of sealed storage: where they are, rotate, seal what is plain."`
	Doctor    doctorCmd    `cmd:"" help:"Check this installation and say what to do."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

const description = "Chartline keeps recorded care: visits and calls, whose they are, who may hear them, and proof of who did."

// Main runs one command and returns the process's exit code: 0, 1 where it
// failed, 2 where it could not be understood. It returns when ctx ends.
func Main(ctx context.Context, args []string, env func(string) (string, bool), stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{ctx: ctx, env: env, in: stdin, out: stdout, err: stderr, json: slices.Contains(args, "--json")}
	helped := false
	parser, err := kong.New(grammar(args),
		kong.Name("chartline"), kong.Description(description), kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }), // --help goes on parsing
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ExplicitGroups([]kong.Group{{Key: "settings", Title: "Settings (flags win over the environment, the environment over the file):"}}),
		settingsHelp(),
	)
	if err != nil {
		return a.fail(err)
	}
	parsed, err := parser.Parse(args)
	if helped {
		return exitOK
	}
	if err != nil {
		return a.fail(usage{err.Error() + "; see " + helpFor(parser, err)})
	}
	a.via, a.flags = "cli "+commandPath(parsed), givenSettings(parsed)
	if err := parsed.Run(a); err != nil {
		return a.fail(err)
	}
	return exitOK
}

// grammar returns what args are read with: the one command that they name where
// they begin with it, else all. Reading the whole command line costs kong tens
// of milliseconds, which would be most of a server's start.
func grammar(args []string) any {
	whole := reflect.TypeFor[commands]()
	if len(args) == 0 {
		return &commands{}
	}
	for field := range whole.Fields() {
		if _, command := field.Tag.Lookup("cmd"); command && strings.ToLower(field.Name) == args[0] {
			return reflect.New(reflect.StructOf([]reflect.StructField{whole.Field(0), field})).Interface()
		}
	}
	return &commands{}
}

// usage is a command line that cannot be understood.
type usage struct{ text string }

func (u usage) Error() string { return u.text }

// helpFor names the help of the command that was being given.
func helpFor(parser *kong.Kong, err error) string {
	path := parser.Model.Name
	if e, ok := errors.AsType[*kong.ParseError](err); ok {
		if sub := commandPath(e.Context); sub != "" {
			path += " " + sub
		}
	}
	return path + " --help"
}

// commandPath is the command without its arguments: "recording list".
func commandPath(c *kong.Context) string {
	path := ""
	for _, p := range c.Path {
		if p.Command != nil {
			if path != "" {
				path += " "
			}
			path += p.Command.Name
		}
	}
	return path
}

// errInterrupted is told where a signal ended a command before its end.
var errInterrupted = errors.New("interrupted")

func (a *app) fail(err error) int {
	if a.ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	a.printError(err)
	if _, bad := errors.AsType[usage](err); bad {
		return exitUsage
	}
	if _, bad := errors.AsType[*config.Problems](err); bad {
		return exitUsage
	}
	return exitFailed
}
