package s3_test

import (
	"testing"
	"time"

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

// createInTime is create for limits within which a slow machine may not keep the
// first time.
func createInTime(t *testing.T, o s3.Options) *s3.Store {
	t.Helper()
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); {
		if s, err := s3.Create(t.Context(), o); err == nil {
			t.Cleanup(func() { _ = s.Close() })
			return s
		}
	}
	return create(t, o)
}

func TestS3(t *testing.T) {
	t.Parallel()
	server := s3test.Start(t)
	blobtest.Run(t, func(t *testing.T) blob.Store { return create(t, server.Bucket(t)) })
}
