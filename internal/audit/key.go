package audit

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"chartline/internal/care"
)

// KeySize is how many random bytes a Key is made of.
const KeySize = 32

// Key is the installation's one audit secret: it signs checkpoints, and hashes
// the names that were asked for and not found. It never shows itself.
type Key struct {
	signing ed25519.PrivateKey
	names   []byte
}

// NewKey derives a key from a seed of KeySize random bytes.
func NewKey(seed []byte) (Key, error) {
	if len(seed) != KeySize {
		return Key{}, fmt.Errorf("the audit key must be %d bytes", KeySize)
	}
	signing, err := hkdf.Key(sha256.New, seed, nil, "chartline audit checkpoint signing 1", ed25519.SeedSize)
	if err != nil {
		return Key{}, err
	}
	names, err := hkdf.Key(sha256.New, seed, nil, "chartline audit asked names 1", sha256.Size)
	if err != nil {
		return Key{}, err
	}
	return Key{signing: ed25519.NewKeyFromSeed(signing), names: names}, nil
}

// ParseKey reads a key as it stands in a file or an environment variable: 64
// hexadecimal digits, white space around them allowed.
func ParseKey(text string) (Key, error) {
	seed, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(seed) != KeySize {
		return Key{}, errors.New("the audit key must be 64 hexadecimal digits (openssl rand -hex 32)")
	}
	return NewKey(seed)
}

// Public is what checkpoints are verified with.
func (k Key) Public() ed25519.PublicKey { return k.signing.Public().(ed25519.PublicKey) }

// String hides the key.
func (k Key) String() string { return "audit key (hidden)" }

// GoString hides the key.
func (k Key) GoString() string { return k.String() }

// LogValue hides the key.
func (k Key) LogValue() slog.Value { return slog.StringValue(k.String()) }

// KeyID is the short name of a public key in checkpoints.
func KeyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return hex.EncodeToString(sum[:8])
}

// Hasher returns the keyed hash for names that were not found.
func (k Key) Hasher() Hasher { return Hasher{key: k.names} }

// Hasher hashes names so that the log can show that one name was asked for
// again and again, and prove that a given name was, without holding any.
type Hasher struct{ key []byte }

// Name returns 32 hexadecimal digits for a name that was asked for in s.
func (h Hasher) Name(s care.Scope, name string) string {
	mac := hmac.New(sha256.New, h.key)
	text := make([]byte, 0, 128)
	for _, part := range [...]string{s.Tenant, s.Instance, name} {
		text = binary.AppendUvarint(text, uint64(len(part)))
		text = append(text, part...)
	}
	mac.Write(text)
	return hex.EncodeToString(mac.Sum(nil)[:16])
}
