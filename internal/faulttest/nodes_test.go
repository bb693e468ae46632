package faulttest

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"chartline/internal/blob/s3/s3test"
	"chartline/internal/config"
	"chartline/internal/store/postgres/pgtest"
)

const (
	// killingVariable says for how long nodes are killed.
	killingVariable = "CHARTLINE_TEST_KILLING"
	// olderVariable names the program of an older release, which the nodes and the
	// commands are until the rolling restart.
	olderVariable = "CHARTLINE_TEST_OLDER"
)

// node is one of several servers of the same data.
type node struct {
	*site  // its own directory, with its checkpoints, and no tenants
	listen string
	run    *process
}

// fleet is several nodes with one database, one bucket, and nginx in front.
type fleet struct {
	*site // the tenants; its commands are run beside the nodes
	nodes []*node
	proxy *proxy
	way   *way // of all requests
}

func newFleet(t *testing.T) *fleet {
	t.Helper()
	bucket := s3test.Start(t).Bucket(t)
	media := config.S3{Endpoint: bucket.Endpoint, Region: bucket.Region, Bucket: bucket.Bucket, Prefix: bucket.Prefix, PathStyle: true}
	places := []string{"--database", pgtest.Start(t).Empty(t), "--media", media.String()}
	shared := map[string]string{
		"CHARTLINE_S3_ACCESS_KEY": s3test.AccessKey, "CHARTLINE_S3_SECRET_KEY": s3test.SecretKey,
		"CHARTLINE_AUDIT_KEY": newKey(), "CHARTLINE_MASTER_KEY": newKey(),
	}
	older := os.Getenv(olderVariable)
	f := &fleet{site: &site{dir: t.TempDir(), places: places, env: shared, program: older}, way: &way{t: t, under: &http.Transport{MaxIdleConnsPerHost: 64, DisableCompression: true}}}
	t.Cleanup(f.way.under.CloseIdleConnections)
	clients, err := f.populate()
	must(t, err)
	var addresses []string
	for range 3 {
		n := &node{site: &site{dir: t.TempDir(), places: places, env: shared, program: older}, listen: freeAddress(t)}
		n.begin(t)
		f.nodes, addresses = append(f.nodes, n), append(addresses, n.listen)
	}
	f.proxy = startProxy(t, addresses)
	for _, c := range clients {
		f.tenants = append(f.tenants, newTenant(c))
	}
	f.reach(f.proxy.url)
	return f
}

func newKey() string {
	b := make([]byte, 32)
	rand.Read(b)
	return hex.EncodeToString(b)
}

// freeAddress is one that stays free while nobody listens there: connections
// that go out take none of these ports.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 15_000+mathrand.IntN(15_000))) // #nosec G404 -- any port will do
		if err == nil {
			must(t, l.Close())
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

func (f *fleet) reach(url string) {
	for _, tn := range f.tenants {
		tn.base, tn.http = url, &http.Client{Transport: f.way}
	}
}

// begin starts a node and waits until it is ready.
func (n *node) begin(t testing.TB) {
	t.Helper()
	n.run = n.startUnder(t, nil, "--listen", n.listen)
	if n.run.url == "" {
		t.Fatalf("a node ended before it was ready: %v\n%s", n.run.err, n.run.log)
	}
	eventually(t, "a node does not become ready", func() bool { return status(n.run.url+"/readyz", "") == http.StatusOK })
}

// status asks on a connection of its own; 0 is no answer.
func status(url, token string) int {
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		return 0
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	r.Close = true
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0
	}
	_ = answer.Body.Close() // only its status is of interest
	return answer.StatusCode
}

func killing(t testing.TB) time.Duration {
	t.Helper()
	text, given := os.LookupEnv(killingVariable)
	if !given {
		return 8 * time.Second
	}
	d, err := time.ParseDuration(text)
	must(t, err)
	return d
}

func TestNodesAreKilledRevokedOnAndRestartedWithoutALossOrAFailure(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	f := newFleet(t)
	clinics := []clinic{f.tenants[0].open(t), f.tenants[1].open(t)}

	// Killed, at random, while clients ask again for what was not answered.
	f.way.again.Store(true)
	kills := 0
	l := begin(t, rng, 3, none, clinics...)
	for end := time.Now().Add(killing(t)); time.Now().Before(end) || kills < 3; kills++ {
		l.more(rng.IntN(60), 0)
		n := f.nodes[rng.IntN(len(f.nodes))]
		n.run.kill()
		l.more(5+rng.IntN(30), 0) // by the others
		n.begin(t)
	}
	t.Logf("%d kills, %d requests answered, %d of them asked for again", kills, l.end().done, f.way.repeated.Load())
	f.mustRevokeEverywhere(t)
	f.mustLimitEverywhere(t)

	// Restarted, one after another, while no request may fail.
	f.way.again.Store(false)
	time.Sleep(forgiven)
	l = begin(t, rng, 3, none, clinics...)
	for _, n := range f.nodes {
		l.more(20, 0)
		n.run.stop()
		l.more(20, 0) // by the others
		n.program = ""
		n.begin(t)
		time.Sleep(forgiven)
		l.more(20, 0) // by two releases, where there was an older one
	}
	f.program = ""
	t.Logf("%d requests were answered during a rolling restart", l.end().done)
	f.verifyAll(t)
}

// verifyAll holds every node against what was acknowledged, and the audit log
// against the checkpoints of each.
func (f *fleet) verifyAll(t *testing.T) {
	t.Helper()
	for i, n := range f.nodes {
		f.reach(n.run.url)
		for _, tn := range f.tenants {
			for _, noun := range nouns {
				for _, fault := range tn.compare(noun.path, noun.key, tn.list(t, noun.path, noun.key)) {
					t.Errorf("%s by node %d: %s", tn.tenantName, i, fault)
				}
			}
			tn.hear(t)
		}
	}
	for _, tn := range f.tenants {
		tn.findAnswers(t, f.site)
	}
	f.examine(t)
	for _, n := range f.nodes {
		n.command(t, "audit", "verify")
	}
	var dead struct {
		Items []struct{ Kind, Reason string }
	}
	must(t, json.Unmarshal([]byte(f.command(t, "job", "list", "--state", "dead", "--json")), &dead))
	if len(dead.Items) > 0 {
		t.Errorf("jobs were given up: %v", dead.Items)
	}
}

// mustLimitEverywhere guesses a secret at all nodes in turn: together they bear as
// many guesses as one would.
func (f *fleet) mustLimitEverywhere(t *testing.T) {
	t.Helper()
	var client struct{ Name, Secret string }
	must(t, json.Unmarshal([]byte(f.command(t, "client", "create", "--tenant", f.first().tenantName, "--json")), &client))
	try := func(n *node, secret string) *http.Response {
		body, err := json.Marshal(map[string]string{"apiClient": client.Name, "secret": secret})
		must(t, err)
		got, err := http.Post(n.run.url+"/auth/token", "application/json", bytes.NewReader(body))
		must(t, err)
		must(t, got.Body.Close())
		return got
	}
	for i := range 10 {
		if got := try(f.nodes[i%len(f.nodes)], "a guess"); got.StatusCode != http.StatusUnauthorized {
			t.Fatalf("guess %d is answered with %d", i, got.StatusCode)
		}
	}
	for i, n := range f.nodes {
		if got := try(n, client.Secret); got.StatusCode != http.StatusTooManyRequests || got.Header.Get("Retry-After") == "" {
			t.Errorf("after ten guesses node %d answers %d", i, got.StatusCode)
		}
	}
}

// mustRevokeEverywhere takes grants away and ends tokens by the command line while
// every node answers to them: once the command returns, none does any more.
func (f *fleet) mustRevokeEverywhere(t *testing.T) {
	t.Helper()
	tenant := f.first().tenantName
	var client struct{ Name string }
	must(t, json.Unmarshal([]byte(f.command(t, "client", "create", "--tenant", tenant, "--all-grants", "--json")), &client))
	for _, c := range []struct {
		command []string
		then    int
	}{
		{[]string{"policy", "revoke", "patient_read", "--client", client.Name}, http.StatusForbidden},
		{[]string{"policy", "grant", "patient_read", "--client", client.Name}, 0},
		{[]string{"client", "revoke-tokens", client.Name}, http.StatusUnauthorized},
		{[]string{"client", "disable", client.Name}, http.StatusUnauthorized},
	} {
		if c.then == 0 {
			f.command(t, append(c.command, "--tenant", tenant)...)
			continue
		}
		var made struct{ Token string }
		must(t, json.Unmarshal([]byte(f.command(t, "client", "token", client.Name, "--tenant", tenant, "--json")), &made))
		ask := func(n *node) int { return status(n.run.url+"/api/v1/patients?limit=1", made.Token) }
		stop := make(chan struct{})
		var asking, asked sync.WaitGroup
		for i, n := range f.nodes {
			asking.Add(1)
			asked.Go(func() {
				if got := ask(n); got != http.StatusOK {
					t.Errorf("node %d answers a new token with %d", i, got)
				}
				asking.Done()
				for {
					select {
					case <-stop:
						return
					default:
						ask(n) // so that it has the token in mind
					}
				}
			})
		}
		asking.Wait()
		f.command(t, append(c.command, "--tenant", tenant)...)
		for i, n := range f.nodes {
			if got := ask(n); got != c.then {
				t.Errorf("after %v node %d answers %d", c.command, i, got)
			}
		}
		close(stop)
		asked.Wait()
	}
}
