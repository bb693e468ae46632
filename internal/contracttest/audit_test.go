package contracttest

import (
	"database/sql"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite" // to change the database behind the server's back

	"chartline/internal/testkit"
)

// TestAnAuditThatWasChangedDoesNotVerify changes the log in its database, as an
// attacker with the file can: S46. Over HTTP there is no way to (see the
// conversation native/audit).
func TestAnAuditThatWasChangedDoesNotVerify(t *testing.T) {
	t.Parallel()
	for what, change := range map[string]string{
		"an entry changed":  `UPDATE audit_group SET entries = CAST(replace(CAST(entries AS text), '"outcome":"refused"', '"outcome":"allowed"') AS blob) WHERE CAST(entries AS text) LIKE '%"outcome":"refused"%'`,
		"a patient changed": `UPDATE audit_group SET entries = CAST(replace(CAST(entries AS text), '000000001111"', '000000001112"') AS blob) WHERE CAST(entries AS text) LIKE '%000000001111"%'`,
		"entries removed":   `DELETE FROM audit_group WHERE first_seq IN (SELECT first_seq FROM audit_group WHERE chain = 'acme-health' ORDER BY first_seq DESC LIMIT 2)`,
		"nothing changed":   `SELECT 1`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.good(gated()[0])
			w.serve(a)
			a.token = w.vars["none.token"]
			if got := w.serve(a); got.status != http.StatusForbidden {
				t.Fatalf("answers %d", got.status)
			}
			w.must(w.kit.Keeper.Checkpoint(t.Context()))
			db, err := sql.Open("sqlite", filepath.Join(w.kit.Dir, "chartline-audit.db"))
			w.must(err)
			defer db.Close()
			done, err := db.ExecContext(t.Context(), change)
			w.must(err)
			if n, err := done.RowsAffected(); err != nil || n == 0 && what != "nothing changed" {
				t.Fatalf("%d rows were changed, %v", n, err)
			}
			report, err := w.kit.Oversight.Verify(t.Context(), testkit.Operator(), "acme-health")
			intact := err == nil && report.OK()
			if want := what == "nothing changed"; intact != want {
				t.Errorf("verified: %v, %+v, %v", intact, report, err)
			}
		})
	}
}

// TestWhatOnlyThisMachineMaySeeIsNotThereForOthers asks from another address:
// S55.
func TestWhatOnlyThisMachineMaySeeIsNotThereForOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	none := w.serveRaw(w.request("GET", "/nothing-at-all", nil, nil), "203.0.113.5").comparable()
	for _, target := range []string{"/metrics", "/debug/pprof/", "/debug/vars", "/debug", "/admin", "/ui", "/docs", "/graphql", "/static/x", "/.well-known/security.txt", "/.env", "/.git/config"} {
		if got := w.serveRaw(w.request("GET", target, nil, nil), "203.0.113.5").comparable(); got != none {
			t.Errorf("%s answers\n%s", target, got)
		}
	}
	for _, peer := range []string{"127.0.0.1", "[::1]"} {
		if got := w.serveRaw(w.request("GET", "/metrics", nil, nil), peer); got.status != http.StatusOK || !strings.Contains(string(got.body), "chartline_http_requests_total") {
			t.Errorf("/metrics answers %s %d", peer, got.status)
		}
	}
	for _, peer := range []string{"203.0.113.5", "10.0.0.1", "[2001:db8::1]", "[::ffff:203.0.113.5]"} {
		if got := w.serveRaw(w.request("GET", "/metrics", nil, nil), peer); got.status != http.StatusNotFound {
			t.Errorf("/metrics answers %s %d", peer, got.status)
		}
	}
}
