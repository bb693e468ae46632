package sealed

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"

	"filippo.io/age"
	"golang.org/x/crypto/chacha20poly1305"
)

// What is before the first chunk. The present form begins with intro, goes on with
// a salt, and ends with a check, by which a key knows its file. The former, age's, is
// a header of constant length and a nonce. Both are Prefix bytes, and both are
// followed by the same chunks, so that a file's size says nothing of its form.
const (
	intro = "chartline-sealed/2\nAES-256-GCM, HKDF-SHA-256, 64 KiB chunks. How to open it: docs/ops/encryption.md.\n"

	saltSize  = 32
	checkSize = 32
	// Prefix is how many bytes come before the first chunk.
	Prefix = ageHeader + 16

	ageIntro  = "age-encryption.org/v1\n-> scrypt " // of every age file whose key is a passphrase
	ageHeader = 149
	// IntroSize is how much of a file IsSealed needs.
	IntroSize = len(ageIntro)
)

var _ [Prefix]byte = [len(intro) + saltSize + checkSize]byte{}

// IsSealed reports whether a file that begins with head is sealed by this
// package, with whatever key.
func IsSealed(head []byte) bool {
	return bytes.HasPrefix(head, []byte(ageIntro)) || bytes.HasPrefix(head, []byte(intro[:IntroSize]))
}

// newPrefix begins a file of k.
func newPrefix(k Key) ([]byte, cipher.AEAD, error) {
	prefix := make([]byte, Prefix)
	copy(prefix, intro)
	_, _ = rand.Read(prefix[len(intro) : len(intro)+saltSize]) // never fails
	check, aead, err := derive(prefix, k)
	copy(prefix[len(intro)+saltSize:], check)
	return prefix, aead, err
}

// openPrefix returns what opens the chunks after prefix, or ErrDamaged where it
// is not one of k.
func openPrefix(prefix []byte, k Key) (cipher.AEAD, error) {
	if bytes.HasPrefix(prefix, []byte(ageIntro)) {
		return openAge(prefix, k)
	}
	if !bytes.HasPrefix(prefix, []byte(intro)) {
		return nil, fmt.Errorf("%w: header", ErrDamaged)
	}
	check, aead, err := derive(prefix, k)
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(check, prefix[len(intro)+saltSize:]) != 1 {
		return nil, fmt.Errorf("%w: header of another key", ErrDamaged)
	}
	return aead, nil
}

// derive makes, of a file's key and salt, the key of its chunks and the check.
func derive(prefix []byte, k Key) (check []byte, aead cipher.AEAD, err error) {
	keys, err := hkdf.Key(sha256.New, k[:], prefix[len(intro):len(intro)+saltSize], intro, KeySize+checkSize)
	if err != nil {
		return nil, nil, fmt.Errorf("sealed: %w", err)
	}
	block, err := aes.NewCipher(keys[:KeySize])
	if err == nil {
		aead, err = cipher.NewGCM(block)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("sealed: %w", err)
	}
	return keys[KeySize:], aead, nil
}

// openAge opens the header of an age file, whose passphrase is the key's digits.
func openAge(prefix []byte, k Key) (cipher.AEAD, error) {
	i, err := age.NewScryptIdentity(k.Passphrase())
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	i.SetMaxWorkFactor(1) // the key has all the strength that there is
	fileKey, err := age.DecryptHeader(prefix[:ageHeader], i)
	if err != nil {
		return nil, fmt.Errorf("%w: header: %w", ErrDamaged, err)
	}
	streamKey, err := hkdf.Key(sha256.New, fileKey, prefix[ageHeader:], "payload", chacha20poly1305.KeySize)
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	aead, err := chacha20poly1305.New(streamKey)
	if err != nil {
		return nil, fmt.Errorf("sealed: %w", err)
	}
	return aead, nil
}

// chunkNonce is a chunk's number, and whether it is the last.
func chunkNonce(index int64, last bool) (n [12]byte) {
	binary.BigEndian.PutUint64(n[3:11], uint64(index)) // #nosec G115 -- never negative
	if last {
		n[11] = 1
	}
	return n
}

// openChunk opens a chunk into dst, which may be the chunk's own.
func openChunk(aead cipher.AEAD, dst, chunk []byte, index int64, last bool) ([]byte, error) {
	n := chunkNonce(index, last)
	plain, err := aead.Open(dst, n[:], chunk, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: chunk %d", ErrDamaged, index)
	}
	return plain, nil
}
