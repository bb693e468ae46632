package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"chartline/internal/blob"
)

// firstPause is the longest before the second attempt; each further one doubles
// it.
const firstPause = 100 * time.Millisecond

// try makes a request, and again where that can help: after a pause of random
// length, so that clients of a store that was gone do not come back as one.
func (s *Store) try(ctx context.Context, request func(context.Context) error) error {
	begun := time.Now()
	for attempt := 1; ; attempt++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		own, wait := withBodies(ctx)
		err := request(own)
		wait()
		if err == nil || !passing(err) || attempt >= s.limits.Attempts || time.Since(begun) > s.limits.Patience {
			return err
		}
		if pauseErr := pause(ctx, attempt, s.limits.Pause); pauseErr != nil {
			return errors.Join(pauseErr, err)
		}
	}
}

// pause waits before the attempt after the given one.
func pause(ctx context.Context, attempt int, most time.Duration) error {
	longest := min(most, firstPause<<min(attempt-1, 20))
	timer := time.NewTimer(rand.N(longest) + 1) // #nosec G404 -- spreads load, guards nothing
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// passing reports whether err may be gone the next time: the store is busy or
// broken for now, or what was sent did not arrive as it was.
func passing(err error) bool {
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	if ok && answer.StatusCode != 0 {
		switch answer.StatusCode {
		case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
			http.StatusRequestTimeout, http.StatusTooManyRequests:
			return true
		}
	}
	if ok && answer.Code != "" {
		switch answer.Code {
		case "SlowDown", "InternalError", "RequestTimeout", "ServiceUnavailable", "BadDigest", "InvalidDigest", "IncompleteBody",
			"XAmzContentSHA256Mismatch", "ConditionalRequestConflict", "OperationAborted",
			"MalformedXML",          // what we sent is not: it was changed on its way, which MinIO notices so
			"SignatureDoesNotMatch": // some stores say so where a body is not the one that was signed
			return true
		}
		return false
	}
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, record := errors.AsType[tls.RecordHeaderError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	return !verify && !record && !authority && !errors.Is(err, context.Canceled)
}

// codeOf is what the store calls an error; empty where it said nothing.
func codeOf(err error) string {
	answer, _ := errors.AsType[minio.ErrorResponse](err)
	return answer.Code
}

// failed names the step that failed, and tells what callers tell apart. The
// store's own words, which may name the object, are left out.
func failed(step string, err error) error {
	if err == nil {
		return nil
	}
	answer, ok := errors.AsType[minio.ErrorResponse](err)
	if !ok || errors.Is(err, context.Canceled) {
		return fmt.Errorf("blob: %s: %w", step, err)
	}
	kind := errors.New("the store answered")
	switch answer.Code {
	case minio.NoSuchKey, "NotFound", "NoSuchVersion":
		return blob.ErrNotFound
	case minio.PreconditionFailed:
		kind = fs.ErrExist
	case "QuotaExceeded", "XMinioStorageFull", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity", "InsufficientStorage", "StorageFull":
		kind = blob.ErrFull
	case minio.EntityTooLarge:
		kind = blob.ErrTooLarge
	case "InvalidObjectState":
		kind = errors.New("the object is archived and must be restored in the store first")
	case "ObjectParentIsFile", "DirectoryObjectContainsData":
		kind = blob.ErrBadKey
	}
	if answer.StatusCode == http.StatusInsufficientStorage {
		kind = blob.ErrFull
	}
	return fmt.Errorf("blob: %s: %w (%s, status %d, request %s)", step, kind, answer.Code, answer.StatusCode, answer.RequestID)
}
