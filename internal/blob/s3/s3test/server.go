package s3test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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

// otherVariable is the URL of a server of another make that runs already, takes these
// keys and is tried instead: by tests that do not stop it or look at its files.
const otherVariable = "CHARTLINE_TEST_S3"

// Start starts a server on a loopback port.
func Start(t testing.TB) *Server {
	t.Helper()
	s := &Server{dir: t.TempDir(), URL: os.Getenv(otherVariable)}
	t.Cleanup(s.Stop)
	address, err := strings.TrimPrefix(s.URL, "http://"), error(nil)
	if s.URL == "" {
		err = errors.New("not tried")
	}
	for tries := 0; err != nil && tries < 5; tries++ { // somebody else may take a port that was free
		address = freeAddress(t)
		s.URL = "http://" + address
		err = s.run(t)
	}
	must(t, err)
	s.Client, err = minio.New(address, &minio.Options{
		Creds: credentials.NewStaticV4(AccessKey, SecretKey, ""), Region: region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1,
	})
	must(t, err)
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
	must(t, s.run(t))
}

// run starts the server and waits until it answers.
func (s *Server) run(t testing.TB) error {
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
	for deadline := time.Now().Add(3 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if res, err := http.Get(s.URL); err == nil {
			return res.Body.Close()
		}
		select {
		case err := <-s.ended:
			s.cmd = nil
			return fmt.Errorf("the S3 server ended with %w: %s", err, said.String())
		default:
		}
		if time.Now().After(deadline) {
			return errors.New("the S3 server does not answer")
		}
	}
}

// freeAddress is one that stays free while nobody listens there: connections
// that go out take none of these ports.
func freeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(20_000))) // #nosec G404 -- any port will do
		if err == nil {
			must(t, l.Close())
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free")
	return ""
}

// Bucket makes a bucket and returns where a store is under a prefix in it.
func (s *Server) Bucket(t testing.TB) s3.Options {
	t.Helper()
	name := fmt.Sprintf("bucket-%d-%d", rand.Uint32(), s.count.Add(1)) // #nosec G404 -- any name will do
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
