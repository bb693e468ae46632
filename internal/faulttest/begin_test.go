package faulttest

import (
	"os"
	"path/filepath"
	"testing"

	"chartline/internal/store/postgres/pgtest"
)

// A first start that made the tables and could not begin at its bucket leaves
// nothing behind that keeps the next one from beginning.
func TestAFirstStartThatEndedAtItsBucketBeginsAgain(t *testing.T) {
	t.Parallel()
	notes := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(notes, []byte("no certificate"), 0o600))
	at := pgtest.Start(t).Empty(t)
	s := &site{dir: filepath.Join(t.TempDir(), "data"), env: map[string]string{"CHARTLINE_S3_ACCESS_KEY": "a", "CHARTLINE_S3_SECRET_KEY": "b"}}
	create := []string{"tenant", "create", "acme-health", "--database", at, "--media"}
	if code, _, log := s.run(t.Context(), append(create, "s3://recordings/chartline?endpoint=https://127.0.0.1:1&ca-file="+notes)...); code != 1 {
		t.Fatalf("it begins without its bucket: %d, %s", code, log)
	}
	s.command(t, append(create, "dir:"+s.media())...)
	if _, err := os.Stat(s.media()); err != nil {
		t.Error(err)
	}
	must(t, os.Remove(s.media()))
	s.run(t.Context(), "tenant", "create", "birch-clinic", "--database", at, "--media", "dir:"+s.media())
	if _, err := os.Stat(s.media()); err == nil {
		t.Error("a media directory that is gone is made anew, where there is data")
	}
}
