package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"testing"
)

// F16.
func TestADownloadThatBrokeOffGoesOnWhereItStoodOrBeginsAnew(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	th, data := c.mustUpload(t, call)
	byID := "/api/v1/recordings/" + th.id + "/content"
	byCall := "/" + c.tenantName + "/live/patients/" + call.forms[0]["patientId"] + "/calls/" + call.key + "/recording"
	c.resume(t, byID, data, func() { p.kill(); p = s.start(t) })
	etag := c.resume(t, byCall, data, func() {})

	// Who was granted it before it was deleted hears it to the end.
	answer, err := c.begin(t.Context(), http.MethodGet, byCall, nil)
	must(t, err)
	before, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	must(t, err)
	if got, err := c.remove(t.Context(), th); err != nil || got.status != http.StatusNoContent {
		t.Fatalf("deleting: %v, %v", got, err)
	}
	rest, err := io.ReadAll(answer.Body)
	must(t, answer.Body.Close())
	if err != nil || !bytes.Equal(append(before, rest...), data) {
		t.Errorf("a download under way when it was deleted: %d bytes, %v", len(before)+len(rest), err)
	}

	// Who comes again finds nothing; or, where another has taken its place, that
	// one, whole.
	again := []string{"Range: bytes=5000000-", "If-Range: " + etag}
	for _, path := range []string{byID, byCall} {
		if got, err := c.ask(t.Context(), http.MethodGet, path, nil, again...); err != nil || got.status != http.StatusNotFound {
			t.Errorf("%s, deleted: %v, %v", path, got.status, err)
		}
	}
	_, other := c.mustUpload(t, call)
	got, err := c.ask(t.Context(), http.MethodGet, byCall, nil, again...)
	if err != nil || got.status != http.StatusOK || !bytes.Equal(got.body, other) || got.header.Get("ETag") == etag {
		t.Errorf("replaced: %d, %d bytes, %v", got.status, len(got.body), err)
	}
	s.verify(t)
	p.stop()
}

// mustUpload brings a recording in that takes a while to download.
func (c clinic) mustUpload(t testing.TB, call *thing) (*thing, []byte) {
	t.Helper()
	data := sound(12 << 20)
	th, got, err := c.upload(t.Context(), c.newName(), "call", call.key, data)
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("%v, %v", got, err)
	}
	return th, data
}

// resume downloads with many breaks, and something between two of them.
func (c clinic) resume(t testing.TB, path string, want []byte, between func()) (etag string) {
	t.Helper()
	var have []byte
	for n := 0; len(have) < len(want); n++ {
		status, headers := http.StatusOK, []string(nil)
		if n > 0 {
			status, headers = http.StatusPartialContent, []string{fmt.Sprintf("Range: bytes=%d-", len(have)), "If-Range: " + etag}
		}
		if n == 2 {
			between()
		}
		answer, err := c.begin(t.Context(), http.MethodGet, path, nil, headers...)
		must(t, err)
		if n == 0 {
			etag = answer.Header.Get("ETag")
		}
		if answer.StatusCode != status || answer.Header.Get("ETag") != etag || answer.ContentLength != int64(len(want)-len(have)) {
			t.Fatalf("%s from %d on: %d, %v", path, len(have), answer.StatusCode, answer.Header)
		}
		some, err := io.ReadAll(io.LimitReader(answer.Body, 3<<20))
		must(t, err)
		have = append(have, some...)
		must(t, answer.Body.Close())
	}
	if !bytes.Equal(have, want) {
		t.Errorf("%s: the pieces do not make up what was stored", path)
	}
	return etag
}
