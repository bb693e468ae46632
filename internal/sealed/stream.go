package sealed

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
)

func errShort() error { return fmt.Errorf("%w: it ends too early", ErrDamaged) }

// NewSealingReader returns a reader of src sealed with k.
func NewSealingReader(src io.Reader, k Key) (io.Reader, error) {
	prefix, aead, err := newPrefix(k)
	if err != nil {
		return nil, err
	}
	return &sealing{src: src, aead: aead, buf: make([]byte, ChunkSize, sealedChunk), ready: prefix}, nil
}

// sealing seals forward. A chunk is sealed where it is known whether more comes:
// the byte after it is read first, and kept.
type sealing struct {
	src   io.Reader
	aead  cipher.AEAD
	buf   []byte // of ChunkSize, with room for the tag
	next  [1]byte
	held  int // 1 where next is the first byte of the chunk to come
	index int64
	ready []byte // sealed and not yet read
	err   error
}

func (s *sealing) Read(p []byte) (int, error) {
	for len(s.ready) == 0 && len(p) > 0 {
		if s.err != nil {
			return 0, s.err
		}
		s.chunk()
	}
	n := copy(p, s.ready)
	s.ready = s.ready[n:]
	return n, nil
}

// chunk seals the next chunk, or sets err.
func (s *sealing) chunk() {
	n, err := fillNext(s.src, s.buf, &s.next, &s.held)
	if err != nil && err != io.EOF {
		s.err = err
		return
	}
	s.err = err
	nonce := chunkNonce(s.index, err == io.EOF)
	s.ready = s.aead.Seal(s.buf[:0], nonce[:], s.buf[:n], nil)
	s.index++
}

// fillNext fills buf from next, where held says so, and src, and reads the byte
// after it into next. It returns io.EOF with what came where no byte is after it.
func fillNext(src io.Reader, buf []byte, next *[1]byte, held *int) (int, error) {
	n := copy(buf, next[:*held])
	m, err := fill(src, buf[n:])
	if err == nil {
		*held, err = fill(src, next[:])
	}
	return n + m, err
}

// fill reads until p is full. Only a plain io.EOF is src's end: io.ReadFull makes
// io.ErrUnexpectedEOF of it, with which a source says that it broke off.
func fill(src io.Reader, p []byte) (n int, err error) {
	for idle := 0; n < len(p); {
		m, err := src.Read(p[n:])
		if n += m; n < len(p) && err != nil {
			return n, err
		}
		if idle++; m > 0 {
			idle = 0
		}
		if idle == 100 {
			return n, io.ErrNoProgress
		}
	}
	return n, nil
}

// NewWriter returns a writer that seals to dst with k. Only Close makes the file
// whole; it does not close dst.
func NewWriter(dst io.Writer, k Key) (io.WriteCloser, error) {
	prefix, aead, err := newPrefix(k)
	if err != nil {
		return nil, err
	}
	if _, err := dst.Write(prefix); err != nil {
		return nil, err
	}
	return &writer{dst: dst, aead: aead, buf: make([]byte, 0, sealedChunk)}, nil
}

type writer struct {
	dst   io.Writer
	aead  cipher.AEAD
	buf   []byte
	index int64
	err   error
}

var errClosed = errors.New("sealed: the file is closed")

// Write implements io.Writer. A full chunk waits until more comes: it may be the
// last.
func (w *writer) Write(p []byte) (n int, err error) {
	for len(p) > 0 && w.err == nil {
		if len(w.buf) == ChunkSize {
			w.chunk(false)
			continue
		}
		m := min(len(p), ChunkSize-len(w.buf))
		w.buf = append(w.buf, p[:m]...)
		n, p = n+m, p[m:]
	}
	return n, w.err
}

// Close writes the last chunk.
func (w *writer) Close() error {
	if w.err == nil {
		w.chunk(true)
	}
	if w.err != nil {
		return w.err
	}
	w.err = errClosed
	return nil
}

func (w *writer) chunk(last bool) {
	nonce := chunkNonce(w.index, last)
	_, w.err = w.dst.Write(w.aead.Seal(w.buf[:0], nonce[:], w.buf, nil))
	w.buf, w.index = w.buf[:0], w.index+1
}

// NewReader returns a reader of the plain bytes of src, from the front. What it
// has returned is authentic; only io.EOF says that it was all.
func NewReader(src io.Reader, k Key) (io.Reader, error) {
	var prefix [Prefix]byte
	if _, err := fill(src, prefix[:]); err == io.EOF {
		return nil, errShort()
	} else if err != nil {
		return nil, err
	}
	aead, err := openPrefix(prefix[:], k)
	if err != nil {
		return nil, err
	}
	return &opening{src: src, aead: aead, buf: make([]byte, sealedChunk)}, nil
}

// opening opens forward. Whether a chunk is the last is known by the byte after it.
type opening struct {
	src   io.Reader
	aead  cipher.AEAD
	buf   []byte
	next  [1]byte
	held  int // 1 where next is the first byte of the chunk to come
	index int64
	plain []byte // opened and not yet read
	err   error
}

func (o *opening) Read(p []byte) (int, error) {
	for len(o.plain) == 0 && len(p) > 0 {
		if o.err != nil {
			return 0, o.err
		}
		o.chunk()
	}
	n := copy(p, o.plain)
	o.plain = o.plain[n:]
	return n, nil
}

// chunk opens the next chunk, or sets err.
func (o *opening) chunk() {
	n, err := fillNext(o.src, o.buf, &o.next, &o.held)
	if err != nil && err != io.EOF {
		o.err = err
		return
	}
	if n < chunkTag || n == chunkTag && o.index > 0 { // only an empty file has an empty chunk
		o.err = errShort()
		return
	}
	if o.plain, o.err = openChunk(o.aead, o.buf[:0], o.buf[:n], o.index, err == io.EOF); o.err == nil {
		o.err = err
	}
	o.index++
}
