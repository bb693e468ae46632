package faulttest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
)

// forgiven is how long after a failure nginx surely asks a node again.
const forgiven = 2 * time.Second

// proxyConf is what docs/ops/nodes.md recommends, in a directory of the test's.
const proxyConf = `
daemon off;
pid DIR/nginx.pid;
error_log DIR/error.log error;
worker_processes 1;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path DIR/body;
  proxy_temp_path DIR/proxy;
  fastcgi_temp_path DIR/fastcgi;
  uwsgi_temp_path DIR/uwsgi;
  scgi_temp_path DIR/scgi;

  upstream chartline {
NODES    keepalive 32;
  }
  map "$request_method $http_idempotency_key" $repeatable {
    default 0;
    "~^POST ." 1;
    "~^PATCH " 1;
  }
  server {
    listen LISTEN;
    client_max_body_size 4g;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_connect_timeout 2s;
    proxy_max_temp_file_size 0;
    proxy_next_upstream error timeout;
    proxy_next_upstream_timeout 20s;

    location / { proxy_pass http://chartline; }
    location /api/v1/ {
      error_page 418 = @repeatable;
      if ($repeatable) { return 418; }
      proxy_pass http://chartline;
    }
    location @repeatable {
      proxy_next_upstream error timeout non_idempotent;
      proxy_pass http://chartline;
    }
  }
}
`

// proxy is nginx in front of nodes.
type proxy struct{ url string }

func startProxy(t testing.TB, nodes []string) *proxy {
	t.Helper()
	program, err := exec.LookPath("nginx")
	if err != nil {
		program = "/usr/sbin/nginx" // which not everybody looks in
	}
	dir, listen := t.TempDir(), freeAddress(t)
	var servers strings.Builder
	for _, n := range nodes {
		fmt.Fprintf(&servers, "    server %s max_fails=1 fail_timeout=1s;\n", n)
	}
	conf := strings.NewReplacer("DIR", dir, "LISTEN", listen, "NODES", servers.String()).Replace(proxyConf)
	if os.Geteuid() == 0 {
		conf = "user root;" + conf // nobody may not look into dir
	}
	file := filepath.Join(dir, "nginx.conf")
	must(t, os.WriteFile(file, []byte(conf), 0o600))
	cmd := exec.Command(program, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", file)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	var said bytes.Buffer
	cmd.Stderr = &said
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM) // which it passes on to its workers
		if err := cmd.Wait(); err != nil || t.Failed() {
			log, _ := os.ReadFile(filepath.Join(dir, "error.log"))
			t.Logf("nginx (%v) said\n%s%s", err, said.String(), log[max(0, len(log)-4<<10):])
		}
	})
	p := &proxy{url: "http://" + listen}
	eventually(t, "nginx does not answer", func() bool { return status(p.url+"/healthz", "") == http.StatusOK })
	return p
}

// way is how requests go out: each POST with a key, and answers come back whole.
type way struct {
	t     testing.TB
	under *http.Transport
	// again has requests without an answer sent again, as a careful client does;
	// otherwise each is a failure of the test.
	again    atomic.Bool
	repeated atomic.Int64
}

func (w *way) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	if r.Method == http.MethodPost && r.Header.Get("Idempotency-Key") == "" {
		r.Header.Set("Idempotency-Key", uuid.NewString())
	}
	for tries, end := 1, time.Now().Add(patience); ; tries++ {
		answer, err := w.once(r)
		switch {
		case err == nil && answer.StatusCode < 500:
			if w.again.Load() && r.Method == http.MethodDelete && answer.StatusCode == http.StatusNotFound {
				answer.StatusCode = http.StatusNoContent // by an earlier try, ours or nginx's
			}
			return answer, nil
		case !w.again.Load():
			w.t.Errorf("%s %s fails: %s", r.Method, r.URL.Path, outcome(answer, err))
			return answer, err
		case err == nil && answer.StatusCode == http.StatusInternalServerError, time.Now().After(end):
			w.t.Errorf("%s %s fails at try %d: %s", r.Method, r.URL.Path, tries, outcome(answer, err))
			return answer, err
		}
		w.repeated.Add(1)
		time.Sleep(20 * time.Millisecond)
		if r.GetBody != nil {
			if r.Body, err = r.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// once sends a request and reads its whole answer.
func (w *way) once(r *http.Request) (*http.Response, error) {
	answer, err := w.under.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return answer, nil
}

func outcome(answer *http.Response, err error) string {
	if err != nil {
		return err.Error()
	}
	body, _ := io.ReadAll(answer.Body) // it is in memory
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return fmt.Sprintf("%d %.300q", answer.StatusCode, body)
}
