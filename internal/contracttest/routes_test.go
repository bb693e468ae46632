package contracttest

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"chartline/internal/api/calls"
	"chartline/internal/api/httpio"
	"chartline/internal/api/native"
	"chartline/internal/api/telehealth"
	"chartline/internal/care"
	"chartline/internal/policy"
)

// route is a row of a surface's table.
type route struct {
	surface         string
	method, pattern string
	action          care.Action
}

func (r route) String() string { return r.method + " " + r.pattern }

// routes returns every surface's table. What says how the server is belongs to
// no surface and has its own: ops.
func routes() []route {
	c, th, n := &calls.Surface{}, &telehealth.Surface{}, &native.Surface{}
	tables := []struct {
		surface string
		rows    []httpio.Route
	}{
		{"calls", c.Routes()}, {"calls", c.TokenRoutes()}, {"oauth", c.OAuthRoutes()},
		{"telehealth", th.Routes()}, {"native", n.Routes()},
	}
	var all []route
	for _, t := range tables {
		for _, r := range t.rows {
			all = append(all, route{t.surface, r.Method, r.Pattern, r.Action})
		}
	}
	all = append(all, portalRoutes()...)
	for _, p := range []string{"/{$}", "/healthz", "/readyz", "/metrics"} {
		all = append(all, route{"ops", http.MethodGet, p, ""})
	}
	return all
}

// gated returns the routes that need a token.
func gated() []route {
	return slices.DeleteFunc(routes(), func(r route) bool { return r.action == "" })
}

// table finds the route of a request as the server would: patterns under a
// tenant cannot share a mux with literal ones.
type table struct{ tenants, service *http.ServeMux }

type rowHandler struct {
	http.Handler
	route route
}

// rows is the table of all routes.
var rows = sync.OnceValue(newTable)

func newTable() table {
	t := table{http.NewServeMux(), http.NewServeMux()}
	for _, r := range routes() {
		mux := t.service
		if strings.HasPrefix(r.pattern, "/{tenant}/") {
			mux = t.tenants
		}
		mux.Handle(r.method+" "+r.pattern, rowHandler{http.NotFoundHandler(), r})
	}
	return t
}

// careless is what clients should escape and some do not.
var careless = regexp.MustCompile(`[^!-~]|[{}|\\^"<>]`)

// find returns the route that a request leads to; false for none.
func (t table) find(method, target string) (route, bool) {
	target = careless.ReplaceAllStringFunc(strings.TrimPrefix(target, "http://attacker.example.org"), url.PathEscape)
	r, err := http.NewRequest(method, target, nil)
	if err != nil || !strings.HasPrefix(target, "/") || strings.Contains(r.URL.EscapedPath(), "//") {
		return route{}, false
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	mux := t.tenants
	if first == "" || care.Reserved(first) {
		mux = t.service
	}
	h, _ := mux.Handler(r)
	row, ok := h.(rowHandler)
	return row.route, ok
}

// answers gathers the statuses that conversations show of each route.
func answers(t *testing.T) map[route]map[int]bool {
	t.Helper()
	found := map[route]map[int]bool{}
	for _, c := range conversations(t) {
		for _, s := range c.steps {
			if s.method == "" {
				continue
			}
			r, ok := rows().find(s.method, variable.ReplaceAllString(s.target, "x"))
			if !ok {
				continue
			}
			if found[r] == nil {
				found[r] = map[int]bool{}
			}
			found[r][s.status] = true
		}
	}
	return found
}

func TestEveryRouteHasAConversation(t *testing.T) {
	t.Parallel()
	shown := answers(t)
	for _, r := range routes() {
		if !slices.ContainsFunc([]int{200, 201, 204, 302, 303}, func(status int) bool { return shown[r][status] }) && r.pattern != "/api/service/v1/encounter-from-recording" && !strings.HasSuffix(r.pattern, "encounter-from-recording/{$}") {
			t.Errorf("no conversation shows %s succeed", r)
		}
		if r.action == "" {
			continue
		}
		for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
			if !shown[r][status] {
				t.Errorf("no conversation shows %s answer %d", r, status)
			}
		}
	}
}

// docRow is a row of a page in docs/api: method and path, then statuses.
var docRow = regexp.MustCompile("(?m)^\\| `([A-Z]+) ([^`]+)` \\|(.*)\\|$")

var status = regexp.MustCompile(`\b([2-5]\d\d)\b`)

func TestEveryRouteHasARowInTheDocumentsAndEachStatusThereAConversation(t *testing.T) {
	t.Parallel()
	shown, documented := answers(t), map[string]string{}
	pages, err := filepath.Glob(filepath.Join(root, "docs", "api", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		prefix := ""
		if filepath.Base(page) == "native.md" {
			prefix = "/api/v1"
		}
		for _, m := range docRow.FindAllStringSubmatch(string(text), -1) {
			documented[m[1]+" "+prefix+m[2]] = m[3]
		}
	}
	for _, r := range routes() {
		pattern := strings.TrimSuffix(r.pattern, "{$}")
		row, ok := documented[r.method+" "+pattern]
		if !ok {
			t.Errorf("docs/api has no row for %s %s", r.method, pattern)
			continue
		}
		for _, m := range status.FindAllString(row, -1) {
			if !slices.ContainsFunc(keys(shown[r]), func(n int) bool { return itoa(n) == m }) {
				t.Errorf("no conversation shows %s answer %s, as docs/api says it may", r, m)
			}
		}
		for n := range shown[r] {
			if r.surface != "native" && !slices.Contains(status.FindAllString(row, -1), itoa(n)) {
				t.Errorf("a conversation shows %s answer %d, of which docs/api knows nothing", r, n)
			}
		}
	}
}

func TestEveryRouteHasAnActionThatPolicyKnows(t *testing.T) {
	t.Parallel()
	p := policy.New()
	open := []string{"/auth/token", "/oauth/token", "/{tenant}/admin/api_clients/{clientName}", "/api/v1/openapi.json", "/{$}", "/healthz", "/readyz", "/metrics"}
	for _, r := range routes() {
		switch {
		case r.action != "" && !p.Known(r.action):
			t.Errorf("%s: policy has no rule for %s", r, r.action)
		case r.action != "" && len(p.GrantsFor(r.action)) == 0:
			t.Errorf("%s: no grant admits a client to %s", r, r.action)
		case r.action == "" && r.surface != "portal" && !slices.Contains(open, r.pattern):
			t.Errorf("%s needs no token: is that meant?", r)
		}
	}
}
