package s3_test

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"chartline/internal/blob/s3"
	"chartline/internal/blob/s3/s3test"
)

// fault is what happens to one request on its way.
type fault string

const (
	none        fault = ""
	status500   fault = "500"
	slowDown    fault = "503 SlowDown"
	resetBefore fault = "reset before it arrives"
	resetAfter  fault = "reset before the answer"
	halfBody    fault = "half a body"
	shortBody   fault = "half a body that says it is whole"
	flippedUp   fault = "a flipped bit on the way there"
	flippedDown fault = "a flipped bit on the way back"
	stalled     fault = "no answer"
	full        fault = "507"
	refused     fault = "403"
	trickle     fault = "a little at a time"
	agreed      fault = "200 for what was not done"
	wholeBody   fault = "all of it, whatever the range"
)

// proxy stands before an S3 server and does harm.
type proxy struct {
	url     string
	forward *httputil.ReverseProxy

	mu   sync.Mutex
	seen []string // method and range of every request
	plan func(n int, r *http.Request) fault
}

// newProxy returns a proxy and where the store is behind it, which is asked again
// soon. Only what stalls is waited for long, so that a slow machine does not pass
// for a stalled store.
func newProxy(t *testing.T, server *s3test.Server) (*proxy, s3.Options) {
	t.Helper()
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{forward: &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		Transport:    &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	}}
	front := httptest.NewUnstartedServer(p)
	front.Config.ErrorLog = nil
	front.Start()
	t.Cleanup(front.Close)
	p.url = front.URL
	o := server.Bucket(t)
	o.Endpoint = front.URL
	o.Limits = s3.Limits{Attempts: 4, Pause: 5 * time.Millisecond, Stall: 2 * time.Minute, Part: 5 << 20}
	return p, o
}

// harm has plan decide about every request from now on, which it numbers from 1.
func (p *proxy) harm(plan func(n int, r *http.Request) fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen, p.plan = nil, plan
}

// once harms the nth request.
func (p *proxy) once(n int, f fault) {
	p.harm(func(i int, _ *http.Request) fault {
		if i == n {
			return f
		}
		return none
	})
}

func (p *proxy) always(f fault) { p.harm(func(int, *http.Request) fault { return f }) }

func (p *proxy) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.seen)
}

func (p *proxy) next(r *http.Request) fault {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, fmt.Sprint(r.Method, " ", r.Header.Get("Range")))
	if p.plan == nil {
		return none
	}
	return p.plan(len(p.seen), r)
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch f := p.next(r); f {
	case none:
		p.forward.ServeHTTP(w, r)
	case status500:
		refuse(w, http.StatusInternalServerError, "InternalError")
	case slowDown:
		refuse(w, http.StatusServiceUnavailable, "SlowDown")
	case full:
		refuse(w, http.StatusInsufficientStorage, "StorageFull")
	case refused:
		refuse(w, http.StatusForbidden, "AccessDenied")
	case agreed:
		w.Header().Set("ETag", `"0123"`)
	case stalled:
		<-r.Context().Done()
	case resetBefore:
		reset(w)
	case resetAfter:
		p.answer(r)
		reset(w)
	case flippedUp:
		if body, _ := io.ReadAll(r.Body); len(body) > 0 {
			body[len(body)/2] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(body))
		}
		p.forward.ServeHTTP(w, r)
	default:
		p.deliver(w, r, f)
	}
}

func (p *proxy) answer(r *http.Request) *httptest.ResponseRecorder {
	got := httptest.NewRecorder()
	p.forward.ServeHTTP(got, r)
	return got
}

// deliver passes an answer on, but not as it is.
func (p *proxy) deliver(w http.ResponseWriter, r *http.Request, f fault) {
	if f == wholeBody {
		r.Header.Del("Range")
	}
	got := p.answer(r)
	body := got.Body.Bytes()
	for name, values := range got.Header() {
		w.Header()[name] = values
	}
	switch {
	case f == flippedDown && len(body) > 0:
		body[len(body)/2] ^= 1
	case f == halfBody:
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		body = body[:len(body)/2]
	case f == shortBody:
		body = body[:len(body)/2]
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(got.Code)
	for f == trickle && len(body) > 1000 {
		_, _ = w.Write(body[:len(body)/10])
		_ = http.NewResponseController(w).Flush()
		body = body[len(body)/10:]
		time.Sleep(80 * time.Millisecond)
	}
	_, _ = w.Write(body)
	if f == halfBody {
		_ = http.NewResponseController(w).Flush()
		reset(w)
	}
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0"?><Error><Code>%s</Code><Message>not now</Message></Error>`, code)
}

func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
