package s3

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"net/http"

	"github.com/minio/minio-go/v7"

	"chartline/internal/blob"
)

const (
	// maxParts is how many parts S3 allows.
	maxParts = 10_000
	// writeHeader holds the number of the write that made an object.
	writeHeader    = "X-Amz-Meta-Chartline-Write"
	checksumHeader = "X-Amz-Checksum-Crc32c"
)

// newNumber tells one write from every other.
func newNumber() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// writer is one Put under way.
type writer struct {
	store  *Store
	name   string // of the object in the bucket
	number string
	part   *part
	id     string // of the multipart upload; empty before there is one
	done   []minio.CompletePart
	end    func()

	sum   hash.Hash
	check hash.Hash32
	info  blob.Info
}

// Put stores r under key; see blob.Store. It holds one part in memory. An object
// that fits one goes in one request.
//
// Where the store can no longer be asked what became of the last request, the
// object may appear although Put has failed; nothing refers to it.
func (s *Store) Put(ctx context.Context, key string, r io.Reader, o blob.PutOptions) (info blob.Info, err error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	w := &writer{
		store: s, name: s.name(key), number: newNumber(), part: s.newPart(),
		sum: o.NewDigest(), check: newCheck(),
	}
	whole := false
	defer func() {
		w.part.release()
		if e := w.close(ctx, whole); e != nil && err != nil {
			err = fmt.Errorf("%w; parts of it stay: %w", err, e)
		}
	}()
	if err := w.read(ctx, r, o); err != nil {
		return blob.Info{}, err
	}
	// The stream was good to its end: from here on the object is made, whoever
	// hangs up.
	if err := w.publish(context.WithoutCancel(ctx)); err != nil {
		return blob.Info{}, err
	}
	whole = true
	return w.info, nil
}

// read takes in r and sends all parts of it but the last.
func (w *writer) read(ctx context.Context, r io.Reader, o blob.PutOptions) error {
	size := max(w.store.limits.Part, o.MaxSize/maxParts+1)
	for {
		end, err := w.part.fill(ctx, limited(r, o.MaxSize, w.info.Size), size)
		if err != nil {
			return err
		}
		w.info.Size += w.part.size
		if o.MaxSize > 0 && w.info.Size > o.MaxSize || len(w.done) == maxParts {
			return fmt.Errorf("%w: over %d bytes", blob.ErrTooLarge, w.info.Size-1)
		}
		_, _ = w.part.WriteTo(io.MultiWriter(w.sum, w.check)) // never fails
		if end {
			break
		}
		if err := w.sendPart(ctx); err != nil {
			return err
		}
	}
	w.sum.Sum(w.info.SHA256[:0])
	if o.SHA256 != nil && *o.SHA256 != w.info.SHA256 {
		return blob.ErrDigest
	}
	return nil
}

// limited keeps a stream that is too long from being taken in much further than
// its bound.
func limited(r io.Reader, most, have int64) io.Reader {
	if most <= 0 {
		return r
	}
	return &boundedReader{r: r, left: most - have + 1}
}

// boundedReader ends after left bytes, and hands up r's own error.
type boundedReader struct {
	r    io.Reader
	left int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, io.EOF
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	return n, err
}

// sendPart sends the part as the next of a multipart upload.
func (w *writer) sendPart(ctx context.Context) error {
	if w.id == "" {
		if err := w.begin(ctx); err != nil {
			return err
		}
	}
	o := minio.PutObjectPartOptions{Sha256Hex: w.part.sha256(), CustomHeader: http.Header{}, DisableContentSha256: true} // we give it
	done := minio.CompletePart{PartNumber: len(w.done) + 1}
	if !w.store.o.NoChecksums {
		done.ChecksumCRC32C = w.part.crc32c()
		o.CustomHeader.Set(checksumHeader, done.ChecksumCRC32C)
	}
	err := w.store.try(ctx, func(ctx context.Context) error {
		sent, err := w.store.client.PutObjectPart(ctx, w.store.o.Bucket, w.name, w.id, done.PartNumber, w.part.reader(), w.part.size, o)
		done.ETag = sent.ETag
		return err
	})
	if err != nil {
		return failed("upload part", err)
	}
	w.done = append(w.done, done)
	return nil
}

func (w *writer) begin(ctx context.Context) error {
	o := w.store.putOptions(w.number)
	if !w.store.o.NoChecksums {
		o.UserMetadata["X-Amz-Checksum-Algorithm"] = "CRC32C"
		o.UserMetadata["X-Amz-Checksum-Type"] = "FULL_OBJECT"
	}
	err := w.store.try(ctx, func(ctx context.Context) (err error) {
		w.id, err = w.store.client.NewMultipartUpload(ctx, w.store.o.Bucket, w.name, o)
		return err
	})
	if err != nil {
		return failed("begin upload", err)
	}
	w.end = w.store.live.Begin(w.id)
	return nil
}

// publish makes the object visible, unless one is there.
func (w *writer) publish(ctx context.Context) error {
	if w.id == "" {
		return w.store.settle(ctx, w.name, w.number, w.store.putOnce(ctx, w.name, w.number, w.part))
	}
	if w.part.size > 0 {
		if err := w.sendPart(ctx); err != nil {
			return err
		}
	}
	o := w.store.putOptions("")
	o.SetMatchETagExcept("*")
	if !w.store.o.NoChecksums {
		o.UserMetadata[checksumHeader] = checksumText(w.check.Sum32())
		o.UserMetadata["X-Amz-Checksum-Type"] = "FULL_OBJECT"
	}
	err := w.store.try(ctx, func(ctx context.Context) error {
		_, err := w.store.client.CompleteMultipartUpload(ctx, w.store.o.Bucket, w.name, w.id, w.done, o)
		return err
	})
	return w.store.settle(ctx, w.name, w.number, err)
}

// close aborts a multipart upload that did not become an object. Its parts cost
// room until Sweep where that fails.
func (w *writer) close(ctx context.Context, whole bool) error {
	if w.id == "" {
		return nil
	}
	defer w.end()
	if whole {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), w.store.limits.Stall)
	defer cancel()
	return w.store.abort(ctx, w.name, w.id)
}

func (s *Store) putOptions(number string) minio.PutObjectOptions {
	o := minio.PutObjectOptions{UserMetadata: map[string]string{}}
	if number != "" {
		o.UserMetadata[writeHeader] = number
	}
	return o
}

// putWhole stores p under name, unless something is there.
func (s *Store) putWhole(ctx context.Context, name string, p *part) error {
	number := newNumber()
	return s.settle(ctx, name, number, s.putOnce(ctx, name, number, p))
}

func (s *Store) putOnce(ctx context.Context, name, number string, p *part) error {
	o := s.putOptions(number)
	o.SetMatchETagExcept("*")
	o.DisableContentSha256 = true // we give it
	if !s.o.NoChecksums {
		o.UserMetadata[checksumHeader] = p.crc32c()
	}
	sum := p.sha256()
	return s.try(ctx, func(ctx context.Context) error {
		_, err := s.client.PutObject(ctx, s.o.Bucket, name, p.reader(), p.size, "", sum, o)
		return err
	})
}

// settle finds out what became of a write that failed: an answer may be lost
// after the object was made, and the next attempt then finds it in its way.
func (s *Store) settle(ctx context.Context, name, number string, err error) error {
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.limits.Stall)
	defer cancel()
	there, statErr := s.stat(ctx, name)
	switch {
	case statErr == nil && there.Metadata.Get(writeHeader) == number:
		return nil
	case statErr == nil:
		return fmt.Errorf("blob: put: %w", fs.ErrExist)
	case errors.Is(statErr, blob.ErrNotFound):
		return failed("put", err)
	}
	return errors.Join(failed("put", err), statErr)
}
