package contracttest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/testkit"
)

func TestEveryConversationIsAnsweredAsWritten(t *testing.T) {
	t.Parallel()
	for _, c := range conversations(t) {
		name, err := filepath.Rel(filepath.Join(root, "testdata", "contract"), c.file)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			t.Parallel()
			replay(t, c, testkit.Options{})
		})
	}
}

func replay(t *testing.T, c conversation, o testkit.Options) {
	t.Helper()
	replayFrom(t, theClinic(t, o.Plain), c, o)
}

func replayFrom(t *testing.T, kept *keptWorld, c conversation, o testkit.Options) {
	t.Helper()
	var more []seed
	for _, f := range c.archive.Files {
		if f.Name == seedFile {
			more = append(more, readSeed(t, f.Data))
		}
	}
	w := newWorldFrom(t, kept, o, more...)
	changed := false
	for _, s := range c.steps {
		if w.play(&c, s) {
			changed = true
		}
		if t.Failed() {
			break // what follows would only repeat it
		}
	}
	if changed {
		w.must(c.write())
	}
	w.checkNothingLeaked()
}

// reply is an answer as it came over the wire.
type reply struct {
	status int
	header http.Header
	body   []byte
}

// play makes one step and reports whether its body was updated.
func (w *world) play(c *conversation, s step) (updated bool) {
	w.t.Helper()
	from, times := "", 1
	for _, line := range s.does {
		verb, rest, _ := strings.Cut(w.fill(line), " ")
		switch verb {
		case "from":
			from = rest
		case "repeat":
			n, err := strconv.Atoi(rest)
			w.must(err)
			times = n
		default:
			w.do(verb, strings.Fields(rest))
		}
	}
	w.newEntries() // of what was just done
	if s.method == "" {
		return false
	}
	for range times {
		a, sent := w.send(s, from)
		if err := w.check(s, a); err != nil {
			var wrong *wrongBody
			if *update && errors.As(err, &wrong) {
				golden := w.vars.golden([]byte(w.fillQuietly(s.want.body)), a.body)
				c.setBody(s, golden)
				w.must(w.vars.matchJSON([]byte(w.fill(golden)), a.body))
				updated = true
			} else {
				w.t.Errorf("%s: %s: %v\n%s %s\nanswered %d %v\n%s", filepath.Base(c.file), s.title, err, s.method, s.target, a.status, a.header, shorten(a.body))
				return updated
			}
		}
		w.checkAudit(sent, a)
		w.checkAnswer(sent, a)
		w.learnSecrets(a)
	}
	return updated
}

func (w *world) fillQuietly(text string) string {
	out, _ := w.vars.fill(text)
	return out
}

func shorten(b []byte) string { return fmt.Sprintf("%.2000s", b) }

// sent is a request as it went out.
type sent struct {
	method, target, token string
	body                  string
	from                  string
	at                    time.Time
}

func (w *world) send(s step, from string) (reply, sent) {
	w.t.Helper()
	var headers []string
	out := sent{method: s.method, target: w.fill(s.target), at: w.kit.Clock.Now(), from: from}
	for _, h := range s.headers {
		h = w.fill(h)
		if key, value, _ := strings.Cut(h, ":"); strings.EqualFold(key, "Authorization") {
			out.token = strings.TrimPrefix(strings.TrimSpace(value), "Bearer ")
		}
		headers = append(headers, h)
	}
	body := []byte(w.fill(s.body))
	if s.bodyFile != "" {
		body = mediaFile(w.t, s.bodyFile).bytes
	}
	if len(s.uploads) > 0 {
		var contentType string
		body, contentType = multipartOf(w.t, s.uploads)
		headers = append(headers, "Content-Type: "+contentType)
	}
	out.body = string(body)
	a, err := w.exchange(s.method, w.request(s.method, out.target, headers, body), from)
	if err != nil {
		w.t.Fatalf("%s: %v", s.title, err)
	}
	return a, out
}

// exchange sends raw bytes on a connection of their own and reads the one answer
// that they may get.
func (w *world) exchange(method string, raw []byte, from string) (reply, error) {
	conn := w.dial(from)
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return reply{}, err
	}
	if _, err := conn.Write(raw); err != nil {
		return reply{}, err
	}
	in := bufio.NewReader(conn)
	resp, err := http.ReadResponse(in, &http.Request{Method: method})
	if err != nil {
		return reply{}, err
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return reply{}, fmt.Errorf("read the body: %w", err)
	}
	// The server hangs up only once we have: a kernel short of memory for TCP may
	// drop what a socket that is closed has not delivered.
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return reply{}, err
	}
	if more, _ := io.ReadAll(in); len(more) > 0 {
		return reply{}, fmt.Errorf("after the answer came %q", shorten(more))
	}
	return reply{resp.StatusCode, resp.Header, body}, resp.Body.Close()
}

// wrongBody is a body that is not the expected one: -update can write it.
type wrongBody struct{ error }

func (w *world) check(s step, a reply) error {
	if a.status != s.status {
		return fmt.Errorf("the status is %d, not %d", a.status, s.status)
	}
	for _, h := range s.want.headers {
		name, want, _ := strings.Cut(w.fill(h), ":")
		values, ok := a.header[http.CanonicalHeaderKey(name)]
		if !ok {
			return fmt.Errorf("there is no header %s", name)
		}
		if err := w.vars.matchText(strings.TrimSpace(want), strings.Join(values, ", ")); err != nil {
			return fmt.Errorf("%s %w", name, err)
		}
	}
	for _, name := range s.want.noHeaders {
		if values, ok := a.header[http.CanonicalHeaderKey(strings.TrimSpace(name))]; ok {
			return fmt.Errorf("there is a header %s: %v", name, values)
		}
	}
	return w.checkBody(s.want, a)
}

func (w *world) checkBody(want expectation, a reply) error {
	for _, text := range want.holds {
		if !bytes.Contains(a.body, []byte(w.fill(text))) {
			return fmt.Errorf("the body does not hold %q", text)
		}
	}
	for _, text := range want.holdsNot {
		if bytes.Contains(a.body, []byte(w.fill(text))) {
			return fmt.Errorf("the body holds %q", text)
		}
	}
	switch {
	case want.file != nil:
		return w.checkFile(want.file, a.body)
	case want.parts != nil:
		return w.checkParts(want.parts, a)
	case want.body == "" && want.bodyIsFree:
		return nil
	case strings.Contains(a.header.Get("Content-Type"), "json") && len(a.body) > 0:
		text, err := w.vars.fill(want.body)
		if err == nil {
			err = w.vars.matchJSON([]byte(text), a.body)
		}
		if err != nil {
			return &wrongBody{err}
		}
		return nil
	case w.fill(want.body) != string(a.body):
		return fmt.Errorf("the body is %q, not %q", shorten(a.body), want.body)
	}
	return nil
}

// checkFile compares a body with a file, or a range of it.
func (w *world) checkFile(want []string, body []byte) error {
	expected := mediaFile(w.t, want[0]).bytes
	if len(want) > 1 {
		expected = cut(expected, want[1])
	}
	if !bytes.Equal(body, expected) {
		return fmt.Errorf("the body is not %v: %d bytes, not %d", want, len(body), len(expected))
	}
	return nil
}

func cut(b []byte, span string) []byte {
	var first, last int
	if _, err := fmt.Sscanf(span, "%d-%d", &first, &last); err != nil {
		return nil
	}
	return b[first : last+1]
}

// do makes something happen beside HTTP.
func (w *world) do(verb string, args []string) {
	w.t.Helper()
	switch verb {
	case "clock": // moves by a duration
		d, err := time.ParseDuration(args[0])
		w.must(err)
		w.kit.Clock.Move(d)
	case "store": // works, fails, panics, unavailable, cannot-write
		w.faults.set(&w.faults.store, args[0])
	case "media": // works, fails, full
		w.faults.set(&w.faults.media, args[0])
	case "lose": // a recording's bytes
		w.must(os.Remove(w.blobPath(args[0])))
	case "cut": // a byte off a recording
		w.must(os.Truncate(w.blobPath(args[0]), 999))
	case "link": // a recording's bytes to a file outside
		w.must(os.Remove(w.blobPath(args[0])))
		w.must(os.Symlink(args[1], w.blobPath(args[0])))
	case "mark": // words that no log, metric or error may show from here on
		w.mark("acme-health", args...)
	case "waiting": // a client has so many uploaded files that no form cites
		n, err := strconv.Atoi(args[1])
		w.must(err)
		w.plantWaiting(args[0], n)
	case "sweep": // what the server does hourly
		actor := care.Actor{Kind: care.ActorSystem, ID: "server", Origin: care.Origin{Via: "task sweep"}}
		_, err := w.kit.Chart.Sweep(w.t.Context(), actor)
		w.must(err)
		_, err = w.kit.Recordings.Sweep(w.t.Context(), actor, w.kit.Chart.Uploading)
		w.must(err)
	default:
		w.administer(verb, args)
	}
}
