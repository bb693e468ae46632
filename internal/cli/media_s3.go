package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"chartline/internal/backup"
	"chartline/internal/blob/s3"
	"chartline/internal/config"
)

// openBucket opens the bucket that c names. It must have been begun: a wrong
// place must not become an empty one.
func openBucket(ctx context.Context, c config.Config) (engineStore, error) {
	s, err := s3.Open(ctx, bucketOptions(c.S3))
	if errors.Is(err, s3.ErrForeign) {
		err = fmt.Errorf("%w: correct --media; where a copy of a media store was put there, mark it with an empty object named .chartline", err)
	}
	if err != nil {
		return nil, err // not a nil *s3.Store in the interface
	}
	return s, nil
}

// beginBucket marks a bucket's prefix as ours.
func beginBucket(ctx context.Context, c config.Config) error {
	s, err := s3.Create(ctx, bucketOptions(c.S3))
	if err != nil {
		return err
	}
	return s.Close()
}

func bucketOptions(c config.S3) s3.Options {
	o := s3.Options{
		Endpoint: c.Endpoint, Region: c.Region, Bucket: c.Bucket, Prefix: c.Prefix,
		PathStyle: c.PathStyle, CAFile: c.CAFile, NoChecksums: c.NoChecksums,
	}
	if c.Keys != (config.S3Keys{}) {
		o.Keys = func() (s3.Keys, error) { return bucketKeys(c.Keys) }
	}
	return o
}

// openBucketTarget opens a place of backups in a bucket.
func (a *app) openBucketTarget(c config.Config, name string, create bool) (*openedTarget, error) {
	at, err := config.ParseS3(name)
	if err == nil {
		at.Keys, err = config.Sources{Env: a.env}.S3Keys()
	}
	if err != nil {
		return nil, usage{"the place of the backups " + err.Error()}
	}
	if at.Endpoint == c.S3.Endpoint && at.Bucket == c.S3.Bucket && (under(at.Prefix, c.S3.Prefix) || under(c.S3.Prefix, at.Prefix)) {
		return nil, usage{"the backups must not be among the media that they are of"}
	}
	open, o := s3.Open, bucketOptions(at)
	if create {
		open = s3.Create
	}
	o.Mark = ".chartline-backups"
	store, err := open(a.ctx, o)
	if err != nil {
		return nil, err
	}
	return &openedTarget{backup.NewTarget(store), store, strings.TrimSuffix("s3://"+at.Bucket+"/"+at.Prefix, "/")}, nil
}

// under reports whether prefix is outer or below it.
func under(prefix, outer string) bool {
	return outer == "" || prefix == outer || strings.HasPrefix(prefix, outer+"/")
}

// bucketKeys reads keys, those in files anew each time.
func bucketKeys(k config.S3Keys) (s3.Keys, error) {
	out := s3.Keys{Access: k.Access, Secret: k.Secret.Reveal(), Session: k.Session.Reveal()}
	for to, file := range map[*string]string{&out.Access: k.AccessFile, &out.Secret: k.SecretFile} {
		if file == "" {
			continue
		}
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			return s3.Keys{}, fmt.Errorf("the file of an S3 key: %w", err)
		}
		*to = strings.TrimSpace(string(text))
	}
	return out, nil
}

// mediaPlace is where a media store keeps its objects, for a person.
func mediaPlace(c config.Config) string {
	if c.Media.Engine == "s3" {
		return strings.TrimSuffix("s3://"+c.S3.Bucket+"/"+c.S3.Prefix, "/")
	}
	return c.Media.Path
}

// checkEndpoint warns of health data that crosses a network in the clear.
func checkEndpoint(c config.S3) finding {
	const name = "S3 endpoint"
	u, err := url.Parse(c.Endpoint)
	if err != nil {
		return finding{name, broken, "it is no URL", "correct --media"}
	}
	if ip := net.ParseIP(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return finding{name, warned, c.Endpoint + ", without TLS", "use https: recordings cross the network in the clear"}
	}
	return finding{Check: name, Verdict: fine, Found: c.Endpoint}
}

// checkVersions warns of a bucket that keeps what is deleted.
func checkVersions(ctx context.Context, m *media) finding {
	const name = "S3 versions"
	opened, err := m.get(ctx)
	if err != nil {
		return finding{name, broken, err.Error(), "see what is said of the media store"}
	}
	bucket, ok := opened.(interface {
		Versioned(context.Context) (versioned, locked bool, err error)
	})
	if !ok {
		return finding{Check: name, Verdict: fine, Found: "cannot be asked for"}
	}
	versioned, locked, err := bucket.Versioned(ctx)
	switch {
	case err != nil:
		return finding{Check: name, Verdict: fine, Found: "cannot be asked for with these keys"}
	case locked:
		return finding{name, warned, "the bucket keeps and locks what is deleted", "a recording that is deleted stays readable to whoever may read old versions, until its lock ends: see docs/ops/s3.md"}
	case versioned:
		return finding{name, warned, "the bucket keeps what is deleted as older versions", "have a life-cycle rule remove them in time: see docs/ops/s3.md"}
	}
	return finding{Check: name, Verdict: fine, Found: "none are kept: what is deleted is gone"}
}
