package faulttest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// dial connects to the server without any help.
func (tn *tenant) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := tn.connect()
	must(t, err)
	return conn
}

func (tn *tenant) connect() (net.Conn, error) {
	return net.Dial("tcp", strings.TrimPrefix(tn.base, "http://"))
}

// raw is the beginning of a request, its headers as they are.
func (tn *tenant) raw(method, path string, headers ...string) string {
	lines := append([]string{method + " " + path + " HTTP/1.1", "Host: chartline.example.org", "Authorization: Bearer " + tn.token}, headers...)
	return strings.Join(lines, "\r\n") + "\r\n\r\n"
}

// F20.
func TestARequestWithAKeyHappensOnceThroughLostAnswersCrowdsAndKills(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	name, data := c.newName(), sound(50_000)

	// The answer is lost: whoever asked hangs up without reading it.
	th, path := c.tryRecording(name, "call", call.key, data)
	conn := c.dial(t)
	_, err := conn.Write(append([]byte(c.raw("POST", path, "Content-Type: audio/mpeg", "Idempotency-Key: upload", fmt.Sprintf("Content-Length: %d", len(data)))), data...))
	must(t, err)
	eventually(t, "the upload does not come about", func() bool {
		return strings.Contains(s.command(t, "recording", "list", "--tenant", c.tenantName), name)
	})
	must(t, conn.Close())
	crowd := c.ask20(t, path, "audio/mpeg", data, "upload")
	c.acknowledge(th)
	c.identify(th, crowd.member("id"))

	// A crowd asks at once for what no one has asked for yet.
	body := `{"patientId": "` + call.forms[0]["patientId"] + `", "direction": "INBOUND", "status": "NO_ANSWER", "startedAt": "2026-02-20T10:57:13Z", "externalId": "X-crowd"}`
	made := c.ask20(t, "/api/v1/calls", "application/json", []byte(body), "call")
	c.acknowledge(c.try("calls", made.member("id"), fields{"externalId": "X-crowd"}))
	s.verify(t)

	// The server is killed: its successor remembers.
	p.kill()
	p = s.start(t)
	for what, again := range map[string]struct {
		path, contentType, key string
		body                   []byte
		want                   reply
	}{
		"upload": {path, "audio/mpeg", "upload", data, crowd}, "call": {"/api/v1/calls", "application/json", "call", []byte(body), made},
	} {
		got := c.post(t, again.path, again.contentType, again.body, again.key)
		if got.status != again.want.status || !bytes.Equal(got.body, again.want.body) {
			t.Errorf("%s after the kill: %v, want %v", what, got, again.want)
		}
		other := c.post(t, again.path, again.contentType, bytes.Replace(append(again.body, ' '), []byte("crowd"), []byte("other"), 1), again.key)
		if other.status != http.StatusUnprocessableEntity {
			t.Errorf("%s with another body: %v", what, other)
		}
	}
	if other := c.post(t, strings.Replace(path, name, "another-name", 1), "audio/mpeg", data, "upload"); other.status != http.StatusUnprocessableEntity {
		t.Errorf("upload by another name: %v", other)
	}
	if other := c.post(t, "/api/v1/patients", "application/json", []byte(`{"lastName": "Lindqvist"}`), "call"); other.status != http.StatusUnprocessableEntity {
		t.Errorf("another route: %v", other)
	}

	// Keys are a client's own.
	d := s.tenants[1].open(t)
	theirs := d.mustHaveCall(t)
	_, got, err := d.upload(t.Context(), name, "call", theirs.key, data, "Idempotency-Key: upload")
	if err != nil || got.status != http.StatusCreated {
		t.Errorf("another client's: %v, %v", got, err)
	}
	if n := len(s.objects(t)); n != 2 {
		t.Errorf("%d objects are stored, want 2", n)
	}
	s.verify(t)
	p.stop()
}

func (tn *tenant) post(t testing.TB, path, contentType string, body []byte, key string) reply {
	t.Helper()
	got, err := tn.ask(t.Context(), http.MethodPost, path, bytes.NewReader(body), "Content-Type: "+contentType, "Idempotency-Key: "+key)
	if err != nil {
		t.Error(err)
	}
	return got
}

// ask20 asks twenty times at once. All must be told the same: it returns what.
func (tn *tenant) ask20(t testing.TB, path, contentType string, body []byte, key string) reply {
	t.Helper()
	const n = 20
	var wait sync.WaitGroup
	var all [n]reply
	for i := range n {
		wait.Go(func() { all[i] = tn.post(t, path, contentType, body, key) })
	}
	wait.Wait()
	for _, got := range all {
		if got.status != http.StatusCreated || !bytes.Equal(got.body, all[0].body) {
			t.Errorf("one was told %v, another %v", got, all[0])
		}
	}
	return all[0]
}
