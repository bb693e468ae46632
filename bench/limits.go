package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"chartline/bench/proc"
)

// nginx as its manual would set it up for large files: sendfile, nopush, no
// access log, one process. The files are the very ones that our server keeps.
const nginxConf = `
daemon off;
master_process off;
user root;
worker_processes 1;
pid %[1]s/nginx.pid;
error_log stderr crit;
events { worker_connections 4096; }
http {
	client_body_temp_path %[1]s/t1; proxy_temp_path %[1]s/t2; fastcgi_temp_path %[1]s/t3;
	uwsgi_temp_path %[1]s/t4; scgi_temp_path %[1]s/t5;
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_timeout 600s;
	keepalive_requests 1000000000;
	send_timeout 600s;
	default_type audio/mpeg;
	server { listen %[2]s; root %[3]s; }
}
`

// startNginx serves the files under root.
func (b *bench) startNginx(root string) (*proc.Server, error) {
	return b.runNginx(b.opt.serverCore(), func(dir, addr string) []byte { return fmt.Appendf(nil, nginxConf, dir, addr, root) })
}

// startProxy passes on what a server answers, as a proxy of large files is set up.
func (b *bench) startProxy(core int, to netip.AddrPort) (*proc.Server, error) {
	conf, _, _ := strings.Cut(nginxConf, "server {")
	return b.runNginx(core, func(dir, addr string) []byte {
		return fmt.Appendf(nil, conf+`server { listen %[2]s; location / { proxy_pass http://%[3]s; proxy_set_header Host %[3]s; proxy_http_version 1.1;
			proxy_set_header Connection ""; proxy_max_temp_file_size 0; proxy_buffers 16 64k; } } }`, dir, addr, to)
	})
}

func (b *bench) runNginx(core int, config func(dir, addr string) []byte) (*proc.Server, error) {
	path, err := exec.LookPath("nginx")
	if err != nil {
		return nil, fmt.Errorf("the download cases need nginx: %w", err)
	}
	addr, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(b.cache, "nginx")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, config(dir, addr.String()), 0o600); err != nil {
		return nil, err
	}
	return b.startAndWait(proc.Spec{Name: "nginx", Path: path, Args: []string{"-p", dir, "-c", conf}, Addr: addr, Core: core})
}

// startYardstick serves one body with no work.
func (b *bench) startYardstick(body []byte, contentType string) (*proc.Server, error) {
	file := filepath.Join(b.cache, "yardstick.body")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return nil, err
	}
	return b.runYardstick(file, contentType)
}

// startFileYardstick serves one file with no work but the kernel's.
func (b *bench) startFileYardstick(file string) (*proc.Server, error) {
	return b.runYardstick(file, "audio/mpeg", "-serve")
}

func (b *bench) runYardstick(file, contentType string, more ...string) (*proc.Server, error) {
	addr, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	return b.startAndWait(proc.Spec{
		Name: "yardstick", Path: b.bin.yardstick, Addr: addr,
		Args: append([]string{"-listen", addr.String(), "-body", file, "-type", contentType}, more...),
	})
}

// startAndWait starts a server on the servers' core and waits until it listens.
func (b *bench) startAndWait(spec proc.Spec) (*proc.Server, error) {
	if spec.Addr == (netip.AddrPort{}) {
		return nil, fmt.Errorf("%s has no address", spec.Name)
	}
	if spec.Core == coreServer {
		spec.Core = b.opt.serverCore()
	}
	server, err := proc.Start(spec)
	if err != nil {
		return nil, err
	}
	if err := server.Listening(60 * time.Second); err != nil {
		server.Stop()
		return nil, err
	}
	return server, nil
}
