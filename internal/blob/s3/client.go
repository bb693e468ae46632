package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"chartline/internal/trace"
)

// keysLast is how long keys are believed before they are asked for again, so that
// a file with new ones is noticed.
const keysLast = time.Minute

// client speaks to the store. It tries nothing twice: that is try's.
type client struct {
	*minio.Core
	transport *http.Transport
}

func newClient(o Options, l Limits) (*client, error) {
	u, err := url.Parse(o.Endpoint)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, errors.New("s3: the endpoint must be http:// or https:// and a host")
	}
	transport, err := newTransport(o, l)
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupDNS
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	creds := credentials.NewIAM("")
	if o.Keys != nil {
		creds = credentials.New(&keys{ask: o.Keys})
	}
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds: creds, Secure: u.Scheme == "https", Region: o.Region, BucketLookup: lookup,
		Transport: bodies{transport}, MaxRetries: 1,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	return &client{Core: core, transport: transport}, nil
}

func newTransport(o Options, l Limits) (*http.Transport, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(filepath.Clean(o.CAFile))
		if err != nil {
			return nil, fmt.Errorf("s3: certificates: %w", err)
		}
		if trust.RootCAs, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("s3: certificates: %w", err)
		}
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("s3: the file of certificates holds none")
		}
	}
	dial := o.dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: min(10*time.Second, l.Stall), KeepAlive: 30 * time.Second}).DialContext
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			conn, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &impatient{Conn: conn, stall: l.Stall}, nil
		},
		TLSClientConfig: trust, TLSHandshakeTimeout: min(10*time.Second, l.Stall),
		MaxIdleConnsPerHost: 64, IdleConnTimeout: l.Stall,
		DisableCompression: true, // a range of a compressed body is another range
	}, nil
}

// impatient is a connection that fails where nothing moves for too long. Writing
// gives the answer its time, too.
type impatient struct {
	net.Conn
	stall time.Duration
}

func (c *impatient) Read(p []byte) (int, error) {
	if err := c.SetReadDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Read(p)
}

func (c *impatient) Write(p []byte) (int, error) {
	if err := c.SetDeadline(time.Now().Add(c.stall)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// keys asks for keys again once they have been believed for long enough.
type keys struct {
	ask func() (Keys, error)

	mu    sync.Mutex
	until time.Time
}

// Retrieve implements credentials.Provider.
func (k *keys) Retrieve() (credentials.Value, error) {
	v, err := k.ask()
	if err != nil {
		return credentials.Value{}, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.until = time.Now().Add(keysLast)
	return credentials.Value{AccessKeyID: v.Access, SecretAccessKey: v.Secret, SessionToken: v.Session, SignerType: credentials.SignatureV4}, nil
}

// RetrieveWithCredContext implements credentials.Provider.
func (k *keys) RetrieveWithCredContext(*credentials.CredContext) (credentials.Value, error) {
	return k.Retrieve()
}

// IsExpired implements credentials.Provider.
func (k *keys) IsExpired() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return time.Now().After(k.until)
}

// bodies lets who sends a body wait until it is let go of. A transport may go on
// reading it after it has answered.
type bodies struct{ http.RoundTripper }

type bodyKey struct{}

// withBodies returns a context whose requests' bodies wait waits for.
func withBodies(ctx context.Context) (_ context.Context, wait func()) {
	var all sync.WaitGroup
	return context.WithValue(ctx, bodyKey{}, &all), all.Wait
}

// RoundTrip implements http.RoundTripper.
func (b bodies) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	span := trace.Leaf(r.Context(), trace.S3)
	defer func() {
		status := 0
		if resp != nil {
			status = resp.StatusCode
		}
		span.Asked(r.Method, status)
		span.End(err)
	}()
	all, ok := r.Context().Value(bodyKey{}).(*sync.WaitGroup)
	if ok && r.Body != nil && r.Body != http.NoBody {
		all.Add(1)
		r = r.Clone(r.Context())
		r.Body = &watchedBody{ReadCloser: r.Body, closed: sync.OnceFunc(all.Done)}
	}
	return b.RoundTripper.RoundTrip(r)
}

type watchedBody struct {
	io.ReadCloser
	closed func()
}

func (w *watchedBody) Close() error {
	defer w.closed()
	return w.ReadCloser.Close()
}
