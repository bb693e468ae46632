package vault

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"

	"chartline/internal/sealed"
)

var (
	// ErrNoMaster: the master key that is needed is not at hand.
	ErrNoMaster = errors.New("the master key is not there")
	// ErrForged: a wrapped key is not what was wrapped, or for something else.
	ErrForged = errors.New("a wrapped key is not what was wrapped")
)

// Master wraps keys with a master key that it keeps. What it wraps is for one
// use, which the context names, and opens for no other.
type Master interface {
	// Wrap wraps a key with the current master key and names that.
	Wrap(ctx context.Context, key []byte, use string) (wrapped []byte, name string, err error)
	// Unwrap opens what Wrap made. It fails with ErrNoMaster where the named
	// master key is not at hand, and with ErrForged.
	Unwrap(ctx context.Context, wrapped []byte, name, use string) ([]byte, error)
	// Current names the master key that Wrap uses; empty where only wrapping
	// shows it.
	Current(ctx context.Context) (string, error)
}

// MasterKeySize is the length of a master key in bytes.
const MasterKeySize = 32

// masterKey is a master key and its name.
type masterKey struct {
	name string
	key  [MasterKeySize]byte
}

// Ring is master keys at hand: the first wraps, all unwrap. It implements Master
// for keys from the environment.
type Ring struct{ keys []masterKey }

// ParseRing reads master keys with white space between, the current one first.
// Its error repeats nothing of them.
func ParseRing(text string) (Ring, error) {
	var r Ring
	for i, digits := range strings.Fields(text) {
		b, err := hex.DecodeString(digits)
		if err != nil || len(b) != MasterKeySize {
			return Ring{}, fmt.Errorf("master key %d must be %d hexadecimal digits (openssl rand -hex 32)", i+1, 2*MasterKeySize)
		}
		r.keys = append(r.keys, nameKey([MasterKeySize]byte(b)))
	}
	if len(r.keys) == 0 {
		return Ring{}, errors.New("there is no master key")
	}
	return r, nil
}

// newMasterKey draws a master key.
func newMasterKey() masterKey {
	var b [MasterKeySize]byte
	_, _ = rand.Read(b[:]) // never fails
	return nameKey(b)
}

// nameKey names a key by what only its holder can work out, and nobody back.
func nameKey(b [MasterKeySize]byte) masterKey {
	mac := hmac.New(sha256.New, b[:])
	mac.Write([]byte("name of a chartline master key"))
	return masterKey{name: "key-" + hex.EncodeToString(mac.Sum(nil)[:6]), key: b}
}

// text is the ring as ParseRing reads it.
func (r Ring) text() string {
	var b strings.Builder
	for _, k := range r.keys {
		b.WriteString(hex.EncodeToString(k.key[:]) + "\n")
	}
	return b.String()
}

// Names returns the names of the keys, the current one first.
func (r Ring) Names() []string {
	var names []string
	for _, k := range r.keys {
		names = append(names, k.name)
	}
	return names
}

// Wrap implements Master.
func (r Ring) Wrap(_ context.Context, key []byte, use string) ([]byte, string, error) {
	wrapped, err := wrap(r.keys[0].key, key, use)
	return wrapped, r.keys[0].name, err
}

// Unwrap implements Master.
func (r Ring) Unwrap(_ context.Context, wrapped []byte, name, use string) ([]byte, error) {
	for _, k := range r.keys {
		if k.name == name {
			return unwrap(k.key, wrapped, use)
		}
	}
	return nil, fmt.Errorf("%w: %s is needed", ErrNoMaster, name)
}

// Current implements Master.
func (r Ring) Current(context.Context) (string, error) { return r.keys[0].name, nil }

// wrap encrypts a key for one use, under a nonce so long that it may be drawn.
func wrap(by [32]byte, key []byte, use string) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(by[:])
	if err != nil {
		return nil, err
	}
	out := make([]byte, chacha20poly1305.NonceSizeX, chacha20poly1305.NonceSizeX+len(key)+chacha20poly1305.Overhead)
	_, _ = rand.Read(out) // never fails
	return aead.Seal(out, out, key, []byte(use)), nil
}

func unwrap(by [32]byte, wrapped []byte, use string) ([]byte, error) {
	aead, err := chacha20poly1305.NewX(by[:])
	if err != nil {
		return nil, err
	}
	if len(wrapped) < chacha20poly1305.NonceSizeX {
		return nil, ErrForged
	}
	nonce, text := wrapped[:chacha20poly1305.NonceSizeX], wrapped[chacha20poly1305.NonceSizeX:]
	key, err := aead.Open(nil, nonce, text, []byte(use))
	if err != nil {
		return nil, ErrForged
	}
	return key, nil
}

// keyOf takes an unwrapped key that must be of a key's length.
func keyOf(b []byte) (k sealed.Key, err error) {
	if copy(k[:], b) != len(k) || len(b) != len(k) {
		return sealed.Key{}, fmt.Errorf("%w: it has %d bytes", ErrForged, len(b))
	}
	return k, nil
}
