package backup

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
)

// A step is entries, each a name and bytes, and the SHA-256 of all of that:
//
//	length of the name (1 byte), name, length of the bytes (8 bytes), bytes ... 0 (1 byte), digest (32 bytes)

// entryWriter writes a step.
type entryWriter struct {
	to  io.Writer
	sum hash.Hash
}

func newEntryWriter(to io.Writer) *entryWriter {
	sum := sha256.New()
	return &entryWriter{io.MultiWriter(to, sum), sum}
}

// entry writes one, of exactly size bytes.
func (w *entryWriter) entry(name string, size int64, write func(io.Writer) error) error {
	head := append([]byte{byte(len(name))}, name...) // #nosec G115 -- names are ours and short
	head = binary.BigEndian.AppendUint64(head, uint64(size))
	if _, err := w.to.Write(head); err != nil {
		return err
	}
	counted := &counter{Writer: w.to}
	if err := write(counted); err != nil {
		return err
	}
	if counted.n != size {
		return fmt.Errorf("backup: %s has %d bytes and was to have %d", name, counted.n, size)
	}
	return nil
}

// end writes the digest and returns it.
func (w *entryWriter) end() (sum [32]byte, err error) {
	if _, err := w.to.Write([]byte{0}); err != nil {
		return sum, err
	}
	sum = [32]byte(w.sum.Sum(nil))
	_, err = w.to.Write(sum[:])
	return sum, err
}

type counter struct {
	io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n += int64(n)
	return n, err
}

// entryReader reads a step.
type entryReader struct {
	in   *bufio.Reader
	sum  hash.Hash
	left io.LimitedReader // of the entry that is read
}

func newEntryReader(in io.Reader) *entryReader {
	return &entryReader{in: bufio.NewReaderSize(in, 64<<10), sum: sha256.New()}
}

// next goes to the next entry, past what was not read of the last; at the end,
// with io.EOF, the digest was right.
func (r *entryReader) next() (name string, size int64, err error) {
	if _, err := io.Copy(io.Discard, r); err != nil {
		return "", 0, err
	}
	head := make([]byte, 1, 64)
	if err := r.fill(head); err != nil {
		return "", 0, err
	}
	if head[0] == 0 {
		want := [32]byte(r.sum.Sum(nil))
		var have [33]byte
		if n, err := io.ReadFull(r.in, have[:]); n != len(want) || !errors.Is(err, io.ErrUnexpectedEOF) || [32]byte(have[:]) != want {
			return "", 0, cut(err)
		}
		return "", 0, io.EOF
	}
	text := make([]byte, int(head[0])+8)
	if err := r.fill(text); err != nil {
		return "", 0, err
	}
	name = string(text[:head[0]])
	n := binary.BigEndian.Uint64(text[head[0]:])
	if n > 1<<62 {
		return "", 0, cut(nil)
	}
	r.left = io.LimitedReader{R: r.in, N: int64(n)}
	return name, int64(n), nil
}

func (r *entryReader) fill(b []byte) error {
	if _, err := io.ReadFull(r.in, b); err != nil {
		return cut(err)
	}
	r.sum.Write(b)
	return nil
}

// Read reads the entry.
func (r *entryReader) Read(p []byte) (int, error) {
	if r.left.N == 0 {
		return 0, io.EOF
	}
	n, err := r.left.Read(p)
	r.sum.Write(p[:n])
	if r.left.N == 0 {
		return n, nil
	}
	if err != nil {
		err = cut(err)
	}
	return n, err
}

// digest is of what was read, once next has said io.EOF.
func (r *entryReader) digest() [32]byte { return [32]byte(r.sum.Sum(nil)) }

// cut says that a step is not what was written: err, where it is that it ended
// too early, or nil.
func cut(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: a step after it was cut or changed", ErrIncomplete)
	}
	return err
}
