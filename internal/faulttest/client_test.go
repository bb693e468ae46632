package faulttest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// tenant is one with a client that holds every grant in its one instance.
type tenant struct {
	credentials
	*ledger
	base     string // of the server that runs
	http     *http.Client
	exported int64 // how far its audit log was read
}

func newTenant(c credentials) *tenant { return &tenant{credentials: c, ledger: newLedger()} }

// reach turns to another server, with new connections.
func (tn *tenant) reach(base string) {
	if tn.http != nil {
		tn.http.CloseIdleConnections()
	}
	tn.base = base
	tn.http = &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 256, DisableCompression: true}}
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

func (r reply) String() string {
	return fmt.Sprintf("%d %q", r.status, r.body[:min(len(r.body), 300)])
}

// member is a member of an answer's document, as text.
func (r reply) member(name string) string {
	doc, err := decode(r.body)
	if err != nil {
		return ""
	}
	return fmt.Sprint(doc[name])
}

func decode(text []byte) (doc map[string]any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	err = d.Decode(&doc)
	return doc, err
}

// begin sends a request and returns its answer's beginning. Headers are written
// as "Name: value". What tells anything has been told once its header is here.
func (tn *tenant) begin(ctx context.Context, method, path string, body io.Reader, headers ...string) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, tn.base+path, body)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Authorization", "Bearer "+tn.token)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	answer, err := tn.http.Do(r)
	if err != nil {
		return nil, err
	}
	ops := path == "/healthz" || path == "/readyz"
	if told := answer.StatusCode; !ops && (told < 300 || told == http.StatusNotFound) {
		tn.answer(answer.Header.Get("X-Request-Id"), fmt.Sprintf("%s %s: %d", method, path, told))
	}
	return answer, nil
}

// ask sends a request and returns its whole answer. An error means that the
// client was told nothing.
func (tn *tenant) ask(ctx context.Context, method, path string, body io.Reader, headers ...string) (reply, error) {
	answer, err := tn.begin(ctx, method, path, body, headers...)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, text}, err
}

func (tn *tenant) get(ctx context.Context, path string) (reply, error) {
	return tn.ask(ctx, http.MethodGet, path, nil)
}

// create asks for a thing whose document is doc.
func (tn *tenant) create(ctx context.Context, noun string, doc map[string]any, headers ...string) (*thing, reply, error) {
	th := tn.try(noun, fmt.Sprint(doc["id"]), fieldsOf(doc))
	got, err := tn.ask(ctx, http.MethodPost, "/api/v1/"+noun, document(doc), append(headers, "Content-Type: application/json")...)
	tn.told(th, got, err)
	return th, got, err
}

// change asks for another form of a thing.
func (tn *tenant) change(ctx context.Context, th *thing, doc map[string]any) (reply, error) {
	tn.try(th.noun, th.key, fieldsOf(doc))
	got, err := tn.ask(ctx, http.MethodPatch, "/api/v1/"+th.noun+"/"+th.key, document(doc), "Content-Type: application/json")
	if err == nil && got.status == http.StatusOK {
		tn.acknowledge(th)
		tn.note(th, there, got.header.Get("X-Request-Id"))
	}
	return got, err
}

// told enters what became of asking for th.
func (tn *tenant) told(th *thing, got reply, err error) {
	switch {
	case err != nil || got.status >= 500 && got.status != http.StatusInsufficientStorage:
		// nobody knows
	case got.status < 300:
		tn.acknowledge(th)
		if th.noun == "recordings" {
			tn.identify(th, got.member("id"))
		}
		tn.note(th, there, got.header.Get("X-Request-Id"))
	default:
		tn.settle(th, gone)
	}
}

// sound makes n bytes that pass for a recording.
func sound(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	copy(b, "ID3\x04")
	return b
}

// tryRecording enters a recording of data. The owner is "call" or "session" and
// an id.
func (tn *tenant) tryRecording(name, owner, ownerID string, data []byte) (th *thing, path string) {
	sum := sha256.Sum256(data)
	th = tn.try("recordings", name, fields{"name": name, owner + "Id": ownerID, "sha256": hex.EncodeToString(sum[:]), "size": fmt.Sprint(len(data))})
	return th, "/api/v1/recordings?" + url.Values{"name": {name}, owner: {ownerID}, "consent": {"given"}}.Encode()
}

// upload brings a recording in.
func (tn *tenant) upload(ctx context.Context, name, owner, ownerID string, data []byte, headers ...string) (*thing, reply, error) {
	th, path := tn.tryRecording(name, owner, ownerID, data)
	got, err := tn.ask(ctx, http.MethodPost, path, bytes.NewReader(data), append(headers, "Content-Type: audio/mpeg")...)
	tn.told(th, got, err)
	return th, got, err
}

// remove deletes a recording.
func (tn *tenant) remove(ctx context.Context, th *thing) (reply, error) {
	tn.settle(th, leaving)
	tn.note(th, leaving, "")
	got, err := tn.ask(ctx, http.MethodDelete, "/api/v1/recordings/"+th.id, document(map[string]any{}), "Content-Type: application/json")
	if err == nil && got.status == http.StatusNoContent {
		tn.settle(th, gone)
		tn.note(th, gone, got.header.Get("X-Request-Id"))
	}
	return got, err
}

// listen downloads a recording and compares it.
func (tn *tenant) listen(ctx context.Context, th *thing) (reply, error) {
	got, err := tn.get(ctx, "/api/v1/recordings/"+th.id+"/content")
	if err != nil || got.status != http.StatusOK {
		return got, err
	}
	sum := sha256.Sum256(got.body)
	if want := th.forms[0]["sha256"]; hex.EncodeToString(sum[:]) != want {
		return got, &wrongBytes{th.key, len(got.body)}
	}
	return got, nil
}

// wrongBytes is an answer that no fault excuses.
type wrongBytes struct {
	name string
	size int
}

func (w *wrongBytes) Error() string {
	return fmt.Sprintf("recording %s was delivered as %d bytes that are not what was stored", w.name, w.size)
}

func document(doc map[string]any) io.Reader {
	text, err := json.Marshal(doc)
	if err != nil {
		panic(err) // texts and numbers
	}
	return bytes.NewReader(text)
}

// fieldsOf is a document as text, without what is called otherwise in answers.
func fieldsOf(doc map[string]any) fields {
	f := fields{}
	for name, v := range doc {
		switch name {
		case "providerId", "start", "end", "calledAt":
			continue
		}
		f[name] = fmt.Sprint(v)
	}
	return f
}
