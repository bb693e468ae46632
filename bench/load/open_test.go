package load

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"
	"testing"
	"time"
)

type answered struct {
	status int
	late   time.Duration
}

func play(t *testing.T, conns int, h http.HandlerFunc, due []time.Duration, request func(dst []byte, i int) []byte, patience time.Duration) (Played, map[int]answered) {
	t.Helper()
	p, err := NewPlayer(conns, serve(t, h))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	got := map[int]answered{}
	played, err := p.Play(Script{Due: due, Request: request, Patience: patience, Answered: func(i, status int, late time.Duration) {
		if _, twice := got[i]; twice {
			t.Errorf("request %d was answered twice", i)
		}
		got[i] = answered{status, late}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return played, got
}

func ask(dst []byte, i int) []byte {
	return fmt.Appendf(dst, "GET /%d HTTP/1.1\r\nHost: bench\r\n\r\n", i)
}

func TestWhatARequestHadToWaitForAConnectionIsCounted(t *testing.T) {
	t.Parallel()
	const each = 20 * time.Millisecond
	played, got := play(t, 1, func(http.ResponseWriter, *http.Request) { time.Sleep(each) }, make([]time.Duration, 5), ask, 0)
	if played.Sent != 5 || played.Waiting != 4 || len(got) != 5 {
		t.Errorf("played %+v, %d answers", played, len(got))
	}
	for i := range 5 {
		if want := time.Duration(i+1) * each; got[i].late < want || got[i].status != 200 {
			t.Errorf("answer %d: %+v, want at least %v", i, got[i], want)
		}
	}
}

func TestNoRequestIsSentBeforeItIsDue(t *testing.T) {
	t.Parallel()
	due := []time.Duration{0, 10 * time.Millisecond, 10 * time.Millisecond, 40 * time.Millisecond}
	played, got := play(t, 8, func(http.ResponseWriter, *http.Request) {}, due, ask, 0)
	if played.Elapsed < 40*time.Millisecond || len(got) != 4 {
		t.Errorf("played %+v, %d answers", played, len(got))
	}
	for i, a := range got {
		if a.late < 0 {
			t.Errorf("answer %d came %v before its request was due", i, -a.late)
		}
	}
}

func TestAPlayerWhoIsTooLateLeavesOutTheRest(t *testing.T) {
	t.Parallel()
	played, got := play(t, 1, func(http.ResponseWriter, *http.Request) { time.Sleep(20 * time.Millisecond) }, make([]time.Duration, 100), ask, 30*time.Millisecond)
	if played.Sent >= 100 || played.Sent != len(got) {
		t.Errorf("played %+v, %d answers", played, len(got))
	}
}

func TestALargeRequestIsSentInPieces(t *testing.T) {
	t.Parallel()
	body := make([]byte, 8<<20)
	var took atomic.Int64
	_, got := play(t, 3, func(w http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		took.Add(n)
		w.WriteHeader(http.StatusCreated)
	}, make([]time.Duration, 6), func(dst []byte, _ int) []byte {
		dst = append(dst, "POST / HTTP/1.1\r\nHost: bench\r\nContent-Length: "...)
		dst = strconv.AppendInt(dst, int64(len(body)), 10)
		return append(append(dst, "\r\n\r\n"...), body...)
	}, 0)
	if took.Load() != 6*int64(len(body)) || len(got) != 6 {
		t.Errorf("%d bytes, %d answers", took.Load(), len(got))
	}
	for i, a := range got {
		if a.status != http.StatusCreated {
			t.Errorf("answer %d: status %d", i, a.status)
		}
	}
}

func TestAConnectionThatBreaksIsStatusZeroAndOpenedAgain(t *testing.T) {
	t.Parallel()
	_, got := play(t, 2, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/1" {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				_ = conn.Close()
			}
		}
	}, make([]time.Duration, 6), ask, 0)
	for i := range 6 {
		want := 200
		if i == 1 {
			want = 0
		}
		if got[i].status != want {
			t.Errorf("answer %d: status %d, want %d", i, got[i].status, want)
		}
	}
}
