package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"iter"
	"os"
	"time"
)

// The failures that callers tell apart. Engines wrap them.
var (
	// ErrNotFound: no object under that key.
	ErrNotFound = errors.New("blob: not found")
	// ErrDamaged: the object is there but is not what was stored.
	ErrDamaged = errors.New("blob: damaged")
	// ErrTooLarge: the stream is longer than PutOptions.MaxSize.
	ErrTooLarge = errors.New("blob: too large")
	// ErrDigest: the stream does not have the digest that was announced.
	ErrDigest = errors.New("blob: digest mismatch")
	// ErrFull: the store has no room, or would fall under its floor of free space.
	ErrFull = errors.New("blob: storage full")
	// ErrBadKey: the key is not one that a server makes.
	ErrBadKey = errors.New("blob: bad key")
)

// Info describes a stored object.
type Info struct {
	Size   int64
	SHA256 [32]byte
}

// PutOptions bound and check a Put.
type PutOptions struct {
	// MaxSize is the largest accepted size in bytes; 0 means no bound.
	MaxSize int64
	// SHA256, where not nil, is what the stream's digest must be.
	SHA256 *[32]byte
	// NoDigest leaves Info.SHA256 zero: whoever stores bytes that it made itself
	// has no use for it.
	NoDigest bool
}

// NewDigest is what an engine takes a stream's digest with.
func (o PutOptions) NewDigest() hash.Hash {
	if o.NoDigest {
		return noDigest{}
	}
	return sha256.New()
}

// noDigest takes none.
type noDigest struct{}

func (noDigest) Write(p []byte) (int, error) { return len(p), nil }
func (noDigest) Sum(b []byte) []byte         { return append(b, make([]byte, sha256.Size)...) }
func (noDigest) Reset()                      {}
func (noDigest) Size() int                   { return sha256.Size }
func (noDigest) BlockSize() int              { return sha256.BlockSize }

// Entry is one object in a listing.
type Entry struct {
	Key     string
	Size    int64
	ModTime time.Time
}

// Object is an open object. An engine that keeps plain files also implements
// Filer, so that the kernel can send the file itself.
type Object interface {
	io.ReadSeekCloser
	io.ReaderAt
	// Size is the object's length in bytes.
	Size() int64
}

// Filer is an Object that is a plain file and nothing more: the file's bytes
// are the object's. The file is closed with the object.
type Filer interface {
	File() *os.File
}

// Store keeps objects. All methods are safe for concurrent use, and answer
// ErrBadKey to a key or prefix that no server makes before they touch anything.
type Store interface {
	// Put stores all of r under key and returns its size and digest. When it
	// returns nil the object is durable (it survives a power cut); when it
	// returns an error nothing is visible under key and no temporary file is
	// left. An existing object under key is never replaced: that is an error
	// wrapping fs.ErrExist. ctx is looked at between reads of r, and no longer
	// once the object is published.
	Put(ctx context.Context, key string, r io.Reader, o PutOptions) (Info, error)
	// Open opens the object under key. It fails with ErrNotFound, or with
	// ErrDamaged where its size is not size (pass -1 where the size is not known).
	Open(ctx context.Context, key string, size int64) (Object, error)
	// Remove deletes the object under key. Removing what is not there succeeds.
	Remove(ctx context.Context, key string) error
	// List yields the objects whose keys begin with prefix, in bytewise key
	// order, in constant memory.
	List(ctx context.Context, prefix string) iter.Seq2[Entry, error]
	// Check reports whether the store can be read and written now, and has
	// more free space than its floor (ErrFull).
	Check(ctx context.Context) error
	// Sweep removes what crashed writers left behind: temporary files that no
	// live process holds. It returns how many it removed.
	Sweep(ctx context.Context) (int, error)
}
