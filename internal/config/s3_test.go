package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestABucketIsAMediaStore(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]S3{
		"s3://recordings": {Bucket: "recordings", Region: "us-east-1", Endpoint: "https://s3.us-east-1.amazonaws.com"},
		"s3://clinic.media/chartline/live/?region=eu-central-1": {Bucket: "clinic.media", Prefix: "chartline/live", Region: "eu-central-1",
			Endpoint: "https://s3.eu-central-1.amazonaws.com"},
		"s3://media?endpoint=https%3A%2F%2Fs3.example.org%3A9000": {Bucket: "media", Region: "us-east-1", Endpoint: "https://s3.example.org:9000", PathStyle: true},
		"S3://media/a?endpoint=http://127.0.0.1:9000/&path-style=false&checksums=off": {Bucket: "media", Prefix: "a", Region: "us-east-1",
			Endpoint: "http://127.0.0.1:9000", NoChecksums: true},
	} {
		c, err := Load(Sources{Flags: map[string]string{"data": "d", "media": text}})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if d := cmp.Diff(want, c.S3, cmp.AllowUnexported(Secret{})); d != "" {
			t.Errorf("%s: (-want +got)\n%s", text, d)
		}
		if again, err := ParseS3(c.S3.String()); err != nil || again != c.S3 {
			t.Errorf("%s reads back as %+v, %v", c.S3, again, err)
		}
		if got := c.Media.String(); !strings.EqualFold(got, text) {
			t.Errorf("%s is shown as %s", text, got)
		}
	}
}

func TestWhatIsNoBucketIsRefusedAndNotRepeated(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"s3:", "s3://", "s3:media", "s3://ab", "s3://Media", "s3://me_dia", "s3://key:hunter2@media", "s3://media?secret=hunter2", "s3://media#hunter2",
		"s3://media/a//b", "s3://media/../b", "s3://media/a%20b", "s3://media?endpoint=hunter2", "s3://media?endpoint=ftp://hunter2", "s3://media:99/",
		"s3://media?region=", "s3://media?region=a&region=b", "s3://media?path-style=hunter2", "s3://media?checksums=hunter2", "s3://media?ca-file=/nowhere/hunter2",
		"s3://media?endpoint=https://user:hunter2@s3.example.org", "s3://media?a;b",
	} {
		_, err := Load(Sources{Flags: map[string]string{"data": "d", "media": text}})
		got := problems(t, err)
		if len(got) != 1 || !strings.HasPrefix(got[0], "media (flag --media): ") || strings.Contains(got[0], "hunter2") {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestKeysComeFromTheEnvironmentOursFirst(t *testing.T) {
	t.Parallel()
	theirs := map[string]string{"AWS_ACCESS_KEY_ID": "theirs", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_SESSION_TOKEN": "hunter3"}
	with := func(more map[string]string) map[string]string {
		all := map[string]string{}
		for _, m := range []map[string]string{theirs, more} {
			for name, v := range m {
				all[name] = v
			}
		}
		return all
	}
	for name, tt := range map[string]struct {
		env  map[string]string
		want S3Keys
		bad  string
	}{
		"none":   {want: S3Keys{}},
		"theirs": {env: theirs, want: S3Keys{Access: "theirs", Secret: Secret{"hunter2"}, Session: Secret{"hunter3"}}},
		"ours":   {env: with(map[string]string{"CHARTLINE_S3_ACCESS_KEY": "ours", "CHARTLINE_S3_SECRET_KEY": "hunter4"}), want: S3Keys{Access: "ours", Secret: Secret{"hunter4"}}},
		"files":  {env: with(map[string]string{"CHARTLINE_S3_ACCESS_KEY_FILE": "/run/a", "CHARTLINE_S3_SECRET_KEY_FILE": "/run/b"}), want: S3Keys{AccessFile: "/run/a", SecretFile: "/run/b"}},
		"one":    {env: map[string]string{"CHARTLINE_S3_SECRET_KEY": "hunter2"}, bad: "needs both"},
		"given twice": {env: map[string]string{"CHARTLINE_S3_ACCESS_KEY": "a", "CHARTLINE_S3_SECRET_KEY": "hunter2", "CHARTLINE_S3_SECRET_KEY_FILE": "/run/b"},
			bad: "is given a key twice"},
	} {
		c, err := Load(Sources{Flags: map[string]string{"data": "d", "media": "s3://media"}, Env: env(tt.env)})
		if tt.bad != "" {
			if got := problems(t, err); len(got) != 1 || !strings.Contains(got[0], tt.bad) || strings.Contains(got[0], "hunter2") {
				t.Errorf("%s: %v, want %q", name, got, tt.bad)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(tt.want, c.S3.Keys, cmp.AllowUnexported(Secret{})); d != "" {
			t.Errorf("%s: (-want +got)\n%s", name, d)
		}
	}
}
