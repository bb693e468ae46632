package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/minio/minio-go/v7"

	"chartline/internal/blob"
)

// bufferSize is what is read and sent on at once.
const bufferSize = 256 << 10

// skipLimit is how far reading on is cheaper than asking anew.
const skipLimit = 64 << 10

// Open opens the object under key; see blob.Store. Its bytes are asked for when
// they are read. ctx bounds the opening alone.
func (s *Store) Open(ctx context.Context, key string, size int64) (blob.Object, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, err
	}
	o, err := s.open(ctx, s.name(key), size)
	if err != nil {
		return nil, err // not a nil *object in the interface
	}
	return o, nil
}

func (s *Store) open(ctx context.Context, name string, size int64) (*object, error) {
	there, err := s.stat(ctx, name)
	if err != nil {
		return nil, err
	}
	if size >= 0 && there.Size != size {
		return nil, fmt.Errorf("%w: %d bytes, want %d", blob.ErrDamaged, there.Size, size)
	}
	o := &object{store: s, name: name, etag: there.ETag, size: there.Size, next: -1, modified: there.LastModified}
	if there.ChecksumMode == "FULL_OBJECT" {
		o.checksum = there.ChecksumCRC32C
	}
	o.ctx, o.cancel = context.WithCancel(context.WithoutCancel(ctx))
	return o, nil
}

// object is an object as it was when it was opened: of one replaced since,
// nothing more is read. For as long as it is read forward it is one request;
// where a connection breaks, the next goes on from there.
type object struct {
	store    *Store
	name     string
	etag     string
	size     int64
	checksum string // of the whole object; empty where the store keeps none
	modified time.Time

	ctx    context.Context // the object's life
	cancel context.CancelFunc

	pos    int64 // of Read
	expect int64 // where reading will end; 0 where that is not known

	mu     sync.Mutex
	stream *stream
	next   int64 // where the last ReadAt ended
}

func (o *object) Size() int64 { return o.size }

// Far says that the bytes come over a network.
func (o *object) Far() bool { return true }

// Expect says that the next n bytes will be read and nothing after them, so that
// no more is asked for.
func (o *object) Expect(n int64) { o.expect = min(o.pos+n, o.size) }

// Seek implements io.Seeker.
func (o *object) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += o.pos
	case io.SeekEnd:
		offset += o.size
	}
	if offset < 0 || whence < io.SeekStart || whence > io.SeekEnd {
		return 0, errors.New("blob: seek before the start")
	}
	o.pos, o.expect = offset, 0
	return offset, nil
}

// Read implements io.Reader.
func (o *object) Read(p []byte) (int, error) {
	if o.pos >= o.size {
		return 0, io.EOF
	}
	if len(p) == 0 {
		return 0, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	end := o.size
	if o.expect > o.pos {
		end = o.expect
	}
	n, err := o.readOn(p[:min(int64(len(p)), o.size-o.pos)], o.pos, end)
	o.pos += int64(n)
	return n, err
}

// ReadAt implements io.ReaderAt. Calls that follow on each other share a request.
func (o *object) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, errors.New("blob: read before the start")
	}
	if off >= o.size {
		return 0, io.EOF
	}
	var atEnd error
	if rest := o.size - off; int64(len(p)) > rest {
		p, atEnd = p[:rest], io.EOF
	}
	n, err := o.readAt(p, off)
	if err == nil {
		err = atEnd
	}
	return n, err
}

func (o *object) readAt(p []byte, off int64) (n int, err error) {
	o.mu.Lock()
	following := o.next == off || o.stream != nil && o.stream.pos == off
	o.next = off + int64(len(p))
	if !following {
		o.mu.Unlock()
		alone := &stream{object: o, pos: off, end: off + int64(len(p))}
		defer alone.close()
		return io.ReadFull(alone, p)
	}
	defer o.mu.Unlock()
	for n < len(p) && err == nil {
		var m int
		m, err = o.readOn(p[n:], off+int64(n), o.size)
		n += m
	}
	return n, err
}

// WriteRange writes the n bytes from off to w, in a lent buffer that is held only
// meanwhile. w's error is returned as it is.
func (o *object) WriteRange(w io.Writer, off, n int64) (written int64, err error) {
	if off < 0 || n < 0 || off > o.size-n {
		return 0, errors.New("blob: no such range")
	}
	var buf []byte
	if n > chunkSize {
		large := o.store.buffers.Get().(*[bufferSize]byte)
		defer o.store.buffers.Put(large)
		buf = large[:]
	} else {
		small := o.store.chunks.Get().(*[chunkSize]byte)
		defer o.store.chunks.Put(small)
		buf = small[:]
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	end := max(o.expect, off+n)
	for written < n && err == nil {
		var m int
		if m, err = o.readOn(buf[:min(int64(len(buf)), n-written)], off+written, end); m > 0 {
			m, err = w.Write(buf[:m])
			written += int64(m)
		}
	}
	return written, err
}

// readOn reads from the stream, which is opened anew where it is elsewhere. The
// caller holds mu.
func (o *object) readOn(p []byte, off, end int64) (int, error) {
	if s := o.stream; s != nil && (s.pos != off || s.pos == s.end) {
		if gap := off - s.pos; gap < 0 || gap > skipLimit || s.end <= off || s.skip(gap) != nil {
			s.close()
			o.stream = nil
		}
	}
	if o.stream == nil {
		o.stream = &stream{object: o, pos: off, end: end}
		if off == 0 && end == o.size && o.checksum != "" {
			o.stream.check = newCheck()
		}
	}
	n, err := o.stream.Read(p)
	if err == io.EOF { // of a stream that ended before the object
		err = nil
	}
	return n, err
}

// Close implements io.Closer.
func (o *object) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.stream != nil {
		o.stream.close()
		o.stream = nil
	}
	o.cancel()
	return nil
}

var errRange = errors.New("blob: this S3 store does not answer with the range that was asked for")

// get asks for the bytes from pos to end.
func (o *object) get(pos, end int64) (io.ReadCloser, error) {
	var opts minio.GetObjectOptions
	if err := opts.SetRange(pos, end-1); err != nil {
		return nil, err
	}
	if o.etag != "" {
		if err := opts.SetMatchETag(o.etag); err != nil {
			return nil, err
		}
	}
	body, _, h, err := o.store.client.Core.GetObject(o.ctx, o.store.o.Bucket, o.name, opts)
	switch {
	case err != nil:
		return nil, err
	case !answers(h, pos, end, o.size):
		return nil, errors.Join(errRange, body.Close())
	}
	return body, nil
}

// answers reports whether a header is of the range from pos to end.
func answers(h http.Header, pos, end, size int64) bool {
	got := strings.TrimSpace(h.Get("Content-Range"))
	if got == "" {
		return pos == 0 && end == size && h.Get("Content-Length") == fmt.Sprint(size)
	}
	return strings.EqualFold(got, fmt.Sprintf("bytes %d-%d/%d", pos, end-1, size))
}

// unreadable is what a failed reading means to the caller.
func unreadable(err error) error {
	switch codeOf(err) {
	case minio.PreconditionFailed:
		return fmt.Errorf("%w: replaced while it was read", blob.ErrDamaged)
	case minio.NoSuchKey:
		return fmt.Errorf("%w: removed while it was read", blob.ErrDamaged)
	case "InvalidRange":
		return fmt.Errorf("%w: shorter than it was", blob.ErrDamaged)
	}
	return failed("read", err)
}

// tired reports whether reading should not be tried again.
func (s *Store) tired(attempt int, since time.Time) bool {
	return attempt >= s.limits.Attempts || time.Since(since) > s.limits.Patience
}
