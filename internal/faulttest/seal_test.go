package faulttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// F9: a download that meets a flipped bit is cut, and holds no byte that was not
// stored; ranges beside it are whole.
func TestAFlippedBitInASealedRecordingCutsItsDownload(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	data := sound(1 << 20)
	th, got, err := c.upload(t.Context(), c.newName(), "call", call.key, data)
	if err != nil || got.status != http.StatusCreated {
		t.Fatalf("%v, %v", got, err)
	}
	path := "/api/v1/recordings/" + th.id + "/content"
	file := s.objects(t)[0]
	text, err := os.ReadFile(file)
	must(t, err)
	if bytes.Contains(text, data[len(data)-1000:]) {
		t.Fatal("the recording is stored plain, so that this test shows nothing")
	}
	text[len(text)/2] ^= 1
	must(t, os.WriteFile(file, text, 0o600))

	answer, err := c.begin(t.Context(), http.MethodGet, path, nil)
	must(t, err)
	body, err := io.ReadAll(answer.Body)
	must(t, answer.Body.Close())
	if err == nil || len(body) > len(data)/2 || !bytes.HasPrefix(data, body) {
		t.Errorf("%d bytes came, %v; want the connection cut in the middle", len(body), err)
	}
	eventually(t, "the log does not say so", func() bool { return strings.Contains(p.log.String(), "delivery cut: the content failed") })
	for _, from := range []int{0, len(data) - 100_000} {
		got, err := c.ask(t.Context(), http.MethodGet, path, nil, fmt.Sprintf("Range: bytes=%d-%d", from, from+99_999))
		if err != nil || got.status != http.StatusPartialContent || !bytes.Equal(got.body, data[from:from+100_000]) {
			t.Errorf("a range beside it, from %d: %d, %d bytes, %v", from, got.status, len(got.body), err)
		}
	}
	p.stop()
}

// F29: rotations of both kinds are killed again and again, beside a server that
// is read from and written to.
func TestKeyRotationsThatAreKilledLoseNothing(t *testing.T) {
	t.Parallel()
	rng := draw(t)
	s := newSite(t)
	p := s.start(t)
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	stored, sums := []*thing{}, [][]byte{}
	add := func() {
		data := sound(1000 + rng.IntN(100_000))
		th, got, err := c.upload(t.Context(), c.newName(), "call", call.key, data)
		if err != nil || got.status != http.StatusCreated {
			t.Fatalf("%v, %v", got, err)
		}
		stored, sums = append(stored, th), append(sums, data)
	}
	hear := func() {
		t.Helper()
		for i, th := range stored {
			got, err := c.get(t.Context(), "/api/v1/recordings/"+th.id+"/content")
			if err != nil || got.status != http.StatusOK || !bytes.Equal(got.body, sums[i]) {
				t.Fatalf("recording %d of %d: %d, %d bytes, %v", i, len(stored), got.status, len(got.body), err)
			}
		}
	}
	killed := 0
	for i := range *rounds * 2 {
		add()
		args := []string{"key", "rotate", "--data", s.dir}
		if i%2 == 0 {
			args = append(args, "--instances")
		}
		cmd := exec.Command(os.Args[0], args...)
		cmd.Env = append(os.Environ(), childVariable+"=1", "CHARTLINE_FREE_DISK_FLOOR=0")
		must(t, cmd.Start())
		time.Sleep(time.Duration(rng.IntN(250)) * time.Millisecond)
		_ = cmd.Process.Kill() // it may be done
		if cmd.Wait() != nil {
			killed++
		}
		hear()
	}
	p.kill()
	p = s.start(t) // with nothing in its memory
	add()
	hear()
	for _, args := range [][]string{{"key", "rotate"}, {"key", "rotate", "--instances"}} {
		s.command(t, args...)
	}
	var status struct {
		Former, Unfinished int
		Usable             bool
	}
	must(t, json.Unmarshal([]byte(s.command(t, "key", "status", "--json")), &status))
	if status.Former > 0 || status.Unfinished > 0 || !status.Usable {
		t.Errorf("in the end: %+v", status)
	}
	s.command(t, "key", "rotate", "--forget")
	hear()
	p.stop()
	key, err := os.ReadFile(filepath.Join(s.dir, "master.key"))
	if err != nil || bytes.Count(key, []byte("\n")) != 1 {
		t.Errorf("the key file has %d keys, %v", bytes.Count(key, []byte("\n")), err)
	}
	p = s.start(t)
	hear()
	s.verify(t)
	p.stop()
	t.Logf("%d rotations were killed", killed)
}

// F9: the disk cannot read a part of a recording. Its download is refused, or cut
// where it had begun; nothing is told that looks whole.
func TestARecordingThatTheDiskCannotReadIsCut(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*site{"sealed": newSite(t), "plain": newSite(t)} {
		if name == "plain" {
			s.env["CHARTLINE_SEAL"] = "off"
		}
		p := s.start(t)
		c := s.first().open(t)
		th, data := c.mustUpload(t, c.mustHaveCall(t))
		path := "/api/v1/recordings/" + th.id + "/content"
		for _, from := range []int{1, 3} { // of each thread's reads of it
			end := p.trace("-P", s.objects(t)[0], "-e", fmt.Sprintf("inject=read,pread64,sendfile:error=EIO:when=%d+", from))
			answer, err := c.begin(t.Context(), http.MethodGet, path, nil)
			must(t, err)
			body, err := io.ReadAll(answer.Body)
			must(t, answer.Body.Close())
			switch {
			case answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "":
			case from > 1 && err == nil && bytes.Equal(body, data): // no thread came that far
			case answer.StatusCode != http.StatusOK || err == nil || len(body) >= len(data) || !bytes.HasPrefix(data, body):
				t.Errorf("%s, from read %d on: %d, %d bytes, %v", name, from, answer.StatusCode, len(body), err)
			}
			end()
		}
		if got, err := c.listen(t.Context(), th); err != nil || got.status != http.StatusOK {
			t.Errorf("%s, once it can be read: %v, %v", name, got.status, err)
		}
		s.verify(t)
		p.stop()
	}
}
