package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"chartline/bench/proc"
)

// The S3 server's keys and region, of no worth.
const (
	s3Access = "bench-access"
	s3Secret = "bench-secret"
	s3Region = "us-east-1"
	s3Bucket = "recordings"
)

// s3 compares downloads through us with downloads from the very S3 server that we
// read from, by a presigned URL. We run on the core of the load: the S3 server
// has its own, as it would have its own machine.
func (b *bench) s3() (err error) {
	size, _ := b.mediaSizes()
	dir := filepath.Join(b.cache, "s3")
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	objects, data := filepath.Join(dir, "objects"), filepath.Join(dir, "data")
	if err := os.MkdirAll(filepath.Join(objects, s3Bucket), 0o750); err != nil {
		return err
	}
	store, err := b.startS3(objects)
	if err != nil {
		return err
	}
	defer store.Stop()
	b.media = fmt.Sprintf("s3://%s/media?endpoint=http://%s&region=%s", s3Bucket, store.Addr, s3Region)
	defer func() { b.media = "" }()
	ours, err := b.startInBucket(data, size)
	if err != nil {
		return err
	}
	defer ours.server.Stop()
	object, err := storedObject(filepath.Join(objects, s3Bucket), size)
	if err != nil {
		return err
	}
	through := side{"chartline", ours.server, asks(ours.server, ours.token, func(dst []byte) []byte { return append(dst, ours.mediaPath(size)...) }), 4}
	direct := side{"S3 server", store, asks(store, "none", presigned(store.Addr, object)), 4}
	direct.target.Request = withoutToken(direct.target.Request)
	p, err := b.versus(through, direct)
	if err != nil {
		return err
	}
	b.report.add("s3", figure{what: fmt.Sprintf("%d MiB through us against the S3 server directly, throughput", size/mebi), value: p.throughput,
		floor: atLeast(0.7), detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	if err := b.againstProxy(through, direct); err != nil {
		return err
	}
	through.target, direct.target = ranged(through.target, size), ranged(direct.target, size)
	if p, err = b.versus(through, direct); err != nil {
		return err
	}
	b.report.add("s3", figure{what: "1 MiB at random offsets through us against the S3 server directly, requests", value: p.rate,
		detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	return nil
}

// againstProxy compares with what any program costs that reads from the S3 server
// and writes to the client.
func (b *bench) againstProxy(through, direct side) error {
	nginx, err := b.startProxy(through.server.Core, direct.server.Addr)
	if err != nil {
		return err
	}
	defer nginx.Stop()
	proxied := direct
	proxied.label, proxied.server, proxied.target.Addr = "nginx", nginx, nginx.Addr
	p, err := b.versus(through, proxied)
	if err != nil {
		return err
	}
	b.report.add("s3", figure{what: "against nginx as a proxy before the S3 server, throughput", value: p.throughput,
		detail: []string{p.ours.bytes(), p.theirs.bytes()}})
	b.report.add("s3", figure{what: "CPU a GB against that nginx", value: p.cpuByte})
	return nil
}

// startS3 starts versitygw, which `make install` builds, over a directory.
func (b *bench) startS3(objects string) (*proc.Server, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return nil, err
	}
	addr, err := proc.FreeAddr()
	if err != nil {
		return nil, err
	}
	return b.startAndWait(proc.Spec{
		Name: "versitygw", Path: filepath.Join(home, ".cache/chartline-test-tools/versitygw-v1.8.0"), Addr: addr,
		Args: []string{"--port", addr.String(), "--access", s3Access, "--secret", s3Secret, "--region", s3Region, "--keep-alive", "--quiet", "posix", objects},
	})
}

// startInBucket makes an installation with one recording, kept in b.media, and
// starts our server on it.
func (b *bench) startInBucket(data string, size int64) (*chartline, error) {
	for name, v := range map[string]string{"CHARTLINE_S3_ACCESS_KEY": s3Access, "CHARTLINE_S3_SECRET_KEY": s3Secret} {
		if err := os.Setenv(name, v); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, err
	}
	if err := b.chartlineTenant(data); err != nil {
		return nil, err
	}
	o, err := b.originals(data)
	if err != nil {
		return nil, err
	}
	id, err := b.bringIn(data, "1500000000000", size, "--session", o.session)
	if err != nil {
		return nil, err
	}
	c, err := b.openChartline(data, dataset{})
	if err != nil {
		return nil, err
	}
	c.media = map[int64]string{size: id}
	return c, nil
}

// storedObject finds the object of that size.
func storedObject(root string, size int64) (string, error) {
	name := ""
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Size() >= size && name == "" {
			name, err = filepath.Rel(root, path)
		}
		return err
	})
	if err == nil && name == "" {
		err = fmt.Errorf("no object of %d bytes under %s", size, root)
	}
	return filepath.ToSlash(name), err
}

// presigned is the path of a GET that needs no header, for a day.
func presigned(host netip.AddrPort, object string) func([]byte) []byte {
	now := time.Now().UTC()
	day, at := now.Format("20060102"), now.Format("20060102T150405Z")
	scope := day + "/" + s3Region + "/s3/aws4_request"
	path := "/" + s3Bucket + "/" + object
	query := "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=" + s3Access + "%2F" + strings.ReplaceAll(scope, "/", "%2F") +
		"&X-Amz-Date=" + at + "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
	request := "GET\n" + path + "\n" + query + "\nhost:" + host.String() + "\n\nhost\nUNSIGNED-PAYLOAD"
	hash := sha256.Sum256([]byte(request))
	key := []byte("AWS4" + s3Secret)
	for _, part := range []string{day, s3Region, "s3", "aws4_request", "AWS4-HMAC-SHA256\n" + at + "\n" + scope + "\n" + hex.EncodeToString(hash[:])} {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(part))
		key = mac.Sum(nil)
	}
	whole := path + "?" + query + "&X-Amz-Signature=" + hex.EncodeToString(key)
	return func(dst []byte) []byte { return append(dst, whole...) }
}

// withoutToken leaves out the header that would be a second credential.
func withoutToken(request func([]byte) []byte) func([]byte) []byte {
	return func(dst []byte) []byte {
		return append(dst, strings.Replace(string(request(nil)), "Authorization: Bearer none\r\n", "", 1)...)
	}
}
