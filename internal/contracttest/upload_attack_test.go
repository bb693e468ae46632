package contracttest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
	"chartline/internal/server"
	"chartline/internal/testkit"
)

const attachments = "/api/service/v1/patient/form/attachment"

// mediaFiles counts what is in the media directory, temporary files too.
func (w *world) mediaFiles() (n int) {
	w.t.Helper()
	w.must(filepath.WalkDir(filepath.Join(w.kit.Dir, "media"), func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			n++
		}
		return err
	}))
	return n
}

// S18: an attacker's uploads lie about their length, never end, or stop in the
// middle, each after a file that is good:
//  1. Content-Length says more than comes, and the client hangs up;
//  2. Content-Length says less: the rest is no request of anybody's;
//  3. chunks come without end, or the last one never does;
//  4. the bytes stop coming, and the connection stays.
//
// Each is answered in time in the endpoint's own words, and nothing is kept: no
// file, and no temporary one.
func TestUploadsThatLieAboutTheirLengthLeaveNothing(t *testing.T) {
	t.Parallel()
	uploads := chart.Limits{FileSize: 256 << 10, FileCount: 2, UncitedCount: 100, UncitedSize: 1 << 30}
	w := newWorldWith(t, testkit.Options{Limits: shortLimits(), Uploads: &uploads})
	before := w.mediaFiles()
	part := func(name string) string {
		return "--x\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"" + name + "\"\r\n\r\n%PDF-1.7 "
	}
	good := part("good.pdf") + "good\r\n"
	whole := good + part("second.pdf") + strings.Repeat("s", 1000) + "\r\n--x--\r\n"
	chunk := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	for _, c := range []struct {
		what, framing string
		status        int
		send          func(io.Writer)
		hangUp        bool
	}{
		{"less comes than is said", "Content-Length: 5000", 400, says(whole), true},
		{"more comes than is said", "Content-Length: 700", 400, says(whole), true},
		{"nothing comes", "Content-Length: 5000", 400, says(""), true},
		{"it is said to be a gigabyte", "Content-Length: 1073741824", 413, says(good), false},
		{"it is said to be negative", "Content-Length: -1", 400, says(whole), true},
		{"the last chunk never comes", "Transfer-Encoding: chunked", 400, says(chunk(whole[:len(whole)-20])), true},
		{"a chunk is shorter than it says", "Transfer-Encoding: chunked", 400, says("fff\r\n" + whole), true},
		{"chunks without end", "Transfer-Encoding: chunked", 413, func(to io.Writer) {
			endless(to, chunk(good+part("endless.pdf")), chunk(strings.Repeat("e", 32<<10)))
		}, false},
		{"files without end", "Transfer-Encoding: chunked", 413, func(to io.Writer) { endless(to, "", chunk(good)) }, false},
		{"a part's headers without end", "Transfer-Encoding: chunked", 400, func(to io.Writer) {
			endless(to, chunk(good+"--x\r\n"), chunk(strings.Repeat("A: b\r\n", 1000)))
		}, false},
		{"other parts without end", "Transfer-Encoding: chunked", 413, func(to io.Writer) {
			endless(to, chunk(good), chunk(strings.Repeat("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n", 100)))
		}, false},
		{"it stands still in a file", "Content-Length: 5000", 408, says(good + part("still.pdf")), false},
		{"it stands still between files", "Transfer-Encoding: chunked", 408, says(chunk(good)), false},
	} {
		status, body := w.dribbled(c.framing, c.send, c.hangUp)
		if status != c.status || c.framing != "Content-Length: -1" && !errorShapes["attachment"].Match(body) {
			t.Errorf("%s: answered %d %s", c.what, status, body)
		}
	}
	// What is put away when a request is cut off may take a moment longer.
	for end := time.Now().Add(patience); w.mediaFiles() != before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	if n := w.mediaFiles(); n != before {
		t.Errorf("%d files remain", n-before)
	}
	w.checkNothingLeaked()
}

func says(text string) func(io.Writer) {
	return func(to io.Writer) { _, _ = io.WriteString(to, text) }
}

// endless writes a head and then the same again until the other side hangs up.
func endless(to io.Writer, head, again string) {
	_, err := io.WriteString(to, head)
	for err == nil {
		_, err = io.WriteString(to, again)
	}
}

// dribbled sends an upload of which only the framing is known, and returns the
// answer.
func (w *world) dribbled(framing string, send func(io.Writer), hangUp bool) (int, []byte) {
	w.t.Helper()
	conn := w.dial("")
	defer conn.Close()
	w.must(conn.SetDeadline(time.Now().Add(patience)))
	_, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: multipart/form-data; boundary=x\r\n%s\r\n\r\n",
		attachments, w.vars["token"], framing)
	w.must(err)
	go func() {
		send(conn)
		if half, ok := conn.(interface{ CloseWrite() error }); ok && hangUp {
			_ = half.CloseWrite()
		}
	}()
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, []byte(err.Error())
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body) // the rest may be cut off
	return resp.StatusCode, body
}

// S19: an attacker sends what is small and would be large once it is opened, and
// what is large and refused. No file is ever opened here: to refuse one takes
// less than 100 ms of CPU and 20 MB, whatever it holds. Not in parallel: the
// whole process is measured.
func TestRefusingAnUploadCostsNextToNothing(t *testing.T) {
	w := newWorld(t)
	large := func(head string) []byte { return append([]byte(head), make([]byte, 24<<20)...) }
	flood := string(mediaFile(t, "x.flood").bytes)
	jpeg := "\xff\xd8" + "\xff\xe0\x00\x10" + strings.Repeat("x", 14) + "\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03"
	heic := string(mediaFile(t, "x.heic").bytes[:24]) + strings.Repeat("\x00\x00\x00\x14ispe\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff", 3000)
	for what, c := range map[string]struct {
		content []byte
		status  int
	}{
		"a flood of pixels as png":   {[]byte(flood), 413},
		"as jpeg":                    {[]byte(jpeg), 413},
		"as heic, 3000 times":        {[]byte(heic), 413},
		"a flood and 24 MB of it":    {large(flood), 413},
		"an archive of 24 MB":        {large("PK\x03\x04"), 400},
		"a page of 24 MB":            {large("<html>"), 400},
		"segments of nothing":        {append([]byte("\xff\xd8"), bytes.Repeat([]byte{0xff}, 64<<10)...), 200},
		"a PDF that packs gigabytes": {[]byte("%PDF-1.7 /FlateDecode " + strings.Repeat("\x78\x9c\xed", 1000)), 200},
	} {
		var b bytes.Buffer
		b.WriteString("--x\r\nContent-Disposition: form-data; name=\"attachments[]\"; filename=\"a.pdf\"\r\n\r\n")
		b.Write(c.content)
		b.WriteString("\r\n--x--\r\n")
		raw := w.request("POST", attachments, []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: multipart/form-data; boundary=x"}, b.Bytes())
		cpu, memory := time.Hour, uint64(1<<62)
		for range 3 { // what else happens is not counted
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			began, allocated := cpuTime(t), m.TotalAlloc
			if got := w.serveRaw(raw, ""); got.status != c.status {
				t.Errorf("%s answers %d %s", what, got.status, got.body)
			}
			runtime.ReadMemStats(&m)
			cpu, memory = min(cpu, cpuTime(t)-began), min(memory, m.TotalAlloc-allocated)
		}
		if cpu > costFactor*100*time.Millisecond || memory > 20<<20 {
			t.Errorf("%s takes %v and %d KB", what, cpu, memory>>10)
		}
	}
}

// cpuTime is what the process has used.
func cpuTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// S21: a client that uploads and never submits a form is stopped before the disk
// is full: 429, and when to come again. Others are not in its way, and a form
// makes room.
func TestWhoUploadsAndNeverSubmitsIsStopped(t *testing.T) {
	t.Parallel()
	uploads := chart.DefaultLimits()
	uploads.UncitedCount = 2
	w := newWorldWith(t, testkit.Options{Uploads: &uploads})
	send := func(token string, files int) reply {
		var list []upload
		for range files {
			list = append(list, upload{field: "attachments[]", file: "new.png"})
		}
		body, contentType := multipartOf(t, list)
		return w.serveRaw(w.request("POST", attachments, []string{"Authorization: Bearer " + token, "Content-Type: " + contentType}, body), "")
	}
	first := send(w.vars["token"], 1)
	if first.status != http.StatusOK {
		t.Fatalf("answered %d %s", first.status, first.body)
	}
	stored := w.mediaFiles()
	if got := send(w.vars["token"], 2); got.status != http.StatusTooManyRequests || w.mediaFiles() != stored {
		t.Errorf("one too many: answered %d %s, %d files are kept", got.status, got.body, w.mediaFiles()-stored)
	}
	if got := send(w.vars["token"], 1); got.status != http.StatusOK {
		t.Errorf("the last: answered %d %s", got.status, got.body)
	}
	got := send(w.vars["token"], 1)
	if got.status != http.StatusTooManyRequests || got.header.Get("Retry-After") != "60" || !errorShapes["attachment"].Match(got.body) {
		t.Errorf("beyond: answered %d %v %s", got.status, got.header, got.body)
	}
	if other := send(w.vars["birch.token"], 1); other.status != http.StatusOK {
		t.Errorf("another: answered %d %s", other.status, other.body)
	}
	var kept []struct{ UUID string }
	w.must(json.Unmarshal(first.body, &kept))
	form := `{"patient_id": 202300001111, "patient_form_name": "Scan", "form_responses": [{"question_type": "file", "text": "A scan", "answer": {"uuid": "` + kept[0].UUID + `"}}]}`
	if sent := w.serveRaw(w.request("POST", "/api/service/v1/patient/form", []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: application/json"}, []byte(form)), ""); sent.status != http.StatusOK {
		t.Fatalf("answered %d %s", sent.status, sent.body)
	}
	if got := send(w.vars["token"], 1); got.status != http.StatusOK {
		t.Errorf("after a form: answered %d %s", got.status, got.body)
	}
}

// TestAServerRemovesWhatNoFormCitedByItself starts one on a file that has waited
// for more than a day, and on one that a form cites.
func TestAServerRemovesWhatNoFormCitedByItself(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	body, contentType := multipartOf(t, []upload{{field: "attachments[]", file: "new.png"}})
	sent := w.serveRaw(w.request("POST", attachments, []string{"Authorization: Bearer " + w.vars["token"], "Content-Type: " + contentType}, body), "")
	if sent.status != http.StatusOK {
		t.Fatalf("answered %d %s", sent.status, sent.body)
	}
	stored := w.storedFiles()
	w.kit.Clock.Move(care.UncitedLife + time.Second)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	w.must(err)
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- w.kit.Server.Run(ctx, server.Listeners{Main: listener}) }()
	for end := time.Now().Add(patience); w.storedFiles() == stored && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	w.must(<-stopped)
	if n := stored - w.storedFiles(); n != 1 {
		t.Errorf("%d files were removed", n)
	}
	_, err = w.kit.Chart.OpenFile(t.Context(), testkit.Operator(), care.Scope{Tenant: "acme-health", Instance: "live"}, w.vars["file"])
	w.must(err)
}
