package faulttest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
)

// netnsVariable has the network between a node and its database be one of the
// kernel's: the node runs in a network namespace, which takes root's rights.
const netnsVariable = "CHARTLINE_TEST_NETNS"

// partition is a site one of whose nodes can be parted from the database. That
// node still reaches the media, and is reached by its clients.
type partition struct {
	*farSite
	begin   func(t testing.TB) *process
	silence func() // what is sent there is lost, and nobody says so
	refuse  func() // there is no way there
	heal    func()
}

func newPartition(t testing.TB) *partition {
	t.Helper()
	if os.Getenv(netnsVariable) != "" {
		return newNamespace(t)
	}
	f := newFarSite(t)
	return &partition{farSite: f, begin: f.begin, silence: f.db.hold,
		refuse: func() { f.db.leave(true); f.db.release() },
		heal:   func() { f.db.leave(false); f.db.release() }}
}

// newNamespace is a node in a network of its own, from which one cable leads to
// clients and media, and another to the database.
func newNamespace(t testing.TB) *partition {
	t.Helper()
	n := rand.IntN(250) // #nosec G404 -- any network will do
	name := fmt.Sprintf("chartline%d", n)
	ip := func(args ...string) {
		t.Helper()
		if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil { // #nosec G204 -- this test's own
			t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, out)
		}
	}
	ip("netns", "add", name)
	t.Cleanup(func() { ip("netns", "del", name) }) // and its cables
	ip("-n", name, "link", "set", "lo", "up")
	cable := func(kind string, third int) (outer, inner, outside, inside string) {
		outer, inner = fmt.Sprintf("cl%s%do", kind, n), fmt.Sprintf("cl%s%di", kind, n)
		outside, inside = fmt.Sprintf("10.%d.%d.1", third, n), fmt.Sprintf("10.%d.%d.2", third, n)
		ip("link", "add", outer, "type", "veth", "peer", "name", inner, "netns", name)
		ip("address", "add", outside+"/30", "dev", outer)
		ip("-n", name, "address", "add", inside+"/30", "dev", inner)
		ip("link", "set", outer, "up")
		ip("-n", name, "link", "set", inner, "up")
		return outer, inner, outside, inside
	}
	_, _, clients, listen := cable("c", 203)
	outer, inner, database, _ := cable("d", 204)
	f := newFarSiteAt(t, database, clients)
	return &partition{farSite: f,
		begin: func(t testing.TB) *process {
			return f.startUnder(t, []string{"ip", "netns", "exec", name}, append(f.overWire, "--listen", listen+":0")...)
		},
		silence: func() { ip("link", "set", outer, "down") },
		refuse:  func() { ip("-n", name, "link", "set", inner, "down") },
		heal: func() {
			ip("link", "set", outer, "up")
			ip("-n", name, "link", "set", inner, "up")
		}}
}

// F22: of two nodes one is parted from the database. It tells nobody anything,
// lets nobody wait for ever, and believes nothing that was true before; the other
// one's clients notice nothing. It comes back by itself.
func TestANodeThatIsPartedFromItsDatabaseTellsNothingAndRecovers(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	f := newPartition(t)
	p := f.begin(t)
	near := &site{dir: t.TempDir(), places: f.places, env: f.env}
	other := near.start(t)
	f.tenants[1].reach(other.url)
	c, d := f.tenants[0].open(t), f.tenants[1].open(t)
	call := c.mustHaveCall(t)
	recording, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(5000))
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("%v, %v", got, err)
	}
	ended, revoke := f.passing(t)
	if told := status(p.url+"/api/v1/patients?limit=1", ended); told != http.StatusOK {
		t.Fatalf("a new token is answered with %d", told)
	}
	end := work(t, rng, 2, but(http.StatusServiceUnavailable), c)
	undisturbed := begin(t, rng, 1, none, d)

	f.silence()
	var asked sync.WaitGroup
	asked.Go(func() { c.refuseAll(t, recording, call) })
	c.mustBeReady(t, http.StatusServiceUnavailable, "database", "failing")
	if got, err := c.get(t.Context(), "/healthz"); err != nil || got.status != http.StatusOK {
		t.Errorf("healthz: %v, %v", got, err)
	}
	revoke()
	undisturbed.more(20, 0)
	if _, long := os.LookupEnv(soakVariable); !long { // else it gives up by itself, after 20 s
		f.refuse()
	}
	asked.Wait()
	if told := status(p.url+"/api/v1/patients?limit=1", ended); told != http.StatusServiceUnavailable {
		t.Errorf("a node that cannot know whether a token was ended answers it with %d", told)
	}
	undisturbed.end()
	f.heal()
	c.mustRecover(t)
	if told := status(p.url+"/api/v1/patients?limit=1", ended); told != http.StatusUnauthorized {
		t.Errorf("a token that was ended meanwhile is answered with %d", told)
	}
	if told := end(); told.refused == 0 {
		t.Errorf("%+v", told)
	}
	eventually(t, "requests hang", func() bool { return metric(t, p.url, "chartline_http_requests_in_flight") <= "1" }) // that one
	f.verify(t)
	other.stop()
	p.stop()
}

// passing is a token of the first tenant's, and how it is ended beside all nodes.
func (s *site) passing(t testing.TB) (token string, revoke func()) {
	t.Helper()
	var client struct{ Name, Token string }
	of := []string{"--tenant", s.first().tenantName, "--json"}
	must(t, json.Unmarshal([]byte(s.command(t, append([]string{"client", "create", "--all-grants"}, of...)...)), &client))
	must(t, json.Unmarshal([]byte(s.command(t, append([]string{"client", "token", client.Name}, of...)...)), &client))
	return client.Token, func() { s.command(t, append([]string{"client", "revoke-tokens", client.Name}, of...)...) }
}
