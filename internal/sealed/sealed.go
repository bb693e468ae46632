package sealed

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"log/slog"
)

const (
	// KeySize is the length of a Key in bytes.
	KeySize = 32
	// ChunkSize is how many plain bytes are encrypted and authenticated together.
	ChunkSize = 64 << 10

	chunkTag    = 16
	sealedChunk = ChunkSize + chunkTag
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

// Passphrase is what the age program asks for of a file of the former form: the
// key's digits.
func (k Key) Passphrase() string { return hex.EncodeToString(k[:]) }

// String hides the key.
func (Key) String() string { return "(hidden)" }

// GoString hides the key.
func (Key) GoString() string { return "(hidden)" }

// LogValue hides the key.
func (Key) LogValue() slog.Value { return slog.StringValue("(hidden)") }

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
