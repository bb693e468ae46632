package faulttest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"chartline/internal/blob"
	"chartline/internal/care"
	"chartline/internal/clinic/access"
	"chartline/internal/clinic/recordings"
	"chartline/internal/testkit"
)

// F26. Of the clock's jumps a process outside sees nothing that a test could set:
// these servers are in this process, and have the test's clock.

var live = care.Scope{Tenant: "acme-health", Instance: "live"}

// clockSite is a server with a clock that can be moved, and a client.
type clockSite struct {
	*testkit.Kit
	tenant *tenant
	client access.ClientSecret
}

func newClockSite(t *testing.T, o testkit.Options) clockSite {
	t.Helper()
	c := clockSite{Kit: testkit.New(t, o)}
	c.Tenant(t, live.Tenant, live.Instance)
	var token string
	c.client, token = c.Client(t, live, care.GrantNames()...)
	c.tenant = newTenant(credentials{tenantName: live.Tenant, client: c.client.Client.Name, secret: c.client.Secret, token: token})
	c.tenant.reach(c.Serve(t))
	return c
}

func (c clockSite) mustAnswer(t *testing.T, what, path string, status int) reply {
	t.Helper()
	got, err := c.tenant.get(t.Context(), path)
	if err != nil || got.status != status {
		t.Errorf("%s: %v, %v; want %d", what, got, err, status)
	}
	return got
}

func (c clockSite) login(t *testing.T) reply {
	t.Helper()
	doc := map[string]any{"apiClient": c.tenant.client, "secret": c.tenant.secret}
	got, err := c.tenant.ask(t.Context(), http.MethodPost, "/auth/token", document(doc), "Content-Type: application/json")
	must(t, err)
	return got
}

func TestATokenThatWasRefusedAsExpiredStaysSoWhenTheClockGoesBack(t *testing.T) {
	t.Parallel()
	c := newClockSite(t, testkit.Options{})
	const path = "/api/v1/patients"
	c.mustAnswer(t, "a new token", path, http.StatusOK)
	c.Clock.Move(24 * time.Hour)
	if got := c.mustAnswer(t, "a day ahead", path, http.StatusUnauthorized); !strings.Contains(string(got.body), "urn:chartline:problem:expired") {
		t.Errorf("a day ahead: %v", got)
	}
	c.Clock.Move(-24 * time.Hour)
	for range 3 {
		c.mustAnswer(t, "back again", path, http.StatusUnauthorized)
		c.Clock.Move(time.Minute)
	}
	// Whoever was told so gets another, which lasts as long as any.
	c.tenant.token = c.login(t).member("token")
	c.mustAnswer(t, "another token", path, http.StatusOK)
	c.Clock.Move(59 * time.Minute)
	c.mustAnswer(t, "another token, almost an hour later", path, http.StatusOK)
	c.Clock.Move(2 * time.Minute)
	c.mustAnswer(t, "another token, an hour later", path, http.StatusUnauthorized)
}

func TestLimitsThatWereReachedWhileTheClockWasWrongDoNotOutlastIt(t *testing.T) {
	t.Parallel()
	c := newClockSite(t, testkit.Options{})
	for _, jump := range []time.Duration{24 * time.Hour, -24 * time.Hour} {
		c.Clock.Move(jump)
		status := http.StatusOK
		for range 200 {
			if status = c.login(t).status; status != http.StatusOK {
				break
			}
		}
		if status != http.StatusTooManyRequests {
			t.Fatalf("two hundred tokens end in %d", status)
		}
		c.Clock.Move(-jump)
		if jump < 0 {
			c.Clock.Move(5 * time.Minute)
		}
		if got := c.login(t); got.status != http.StatusOK {
			t.Errorf("after %v and back: %v, Retry-After %s", jump, got, got.header.Get("Retry-After"))
		}
	}
	c.Clock.Move(24 * time.Hour)
	right := c.tenant.secret
	c.tenant.secret = "wrong"
	for range 20 {
		c.login(t)
	}
	c.tenant.secret = right
	if got := c.login(t); got.status != http.StatusTooManyRequests {
		t.Errorf("after wrong secrets: %v", got)
	}
	c.Clock.Move(-24 * time.Hour)
	if got := c.login(t); got.status != http.StatusOK {
		t.Errorf("after wrong secrets and back: %v", got)
	}
}

func TestTheAuditLogIsInOrderThroughJumpsOfTheClock(t *testing.T) {
	t.Parallel()
	c := newClockSite(t, testkit.Options{})
	for _, jump := range []time.Duration{0, 24 * time.Hour, -48 * time.Hour, time.Hour, -time.Microsecond, -10 * 365 * 24 * time.Hour, 10 * 365 * 24 * time.Hour} {
		c.Clock.Move(jump)
		actor := testkit.Operator()
		for range 3 {
			if _, err := c.People.Patients(t.Context(), actor, live, 0, 10); err != nil {
				t.Fatal(err)
			}
		}
		must(t, c.Keeper.Checkpoint(t.Context()))
	}
	v, err := c.Oversight.VerifyAll(t.Context(), testkit.Operator())
	if err != nil || !v.OK() {
		t.Errorf("the log does not verify: %+v, %v", v, err)
	}
	var log strings.Builder
	_, err = c.Oversight.Export(t.Context(), testkit.Operator(), care.AuditFilter{Chain: live.Tenant}, 0, &log)
	must(t, err)
	last, back := int64(0), 0
	var before time.Time
	for line := range strings.Lines(log.String()) {
		var e struct {
			Seq int64
			At  time.Time
		}
		must(t, json.Unmarshal([]byte(line), &e))
		if e.Seq != last+1 {
			t.Errorf("entry %d follows %d", e.Seq, last)
		}
		if e.At.Before(before) {
			back++
		}
		last, before = e.Seq, e.At
	}
	if back < 3 || last < 20 {
		t.Errorf("of %d entries %d are older than the one before", last, back)
	}
}

func TestListsNeitherSkipNorRepeatThroughJumpsOfTheClock(t *testing.T) {
	t.Parallel()
	c := newClockSite(t, testkit.Options{})
	in := clinic{c.tenant, ""}
	call := in.mustHaveCall(t)
	upload := func() string {
		_, got, err := in.upload(t.Context(), in.newName(), "call", call.key, sound(100))
		if err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}
		return got.member("id")
	}
	before := map[string]bool{}
	for n := range 12 {
		c.Clock.Move(time.Duration(n%5-2) * 20 * time.Minute / 2)
		before[upload()] = false
	}
	walk := func(path, member string, seen map[string]bool, meanwhile func()) {
		for cursor, pages := "", 0; pages < 100; pages++ {
			got := c.mustAnswer(t, path, path+cursor, http.StatusOK)
			doc, err := decode(got.body)
			must(t, err)
			for _, item := range doc["items"].([]any) {
				id := fmt.Sprint(item.(map[string]any)[member])
				if seen[id] {
					t.Errorf("%s repeats %s", path, id)
				}
				seen[id] = true
			}
			next, more := doc["nextCursor"].(string)
			if !more {
				return
			}
			cursor = "&cursor=" + next
			meanwhile()
		}
		t.Errorf("%s does not end", path)
	}
	jumps := []time.Duration{25 * time.Minute, -50 * time.Minute, 10 * time.Minute}
	n := 0
	walk("/api/v1/recordings?limit=3", "id", before, func() {
		c.Clock.Move(jumps[n%3])
		n++
		upload()
	})
	for id, seen := range before {
		if !seen {
			t.Errorf("recording %s, which was there before, was skipped", id)
		}
	}
	numbers := map[string]bool{}
	walk("/api/v1/audit?limit=7&order=oldest&until=2020-01-01T00:00:00Z", "number", map[string]bool{}, func() {})
	walk("/api/v1/audit?limit=7", "number", numbers, func() { c.Clock.Move(-time.Second) })
	if len(numbers) < 20 {
		t.Errorf("the audit lists %d entries", len(numbers))
	}
}

// slowPut is a media store whose Put does something before it returns: the bytes
// are published then, and no row uses them yet.
type slowPut struct {
	blob.Store
	published func()
}

func (s *slowPut) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (blob.Info, error) {
	info, err := s.Store.Put(ctx, key, r, o)
	if s.published != nil {
		s.published()
	}
	return info, err
}

func TestASweepAfterAJumpOfTheClockLeavesUploadsAlone(t *testing.T) {
	t.Parallel()
	var media *slowPut
	c := newClockSite(t, testkit.Options{Media: func(b blob.Store) blob.Store { media = &slowPut{Store: b}; return media }})
	in := clinic{c.tenant, ""}
	call := in.mustHaveCall(t)
	system := care.Actor{Kind: care.ActorSystem, ID: "server"}
	var swept recordings.Swept
	media.published = func() {
		c.Clock.Move(time.Since(c.Clock.Now()) + 24*time.Hour)
		var err error
		swept, err = c.Recordings.Sweep(context.WithoutCancel(t.Context()), system)
		if err != nil {
			t.Error(err)
		}
		c.Clock.Move(testkit.Start.Sub(c.Clock.Now()))
	}
	th, got, err := in.upload(t.Context(), in.newName(), "call", call.key, sound(1000))
	if err != nil || got.status != http.StatusCreated || swept.Orphans != 0 {
		t.Fatalf("%v, %v; swept %+v", got, err, swept)
	}
	media.published = nil
	if got, err := in.listen(t.Context(), th); err != nil || got.status != http.StatusOK {
		t.Errorf("it was acknowledged and answers %v, %v", got, err)
	}
	c.Clock.Move(time.Since(c.Clock.Now()) + 24*time.Hour)
	if swept, err = c.Recordings.Sweep(t.Context(), system); err != nil || swept.Orphans != 0 {
		t.Errorf("swept %+v, %v", swept, err)
	}
}
