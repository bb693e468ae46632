package native_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"

	"chartline/internal/care"
	"chartline/internal/store"
	"chartline/internal/testkit"
)

func TestAnIdempotencyKeyMakesAPostHappenOnce(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	_, other := w.Client(t, live, care.GrantNames()...)
	c := w.clinic(t, "")
	key := func(k string) map[string]string { return map[string]string{"Idempotency-Key": k} }
	body := object{"lastName": "Quill"}
	first := w.do(t, "POST", "/patients", ask{header: key("k1"), body: body}).want(201)
	again := w.do(t, "POST", "/patients", ask{header: key("k1"), body: body}).want(201)
	if string(first.body) != string(again.body) || first.header.Get("Location") != again.header.Get("Location") {
		t.Errorf("first %s, again %s", first.body, again.body)
	}
	if got := w.do(t, "POST", "/patients", ask{header: key("k1"), body: object{"lastName": "Moss"}}).want(422); got.text("type") != "urn:chartline:problem:mismatch" {
		t.Errorf("%s", got.body)
	}
	w.do(t, "POST", "/providers", ask{header: key("k1"), body: body}).want(422)
	if w.do(t, "POST", "/patients", ask{header: key("k2"), body: body}).want(201).text("id") == first.text("id") {
		t.Error("another key is the same request")
	}
	if w.do(t, "POST", "/patients", ask{token: other, header: key("k1"), body: body}).want(201).text("id") == first.text("id") {
		t.Error("another client's key is the same request")
	}
	w.do(t, "POST", "/patients", ask{header: key("k3"), body: object{"lastName": "X", "number": first.number("number")}}).want(409)
	w.do(t, "POST", "/patients", ask{header: key("k3"), body: body}).want(201) // what failed has not happened
	for _, bad := range []string{"", strings.Repeat("k", 256), "a\tb"} {
		w.do(t, "POST", "/patients", ask{header: key(bad), body: body}).is(400)
	}
	up := upload{owner: "call=" + c.call, name: "x", header: key("u1")}
	one := w.upload(t, up).want(201)
	two := w.upload(t, up).want(201)
	if string(one.body) != string(two.body) || w.objects(t) != 1 {
		t.Errorf("first %s, again %s, %d objects", one.body, two.body, w.objects(t))
	}
	up.bytes = sound("other bytes")
	w.upload(t, up).want(422)
	if n := w.objects(t); n != 1 {
		t.Errorf("%d objects, want 1", n)
	}
	withhold := "/recordings/" + one.text("id") + "/withhold"
	w.do(t, "POST", withhold, ask{header: key("w1"), body: object{"reason": "a"}}).want(200)
	w.do(t, "POST", "/recordings/"+one.text("id")+"/release", ask{}).want(200)
	w.do(t, "POST", withhold, ask{header: key("w1"), body: object{"reason": "a"}}).want(200)
	w.do(t, "GET", "/recordings/"+one.text("id"), ask{}).want(200).has(object{"withheldAt": nil})
}

func TestManyAtOnceWithOneKeyMakeOneThing(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	var mu sync.Mutex
	ids := map[string]bool{}
	each(20, func(i int) {
		var got answer
		if i%2 == 0 {
			got = w.do(t, "POST", "/patients", ask{header: map[string]string{"Idempotency-Key": "k"}, body: object{"lastName": "Quill"}})
		} else {
			got = w.upload(t, upload{owner: "call=" + c.call, name: "x"}) // without a key: the same by what it is
		}
		if got.status != 201 && got.status != 200 {
			t.Errorf("%s: %d %s", got.about, got.status, got.body)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		ids[got.text("id")] = true
	})
	if len(ids) != 2 || w.objects(t) != 1 {
		t.Errorf("%d things and %d objects, want one patient and one recording", len(ids), w.objects(t))
	}
}

// Every request leaves exactly one entry in the audit log, whatever comes of it.
func TestEveryRequestLeavesOneEntry(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	_, ungranted := w.Client(t, live)
	recording := w.upload(t, upload{owner: "call=" + c.call, name: "x"}).want(201).text("id")
	path := "/recordings/" + recording
	for _, step := range []struct {
		about   string
		outcome care.Outcome
		do      func() answer
		status  int
	}{
		{"a list", care.OutcomeAllowed, func() answer { return w.do(t, "GET", "/patients", ask{}) }, 200},
		{"a read", care.OutcomeAllowed, func() answer { return w.do(t, "GET", "/patients/"+c.patient, ask{}) }, 200},
		{"a read of nothing", care.OutcomeNotFound, func() answer { return w.do(t, "GET", "/patients/x", ask{}) }, 404},
		{"a refusal", care.OutcomeRefused, func() answer { return w.do(t, "GET", "/patients/"+c.patient, ask{token: ungranted}) }, 403},
		{"a creation", care.OutcomeAllowed, func() answer { return w.do(t, "POST", "/patients", ask{body: object{"lastName": "Q"}}) }, 201},
		{"a collision", care.OutcomeFailed, func() answer {
			return w.do(t, "POST", "/patients", ask{body: object{"lastName": "Q", "id": c.patient}})
		}, 409},
		{"a change", care.OutcomeAllowed, func() answer { return w.do(t, "PATCH", "/patients/"+c.patient, ask{body: object{"lastName": "R"}}) }, 200},
		{"an upload", care.OutcomeAllowed, func() answer { return w.upload(t, upload{owner: "call=" + c.call, name: "y"}) }, 201},
		{"the same upload", care.OutcomeAllowed, func() answer { return w.upload(t, upload{owner: "call=" + c.call, name: "y"}) }, 200},
		{"an upload to nobody", care.OutcomeNotFound, func() answer { return w.upload(t, upload{owner: "call=" + nobody()["call"], name: "z"}) }, 404},
		{"an upload of something else", care.OutcomeFailed, func() answer { return w.upload(t, upload{owner: "call=" + c.call, name: "z", bytes: []byte("<html>")}) }, 415},
		{"a delivery", care.OutcomeAllowed, func() answer { return w.do(t, "GET", path+"/content", ask{}) }, 200},
		{"a part", care.OutcomeAllowed, func() answer {
			return w.do(t, "GET", path+"/content", ask{header: map[string]string{"Range": "bytes=0-1"}})
		}, 206},
		{"a withholding", care.OutcomeAllowed, func() answer { return w.do(t, "POST", path+"/withhold", ask{body: object{"reason": "why"}}) }, 200},
		{"a deletion", care.OutcomeAllowed, func() answer { return w.do(t, "DELETE", path, ask{body: object{"reason": "why"}}) }, 204},
	} {
		before := len(w.entries(t, live.Tenant))
		got := step.do().want(step.status)
		all := w.entries(t, live.Tenant)
		if len(all) != before+2 { // the counting reads, too
			t.Errorf("%s leaves %d entries", step.about, len(all)-before-1)
			continue
		}
		e := all[len(all)-2]
		if e.Outcome != step.outcome || e.Request != got.header.Get("X-Request-Id") || e.Address != "127.0.0.1" || !strings.Contains(e.Via, "/api/v1/") || e.ActorID == "" {
			t.Errorf("%s: %+v", step.about, e)
		}
		if step.status == 201 && (e.ID == "" || e.Patient == "") {
			t.Errorf("%s: the entry does not name what was made: %+v", step.about, e)
		}
	}
}

// broken is a database that fails.
type broken struct {
	store.Store
	err error
}

func (b *broken) Update(ctx context.Context, fn func(store.Tx) error) error {
	if b.err != nil {
		return b.err
	}
	return b.Store.Update(ctx, fn)
}

func TestFaultsOfOursShowAnIdAndNoCause(t *testing.T) {
	t.Parallel()
	var b *broken
	w := open(t, testkit.Options{Store: func(s store.Store) store.Store { b = &broken{Store: s}; return b }})
	for _, c := range []struct {
		err    error
		status int
	}{
		{errors.New("SELECT secret FROM patient: disk I/O error"), http.StatusInternalServerError},
		{care.Unavailable(errors.New("/var/lib/secret is locked")), http.StatusServiceUnavailable},
	} {
		b.err = c.err
		for _, got := range []answer{
			w.do(t, "POST", "/patients", ask{body: object{"lastName": "Quill"}}).want(c.status),
			w.do(t, "GET", "/patients", ask{}).want(503), // not audited, so not answered
		} {
			if containsFold(got.body, "secret") || containsFold(got.body, "quill") || len(got.text("errorId")) < 8 {
				t.Errorf("%s: %s", got.about, got.body)
			}
			if got.status == 503 && got.header.Get("Retry-After") == "" {
				t.Errorf("%s: no Retry-After", got.about)
			}
		}
	}
	b.err = nil
	w.do(t, "POST", "/patients", ask{body: object{"lastName": "Quill"}}).want(201)
}
