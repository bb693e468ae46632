package faulttest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"testing"
	"time"
)

// F2, F22 on PostgreSQL and S3: at each piece of what goes to or comes from them
// during an upload, the server is killed or its connections are cut. It has the
// recording once or not at all, and takes it again.
func TestAnUploadThatIsCutOffAtAnyMessageIsThereOnceOrNot(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	f := newFarSite(t)
	p := f.begin(t)
	c := f.first().open(t)
	call := c.mustHaveCall(t)
	c.uploadTwice(t, call, "warm", func() {})
	for i, what := range []string{"the database", "the media store"} {
		w := []*wire{f.db, f.s3}[i]
		w.count(nil)
		c.uploadTwice(t, call, "counted "+what, func() {})
		pieces := w.count(nil)
		for _, at := range someOf(rng, pieces, 3) {
			w.count(func(n int) {
				if n == at {
					w.cut()
				}
			})
			c.uploadTwice(t, call, fmt.Sprintf("%s, cut at %d", what, at), func() { w.count(nil) })
		}
		for _, at := range someOf(rng, pieces, 1) {
			w.count(func(n int) {
				if n == at {
					_ = p.cmd.Process.Kill()
					<-p.ended
				}
			})
			c.uploadTwice(t, call, fmt.Sprintf("%s, killed at %d", what, at), func() {
				w.count(nil)
				p.end()
				p = f.begin(t)
			})
		}
		t.Logf("%d pieces to and from %s", pieces, what)
	}
	f.verify(t)
	if listed := c.list(t, "recordings", "name"); len(listed) != len(c.known("recordings", there)) {
		t.Errorf("%d recordings are listed", len(listed))
	}
	p.stop()
}

// someOf are some of 1 to n; all where that is asked for.
func someOf(rng *rand.Rand, n, most int) (some []int) {
	if os.Getenv(cutsVariable) == "all" {
		most = n
	}
	for _, i := range rng.Perm(n)[:min(most, n)] {
		some = append(some, i+1)
	}
	return some
}

// uploadTwice brings a recording in, and again with the same key once between is
// done. Both, where both are answered, are told the same.
func (c clinic) uploadTwice(t testing.TB, call *thing, what string, between func()) {
	t.Helper()
	name, data, key := c.newName(), sound(20_000), "Idempotency-Key: "+what
	first, got, err := c.upload(t.Context(), name, "call", call.key, data, key)
	if err == nil && got.status != http.StatusCreated && (got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "") {
		t.Errorf("%s: %v", what, got)
	}
	told := ""
	if err == nil && got.status == http.StatusCreated {
		told = first.id
	}
	between()
	var th *thing
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		if th, got, err = c.upload(t.Context(), name, "call", call.key, data, key); err == nil && got.status == http.StatusCreated {
			break
		}
		if time.Now().After(end) || err == nil && got.status != http.StatusServiceUnavailable {
			t.Fatalf("%s, again: %v, %v", what, got, err)
		}
	}
	if told != "" && th.id != told {
		t.Errorf("%s: it is %s and was %s", what, th.id, told)
	}
	if t.Failed() {
		t.FailNow()
	}
}
