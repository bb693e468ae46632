package faulttest

import (
	"bufio"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// badUpload is one that must leave nothing.
type badUpload struct {
	name    string
	headers []string
	body    string
	// after is what the client does once it has sent the body: "hangs up",
	// "says no more" or "waits".
	after string
	// status is what it is told; 0 is nothing, as it is gone.
	status int
}

func badUploads() []badUpload {
	data := string(sound(300_000))
	wrong := sha256.Sum256([]byte("something else"))
	digest := "sha-256=:" + base64.StdEncoding.EncodeToString(wrong[:]) + ":"
	length := fmt.Sprintf("Content-Length: %d", len(data))
	const chunked = "Transfer-Encoding: chunked"
	chunk := fmt.Sprintf("%x\r\n%s\r\n", len(data), data)
	return []badUpload{
		{"hangs up in the middle", []string{length}, data[:150_000], "hangs up", 0},
		{"hangs up before the first byte", []string{length}, "", "hangs up", 0},
		{"hangs up before the last byte", []string{length}, data[:len(data)-1], "hangs up", 0},
		{"hangs up between chunks", []string{chunked}, chunk, "hangs up", 0},
		{"says no more in the middle", []string{length}, data[:150_000], "says no more", 400},
		{"says no more before the last byte", []string{length}, data[:len(data)-1], "says no more", 400},
		{"says no more before the last chunk", []string{chunked}, chunk, "says no more", 400},
		{"stands still in the middle", []string{length}, data[:150_000], "waits", 408},
		{"stands still at once", []string{length}, "", "waits", 408},
		{"stands still in a chunk", []string{chunked}, chunk[:1000], "waits", 408},
		{"a chunk that is no chunk", []string{chunked}, "5\r\nID3\x04\x00\r\nZZ\r\n", "waits", 400},
		{"nothing", []string{"Content-Length: 0"}, "", "waits", 400},
		{"another digest", []string{length, "Repr-Digest: " + digest}, data, "waits", 422},
		{"another digest, in chunks", []string{chunked, "Content-Digest: " + digest}, chunk + "0\r\n\r\n", "waits", 422},
		{"two lengths", []string{length, "Content-Length: 5"}, data, "waits", 400},
		{"too much", []string{"Content-Length: 2000000"}, data, "waits", 413},
		{"too much, in chunks", []string{chunked}, strings.Repeat(chunk, 4) + "0\r\n\r\n", "waits", 413},
	}
}

// F15.
func TestAnUploadThatBreaksLeavesNothingAndIsToldWhy(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	// Long enough for every other client to say what it says, on any machine.
	p := s.start(t, "--stall-timeout", "5s", "--max-upload", "1MB")
	c := s.first().open(t)
	call := c.mustHaveCall(t)
	var all sync.WaitGroup
	for _, bad := range badUploads() {
		all.Go(func() { c.breakOff(t, call, bad) })
	}
	all.Go(func() { c.sayTooMuch(t, call) })
	all.Wait()
	s.mustBeSwept(t)
	if n := len(s.objects(t)); n != 1 {
		t.Errorf("%d objects are stored, want the one that was acknowledged", n)
	}
	if listed := c.list(t, "recordings", "name"); len(listed) != 1 {
		t.Errorf("there are %v", listed)
	}
	s.verify(t)
	p.stop()
}

// breakOff sends a bad upload and compares what is told.
func (c clinic) breakOff(t *testing.T, call *thing, bad badUpload) {
	_, path := c.tryRecording(c.newName(), "call", call.key, nil)
	conn, err := c.connect()
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	request := c.raw("POST", path, append(bad.headers, "Content-Type: audio/mpeg")...) + bad.body
	sent := make(chan struct{})
	go func() {
		_, _ = io.WriteString(conn, request) // who is refused early takes no more
		close(sent)
	}()
	switch bad.after {
	case "hangs up":
		<-sent
		return
	case "says no more":
		<-sent
		err = conn.(*net.TCPConn).CloseWrite()
	}
	err = first(err, conn.SetReadDeadline(time.Now().Add(patience)))
	answer, readErr := http.ReadResponse(bufio.NewReader(conn), nil)
	if first(err, readErr) != nil || answer.StatusCode != bad.status {
		t.Errorf("%s: %v, %v, %v; want %d", bad.name, answer, err, readErr, bad.status)
	}
}

// sayTooMuch sends an upload that is good, and a byte after it, which begins a
// request that is none.
func (c clinic) sayTooMuch(t *testing.T, call *thing) {
	data := sound(1000)
	th, path := c.tryRecording(c.newName(), "call", call.key, data)
	conn, err := c.connect()
	if err != nil {
		t.Error(err)
		return
	}
	defer conn.Close()
	_, err = io.WriteString(conn, c.raw("POST", path, "Content-Type: audio/mpeg", "Content-Length: 1000")+string(data)+"!\r\n\r\n")
	answers := bufio.NewReader(conn)
	for _, want := range []int{http.StatusCreated, http.StatusBadRequest} {
		answer, readErr := http.ReadResponse(answers, nil)
		if first(err, readErr) != nil || answer.StatusCode != want {
			t.Errorf("a byte too many: %v, %v, %v; want %d", answer, err, readErr, want)
			return
		}
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		if want == http.StatusCreated {
			c.told(th, reply{status: want, body: body}, nil)
		}
	}
}
