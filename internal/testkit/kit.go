package testkit

import (
	"context"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"chartline/internal/audit"
	"chartline/internal/audit/checkpoint"
	"chartline/internal/auth"
	"chartline/internal/blob"
	"chartline/internal/blob/dir"
	"chartline/internal/blob/s3"
	"chartline/internal/blob/seal"
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
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/server"
	"chartline/internal/store"
	"chartline/internal/store/postgres"
	"chartline/internal/store/sqlite"
	"chartline/internal/store/sqlite/sqlitetest"
	"chartline/internal/trace"
	"chartline/internal/vault"
)

// Start is the time at which every kit's clock stands at first.
var Start = time.Date(2026, 3, 18, 15, 0, 0, 0, time.UTC)

// Clock is a clock that stands until it is moved.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now is the clock's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Move moves the clock, back too.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Options change what a Kit is built of.
type Options struct {
	// Dir holds the data; empty means a directory of the test's own.
	Dir string
	// Log takes the server's log; nil drops it.
	Log io.Writer
	// Store and Media wrap the engines, to inject faults.
	Store func(store.Store) store.Store
	Media func(blob.Store) blob.Store
	// Bucket keeps the media, and BucketDir is where its server keeps them; nil
	// means a directory in Dir.
	Bucket    *s3.Options
	BucketDir string
	// Plain stores the media as they are; without it they are sealed.
	Plain bool
	// Limits of the server; nil means the defaults.
	Limits *server.Limits
	// Uploads bound files for forms; nil means the defaults.
	Uploads *chart.Limits
	// Idle is how long a web session lives unused; 0 means the default.
	Idle time.Duration
	// Introspection lets clients ask for the GraphQL schema.
	Introspection bool
	// Statement, where not nil, is told each SQL statement that runs.
	Statement func(sql string)
	// Traces begins traces; nil begins none.
	Traces *trace.Tracer
	// Postgres is the URL of a database to use in place of SQLite.
	Postgres string
}

// Kit is a whole Chartline.
type Kit struct {
	Dir        string
	MediaDir   string // of the files that are the stored objects
	Clock      *Clock
	Store      store.Store
	Media      blob.Store
	Objects    blob.Store // the media as they are stored, under Media
	Vault      *vault.Vault
	Gate       *gate.Gate
	Auth       *auth.Authenticator
	Access     *access.Service
	Logins     *logins.Service
	Entry      *auth.Logins
	Passwords  *auth.Passwords
	People     *people.Service
	Practice   *practice.Service
	Chart      *chart.Service
	Visits     *visits.Service
	Voice      *voice.Service
	Recordings *recordings.Service
	Oversight  *oversight.Service
	Keeper     *oversight.Keeper
	Key        audit.Key
	Server     *server.Server
}

func (k *Kit) openStore(t testing.TB, o Options) (s store.Store) {
	t.Helper()
	var err error
	if o.Postgres != "" {
		// A slow machine is not a server that hangs: its limit is for other tests.
		s, err = postgres.Open(t.Context(), o.Postgres, "", postgres.Options{Connections: 4, Statement: o.Statement, StatementTimeout: 2 * time.Minute})
	} else {
		s, err = sqlite.Open(t.Context(), sqlitetest.At(t, filepath.Join(k.Dir, "chartline.db")), sqlite.Options{Statement: o.Statement})
	}
	must(t, err)
	return s
}

// New returns a kit that is closed when the test ends.
func New(t testing.TB, o Options) *Kit {
	t.Helper()
	k := &Kit{Dir: o.Dir, Clock: &Clock{now: Start}}
	if k.Dir == "" {
		k.Dir = t.TempDir()
	}
	db := k.openStore(t, o)
	media := k.openMedia(t, o)
	master, err := vault.ParseRing("ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100")
	must(t, err)
	k.Store, k.Objects = db, media
	k.Vault = vault.New(vault.Options{Store: db, Master: master, Now: k.Clock.Now})
	k.Media = seal.New(seal.Options{Under: media, Keys: k.Vault, Plain: o.Plain})
	if o.Store != nil {
		k.Store = o.Store(db)
	}
	if o.Media != nil {
		k.Media = o.Media(k.Media)
	}
	k.Key, err = audit.ParseKey("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff")
	must(t, err)
	k.build(o)
	t.Cleanup(func() {
		k.Gate.Close()
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if err := media.Close(); err != nil {
			t.Error(err)
		}
	})
	return k
}

func (k *Kit) openMedia(t testing.TB, o Options) interface {
	blob.Store
	io.Closer
} {
	t.Helper()
	if k.MediaDir = o.BucketDir; o.Bucket != nil {
		media, err := s3.Create(t.Context(), *o.Bucket)
		must(t, err)
		return media
	}
	k.MediaDir = filepath.Join(k.Dir, "media")
	media, err := dir.Open(k.MediaDir, dir.Options{})
	must(t, err)
	return media
}

func (k *Kit) build(o Options) {
	k.Gate = gate.New(gate.Options{Store: k.Store, Policy: policy.New(), Names: k.Key.Hasher(), Now: k.Clock.Now})
	k.Auth = auth.New(k.Store, k.Clock.Now)
	k.Access, k.People, k.Visits, k.Voice = access.New(k.Gate), people.New(k.Gate), visits.New(k.Gate), voice.New(k.Gate)
	// A password costs next to nothing here: most tests are not about its cost.
	k.Passwords = auth.NewPasswords(care.DefaultPasswordLength, auth.Cost{Passes: 1, MemoryKiB: 64, Threads: 1})
	k.Practice = practice.New(k.Gate, k.Passwords)
	k.Entry = auth.NewLogins(auth.LoginOptions{Store: k.Store, Passwords: k.Passwords, Idle: o.Idle, Now: k.Clock.Now, Wait: nobodyWaits})
	k.Logins = logins.New(logins.Options{Gate: k.Gate, Passwords: k.Passwords, Targets: []string{SSOTarget}})
	k.Recordings = recordings.New(k.Gate, k.Media)
	uploads := chart.DefaultLimits()
	if o.Uploads != nil {
		uploads = *o.Uploads
	}
	k.Chart = chart.New(k.Gate, k.Media, uploads)
	signed := checkpoint.NewFile(filepath.Join(k.Dir, "audit-checkpoints.jsonl"))
	k.Oversight = oversight.New(k.Gate, signed, k.Key.Public())
	k.Keeper = oversight.NewKeeper(k.Store, k.Key, signed, k.Clock.Now)
	limits := server.DefaultLimits()
	if o.Limits != nil {
		limits = *o.Limits
	}
	log := io.Discard
	if o.Log != nil {
		log = o.Log
	}
	k.Server = server.New(server.Deps{
		Introspection: o.Introspection, Traces: o.Traces,
		Logins: k.Logins, Entry: k.Entry, Passwords: k.Passwords,
		Auth: k.Auth, Access: k.Access, People: k.People, Practice: k.Practice, Chart: k.Chart, Visits: k.Visits, Voice: k.Voice, Recordings: k.Recordings,
		Oversight: k.Oversight, Keeper: k.Keeper, Log: slog.New(slog.NewJSONHandler(log, nil)), Version: "test", Limits: limits, Now: k.Clock.Now,
		Checks: map[string]func(context.Context) error{"database": k.Store.Check, "media": k.Media.Check},
	})
}

// SSOTarget is the one URL beside the portal that single sign-on may lead to.
const SSOTarget = "https://partner.example.org/welcome?from=chartline"

// nobodyWaits is how time passes for who is slowed down.
func nobodyWaits(context.Context, time.Duration) error { return nil }

// Serve serves the kit on a loopback port until the test ends and returns its URL.
func (k *Kit) Serve(t testing.TB) string {
	t.Helper()
	s := httptest.NewServer(k.Server.Handler(true))
	t.Cleanup(s.Close)
	return s.URL
}

// Operator acts as the person at the command line.
func Operator() care.Actor {
	return care.Actor{Kind: care.ActorOperator, ID: "tester", Origin: care.Origin{Via: "test"}}
}

// Tenant makes a tenant with the given instances, in the time zone of New York.
func (k *Kit) Tenant(t testing.TB, name string, instances ...string) {
	t.Helper()
	_, err := k.Access.CreateTenant(t.Context(), Operator(), name, name)
	must(t, err)
	for _, instance := range instances {
		_, err := k.Access.CreateInstance(t.Context(), Operator(), care.Instance{Scope: care.Scope{Tenant: name, Instance: instance}, TimeZone: "America/New_York"})
		must(t, err)
	}
}

// Client makes a client at home in scope with grants, and returns it with its
// secret and a token.
func (k *Kit) Client(t testing.TB, scope care.Scope, grants ...care.GrantName) (access.ClientSecret, string) {
	t.Helper()
	c, err := k.Access.CreateClient(t.Context(), Operator(), access.NewClient{Tenant: scope.Tenant, Title: "test", Home: scope.Instance, Grants: grants})
	must(t, err)
	actor, err := k.Auth.Secret(t.Context(), "", c.Client.Name, c.Secret, "127.0.0.1")
	must(t, err)
	issued, err := k.Access.IssueToken(t.Context(), actor)
	must(t, err)
	return c, issued.Token
}

// Open returns a file of the repository, named from its root, wherever the test
// runs.
func Open(t testing.TB, name string) []byte {
	t.Helper()
	for up := "."; ; up = filepath.Join("..", up) {
		if _, err := os.Stat(filepath.Join(up, "go.mod")); err == nil {
			text, err := os.ReadFile(filepath.Join(up, name)) // #nosec G304 -- a test's own file
			must(t, err)
			return text
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
