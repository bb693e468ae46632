package httpio

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"time"

	"chartline/internal/care"
)

// numbers returns n bytes of which no two places look alike.
func numbers(n int) []byte {
	var b bytes.Buffer
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "%d ", i)
	}
	return b.Bytes()[:n]
}

type memory struct{ *bytes.Reader }

func content(data []byte) Content { return memory{bytes.NewReader(data)} }

// plainFile is a Content as the directory engine makes it.
type plainFile struct {
	*os.File
	size int64
}

func (f plainFile) Size() int64 { return f.size }

type filer struct{ plainFile }

func (f filer) File() *os.File { return f.plainFile.File }

// openFile opens a Content that the kernel can send.
func openFile(path string) (Content, io.Closer, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	fi, err := f.Stat()
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return filer{plainFile{f, fi.Size()}}, f, nil
}

func writeFile(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// sparse returns a file of n zero bytes that takes no room.
func sparse(t testing.TB, n int64) string {
	t.Helper()
	path := writeFile(t, nil)
	if err := os.Truncate(path, n); err != nil {
		t.Fatal(err)
	}
	return path
}

// delivering is a handler that delivers what open opens, tells each request's
// Event at its end, and renders errors in a shape of its own.
type delivering struct {
	open   func() (Content, io.Closer, error)
	d      Delivery
	events chan Event
	active atomic.Int64 // contents that are open
}

func (s *delivering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := &Writer{ResponseWriter: w}
	if s.events != nil {
		defer func() { s.events <- out.Event }()
	}
	c, closer, err := s.open()
	if err != nil {
		panic(err)
	}
	s.active.Add(1)
	defer func() {
		_ = closer.Close()
		s.active.Add(-1)
	}()
	if err := Deliver(out, r, c, s.d); err != nil {
		status := map[care.Kind]int{care.KindRange: 416, care.KindPrecondition: 412}[care.KindOf(err)]
		_ = WriteJSON(out, status, []string{err.Error()})
	}
}

// hanging is how long is waited for what must come, on the slowest machine.
const hanging = 3 * time.Minute

// ended returns the event of the next delivery to end.
func (s *delivering) ended(t *testing.T) Event {
	t.Helper()
	select {
	case event := <-s.events:
		return event
	case <-time.After(hanging):
		t.Fatal("no delivery ends")
		return Event{}
	}
}

// listen serves h on a loopback address until the test ends.
func listen(t testing.TB, h http.Handler) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: h, ConnContext: ConnContext, ReadHeaderTimeout: time.Minute}
	done := make(chan error)
	go func() { done <- srv.Serve(l) }()
	t.Cleanup(func() {
		_ = srv.Close()
		if err := <-done; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve: %v", err)
		}
	})
	return l.Addr().String()
}

const size = 100_000

func serveNumbers(t *testing.T) (url, etag string, data []byte) {
	t.Helper()
	data = numbers(size)
	path, sum := writeFile(t, data), sha256.Sum256(data)
	h := &delivering{
		open: func() (Content, io.Closer, error) { return openFile(path) },
		d:    Delivery{Filename: "recording-1.mp3", ContentType: "audio/mpeg", SHA256: sum},
	}
	return "http://" + listen(t, h) + "/", `"` + hex.EncodeToString(sum[:]) + `"`, data
}

func ask(t *testing.T, method, url string, headers ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatalf("%s with %q: %v", method, headers, err)
	}
	return res, body
}

func TestADownloadCarriesItsTypeNameLengthTagAndDigestAndIsProtected(t *testing.T) {
	t.Parallel()
	url, etag, data := serveNumbers(t)
	sum := sha256.Sum256(data)
	want := map[string]string{
		"Content-Type":                 "audio/mpeg",
		"Content-Disposition":          `attachment; filename="recording-1.mp3"`,
		"Content-Length":               "100000",
		"ETag":                         etag,
		"Accept-Ranges":                "bytes",
		"Repr-Digest":                  "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":",
		"Cache-Control":                "private, no-store",
		"X-Content-Type-Options":       "nosniff",
		"Content-Security-Policy":      "default-src 'none'; sandbox",
		"Cross-Origin-Resource-Policy": "same-origin",
		"Content-Range":                "",
		"Last-Modified":                "",
	}
	for method, wantBody := range map[string][]byte{"GET": data, "HEAD": nil} {
		res, body := ask(t, method, url)
		if res.StatusCode != 200 || !bytes.Equal(body, wantBody) {
			t.Errorf("%s: %d with %d bytes", method, res.StatusCode, len(body))
		}
		for name, value := range want {
			if got := res.Header.Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", method, name, got, value)
			}
		}
	}
	res, _ := ask(t, "GET", url, "Range", "bytes=0-9")
	for name, value := range want {
		if name != "Content-Length" && name != "Content-Range" && res.Header.Get(name) != value {
			t.Errorf("of a part: %s is %q, want %q", name, res.Header.Get(name), value)
		}
	}
}

func TestConditionsAndRangesAreAnswered(t *testing.T) {
	t.Parallel()
	url, etag, data := serveNumbers(t)
	part := func(from, to int) string { return string(data[from : to+1]) }
	whole := string(data)
	for _, tt := range []struct {
		name         string
		method       string
		headers      []string
		status       int
		contentRange string
		body         string
	}{
		{"a part", "GET", []string{"Range", "bytes=5-9"}, 206, "bytes 5-9/100000", part(5, 9)},
		{"an open part", "GET", []string{"Range", "bytes=99990-"}, 206, "bytes 99990-99999/100000", part(99990, 99999)},
		{"the end", "GET", []string{"Range", "bytes=-3"}, 206, "bytes 99997-99999/100000", part(99997, 99999)},
		{"all as a part", "GET", []string{"Range", "bytes=0-"}, 206, "bytes 0-99999/100000", whole},
		{"a part over the end", "GET", []string{"Range", "bytes=99999-200000"}, 206, "bytes 99999-99999/100000", part(99999, 99999)},
		{"past the end", "GET", []string{"Range", "bytes=100000-"}, 416, "bytes */100000", ""},
		{"nonsense", "GET", []string{"Range", "bytes=x"}, 416, "bytes */100000", ""},
		{"another unit", "GET", []string{"Range", "seconds=1-2"}, 200, "", whole},
		{"two Range headers", "GET", []string{"Range", "bytes=0-1", "Range", "bytes=2-3"}, 200, "", whole},
		{"a thousand parts", "GET", []string{"Range", "bytes=0-0" + strings.Repeat(",0-0", 999)}, 200, "", whole},
		{"parts that overlap to more than all", "GET", []string{"Range", "bytes=0-,0-,0-,0-"}, 200, "", whole},
		{"a part of a HEAD", "HEAD", []string{"Range", "bytes=0-1"}, 200, "", ""},

		{"a tag it has", "GET", []string{"If-None-Match", etag}, 304, "", ""},
		{"a tag it has, weakly", "GET", []string{"If-None-Match", "W/" + etag}, 304, "", ""},
		{"a tag it has, of many", "GET", []string{"If-None-Match", `"a", W/"b" ,` + etag}, 304, "", ""},
		{"a tag it has, in a second header", "GET", []string{"If-None-Match", `"a"`, "If-None-Match", etag}, 304, "", ""},
		{"any tag", "GET", []string{"If-None-Match", "*"}, 304, "", ""},
		{"a tag it has, of a HEAD", "HEAD", []string{"If-None-Match", etag}, 304, "", ""},
		{"a tag it has, and a part", "GET", []string{"If-None-Match", etag, "Range", "bytes=0-1"}, 304, "", ""},
		{"a tag it has not", "GET", []string{"If-None-Match", `"a"`}, 200, "", whole},
		{"an empty condition", "GET", []string{"If-None-Match", "", "If-Match", ""}, 200, "", whole},

		{"required tag", "GET", []string{"If-Match", etag}, 200, "", whole},
		{"required tag, any", "GET", []string{"If-Match", "*"}, 200, "", whole},
		{"required tag, of many", "GET", []string{"If-Match", `"a",` + etag}, 200, "", whole},
		{"required tag, only weakly the same", "GET", []string{"If-Match", "W/" + etag}, 412, "", ""},
		{"required tag, another", "GET", []string{"If-Match", `"a"`}, 412, "", ""},
		{"required tag, another, of a HEAD", "HEAD", []string{"If-Match", `"a"`}, 412, "", ""},
		{"required tag, another, and a bad part", "GET", []string{"If-Match", `"a"`, "Range", "bytes=x"}, 412, "", ""},

		{"a part if unchanged", "GET", []string{"If-Range", etag, "Range", "bytes=5-9"}, 206, "bytes 5-9/100000", part(5, 9)},
		{"a part if unchanged, and it was", "GET", []string{"If-Range", `"a"`, "Range", "bytes=5-9"}, 200, "", whole},
		{"a part if weakly unchanged", "GET", []string{"If-Range", "W/" + etag, "Range", "bytes=5-9"}, 200, "", whole},
		{"a part if unchanged since", "GET", []string{"If-Range", "Fri, 20 Nov 2026 00:00:00 GMT", "Range", "bytes=5-9"}, 200, "", whole},
		{"a bad part if unchanged, and it was", "GET", []string{"If-Range", `"a"`, "Range", "bytes=x"}, 200, "", whole},
		{"dates alone", "GET", []string{"If-Modified-Since", "Fri, 20 Nov 2099 00:00:00 GMT", "If-Unmodified-Since", "Fri, 20 Nov 2020 00:00:00 GMT"}, 200, "", whole},
	} {
		res, body := ask(t, tt.method, url, tt.headers...)
		if res.StatusCode != tt.status || res.Header.Get("Content-Range") != tt.contentRange {
			t.Errorf("%s: %d %q, want %d %q", tt.name, res.StatusCode, res.Header.Get("Content-Range"), tt.status, tt.contentRange)
		}
		switch tt.status {
		case 200, 206:
			if string(body) != tt.body {
				t.Errorf("%s: %d bytes, want %d", tt.name, len(body), len(tt.body))
			}
		case 304:
			if len(body) > 0 || res.Header.Get("ETag") != etag || res.Header.Get("Cache-Control") != "private, no-store" || res.Header.Get("Content-Type") != "" {
				t.Errorf("%s: %q, %v", tt.name, body, res.Header)
			}
		default:
			if tt.method == "GET" && (!bytes.HasPrefix(body, []byte("[")) || res.Header.Get("Content-Type") != "application/json") {
				t.Errorf("%s: the error is %q, %v", tt.name, body, res.Header)
			}
			for _, lie := range []string{"ETag", "Repr-Digest", "Content-Disposition", "Accept-Ranges"} {
				if got := res.Header.Get(lie); got != "" {
					t.Errorf("%s: the error has %s %q", tt.name, lie, got)
				}
			}
		}
	}
}

func TestManyPartsComeInOneAnswerInTheOrderAsked(t *testing.T) {
	t.Parallel()
	url, _, data := serveNumbers(t)
	asked := []string{"90000-90099", "0-0", "-5", "100-", "50-49999", "200000-"}
	want := []receivedSpan{
		{"bytes 90000-90099/100000", string(data[90000:90100])}, {"bytes 0-0/100000", string(data[:1])},
		{"bytes 99995-99999/100000", string(data[99995:])},
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Range", "bytes="+strings.Join(append(asked[:3:3], asked[5]), ", "))
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 206 || res.ContentLength <= 0 {
		t.Fatalf("%d, length %d", res.StatusCode, res.ContentLength)
	}
	for i, got := range receivedSpans(t, res) {
		if i >= len(want) || got != want[i] {
			t.Errorf("part %d is %s, %d bytes", i, got.contentRange, len(got.body))
		}
	}
	if res, body := ask(t, "GET", url, "Range", "bytes="+strings.Join(asked, ",")); res.StatusCode != 200 || !bytes.Equal(body, data) {
		t.Errorf("parts of more than the whole: %d, %d bytes", res.StatusCode, len(body))
	}
}

func TestAnEmptyRecordingIsDelivered(t *testing.T) {
	t.Parallel()
	h := &delivering{open: func() (Content, io.Closer, error) { return content(nil), io.NopCloser(nil), nil }}
	url := "http://" + listen(t, h)
	for _, header := range []string{"", "bytes=0-", "bytes=-5", "bytes=5-"} {
		if res, body := ask(t, "GET", url, "Range", header); res.StatusCode != 200 || len(body) > 0 || res.ContentLength != 0 {
			t.Errorf("%q: %d, %d bytes", header, res.StatusCode, res.ContentLength)
		}
	}
}

// The object was cut short on the disk, or the disk fails, after the answer has
// begun: the client must not take what it got for the whole.
func TestContentThatFailsMidwayCutsTheConnection(t *testing.T) {
	t.Parallel()
	data := numbers(size)
	path := writeFile(t, data)
	broken := errors.New("the disk failed")
	for name, open := range map[string]func() (Content, io.Closer, error){
		"a short file": func() (Content, io.Closer, error) {
			c, closer, err := openFile(path)
			return filer{plainFile{c.(filer).plainFile.File, size + 1}}, closer, err
		},
		"an empty file": func() (Content, io.Closer, error) {
			f, err := os.Open(os.DevNull)
			return filer{plainFile{f, size}}, f, err
		},
		"a directory": func() (Content, io.Closer, error) {
			f, err := os.Open(filepath.Dir(path))
			return filer{plainFile{f, size}}, f, err
		},
		"a closed file": func() (Content, io.Closer, error) {
			c, closer, err := openFile(path)
			return c, closer, errors.Join(err, closer.Close())
		},
		"a short stream": func() (Content, io.Closer, error) {
			return longer{content(data)}, io.NopCloser(nil), nil
		},
		"a stream that fails": func() (Content, io.Closer, error) {
			return failing{content(data), io.MultiReader(bytes.NewReader(data[:40_000]), iotest.ErrReader(broken))}, io.NopCloser(nil), nil
		},
		"a stream that fails at once": func() (Content, io.Closer, error) {
			return failing{content(data), iotest.ErrReader(broken)}, io.NopCloser(nil), nil
		},
	} {
		for _, header := range []string{"", "bytes=1-", "bytes=0-9,50000-99998"} {
			t.Run(name+" "+header, func(t *testing.T) {
				t.Parallel()
				h := &delivering{open: open, d: Delivery{ContentType: "audio/mpeg"}, events: make(chan Event, 2)}
				res, err := getOnce(t, "http://"+listen(t, h), header)
				if err == nil {
					_, err = io.Copy(io.Discard, res.Body)
					_ = res.Body.Close()
				}
				event := h.ended(t)
				if header == "bytes=0-9,50000-99998" && (name == "a short file" || name == "a short stream") {
					if err != nil || event.Cause != nil {
						t.Errorf("parts that are there: %v, %v", err, event.Cause)
					}
					return
				}
				if err == nil {
					t.Error("the client saw a clean end")
				}
				if !errors.Is(event.Cause, ErrContent) || event.ErrorID == "" {
					t.Errorf("the event's cause is %v, id %q", event.Cause, event.ErrorID)
				}
			})
		}
	}
}

// A handler that goes on after a cut could write an error into what the client
// takes for the recording.
func TestNothingRunsAfterACut(t *testing.T) {
	t.Parallel()
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("Deliver ended with %v, want a panic with http.ErrAbortHandler", p)
		}
	}()
	err := Deliver(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/", nil), longer{content(numbers(size))}, Delivery{})
	t.Errorf("Deliver returned %v", err)
}

// getOnce asks on a connection of its own, so that no retry hides a cut.
func getOnce(t *testing.T, url, ranges string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	if ranges != "" {
		r.Header.Set("Range", ranges)
	}
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return transport.RoundTrip(r)
}

type longer struct{ Content }

func (l longer) Size() int64 { return l.Content.Size() + 1 }

type failing struct {
	Content
	r io.Reader
}

func (f failing) Read(p []byte) (int, error) { return f.r.Read(p) }
