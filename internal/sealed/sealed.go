package sealed

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"

	"filippo.io/age"
)

const (
	// KeySize is the length of a Key in bytes.
	KeySize = 32
	// ChunkSize is how many plain bytes are encrypted and authenticated together.
	ChunkSize = 64 << 10

	chunkTag    = 16
	sealedChunk = ChunkSize + chunkTag
	nonceSize   = 16
	headerSize  = 149
	// Prefix is how many bytes come before the first chunk.
	Prefix = headerSize + nonceSize
	// intro begins every age file whose key is a passphrase.
	intro = "age-encryption.org/v1\n-> scrypt "
)

// ErrDamaged reports bytes that are not what was sealed with the key: changed,
// cut, moved, or another file's.
var ErrDamaged = errors.New("sealed: the bytes are not what was sealed with this key")

// ErrNoKey reports that there is no key for what should be opened: it was never
// sealed, or its key was destroyed.
var ErrNoKey = errors.New("sealed: there is no key for it")

// Key opens one file. It never shows itself.
type Key [KeySize]byte

// NewKey draws a key.
func NewKey() (k Key) {
	_, _ = rand.Read(k[:]) // never fails
	return k
}

// Passphrase is what the age program asks for: the key's digits.
func (k Key) Passphrase() string { return hex.EncodeToString(k[:]) }

// String hides the key.
func (Key) String() string { return "(hidden)" }

// GoString hides the key.
func (Key) GoString() string { return "(hidden)" }

// LogValue hides the key.
func (Key) LogValue() slog.Value { return slog.StringValue("(hidden)") }

// The key is a passphrase with all the strength that there is, so that making
// it slow to guess would make it slow to use and no safer.
const workFactor = 1

func (k Key) recipient() (age.Recipient, error) {
	r, err := age.NewScryptRecipient(k.Passphrase())
	if err != nil {
		return nil, err
	}
	r.SetWorkFactor(workFactor)
	return r, nil
}

func (k Key) identity() (age.Identity, error) {
	i, err := age.NewScryptIdentity(k.Passphrase())
	if err != nil {
		return nil, err
	}
	i.SetMaxWorkFactor(workFactor)
	return i, nil
}

// Size returns how long plain bytes are once sealed.
func Size(plain int64) int64 {
	return Prefix + plain + chunks(plain)*chunkTag
}

// PlainSize returns how long sealed bytes are once opened, and false where no
// file has that length.
func PlainSize(size int64) (int64, bool) {
	body := size - Prefix
	if body < chunkTag {
		return 0, false
	}
	plain := body - (body+sealedChunk-1)/sealedChunk*chunkTag
	return plain, plain >= 0 && Size(plain) == size
}

// Span is where the chunks of n plain bytes from off are in a file.
func Span(off, n int64) (from, to int64) {
	return Prefix + off/ChunkSize*sealedChunk, Prefix + (off+n+ChunkSize-1)/ChunkSize*sealedChunk
}

// chunks is how many a file of so many plain bytes has; an empty one has one.
func chunks(plain int64) int64 {
	return max(1, (plain+ChunkSize-1)/ChunkSize)
}

// IsSealed reports whether a file that begins with head is sealed by this
// package, with whatever key.
func IsSealed(head []byte) bool { return bytes.HasPrefix(head, []byte(intro)) }

// IntroSize is how much of a file IsSealed needs.
const IntroSize = len(intro)

// NewWriter returns a writer that seals to dst with k. Only Close makes the file
// whole; it does not close dst.
func NewWriter(dst io.Writer, k Key) (io.WriteCloser, error) {
	r, err := k.recipient()
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	return age.Encrypt(dst, r)
}

// NewSealingReader returns a reader of src sealed with k.
func NewSealingReader(src io.Reader, k Key) (io.Reader, error) {
	r, err := k.recipient()
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	return age.EncryptReader(src, r)
}

// NewReader returns a reader of the plain bytes of src, from the front. What it
// has returned is authentic; only io.EOF says that it was all.
func NewReader(src io.Reader, k Key) (io.Reader, error) {
	i, err := k.identity()
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	in := &watched{r: src}
	r, err := age.Decrypt(in, i)
	if err != nil {
		return nil, in.tell(err)
	}
	return &front{r: r, in: in}, nil
}

// front tells damage from a source that failed.
type front struct {
	r  io.Reader
	in *watched
}

func (f *front) Read(p []byte) (int, error) {
	n, err := f.r.Read(p)
	if err != nil && err != io.EOF {
		err = f.in.tell(err)
	}
	return n, err
}

// watched remembers how its reader failed.
type watched struct {
	r   io.Reader
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if err != nil && err != io.EOF {
		w.err = err
	}
	return n, err
}

func (w *watched) tell(err error) error {
	if w.err != nil {
		return w.err
	}
	return fmt.Errorf("%w: %w", ErrDamaged, err)
}
