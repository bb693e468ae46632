package config

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
)

// S3 is a bucket and who opens it.
type S3 struct {
	Endpoint  string // scheme and host
	Region    string
	Bucket    string
	Prefix    string // without a slash at either end
	PathStyle bool
	CAFile    string
	// NoChecksums is for stores that do not know them.
	NoChecksums bool

	Keys S3Keys
}

// S3Keys are the keys themselves or the files that hold them. None at all means
// what the machine is given: the role of its instance or its pod.
type S3Keys struct {
	Access     string
	Secret     Secret
	Session    Secret
	AccessFile string
	SecretFile string
}

// s3Form is what a bucket's location looks like.
const s3Form = "s3://BUCKET/PREFIX?region=REGION, with endpoint=https://HOST, path-style=true or false, ca-file=PATH, checksums=off where needed"

var errS3 = errors.New("must be " + s3Form)

// ParseS3 reads the location of a bucket, without keys. Its error never repeats
// the text.
func ParseS3(v string) (S3, error) {
	u, err := url.Parse(v)
	if err != nil || !strings.EqualFold(u.Scheme, "s3") || u.User != nil || u.Fragment != "" || u.Port() != "" || !bucketName(u.Host) {
		return S3{}, errS3
	}
	s := S3{Bucket: u.Host, Prefix: strings.Trim(u.Path, "/"), Region: "us-east-1"}
	for _, part := range strings.Split(s.Prefix, "/") {
		if (part == "" && s.Prefix != "") || part == "." || part == ".." || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '\\' }) {
			return S3{}, errors.New("must have a prefix of plain names with single slashes between")
		}
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return S3{}, errS3
	}
	style := ""
	for name, all := range values {
		if len(all) != 1 {
			return S3{}, errS3
		}
		switch name {
		case "endpoint":
			err = origin(&s.Endpoint, all[0])
		case "region":
			s.Region = all[0]
		case "path-style":
			style = all[0]
		case "ca-file":
			err = readable(&s.CAFile, all[0])
		case "checksums":
			s.NoChecksums = all[0] == "off"
			if !s.NoChecksums && all[0] != "on" {
				err = errS3
			}
		default:
			return S3{}, errS3 // a key does not belong here either
		}
		if err != nil {
			return S3{}, errors.New(name + " " + err.Error())
		}
	}
	if s.Region == "" || style != "" && style != "true" && style != "false" {
		return S3{}, errS3
	}
	s.PathStyle = style == "true" || style == "" && s.Endpoint != ""
	if s.Endpoint == "" {
		s.Endpoint = "https://s3." + s.Region + ".amazonaws.com"
	}
	return s, nil
}

// String is the location in one form, without keys.
func (s S3) String() string {
	q := url.Values{"endpoint": {s.Endpoint}, "region": {s.Region}, "path-style": {strconv.FormatBool(s.PathStyle)}}
	if s.CAFile != "" {
		q.Set("ca-file", s.CAFile)
	}
	if s.NoChecksums {
		q.Set("checksums", "off")
	}
	return strings.TrimSuffix("s3://"+s.Bucket+"/"+s.Prefix, "/") + "?" + q.Encode()
}

func bucketName(name string) bool {
	if len(name) < 3 || len(name) > 63 {
		return false
	}
	return !strings.ContainsFunc(name, func(r rune) bool { return !('a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.') })
}

// media reads where recordings are kept.
func media(c *Config, v string) error {
	scheme, _, _ := strings.Cut(v, ":")
	switch {
	case strings.EqualFold(scheme, "s3"):
		s, err := ParseS3(v)
		if err != nil {
			return err
		}
		c.S3, c.Media = s, Location{Engine: "s3", Path: strings.TrimPrefix(v[len(scheme):], ":")}
		return nil
	case strings.EqualFold(scheme, "dir"):
		return location(&c.Media, v, "dir")
	}
	return errors.New("must be dir:PATH or " + s3Form)
}

// The names under which keys come, ours before those of other tools.
const (
	s3AccessEnv  = "CHARTLINE_S3_ACCESS_KEY"
	s3SecretEnv  = "CHARTLINE_S3_SECRET_KEY" // #nosec G101 -- the name of a variable
	s3SessionEnv = "CHARTLINE_S3_SESSION_TOKEN"
	fileSuffix   = "_FILE"
)

// S3Keys takes the keys from the environment, or the names of their files.
func (s Sources) S3Keys() (S3Keys, error) {
	value := func(name string) string {
		v, _ := s.env(name)
		return v
	}
	own := S3Keys{
		Access: value(s3AccessEnv), Secret: Secret{value(s3SecretEnv)}, Session: Secret{value(s3SessionEnv)},
		AccessFile: value(s3AccessEnv + fileSuffix), SecretFile: value(s3SecretEnv + fileSuffix),
	}
	hasAccess, hasSecret := own.Access != "" || own.AccessFile != "", !own.Secret.Empty() || own.SecretFile != ""
	switch {
	case hasAccess != hasSecret:
		return S3Keys{}, errors.New("needs both " + s3AccessEnv + " and " + s3SecretEnv + ", or their names with " + fileSuffix)
	case own.Access != "" && own.AccessFile != "" || !own.Secret.Empty() && own.SecretFile != "":
		return S3Keys{}, errors.New("is given a key twice: by " + s3AccessEnv + " or " + s3SecretEnv + " and by a file")
	case hasAccess:
		return own, nil
	case value("AWS_ACCESS_KEY_ID") != "" && value("AWS_SECRET_ACCESS_KEY") != "":
		return S3Keys{Access: value("AWS_ACCESS_KEY_ID"), Secret: Secret{value("AWS_SECRET_ACCESS_KEY")}, Session: Secret{value("AWS_SESSION_TOKEN")}}, nil
	}
	return S3Keys{}, nil
}
