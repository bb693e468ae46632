package sealed

import (
	"crypto/cipher"
	"errors"
	"fmt"
	"io"
	"sync"
)

// Buffers lends chunks to the files that share it, so that a file holds memory
// only while it is read. The zero value is ready for use.
type Buffers struct{ pool sync.Pool }

func (b *Buffers) get() *[sealedChunk]byte {
	if c, ok := b.pool.Get().(*[sealedChunk]byte); ok {
		return c
	}
	return new([sealedChunk]byte)
}

func (b *Buffers) put(c *[sealedChunk]byte) { b.pool.Put(c) }

// File is a sealed file open for reading at any place. A read touches the chunks
// that it lies in and no other, and returns nothing of a chunk that is not
// authentic. It is safe for concurrent use.
//
// A download that waits for its client should hold nothing, so that chunks are
// opened where they are needed, in buffers that are lent. age files, the former
// form, are read by the same code over the library's header, and the tests hold
// it against the library's own reader.
type File struct {
	src     io.ReaderAt
	aead    cipher.AEAD
	size    int64 // plain
	buffers *Buffers
}

// Open opens a file of so many sealed bytes. A header of another key, or a size
// that no file has, is ErrDamaged. It reads no chunk but an empty file's; see
// CheckEnd.
func Open(src io.ReaderAt, size int64, k Key, b *Buffers) (*File, error) {
	plain, ok := PlainSize(size)
	if !ok {
		return nil, fmt.Errorf("%w: no file is of %d bytes", ErrDamaged, size)
	}
	var prefix [Prefix]byte
	if err := readFull(src, prefix[:], 0); err != nil {
		return nil, err
	}
	aead, err := openPrefix(prefix[:], k)
	if err != nil {
		return nil, err
	}
	f := &File{src: src, aead: aead, size: plain, buffers: b}
	if plain == 0 { // no read would ever look at it
		if err := f.CheckEnd(); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Size is the length of the plain bytes.
func (f *File) Size() int64 { return f.size }

// CheckEnd reads the last chunk, which shows that the file ends where it was
// ended. It is for files whose size is not known from elsewhere.
func (f *File) CheckEnd() error {
	buf := f.buffers.get()
	defer f.buffers.put(buf)
	_, err := f.chunk(chunks(f.size)-1, buf, buf[:0])
	return err
}

var errOffset = errors.New("sealed: negative offset")

// ReadAt implements io.ReaderAt. Whole chunks are opened right into p.
func (f *File) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, errOffset
	}
	if len(p) > 0 && off < f.size {
		buf := f.buffers.get()
		defer f.buffers.put(buf)
		for n < len(p) && off < f.size && err == nil {
			var m int
			m, err = f.readChunk(p[n:], off, buf)
			n, off = n+m, off+int64(m)
		}
	}
	if err == nil && n < len(p) {
		err = io.EOF
	}
	return n, err
}

// readChunk fills p from off to the end of off's chunk.
func (f *File) readChunk(p []byte, off int64, buf *[sealedChunk]byte) (int, error) {
	index, from := off/ChunkSize, int(off%ChunkSize)
	if whole := f.chunkLength(index); from == 0 && len(p) >= whole {
		_, err := f.chunk(index, buf, p[:0:whole])
		if err != nil {
			clear(p[:whole]) // nothing of it may be used
			return 0, err
		}
		return whole, nil
	}
	plain, err := f.chunk(index, buf, buf[:0])
	if err != nil {
		return 0, err
	}
	return copy(p, plain[from:]), nil
}

// WriteRange writes the n plain bytes from off to w, chunk by chunk, with one
// buffer that is held only meanwhile. It returns w's error as it is.
func (f *File) WriteRange(w io.Writer, off, n int64) (written int64, err error) {
	if off < 0 || n < 0 || off > f.size-n {
		return 0, fmt.Errorf("%w: no such range", ErrDamaged)
	}
	buf := f.buffers.get()
	defer f.buffers.put(buf)
	for written < n {
		index, from := off/ChunkSize, off%ChunkSize
		plain, err := f.chunk(index, buf, buf[:0])
		if err != nil {
			return written, err
		}
		plain = plain[from:min(int64(len(plain)), from+n-written)]
		m, err := w.Write(plain)
		written, off = written+int64(m), off+int64(m)
		if err != nil {
			return written, err
		}
	}
	return written, nil
}

// chunkLength is how many plain bytes a chunk has.
func (f *File) chunkLength(index int64) int {
	return int(min(ChunkSize, f.size-index*ChunkSize))
}

// chunk reads a chunk into buf and opens it into dst, which may be buf's own.
func (f *File) chunk(index int64, buf *[sealedChunk]byte, dst []byte) ([]byte, error) {
	chunk := buf[:f.chunkLength(index)+chunkTag]
	if err := readFull(f.src, chunk, Prefix+index*sealedChunk); err != nil {
		return nil, err
	}
	return openChunk(f.aead, dst, chunk, index, index == chunks(f.size)-1)
}

// readFull fills p or fails; a file that ends before is damaged.
func readFull(src io.ReaderAt, p []byte, off int64) error {
	n, err := src.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it ends at byte %d", ErrDamaged, off+int64(n))
	}
	return err
}
