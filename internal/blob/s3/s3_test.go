package s3_test

import (
	"testing"

	"chartline/internal/blob"
	"chartline/internal/blob/blobtest"
	"chartline/internal/blob/s3"
	"chartline/internal/blob/s3/s3test"
)

func create(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	s, err := s3.Create(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestS3(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	blobtest.Run(t, func(t *testing.T) blob.Store { return create(t, server.Bucket(t)) })
}
