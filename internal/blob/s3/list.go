package s3

import (
	"context"
	"iter"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"chartline/internal/blob"
)

// pageSize is how many names a listing holds at a time.
const pageSize = 1000

// List yields the objects whose keys begin with prefix. What has a name that is
// no key is not ours.
func (s *Store) List(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	return func(yield func(blob.Entry, error) bool) {
		if err := blob.CheckPrefix(prefix); err != nil {
			yield(blob.Entry{}, err)
			return
		}
		for e, err := range s.entries(ctx, prefix) {
			if err == nil && blob.CheckKey(e.Key) != nil {
				continue
			}
			if !yield(e, err) || err != nil {
				return
			}
		}
	}
}

// entries yields everything under the store's own prefix that begins with prefix,
// by its name below it. A page that fails is asked for again.
func (s *Store) entries(ctx context.Context, prefix string) iter.Seq2[blob.Entry, error] {
	own := s.name("")
	return func(yield func(blob.Entry, error) bool) {
		for after, more := "", true; more; {
			var page []minio.ObjectInfo
			err := s.try(ctx, func(ctx context.Context) (err error) {
				page, err = s.page(ctx, own+prefix, after)
				return err
			})
			if err != nil {
				yield(blob.Entry{}, failed("list", err))
				return
			}
			for _, o := range page {
				after = o.Key
				if !yield(blob.Entry{Key: strings.TrimPrefix(o.Key, own), Size: o.Size, ModTime: o.LastModified.UTC()}, nil) {
					return
				}
			}
			more = len(page) == pageSize
		}
	}
}

// page reads at most pageSize names after the given one.
func (s *Store) page(ctx context.Context, prefix, after string) ([]minio.ObjectInfo, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	owner := false
	var all []minio.ObjectInfo
	for o := range s.client.ListObjectsIter(ctx, s.o.Bucket, minio.ListObjectsOptions{
		Prefix: prefix, StartAfter: after, Recursive: true, MaxKeys: pageSize, FetchOwner: &owner,
	}) {
		if o.Err != nil {
			return nil, o.Err
		}
		if all = append(all, o); len(all) == pageSize {
			break
		}
	}
	return all, ctx.Err()
}

// Sweep aborts the multipart uploads under our prefix that are a day old and not
// this process's, and probes of that age.
func (s *Store) Sweep(ctx context.Context) (int, error) {
	before := time.Now().Add(-s.limits.Abandoned)
	n, err := s.sweepUploads(ctx, before)
	if err != nil {
		return n, err
	}
	for e, err := range s.entries(ctx, ownName+"-probe-") {
		if err != nil {
			return n, err
		}
		if !e.ModTime.Before(before) {
			continue
		}
		if err := s.remove(ctx, s.name(e.Key)); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Store) sweepUploads(ctx context.Context, before time.Time) (n int, err error) {
	for key, id, more := "", "", true; more; {
		var page minio.ListMultipartUploadsResult
		err := s.try(ctx, func(ctx context.Context) (err error) {
			page, err = s.client.ListMultipartUploads(ctx, s.o.Bucket, s.name(""), key, id, "", pageSize)
			return err
		})
		if err != nil {
			return n, failed("list uploads", err)
		}
		for _, u := range page.Uploads {
			if !u.Initiated.Before(before) || s.live.Has(u.UploadID) {
				continue
			}
			if err := s.abort(ctx, u.Key, u.UploadID); err != nil {
				return n, err
			}
			n++
		}
		more = page.IsTruncated && (page.NextKeyMarker != key || page.NextUploadIDMarker != id)
		key, id = page.NextKeyMarker, page.NextUploadIDMarker
	}
	return n, nil
}

func (s *Store) abort(ctx context.Context, name, id string) error {
	err := s.try(ctx, func(ctx context.Context) error {
		return s.client.AbortMultipartUpload(ctx, s.o.Bucket, name, id)
	})
	if codeOf(err) == minio.NoSuchUpload {
		return nil
	}
	return failed("abort upload", err)
}
