package s3

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"sync"
	"time"
)

// chunkSize is how a part's memory grows.
const chunkSize = 128 << 10

// newCheck makes the checksum that the store keeps.
func newCheck() hash.Hash32 { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }

// smallChunks is how many chunks a part may have without a slot: most recordings
// of a minute are no larger.
const smallChunks = 8

// slots bound how many parts are large at once, and so the memory of all.
type slots struct {
	free     chan struct{}
	patience time.Duration
}

var errBusy = errors.New("blob: too many large uploads at once")

// take waits for a slot, but not for ever.
func (s slots) take(ctx context.Context) error {
	timer := time.NewTimer(s.patience)
	defer timer.Stop()
	select {
	case s.free <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("blob: put: %w", ctx.Err())
	case <-timer.C:
		return errBusy
	}
}

// part is what one request sends. It takes memory as it fills, from a pool.
type part struct {
	pool   *sync.Pool
	slots  slots
	large  bool // it has a slot
	chunks []*[chunkSize]byte
	size   int64
}

// fill reads r until its end or until the part has size bytes, and reports
// whether r ended.
func (p *part) fill(ctx context.Context, r io.Reader, size int64) (end bool, err error) {
	p.size = 0
	for p.size < size && !end {
		i, used := int(p.size/chunkSize), int(p.size%chunkSize)
		if i == len(p.chunks) {
			if err := p.grow(ctx); err != nil {
				return false, err
			}
			p.chunks = append(p.chunks, p.pool.Get().(*[chunkSize]byte))
		}
		room := min(int64(chunkSize-used), size-p.size)
		n, err := r.Read(p.chunks[i][used : used+int(room)])
		p.size += int64(n)
		if err != nil && err != io.EOF { // a bare EOF alone is a stream's good end
			return false, fmt.Errorf("blob: source: %w", err)
		}
		if err := ctx.Err(); err != nil {
			return false, fmt.Errorf("blob: put: %w", err)
		}
		end = err == io.EOF
	}
	return end, nil
}

func (p *part) grow(ctx context.Context) error {
	if p.large || len(p.chunks) < smallChunks {
		return nil
	}
	err := p.slots.take(ctx)
	p.large = err == nil
	return err
}

func (p *part) release() {
	if p.large {
		<-p.slots.free
		p.large = false
	}
	for _, c := range p.chunks {
		p.pool.Put(c)
	}
	p.chunks, p.size = nil, 0
}

// WriteTo writes the part without using it up.
func (p *part) WriteTo(w io.Writer) (int64, error) {
	var done int64
	for _, c := range p.chunks {
		n, err := w.Write(c[:min(chunkSize, p.size-done)])
		if done += int64(n); err != nil || done == p.size {
			return done, err
		}
	}
	return done, nil
}

// reader reads the part from its beginning. Each attempt takes its own.
func (p *part) reader() io.Reader { return &partReader{part: p} }

type partReader struct {
	part *part
	pos  int64
}

func (r *partReader) Read(b []byte) (int, error) {
	if r.pos == r.part.size {
		return 0, io.EOF
	}
	chunk := r.part.chunks[r.pos/chunkSize]
	from := r.pos % chunkSize
	n := copy(b, chunk[from:min(chunkSize, from+r.part.size-r.pos)])
	r.pos += int64(n)
	return n, nil
}

// sha256 is the digest that the request is signed with, so that the store refuses
// a part that arrives as another.
func (p *part) sha256() string {
	h := sha256.New()
	_, _ = p.WriteTo(h) // never fails
	return hex.EncodeToString(h.Sum(nil))
}

// crc32c is the checksum that the store keeps.
func (p *part) crc32c() string {
	h := newCheck()
	_, _ = p.WriteTo(h) // never fails
	return checksumText(h.Sum32())
}

// checksumText is the form in which stores tell a checksum.
func checksumText(sum uint32) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, sum))
}
