package load

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, h http.HandlerFunc) netip.AddrPort {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))
}

func get(path string) func([]byte) []byte {
	return func(dst []byte) []byte { return fmt.Appendf(dst, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", path) }
}

func run(t *testing.T, target Target, conns int, d time.Duration) (*Slice, error) {
	t.Helper()
	client, err := Dial(target, conns)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	return client.Run(d)
}

func TestEveryRequestIsAnsweredAndCounted(t *testing.T) {
	t.Parallel()
	var served atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		served.Add(1)
		_, _ = w.Write([]byte("twelve bytes"))
	})
	slice, err := run(t, Target{Addr: addr, Request: get("/"), Status: 200}, 8, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if int64(slice.Requests) != served.Load() || slice.Requests < 8 {
		t.Errorf("counted %d, served %d", slice.Requests, served.Load())
	}
	if slice.Bytes != int64(slice.Requests)*12 || slice.Latency.Count() != uint64(slice.Requests) {
		t.Errorf("%d bytes and %d latencies for %d answers", slice.Bytes, slice.Latency.Count(), slice.Requests)
	}
	if slice.Elapsed < 50*time.Millisecond || slice.Redials != 0 {
		t.Errorf("elapsed %v, redials %d", slice.Elapsed, slice.Redials)
	}
}

func TestLargeBodiesAreDroppedAndStillCounted(t *testing.T) {
	t.Parallel()
	const size = 5<<20 + 17
	body := make([]byte, size)
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(size))
		_, _ = w.Write(body)
	})
	slice, err := run(t, Target{Addr: addr, Request: get("/"), Status: 200}, 3, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if slice.Bytes != int64(slice.Requests)*size || slice.Requests < 3 {
		t.Errorf("%d bytes in %d answers", slice.Bytes, slice.Requests)
	}
}

func TestChunkedAnswersEndWithTheirLastChunk(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 3 {
			_, _ = w.Write([]byte(`{"rows": 10}`))
			w.(http.Flusher).Flush()
		}
	})
	slice, err := run(t, Target{Addr: addr, Request: get("/"), Status: 200}, 4, 30*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if slice.Requests < 4 || slice.Bytes%int64(slice.Requests) != 0 {
		t.Errorf("%d bytes in %d answers", slice.Bytes, slice.Requests)
	}
}

func TestAnotherStatusIsAnError(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	_, err := run(t, Target{Addr: addr, Request: get("/"), Status: 200}, 2, 20*time.Millisecond)
	if err == nil || !strings.Contains(err.Error(), "418") {
		t.Errorf("error %v", err)
	}
}

func TestAConnectionClosedBetweenSlicesIsOpenedAgain(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) }))
	t.Cleanup(server.Close)
	addr := netip.MustParseAddrPort(strings.TrimPrefix(server.URL, "http://"))
	client, err := Dial(Target{Addr: addr, Request: get("/"), Status: 200}, 4)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if _, err := client.Run(10 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	server.CloseClientConnections()
	slice, err := client.Run(10 * time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if slice.Redials != 4 {
		t.Errorf("%d redials, want 4", slice.Redials)
	}
}

func TestEachRequestIsWrittenAnew(t *testing.T) {
	t.Parallel()
	var paths atomic.Int64
	addr := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		var n int64
		_, _ = fmt.Sscanf(r.URL.Path, "/%d", &n)
		paths.Add(n)
	})
	var n int
	target := Target{Addr: addr, Status: 200, Request: func(dst []byte) []byte {
		n++
		return get(fmt.Sprintf("/%d", n))(dst)
	}}
	slice, err := run(t, target, 2, 20*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	if want := int64(slice.Requests) * int64(slice.Requests+1) / 2; paths.Load() != want {
		t.Errorf("paths add up to %d, want %d", paths.Load(), want)
	}
}

func TestHeldStreamsStayOpenUntilLetGo(t *testing.T) {
	t.Parallel()
	var open atomic.Int64
	left := make(chan struct{}, 5)
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		open.Add(1)
		defer func() { open.Add(-1); left <- struct{}{} }()
		w.Header().Set("Content-Length", fmt.Sprint(64<<20))
		part := make([]byte, 1<<20)
		for range 64 {
			if _, err := w.Write(part); err != nil {
				return
			}
		}
	})
	held, err := Hold(Target{Addr: addr, Request: get("/"), Status: 200}, 5)
	if err != nil {
		t.Fatal(err)
	}
	if held.Len() != 5 || open.Load() != 5 {
		t.Errorf("%d held, %d open", held.Len(), open.Load())
	}
	held.Close()
	for range 5 {
		<-left
	}
}

func TestAnAnswerThatCannotBeHeldIsAnError(t *testing.T) {
	t.Parallel()
	addr := serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("short")) })
	if _, err := Hold(Target{Addr: addr, Request: get("/"), Status: 200}, 1); err == nil {
		t.Error("held an answer that was complete")
	}
}
