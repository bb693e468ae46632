package s3test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"chartline/internal/blob/s3"
)

// program is what scripts/install-test-tools.sh builds, below the home directory.
const program = ".cache/chartline-test-tools/versitygw-v1.8.0"

const (
	// AccessKey and SecretKey are the server's.
	AccessKey = "test-access"
	SecretKey = "test-secret-of-no-worth"
	region    = "us-east-1"
	// Domain is what the server takes for the end of a host name that begins with
	// a bucket's.
	Domain = "example.com"
)

// Server is an S3 server that ends with its test.
type Server struct {
	URL    string
	Client *minio.Client // as its owner sees it
	dir    string
	cmd    *exec.Cmd
	ended  chan error
	count  atomic.Int64
}

// Start starts a server on a loopback port.
func Start(t testing.TB) *Server {
	t.Helper()
	address := freePort(t)
	s := &Server{URL: "http://" + address, dir: t.TempDir()}
	var err error
	s.Client, err = minio.New(address, &minio.Options{
		Creds: credentials.NewStaticV4(AccessKey, SecretKey, ""), Region: region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	must(t, err)
	s.Restart(t)
	t.Cleanup(s.Stop)
	return s
}

// Stop kills the server. What it has stored stays.
func (s *Server) Stop() {
	if s.cmd != nil {
		_ = s.cmd.Process.Kill()
		<-s.ended
		s.cmd = nil
	}
}

// Restart starts a stopped server where it was.
func (s *Server) Restart(t testing.TB) {
	t.Helper()
	home, err := os.UserHomeDir()
	must(t, err)
	path := filepath.Join(home, program)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("%v: make install builds it", err)
	}
	var said bytes.Buffer
	s.cmd = exec.Command(path, "--port", strings.TrimPrefix(s.URL, "http://"), "--access", AccessKey, "--secret", SecretKey, "--region", region, // #nosec G204 -- a test's own program
		"--keep-alive", "--quiet", "--virtual-domain", Domain, "posix", s.dir)
	s.cmd.Stdout, s.cmd.Stderr = &said, &said
	must(t, s.cmd.Start())
	s.ended = make(chan error, 1)
	go func(cmd *exec.Cmd, ended chan<- error) { ended <- cmd.Wait() }(s.cmd, s.ended)
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if res, err := http.Get(s.URL); err == nil {
			_ = res.Body.Close()
			return
		}
		select {
		case err := <-s.ended:
			s.cmd = nil
			t.Fatalf("the S3 server ended with %v: %s", err, said.String())
		default:
		}
		if time.Now().After(deadline) {
			t.Fatal("the S3 server does not answer")
		}
	}
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	return l.Addr().String()
}

// Bucket makes a bucket and returns where a store is under a prefix in it.
func (s *Server) Bucket(t testing.TB) s3.Options {
	t.Helper()
	name := fmt.Sprintf("bucket-%d", s.count.Add(1))
	must(t, s.Client.MakeBucket(context.Background(), name, minio.MakeBucketOptions{Region: region}))
	return s3.Options{Endpoint: s.URL, Region: region, Bucket: name, Prefix: "chartline/media", PathStyle: true, Keys: Keys}
}

// Keys are the server's.
func Keys() (s3.Keys, error) { return s3.Keys{Access: AccessKey, Secret: SecretKey}, nil }

// File is where the server keeps an object.
func (s *Server) File(bucket, name string) string { return filepath.Join(s.dir, bucket, name) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
