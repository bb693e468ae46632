package faulttest

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"chartline/internal/cli"
)

// site is an installation, its tenants, and what their clients were told.
type site struct {
	dir     string
	tenants []*tenant
	places  []string          // flags that say where data is that is not in dir
	env     map[string]string // of its servers and commands, beside the usual
	unswept bool              // temporary files may wait for a sweep, or are a bucket's matter
	program string            // that its servers and commands are; empty is this one
}

// first is the tenant of tests that need one only.
func (s *site) first() *tenant { return s.tenants[0] }

// newSite makes an installation with two tenants in a directory of its own.
func newSite(t testing.TB) *site {
	t.Helper()
	return newSiteIn(t, t.TempDir())
}

// newSiteIn makes one in dir, which must be empty.
func newSiteIn(t testing.TB, dir string) *site {
	t.Helper()
	made, err := madeOnce()
	must(t, err)
	s := &site{dir: dir, env: map[string]string{"CHARTLINE_FREE_DISK_FLOOR": "0"}}
	for name, content := range made.files {
		file := filepath.Join(dir, name)
		must(t, os.MkdirAll(filepath.Dir(file), 0o700))
		must(t, os.WriteFile(file, content, 0o600))
	}
	must(t, os.Mkdir(s.media(), 0o700))
	for _, c := range made.clients {
		s.tenants = append(s.tenants, newTenant(c))
	}
	return s
}

// credentials are a client's, and a token for it.
type credentials struct{ tenantName, client, secret, token string }

type madeSite struct {
	files   map[string][]byte
	clients []credentials
}

// madeOnce makes an installation by the command line, for all sites to begin
// with.
var madeOnce = sync.OnceValues(func() (made madeSite, err error) {
	dir := filepath.Join(scratch, "site")
	if made.clients, err = (&site{dir: dir}).populate(); err != nil {
		return made, err
	}
	made.files = map[string][]byte{}
	return made, filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		made.files[name], err = os.ReadFile(file)
		return err
	})
})

// populate makes two tenants by the command line, each with a client.
func (s *site) populate() (clients []credentials, err error) {
	for _, name := range []string{"acme-health", "birch-clinic"} {
		c := credentials{tenantName: name}
		for _, step := range []struct {
			args []string
			read func(map[string]any)
		}{
			{[]string{"tenant", "create", name}, func(map[string]any) {}},
			{[]string{"instance", "create", "live", "--tenant", name, "--time-zone", "UTC"}, func(map[string]any) {}},
			{[]string{"client", "create", "--tenant", name, "--all-grants"}, func(d map[string]any) {
				c.client, _ = d["name"].(string)
				c.secret, _ = d["secret"].(string)
			}},
			{[]string{"client", "token", "", "--tenant", name}, func(d map[string]any) { c.token, _ = d["token"].(string) }},
		} {
			if step.args[1] == "token" {
				step.args[2] = c.client
			}
			doc := map[string]any{}
			code, out, log := s.run(context.Background(), append(step.args, "--json")...)
			if code != 0 {
				return nil, &failedCommand{step.args, log}
			}
			if err := json.Unmarshal([]byte(out), &doc); err != nil {
				return nil, err
			}
			step.read(doc)
		}
		clients = append(clients, c)
	}
	return clients, nil
}

type failedCommand struct {
	args []string
	log  string
}

func (f *failedCommand) Error() string { return strings.Join(f.args, " ") + ": " + f.log }

// run runs a command on the site's data, beside the server: in this process, where
// the site has no program of its own.
func (s *site) run(ctx context.Context, args ...string) (code int, out, log string) {
	var stdout, stderr bytes.Buffer
	args = append(append(args, "--data", s.dir), s.places...)
	if s.program != "" {
		cmd := exec.CommandContext(ctx, s.program, args...) // #nosec G204 -- chartline
		cmd.Env, cmd.Stdout, cmd.Stderr = []string{}, &stdout, &stderr
		for name, value := range s.env {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		_ = cmd.Run() // its exit code says how it went
		return cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()
	}
	env := func(name string) (string, bool) { v, ok := s.env[name]; return v, ok }
	code = cli.Main(ctx, args, env, strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

// command is run where the command must succeed; it returns its output.
func (s *site) command(t testing.TB, args ...string) string {
	t.Helper()
	code, out, log := s.run(context.WithoutCancel(t.Context()), args...)
	if code != 0 {
		t.Fatalf("chartline %s exits with %d: %s%s", strings.Join(args, " "), code, out, log)
	}
	return out
}

func (s *site) media(name ...string) string {
	return filepath.Join(append([]string{s.dir, "media"}, name...)...)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
