package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"chartline/internal/trace"
)

// Transport is how the collector is reached.
type Transport struct {
	CAFile            string // more authorities than the system's
	CertFile, KeyFile string // who we are, where it asks
}

func (t Transport) open() (*http.Transport, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if t.CAFile != "" {
		pem, err := os.ReadFile(filepath.Clean(t.CAFile))
		if err != nil {
			return nil, fmt.Errorf("traces: certificates: %w", err)
		}
		if trust.RootCAs, err = x509.SystemCertPool(); err != nil {
			return nil, fmt.Errorf("traces: certificates: %w", err)
		}
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("traces: the file of certificates holds none")
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("traces: the client's certificate: %w", err)
		}
		trust.Certificates = []tls.Certificate{pair}
	}
	return &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, MaxIdleConns: 1, IdleConnTimeout: time.Minute}, nil
}

const (
	// attempts bounds how often a batch is sent; spans gather in the queue meanwhile.
	attempts = 5
	// firstPause is the longest before the second attempt; each further one doubles
	// it, up to longestPause.
	firstPause   = time.Second
	longestPause = 30 * time.Second
	// answerLimit bounds what is read of an answer.
	answerLimit = 64 << 10
)

// send sends a batch, again where OTLP says that it helps, and returns how many
// spans of it the collector refused.
func (e *Exporter) send(ctx context.Context, batch []trace.Span) (refused int, err error) {
	body, err := e.encode(batch)
	if err != nil {
		return 0, err
	}
	for n := 1; ; n++ {
		refused, wait, err := e.post(ctx, body)
		if err == nil || wait < 0 || n == attempts {
			return refused, err
		}
		longest := min(longestPause, firstPause<<(n-1))
		if wait == 0 {
			wait = rand.N(longest) + 1 // #nosec G404 -- spreads load, guards nothing
		}
		select {
		case <-time.After(min(wait, longestPause)):
		case <-e.closing: // there is no time to wait: this was the last attempt
			return 0, err
		case <-ctx.Done():
			return 0, err
		}
	}
}

// Probe sends a message without spans, once. It needs no Start.
func (e *Exporter) Probe(ctx context.Context) error {
	body, err := e.encode(nil)
	if err != nil {
		return err
	}
	_, _, err = e.post(ctx, body)
	return err
}

// encode is a batch's body.
func (e *Exporter) encode(batch []trace.Span) ([]byte, error) {
	text, err := json.Marshal(e.document(batch))
	if err != nil || !e.o.Gzip {
		return text, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err = z.Write(text)
	err = errors.Join(err, z.Close())
	return b.Bytes(), err
}

// post makes one attempt. Where it failed, wait is how long the collector asks
// to wait, 0 where it does not say, and negative where another attempt is in vain.
func (e *Exporter) post(ctx context.Context, body []byte) (refused int, wait time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, e.o.Timeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.o.URL, bytes.NewReader(body))
	if err != nil {
		return 0, -1, errors.New("the endpoint is no URL")
	}
	if e.o.Headers != nil {
		r.Header = e.o.Headers.Clone()
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "chartline/"+e.o.Version)
	if e.o.Gzip {
		r.Header.Set("Content-Encoding", "gzip")
	}
	resp, err := e.client.Do(r)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // without the URL
		}
		return 0, 0, err
	}
	answer, err := io.ReadAll(io.LimitReader(resp.Body, answerLimit))
	_ = resp.Body.Close() // what it held was read
	switch {
	case resp.StatusCode/100 == 2:
		return refusedOf(answer), 0, nil // a cut answer is an answer: what was sent has arrived
	case !passing(resp.StatusCode):
		return 0, -1, fmt.Errorf("the collector answered %d", resp.StatusCode)
	case err == nil:
		err = fmt.Errorf("the collector answered %d", resp.StatusCode)
	}
	seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
	return 0, time.Duration(max(seconds, 0)) * time.Second, err
}

// passing are the answers after which OTLP sends again.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// refusedOf is how many spans an answer says were not taken.
func refusedOf(answer []byte) int {
	var a struct {
		PartialSuccess struct {
			RejectedSpans json.Number `json:"rejectedSpans"`
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(answer, &a) != nil {
		return 0
	}
	n, _ := strconv.Atoi(a.PartialSuccess.RejectedSpans.String())
	return n
}
