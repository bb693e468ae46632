package httpio

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// serverEnv makes this test binary a server of the file that it names, until
// standard input ends, for tests that watch a whole process.
const serverEnv = "CHARTLINE_TEST_DELIVERY"

func TestMain(m *testing.M) {
	if path := os.Getenv(serverEnv); path != "" {
		if err := serveUntilEnd(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func serveUntilEnd(path string) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	h := &delivering{
		open: func() (Content, io.Closer, error) { return openFile(path) },
		d:    Delivery{Filename: "recording.mp3", ContentType: "audio/mpeg"},
	}
	srv := &http.Server{Handler: h, ConnContext: ConnContext, ReadHeaderTimeout: time.Minute}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = srv.Close()
	}()
	fmt.Println(l.Addr())
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// process starts such a server and returns its address; stop ends it in order.
func process(t *testing.T, path string, before ...string) (addr string, cmd *exec.Cmd, stop func()) {
	t.Helper()
	args := append(before, os.Args[0])
	cmd = exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), serverEnv+"="+path, "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v (this test needs %s)", err, args[0])
	}
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			_ = in.Close()
			if err := cmd.Wait(); err != nil {
				t.Errorf("the server ended with %v", err)
			}
		}
	}
	t.Cleanup(stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), cmd, stop
}

func TestTheKernelSendsTheFile(t *testing.T) {
	t.Parallel()
	const n = 16 << 20
	log := filepath.Join(t.TempDir(), "log")
	addr, _, stop := process(t, sparse(t, n), "strace", "-f", "-qq", "-o", log, "-e", "trace=sendfile,splice,write")
	for _, header := range []string{"", "bytes=1-", "bytes=0-999999,2000000-9999999"} {
		res, err := getOnce(t, "http://"+addr, header)
		if err != nil {
			t.Fatal(err)
		}
		if m, err := io.Copy(io.Discard, res.Body); err != nil || m != res.ContentLength {
			t.Fatalf("%q: %d bytes, %v", header, m, err)
		}
		_ = res.Body.Close()
	}
	stop()
	traced, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	sent := map[string]int64{}
	for _, m := range regexp.MustCompile(`(sendfile|splice|write)(?:\(| resumed).*= (\d+)\n`).FindAllSubmatch(traced, -1) {
		bytes, err := strconv.ParseInt(string(m[2]), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		sent[string(m[1])] += bytes
	}
	const all = n + n - 1 + 1_000_000 + 8_000_000
	if sent["sendfile"]+sent["splice"] < all-16<<10 || sent["write"] > 64<<10 {
		t.Errorf("of %d bytes %v were sent", all, sent)
	}
}

func TestAThousandSlowDownloadsTakeLittleMemory(t *testing.T) {
	t.Parallel()
	const clients = 1000
	addr, cmd, _ := process(t, sparse(t, 1<<30))
	for range 50 { // what the first requests set up once
		res, err := getOnce(t, "http://"+addr, "bytes=0-99999")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.Copy(io.Discard, res.Body)
		if err := errors.Join(err, res.Body.Close()); err != nil {
			t.Fatal(err)
		}
	}
	before := anonymous(t, cmd.Process.Pid)
	for range clients {
		res, _ := request(t, narrow(t, addr))
		if n, err := io.CopyN(io.Discard, res.Body, 1000); err != nil {
			t.Fatalf("%d bytes, %v", n, err)
		}
	}
	each := (anonymous(t, cmd.Process.Pid) - before) / clients
	t.Logf("%d bytes of anonymous memory for each of %d downloads", each, clients)
	if limit := int64(40_000) * memoryFactor; each > limit {
		t.Errorf("%d bytes of anonymous memory for each download, want at most %d", each, limit)
	}
}

func anonymous(t *testing.T, pid int) int64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`RssAnon:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		t.Fatalf("no RssAnon in %s", status)
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return kb << 10
}

// Not parallel: it counts what the whole process holds.
func TestClientsThatHangUpLeaveNothingBehind(t *testing.T) {
	h := largeFile(t)
	h.events = nil
	addr := listen(t, h)
	hangUp := func() {
		c := narrow(t, addr)
		res, _ := request(t, c)
		if _, err := io.CopyN(io.Discard, res.Body, 10_000); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	goroutines, files := runtime.NumGoroutine(), openFiles(t)
	for range 200 {
		hangUp()
	}
	settled := func() bool {
		return h.active.Load() == 0 && runtime.NumGoroutine() <= goroutines && openFiles(t) <= files
	}
	for deadline := time.Now().Add(hanging); !settled() && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	if !settled() {
		t.Errorf("%d contents open, %d goroutines, %d files; before there were %d and %d",
			h.active.Load(), runtime.NumGoroutine(), openFiles(t), goroutines, files)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(fds)
}
