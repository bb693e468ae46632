package faulttest

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// lockDatabase has another program hold the database's write lock until it is
// released.
func (s *site) lockDatabase(t testing.TB) (release func()) {
	t.Helper()
	path, err := exec.LookPath("sqlite3")
	if err != nil {
		t.Fatalf("this test needs sqlite3 (scripts/install-test-tools.sh): %v", err)
	}
	cmd := exec.Command(path, "-batch", filepath.Join(s.dir, "chartline.db"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	_, err = io.WriteString(in, ".timeout 180000\nBEGIN EXCLUSIVE;\nSELECT 'held';\n")
	must(t, err)
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("sqlite3 says %q, %v", line, err)
	}
	return sync.OnceFunc(func() {
		_, err := io.WriteString(in, "ROLLBACK;\n")
		must(t, err)
		must(t, in.Close())
		must(t, cmd.Wait())
	})
}

// questions are requests for health data, and one of each kind of write.
func (c clinic) questions(recording, call *thing) []struct{ method, path, body, contentType string } {
	patient := call.forms[0]["patientId"]
	mine := "/" + c.tenantName + "/live/patients/" + patient
	return []struct{ method, path, body, contentType string }{
		{"GET", "/api/service/v1/encounter-from-recording/" + recording.key, "", ""},
		{"GET", "/api/service/v1/encounter-from-recording/nothing", "", ""},
		{"GET", mine, "", ""},
		{"GET", mine + "/calls", "", ""},
		{"GET", mine + "/calls/" + call.key, "", ""},
		{"GET", mine + "/calls/" + call.key + "/recording", "", ""},
		{"HEAD", mine + "/calls/" + call.key + "/recording", "", ""},
		{"GET", "/api/v1/patients/" + patient, "", ""},
		{"GET", "/api/v1/patients/none", "", ""},
		{"GET", "/api/v1/patients", "", ""},
		{"GET", "/api/v1/recordings/" + recording.id + "/content", "", ""},
		{"GET", "/api/v1/audit", "", ""},
		{"POST", "/api/v1/patients", `{"lastName": "Unheard"}`, "application/json"},
		{"POST", "/api/v1/recordings?name=unheard&call=" + call.key, "ID3 unheard", "audio/mpeg"},
		{"PATCH", "/api/v1/patients/" + patient, `{"lastName": "Unheard"}`, "application/json"},
		{"DELETE", "/api/v1/recordings/" + recording.id, `{}`, "application/json"},
	}
}

// refuseLimit is how long anybody may wait to be refused. The database is waited
// for five seconds; one request after another would take more than a minute.
const refuseLimit = time.Minute

// refuseAll asks every question at once. Each must be told 503 and nothing more,
// and not after all others.
func (c clinic) refuseAll(t testing.TB, recording, call *thing) {
	t.Helper()
	var wait sync.WaitGroup
	for _, q := range c.questions(recording, call) {
		wait.Go(func() {
			begun := time.Now()
			got, err := c.ask(t.Context(), q.method, q.path, strings.NewReader(q.body), "Content-Type: "+q.contentType)
			if err != nil || got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
				t.Errorf("%s %s: %v, %v", q.method, q.path, got, err)
			}
			if took := time.Since(begun); took > refuseLimit {
				t.Errorf("%s %s is refused after %v", q.method, q.path, took)
			}
			for _, told := range []string{"Lindqvist", "M-", "@example.org", "2025550123", "ID3"} {
				if strings.Contains(string(got.body), told) {
					t.Errorf("%s %s tells %s: %s", q.method, q.path, told, got.body)
				}
			}
		})
	}
	wait.Wait()
}

// mustBeReady compares readyz: the status, and which check says what.
func (c clinic) mustBeReady(t testing.TB, status int, check, says string) {
	t.Helper()
	got, err := c.get(t.Context(), "/readyz")
	if err != nil || got.status != status || !strings.Contains(string(got.body), `"`+check+`":"`+says+`"`) {
		t.Errorf("readyz: %v, %v; want %d with %s %s", got, err, status, check, says)
	}
}

// mustRecover waits until all is answered again, without a restart.
func (c clinic) mustRecover(t testing.TB) {
	t.Helper()
	last := reply{}
	eventually(t, "it does not recover", func() (ok bool) {
		got, err := c.get(t.Context(), "/readyz")
		last = got
		return err == nil && got.status == http.StatusOK
	})
	if _, got, err := c.newPatient(t.Context()); err != nil || got.status != http.StatusCreated {
		t.Errorf("after it recovered (%v): %v, %v", last, got, err)
	}
}

// F23, F24: while the lock is held nothing can be audited, so nothing is told.
func TestWhileAnotherProgramHoldsTheWriteLockNothingIsToldAndNobodyWaitsLong(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	recording, got, err := c.upload(t.Context(), c.newName(), "call", call.key, sound(5000))
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("%v, %v", got, err)
	}
	release := s.lockDatabase(t)
	c.refuseAll(t, recording, call)
	c.mustBeReady(t, http.StatusServiceUnavailable, "database", "failing")
	if got, err := c.get(t.Context(), "/healthz"); err != nil || got.status != http.StatusOK {
		t.Errorf("healthz: %v, %v", got, err)
	}
	release()
	c.mustRecover(t)
	s.verify(t)
	p.stop()
}

// F23.
func TestASecondServerIsRefusedAndTheFirstGoesOn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	end := work(t, draw(t), 2, none, c)
	second := &site{dir: s.dir, env: s.env}
	for range 3 {
		q := second.startUnder(t, nil)
		if q.url != "" {
			t.Fatal("two servers run on the same data")
		}
		if code := q.exitCode(); code != 1 || !strings.Contains(q.log.whole(), "another server uses this database") {
			t.Errorf("the second ends with %d: %s", code, q.log)
		}
	}
	if end().done == 0 {
		t.Error("the first did nothing meanwhile")
	}
	s.verify(t)
	p.kill()
	s.start(t).stop()
}
