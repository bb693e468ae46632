package contracttest

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"chartline/internal/care"
)

// crowd makes data of random size for a data set, with ids, numbers and names
// that collide with every other data set's. What tells them apart is the tag in
// their texts.
func crowd(in, tag string, r *rand.Rand) seedData {
	d := seedData{In: in}
	uuid := func(kind, n int) string { return fmt.Sprintf("%08d-0000-4000-8000-%012d", kind, n) }
	d.Providers = append(d.Providers, seedPerson{ID: uuid(2, 1), Number: 202000000001, LastName: tag})
	for i := range 2 + r.IntN(4) {
		number := int64(202000000100 + i)
		d.Patients = append(d.Patients, seedPerson{ID: uuid(1, i), Number: number, LastName: tag, MRN: fmt.Sprint("MRN-", i), ExternalID: fmt.Sprint("EHR-", i)})
		d.CareTeams = append(d.CareTeams, struct{ Patient, Provider string }{uuid(1, i), uuid(2, 1)})
		for k := range r.IntN(3) {
			id := int64(i*10 + k + 1)
			session := fmt.Sprintf("%024d", id)
			d.Encounters = append(d.Encounters, seedEncounter{ID: id, Patient: number, Provider: 202000000001, Complaint: tag})
			d.Sessions = append(d.Sessions, seedSession{ID: session, Encounter: id, Start: start(i)})
			if r.IntN(2) == 0 {
				d.Recordings = append(d.Recordings, seedRecording{Name: fmt.Sprint("shared-", id), File: tag + ".wav", Session: session})
			}
		}
		for k := range r.IntN(4) {
			id := uuid(3, i*10+k)
			d.Calls = append(d.Calls, seedCall{ID: id, Patient: uuid(1, i), CalledAt: start(k), Full: &seedCallRest{From: tag}})
			if r.IntN(2) == 0 {
				d.Recordings = append(d.Recordings, seedRecording{Name: fmt.Sprintf("%s-call-%d-%d", tag, i, k), File: tag + "-call.mp3", Call: id})
			}
		}
	}
	return d
}

// TestListsHoldTheirOwnAndNothingElse fills data sets of three tenants with
// things of the same ids and names, and reads every list of each to its end, in
// pages of every size: S4. Each holds exactly what was put into it.
func TestListsHoldTheirOwnAndNothingElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := rand.New(rand.NewPCG(20260318, 4))
	sets := map[string]seedData{}
	for _, in := range []string{"first-clinic/live", "first-clinic/sandbox", "second-clinic/live", "third-clinic/live"} {
		scope := scopeOf(in)
		tag := "tag" + strings.NewReplacer("-", "", "/", "").Replace(in)
		if scope.Instance == "live" {
			w.plant(seed{Tenants: []seedTenant{{Name: scope.Tenant, Instances: []seedInstance{{Name: "live", TimeZone: "UTC"}, {Name: "sandbox", TimeZone: "UTC"}}}}})
		}
		sets[in] = crowd(in, tag, r)
		w.plant(seed{Clients: []seedClient{{As: in, Tenant: scope.Tenant, Home: scope.Instance, Grants: []care.GrantName{"*"}}}, Data: []seedData{sets[in]}})
	}
	for in, d := range sets {
		tag := "tag" + strings.NewReplacer("-", "", "/", "").Replace(in)
		token := w.vars[in+".token"]
		for list, want := range map[string]int{
			"patients": len(d.Patients), "providers": len(d.Providers), "encounters": len(d.Encounters),
			"sessions": len(d.Sessions), "calls": len(d.Calls), "recordings": len(d.Recordings),
		} {
			for _, limit := range []int{1, 2, 7, 1000} {
				items, all := w.walk(token, list, limit)
				if items != want {
					t.Errorf("%s: %s by %d has %d items, not %d", in, list, limit, items, want)
				}
				for other := range sets {
					if o := "tag" + strings.NewReplacer("-", "", "/", "").Replace(other); o != tag && strings.Contains(all, o) {
						t.Errorf("%s: %s shows something of %s", in, list, other)
					}
				}
			}
		}
		w.checkSearches(t, in, d, tag)
	}
}

// walk reads a native list to its end and returns how many items it has, and
// all of its text.
func (w *world) walk(token, list string, limit int) (items int, text string) {
	w.t.Helper()
	cursor := ""
	for {
		target := fmt.Sprintf("/api/v1/%s?limit=%d&cursor=%s", list, limit, cursor)
		a := w.serveRaw(w.request("GET", target, []string{"Authorization: Bearer " + token}, nil), "")
		var page struct {
			Items      []json.RawMessage
			NextCursor *string
		}
		if a.status != http.StatusOK {
			w.t.Fatalf("%s answers %d %s", target, a.status, a.body)
		}
		w.must(json.Unmarshal(a.body, &page))
		items += len(page.Items)
		text += string(a.body)
		if page.NextCursor == nil {
			return items, text
		}
		cursor = *page.NextCursor
	}
}

// checkSearches looks every shared name and id up as one data set's client.
func (w *world) checkSearches(t *testing.T, in string, d seedData, tag string) {
	t.Helper()
	auth := []string{"Authorization: Bearer " + w.vars[in+".token"]}
	named := map[string]bool{}
	for _, r := range d.Recordings {
		named[r.Name] = true
	}
	for id := range 60 {
		name := fmt.Sprint("shared-", id)
		a := w.serveRaw(w.request("GET", "/api/service/v1/encounter-from-recording/"+name, auth, nil), "")
		if found := a.status == http.StatusOK; found != named[name] || found && !strings.Contains(string(a.body), `"full_name":"`+tag+`"`) {
			t.Errorf("%s: the name %s answers %d %s", in, name, a.status, a.body)
		}
	}
	for i := range 8 {
		a := w.serveRaw(w.request("GET", fmt.Sprintf("/%s/patients/MRN-%d?type=MRN", in, i), auth, nil), "")
		if found := a.status == http.StatusOK; found != (i < len(d.Patients)) || found && !strings.Contains(string(a.body), `"lastName":"`+tag+`"`) {
			t.Errorf("%s: MRN-%d answers %d %s", in, i, a.status, a.body)
		}
	}
	for i, p := range d.Patients {
		want := 0
		for _, c := range d.Calls {
			if c.Patient == p.ID {
				want++
			}
		}
		a := w.serveRaw(w.request("GET", fmt.Sprintf("/%s/patients/%s/calls", in, p.ID), auth, nil), "")
		if !strings.Contains(string(a.body), fmt.Sprintf(`"totalElements":%d,`, want)) {
			t.Errorf("%s: patient %d has not %d calls: %s", in, i, want, a.body)
		}
	}
}

// TestCursorsAreTheirListsCallersAndFiltersAlone borrows cursors from other
// lists, other clients and other tenants, and changes them by a letter: S5.
func TestCursorsAreTheirListsCallersAndFiltersAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, seed{Clients: []seedClient{{As: "colleague", Tenant: "acme-health", Home: "live", Grants: []care.GrantName{"*"}}}})
	cursors := map[string]string{}
	for _, r := range gated() {
		a := w.good(r)
		a.query = url.Values{"limit": {"1"}}
		var page struct{ NextCursor *string }
		got := w.serve(a)
		if r.surface == "native" && r.method == http.MethodGet && json.Unmarshal(got.body, &page) == nil && page.NextCursor != nil {
			cursors[r.pattern] = *page.NextCursor
		}
	}
	if len(cursors) < 6 {
		t.Fatalf("only %d lists gave a cursor: %v", len(cursors), slices.Collect(maps.Keys(cursors)))
	}
	refused := func(what, pattern, token, cursor string, more ...string) {
		t.Helper()
		headers := append([]string{"Authorization: Bearer " + token}, more...)
		got := w.serveRaw(w.request("GET", pattern+"?limit=1&cursor="+url.QueryEscape(cursor), headers, nil), "")
		if got.status != http.StatusBadRequest || !strings.Contains(string(got.body), `"field":"cursor"`) {
			t.Errorf("%s, %s: answers %d %s", pattern, what, got.status, got.body)
		}
	}
	for pattern, cursor := range cursors {
		good := w.serveRaw(w.request("GET", pattern+"?limit=1&cursor="+cursor, []string{"Authorization: Bearer " + w.vars["token"]}, nil), "")
		if good.status != http.StatusOK {
			t.Errorf("%s: its own cursor answers %d", pattern, good.status)
		}
		refused("another tenant's client", pattern, w.vars["birch.token"], cursor)
		refused("another client", pattern, w.vars["colleague.token"], cursor)
		refused("another instance", pattern, w.vars["token"], cursor, "Instance: sandbox")
		for other, borrowed := range cursors {
			if other != pattern {
				refused("the cursor of "+other, pattern, w.vars["token"], borrowed)
			}
		}
		for i := range cursor {
			refused("a letter changed", pattern, w.vars["token"], flip(cursor, i))
		}
		for _, bad := range []string{cursor + "A", cursor[1:], cursor[:len(cursor)-1], "AAAA", "../..", strings.Repeat("A", 2000), "\x00"} {
			refused("made up", pattern, w.vars["token"], bad)
		}
	}
}
