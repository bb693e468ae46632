package native_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"chartline/internal/blob"
	"chartline/internal/clinic/access"
	"chartline/internal/server"
	"chartline/internal/testkit"
)

// get asks another surface.
func (w *world) get(t *testing.T, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", w.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+w.token)
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// visit looks a recording's name up on the telehealth surface.
func (w *world) visit(t *testing.T, name string) (status int, body string) {
	t.Helper()
	return w.get(t, "/api/service/v1/encounter-from-recording/"+url.PathEscape(name))
}

// objects counts what the media store holds.
func (w *world) objects(t *testing.T) int {
	t.Helper()
	n := 0
	for _, err := range w.Media.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	return n
}

// refuseUnknown makes unknown consent count as refused.
func (w *world) refuseUnknown(t *testing.T) {
	t.Helper()
	refused := true
	if _, err := w.Access.ChangeInstance(t.Context(), testkit.Operator(), live, access.InstanceChange{UnknownConsentRefused: &refused}); err != nil {
		t.Fatal(err)
	}
}

func TestARecordingIsTakenInAndDelivered(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	video := append([]byte("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"), bytes.Repeat([]byte("frame"), 40_000)...)
	sum := sha256.Sum256(video)
	made := w.upload(t, upload{
		owner: "session=" + c.session, name: "rec/1771585033302.webm", contentType: "Video/WebM; codecs=vp8", bytes: video,
		query:  "&startedAt=2026-03-18T10:22:00.1234567-04:00&duration=101&consent=given",
		header: map[string]string{"Repr-Digest": "md5=:AAAA:, sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"},
	}).want(201).has(object{
		"name": "rec/1771585033302.webm", "nameStatus": "held", "sessionId": c.session, "callId": nil, "patientId": c.patient, "encounterId": int(c.encounter),
		"contentType": "video/webm", "size": len(video), "sha256": hex.EncodeToString(sum[:]), "duration": 101, "startedAt": "2026-03-18T14:22:00.123456Z",
		"consent": "given", "withheldAt": nil, "withheldReason": nil, "deletedAt": nil, "createdAt": "2026-03-18T15:00:00Z",
	})
	path := "/recordings/" + made.text("id")
	if made.header.Get("Location") != "/api/v1"+path {
		t.Errorf("Location is %q", made.header.Get("Location"))
	}
	content := w.do(t, "GET", path+"/content", ask{}).want(200)
	if !bytes.Equal(content.body, video) {
		t.Error("other bytes came back")
	}
	for name, want := range map[string]string{
		"Content-Type": "video/webm", "Content-Length": fmt.Sprint(len(video)), "Accept-Ranges": "bytes", "Etag": `"` + hex.EncodeToString(sum[:]) + `"`,
		"Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":", "Cache-Control": "private, no-store", "X-Content-Type-Options": "nosniff",
		"Content-Disposition": `attachment; filename="recording-` + made.text("id") + `.webm"`,
	} {
		if got := content.header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	head := w.do(t, "HEAD", path+"/content", ask{}).want(200)
	if len(head.body) != 0 || head.header.Get("Content-Length") != fmt.Sprint(len(video)) {
		t.Errorf("HEAD: %v", head.header)
	}
	part := w.do(t, "GET", path+"/content", ask{header: map[string]string{"Range": "bytes=10-19"}}).want(206)
	if !bytes.Equal(part.body, video[10:20]) {
		t.Errorf("a part: %q", part.body)
	}
	w.do(t, "GET", path+"/content", ask{header: map[string]string{"Range": "bytes=9999999-"}}).want(416)
	w.do(t, "GET", path+"/content", ask{header: map[string]string{"If-None-Match": head.header.Get("Etag")}}).want(304)
	w.do(t, "GET", path+"/content", ask{header: map[string]string{"If-Match": `"x"`}}).want(412)
	if status, body := w.visit(t, "1771585033302"); status != 200 || !strings.Contains(body, `"duration":101`) {
		t.Errorf("looked up: %d %s", status, body)
	}
}

func TestTheSameNameOwnerAndBytesAreTheSameRecording(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	first := w.upload(t, upload{owner: "call=" + c.call, name: "x"}).want(201)
	again := w.upload(t, upload{owner: "call=" + strings.ToUpper(c.call), name: "x"}).want(200)
	if first.text("id") != again.text("id") || w.objects(t) != 1 {
		t.Errorf("%s and %s, %d objects", first.text("id"), again.text("id"), w.objects(t))
	}
	w.do(t, "GET", "/calls/"+c.call, ask{}).want(200).has(object{"hasRecording": true})
	other := w.upload(t, upload{owner: "call=" + c.call, name: "x", bytes: sound("another take")}).want(201).has(object{"nameStatus": "waiting"})
	if other.text("id") == first.text("id") {
		t.Error("other bytes are the same recording")
	}
}

func TestUploadsThatCannotBeTakenLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	limits := server.DefaultLimits()
	limits.Upload = 40_000
	w := open(t, testkit.Options{Limits: &limits})
	c := w.clinic(t, "")
	owner := "call=" + c.call
	for about, u := range map[string]struct {
		upload
		status int
		field  string
	}{
		"no owner":              {upload{owner: "", name: "x"}, 400, "owner"},
		"two owners":            {upload{owner: owner + "&session=" + c.session, name: "x"}, 400, "owner"},
		"no name":               {upload{owner: owner}, 400, "name"},
		"a name with NUL":       {upload{owner: owner, name: "x\x00y"}, 400, "name"},
		"a long name":           {upload{owner: owner, name: strings.Repeat("x", 1025), bytes: sound("x")}, 400, "name"},
		"an unknown consent":    {upload{owner: owner, name: "x", query: "&consent=maybe"}, 400, "consent"},
		"a negative duration":   {upload{owner: owner, name: "x", query: "&duration=-1"}, 400, "duration"},
		"an unknown parameter":  {upload{owner: owner, name: "x", query: "&tenant=birch-clinic"}, 400, "tenant"},
		"a malformed digest":    {upload{owner: owner, name: "x", header: map[string]string{"Content-Digest": "sha-256=AAAA"}}, 400, "Repr-Digest"},
		"an empty body":         {upload{owner: owner, name: "x", bytes: []byte{}}, 400, "body"},
		"an unknown owner":      {upload{owner: "call=" + nobody()["call"], name: "x"}, 404, ""},
		"a malformed owner":     {upload{owner: "session=../../etc", name: "x"}, 404, ""},
		"another digest":        {upload{owner: owner, name: "x", header: map[string]string{"Repr-Digest": "sha-256=:" + base64.StdEncoding.EncodeToString(make([]byte, 32)) + ":"}}, 422, "sha256"},
		"no such content type":  {upload{owner: owner, name: "x", contentType: "text/html"}, 415, ""},
		"html that says audio":  {upload{owner: owner, name: "x", bytes: []byte("<html><script>alert(1)</script>")}, 415, ""},
		"a picture as a video":  {upload{owner: owner, name: "x", contentType: "video/mp4", bytes: []byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic")}, 415, ""},
		"an encoded body":       {upload{owner: owner, name: "x", header: map[string]string{"Content-Encoding": "gzip"}}, 415, ""},
		"a byte over the limit": {upload{owner: owner, name: "x", bytes: append(sound("x"), make([]byte, 40_001-len(sound("x")))...)}, 413, ""},
	} {
		got := w.upload(t, u.upload).is(u.status)
		if _, named := got.faults()[u.field]; u.field != "" && !named {
			t.Errorf("%s: %s is not named in %s", about, u.field, got.body)
		}
	}
	if n := w.objects(t); n != 0 {
		t.Errorf("%d objects are left", n)
	}
	w.do(t, "GET", "/recordings?includeDeleted=true", ask{}).want(200).has(object{"items": []any{}})
	w.upload(t, upload{owner: owner, name: "x", bytes: append(sound("x"), make([]byte, 40_000-len(sound("x")))...)}).want(201)
}

// patience bounds what must not hang, on the slowest machine.
const patience = 3 * time.Minute

// send writes a request by hand and returns the connection.
func (w *world) send(t *testing.T, text string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(w.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	return conn
}

func uploadHead(path, token, more string) string {
	return "POST /api/v1/recordings" + path + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + token + "\r\nContent-Type: audio/mpeg\r\n" + more + "\r\n"
}

// Who may not, and what cannot be, is answered while the body has not begun.
func TestRefusalsDoNotWaitForTheBody(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	_, ungranted := w.Client(t, live)
	const body = "Content-Length: 1000000\r\nExpect: 100-continue\r\n"
	for about, head := range map[string]string{
		"HTTP/1.1 401": uploadHead("?name=x&call="+c.call, "chl_nothing", body),
		"HTTP/1.1 403": uploadHead("?name=x&call="+c.call, ungranted, body),
		"HTTP/1.1 400": uploadHead("?name=&call="+c.call, w.token, body),
		"HTTP/1.1 404": uploadHead("?name=x&call="+nobody()["call"], w.token, body),
		"HTTP/1.1 413": uploadHead("?name=x&call="+c.call, w.token, "Content-Length: 9000000000\r\nExpect: 100-continue\r\n"),
		"HTTP/1.1 100": uploadHead("?name=x&call="+c.call, w.token, body),
	} {
		conn := w.send(t, head)
		line := make([]byte, len(about))
		if _, err := io.ReadFull(conn, line); err != nil || string(line) != about {
			t.Errorf("got %q (%v), want %q", line, err, about)
		}
	}
}

func TestBodiesThatBreakOffOrStandStillLeaveNothing(t *testing.T) {
	t.Parallel()
	limits := server.DefaultLimits()
	limits.Stall = 300 * time.Millisecond
	w := open(t, testkit.Options{Limits: &limits})
	c := w.clinic(t, "")
	head := uploadHead("?name=x&call="+c.call, w.token, "Content-Length: 100000\r\n") + string(sound("x")[:3000])
	if err := w.send(t, head).Close(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, len("HTTP/1.1 408"))
	if _, err := io.ReadFull(w.send(t, head), line); err != nil || string(line) != "HTTP/1.1 408" {
		t.Errorf("got %q (%v), want 408", line, err)
	}
	if n := w.objects(t); n != 0 {
		t.Errorf("%d objects are left", n)
	}
	var failed []string
	for end := time.Now().Add(patience); time.Now().Before(end); {
		failed = nil
		for _, e := range w.entries(t, live.Tenant) {
			if e.Outcome == "failed" {
				failed = append(failed, e.Reason)
			}
		}
		if len(failed) == 2 {
			break
		}
		time.Sleep(20 * time.Millisecond) // the first client is gone: nothing else says when it was noticed
	}
	if len(failed) != 2 {
		t.Errorf("the audit log has %q, want both", failed)
	}
}

// Where it may not be heard, a recording is not there: on this surface, on the
// calls surface and in look-ups. Whoever manages it still sees it.
func TestWhatMayNotBeHeardIsNotThere(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	ofCall := w.upload(t, upload{owner: "call=" + c.call, name: "call"}).want(201).text("id")
	ofVisit := w.upload(t, upload{owner: "session=" + c.session, name: "visit"}).want(201).text("id")
	heard := func(want bool) {
		t.Helper()
		status := map[bool]int{true: 200, false: 404}[want]
		unknown := w.do(t, "GET", "/recordings/"+nobody()["recording"]+"/content", ask{}).want(404)
		for _, id := range []string{ofCall, ofVisit} {
			got := w.do(t, "GET", "/recordings/"+id+"/content", ask{}).want(status)
			if !want && string(got.body) != string(unknown.body) {
				t.Errorf("%s tells it from an unknown one: %s", got.about, got.body)
			}
		}
		w.do(t, "GET", "/calls/"+c.call, ask{}).want(200).has(object{"hasRecording": want})
		if got, _ := w.get(t, "/"+live.String()+"/patients/"+c.patient+"/calls/"+c.call+"/recording"); got != status {
			t.Errorf("the calls surface: %d", got)
		}
		if lookup, body := w.visit(t, "visit"); (lookup == 200) != want {
			t.Errorf("look-up: %d %s", lookup, body)
		}
	}
	both := func(verb string, body object) {
		t.Helper()
		for _, id := range []string{ofCall, ofVisit} {
			w.do(t, "POST", "/recordings/"+id+"/"+verb, ask{body: body}).want(200)
		}
	}
	heard(true)
	w.do(t, "POST", "/recordings/"+ofCall+"/withhold", ask{body: object{"reason": " "}}).want(400)
	both("withhold", object{"reason": "a third party speaks"})
	heard(false)
	w.do(t, "GET", "/recordings/"+ofCall, ask{}).want(200).has(object{"withheldReason": "a third party speaks", "withheldAt": "2026-03-18T15:00:00Z"})
	if n := len(w.walk(t, "/recordings?withheld=true", 10)); n != 2 {
		t.Errorf("%d are withheld", n)
	}
	for _, id := range []string{ofCall, ofVisit} {
		w.do(t, "POST", "/recordings/"+id+"/release", ask{}).want(200).has(object{"withheldAt": nil, "withheldReason": nil})
	}
	heard(true)
	both("consent", object{"consent": "refused"})
	heard(false)
	both("consent", object{"consent": "unknown", "reason": "noted by mistake"})
	heard(true)
	w.refuseUnknown(t)
	heard(false)
	both("consent", object{"consent": "given"})
	heard(true)
	w.do(t, "DELETE", "/recordings/"+ofCall, ask{}).want(204)
	w.do(t, "DELETE", "/recordings/"+ofVisit, ask{body: object{"reason": "asked for by the patient"}}).want(204)
	heard(false)
	for _, id := range []string{ofCall, ofVisit} {
		w.do(t, "GET", "/recordings/"+id, ask{}).want(404)
		w.do(t, "DELETE", "/recordings/"+id, ask{}).want(404)
		w.do(t, "POST", "/recordings/"+id+"/release", ask{}).want(404)
	}
	if n := len(w.walk(t, "/recordings", 10)); n != 0 {
		t.Errorf("%d are listed", n)
	}
	if n := len(w.walk(t, "/recordings?includeDeleted=true", 10)); n != 2 {
		t.Errorf("%d tombstones", n)
	}
	if n := w.objects(t); n != 0 {
		t.Errorf("%d objects are left", n)
	}
	w.upload(t, upload{owner: "call=" + c.call, name: "call"}).want(201).has(object{"nameStatus": "held"}) // the name is free again
}

func TestANameThatIsHeldElsewhereWaitsUntilAPersonSettlesIt(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	a, b := w.clinic(t, ""), w.clinic(t, "")
	holder := w.upload(t, upload{owner: "session=" + a.session, name: "1771585033302", bytes: sound("a")}).want(201).text("id")
	waiter := w.upload(t, upload{owner: "session=" + b.session, name: "1771585033302", bytes: sound("b")}).want(201).has(object{"nameStatus": "waiting"}).text("id")
	finds := func(name string, encounter int64) {
		t.Helper()
		status, body := w.visit(t, name)
		if encounter == 0 && status == 400 && strings.Contains(body, "more than one encounter") {
			return
		}
		if status != 200 || !strings.Contains(body, fmt.Sprintf(`"input_data":{"id":%d,`, encounter)) {
			t.Errorf("%s: %d %s, want encounter %d", name, status, body, encounter)
		}
	}
	settle := func(id string, body object) answer {
		t.Helper()
		return w.do(t, "POST", "/recordings/"+id+"/settle", ask{body: body})
	}
	waiting := func(want ...string) {
		t.Helper()
		if got := w.walk(t, "/recordings?nameStatus=waiting", 5); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("waiting: %v, want %v", got, want)
		}
	}
	finds("1771585033302", 0)
	waiting(waiter)
	settle(holder, object{"decision": "take"}).want(409)
	settle(waiter, object{"decision": "rename", "name": "1771585033302"}).want(409)
	settle(waiter, object{"decision": "rename"}).want(400)
	settle(waiter, object{"decision": "dismiss", "name": "y"}).want(400)

	settle(waiter, object{"decision": "dismiss", "reason": "a copy"}).want(200).has(object{"nameStatus": "dismissed", "name": "1771585033302"})
	finds("1771585033302", a.encounter)
	waiting()
	w.do(t, "GET", "/recordings/"+waiter+"/content", ask{}).want(200)

	settle(waiter, object{"decision": "take"}).want(200).has(object{"nameStatus": "held"})
	finds("1771585033302", 0)
	waiting(holder)
	settle(holder, object{"decision": "rename", "name": "1771585033302-b"}).want(200).has(object{"nameStatus": "held", "name": "1771585033302-b"})
	finds("1771585033302", b.encounter)
	finds("1771585033302-b", a.encounter)
	waiting()

	third := w.upload(t, upload{owner: "session=" + a.session, name: "1771585033302", bytes: sound("c")}).want(201).text("id")
	settle(third, object{"decision": "take", "holderName": "1771585033302-b"}).want(409)
	settle(third, object{"decision": "take", "holderName": "1771585033302-c"}).want(200)
	finds("1771585033302", a.encounter)
	finds("1771585033302-c", b.encounter)
	w.do(t, "PATCH", "/recordings/"+third, ask{body: object{"name": "1771585033302-c"}}).want(409)
	w.do(t, "PATCH", "/recordings/"+third, ask{body: object{"name": "another", "duration": 7, "startedAt": nil}}).want(200).has(object{"name": "another", "duration": 7})
}

func TestARelinkedRecordingBelongsToItsNewOwner(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	a, b := w.clinic(t, ""), w.clinic(t, "")
	id := w.upload(t, upload{owner: "call=" + a.call, name: "x"}).want(201).has(object{"encounterId": nil}).text("id")
	relink := "/recordings/" + id + "/relink"
	w.do(t, "POST", relink, ask{body: object{}}).want(400)
	w.do(t, "POST", relink, ask{body: object{"sessionId": b.session, "callId": b.call}}).want(400)
	w.do(t, "POST", relink, ask{body: object{"sessionId": b.session, "reason": "the wrong patient"}}).want(200).has(object{
		"sessionId": b.session, "callId": nil, "patientId": b.patient, "encounterId": int(b.encounter)})
	w.do(t, "GET", "/calls/"+a.call, ask{}).want(200).has(object{"hasRecording": false})
	if status, _ := w.visit(t, "x"); status != 200 {
		t.Errorf("look-up: %d", status)
	}
	w.do(t, "POST", relink, ask{body: object{"callId": a.call}}).want(200).has(object{"patientId": a.patient, "encounterId": nil})
	w.do(t, "PATCH", "/calls/"+a.call, ask{body: object{"encounterId": b.encounter}}).want(404) // another patient's
	w.do(t, "PATCH", "/calls/"+a.call, ask{body: object{"encounterId": a.encounter}}).want(200)
	w.do(t, "GET", "/recordings/"+id, ask{}).want(200).has(object{"encounterId": int(a.encounter)})
	w.do(t, "PATCH", "/calls/"+a.call, ask{body: object{"encounterId": nil}}).want(200).has(object{"encounterId": nil})
	w.do(t, "GET", "/recordings/"+id, ask{}).want(200).has(object{"encounterId": nil})
}

// full is a media store without room.
type full struct{ blob.Store }

func (full) Put(context.Context, string, io.Reader, blob.PutOptions) (blob.Info, error) {
	return blob.Info{}, fmt.Errorf("write: %w", blob.ErrFull)
}

func TestWithoutRoomUploadsAreRefusedAndReadsGoOn(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{Media: func(s blob.Store) blob.Store { return full{s} }})
	c := w.clinic(t, "")
	got := w.upload(t, upload{owner: "call=" + c.call, name: "x"}).want(507)
	if got.header.Get("Retry-After") == "" || got.text("errorId") == "" || got.text("type") != "urn:chartline:problem:storage_full" {
		t.Errorf("%v %s", got.header, got.body)
	}
	w.do(t, "GET", "/calls/"+c.call, ask{}).want(200)
}
