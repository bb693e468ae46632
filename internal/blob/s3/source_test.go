package s3_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/minio/minio-go/v7"

	"chartline/internal/blob"
	"chartline/internal/blob/s3"
	"chartline/internal/blob/s3/s3test"
)

func TestASourceReadsObjectsOfAnyName(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	o := server.Bucket(t)
	o.Prefix = "old"
	put := func(name, text string) {
		t.Helper()
		if _, err := server.Client.PutObject(t.Context(), o.Bucket, name, strings.NewReader(text), int64(len(text)), minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"2024/Visit 1 (copy).MP3", "a+b&c=d?.mp3", "Größe 你好.mp3", "z"}
	for _, name := range names {
		put("old/"+name, name)
	}
	put("older", "of others")
	s, err := s3.OpenSource(o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var listed []string
	for e, err := range s.List(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, e.Key)
	}
	slices.Sort(listed)
	slices.Sort(names)
	if !slices.Equal(listed, names) {
		t.Errorf("lists %q, want %q", listed, names)
	}
	for _, name := range names {
		object, version, err := s.Open(t.Context(), name)
		if err != nil || version == "" {
			t.Errorf("%s: version %q, %v", name, version, err)
			continue
		}
		got, err := io.ReadAll(object)
		if err != nil || !bytes.Equal(got, []byte(name)) {
			t.Errorf("%s holds %q, %v", name, got, err)
		}
		put("old/"+name, "another")
		_, again, err := s.Open(t.Context(), name)
		if err != nil || again == version {
			t.Errorf("%s: after a change the version is %q, %v", name, again, err)
		}
		if err := object.Close(); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "/z", "../older", "a/../z", "./z", "a\x00b", "\xff"} {
		if object, _, err := s.Open(t.Context(), name); !errors.Is(err, blob.ErrBadKey) || object != nil {
			t.Errorf("%q: %v, want ErrBadKey", name, err)
		}
	}
	if _, _, err := s.Open(t.Context(), "gone"); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("what is not there: %v", err)
	}
}
