package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"chartline/internal/care"
)

// Cost is the work that one password makes (Argon2id, RFC 9106). It is stored
// with each hash, so that it can be raised without ending anybody's password.
type Cost struct {
	Passes    uint32
	MemoryKiB uint32
	Threads   uint8
}

// DefaultCost is what OWASP recommends: 19 MiB, two passes, one thread.
func DefaultCost() Cost { return Cost{Passes: 2, MemoryKiB: 19 * 1024, Threads: 1} }

const (
	saltBytes = 16
	keyBytes  = 32
	// maxWaiting bounds how many passwords wait for their turn to be hashed.
	maxWaiting = 256
)

// Passwords hashes and verifies passwords, so many at once as there are
// processors: memory and time stay bounded however many log in together.
type Passwords struct {
	least   int
	cost    Cost
	slots   chan struct{}
	waiting atomic.Int64
	nobody  string
}

// NewPasswords returns a hasher that takes passwords of at least least
// characters.
func NewPasswords(least int, cost Cost) *Passwords {
	p := &Passwords{least: max(least, care.MinPasswordLength), cost: cost, slots: make(chan struct{}, runtime.NumCPU())}
	none := make([]byte, saltBytes+keyBytes)
	_, _ = rand.Read(none) // never fails
	p.nobody = encodeHash(cost, none[:saltBytes], none[saltBytes:])
	return p
}

// Least returns how many characters a password must have.
func (p *Passwords) Least() int { return p.least }

// Hash returns what is kept of a password; about are words that it must not be.
// Errors: Invalid ("password"), TooLarge, Unavailable.
func (p *Passwords) Hash(ctx context.Context, password string, about ...string) (string, error) {
	if err := p.Check(password, about...); err != nil {
		return "", err
	}
	return p.hash(ctx, canonical(password))
}

// Check says why a password is not taken; about are words that it must not be.
// Errors: Invalid ("password"), TooLarge.
func (p *Passwords) Check(password string, about ...string) error {
	if len(password) > care.MaxPasswordBytes || !utf8.ValidString(password) {
		return care.CheckPassword(password, p.least)
	}
	return care.CheckPassword(canonical(password), p.least, about...)
}

// hash hashes a password that is taken, in its canonical form.
func (p *Passwords) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	key, err := p.key(ctx, password, p.cost, salt)
	if err != nil {
		return "", err
	}
	return encodeHash(p.cost, salt, key), nil
}

// Verify reports whether password is the one that hash was made of. An empty
// hash fits none, and costs the same to find out. Errors: Unavailable.
func (p *Passwords) Verify(ctx context.Context, hash, password string) (bool, error) {
	possible := hash != "" && len(password) <= care.MaxPasswordBytes && utf8.ValidString(password)
	if !possible {
		hash, password = p.nobody, ""
	}
	cost, salt, want, err := decodeHash(hash)
	if err != nil {
		return false, &care.Error{Kind: care.KindInternal, Noun: "login", Cause: err}
	}
	got, err := p.key(ctx, canonical(password), cost, salt)
	if err != nil {
		return false, err
	}
	return possible && subtle.ConstantTimeCompare(got, want) == 1, nil
}

// Stale reports whether a hash was made at another cost than today's.
func (p *Passwords) Stale(hash string) bool {
	cost, _, _, err := decodeHash(hash)
	return err != nil || cost != p.cost
}

func (p *Passwords) key(ctx context.Context, password string, c Cost, salt []byte) ([]byte, error) {
	if p.waiting.Add(1) > maxWaiting {
		p.waiting.Add(-1)
		return nil, &care.Error{Kind: care.KindUnavailable, Noun: "login", Message: "too many people log in at once", RetryAfter: time.Second}
	}
	defer p.waiting.Add(-1)
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, care.Unavailable(ctx.Err())
	}
	defer func() { <-p.slots }()
	return argon2.IDKey([]byte(password), salt, c.Passes, c.MemoryKiB, c.Threads, keyBytes), nil
}

// canonical is the one form of a password, however a keyboard makes its letters:
// spaces of any width as U+0020, then NFC (RFC 8265, OpaqueString). NFKC would
// make one password of several that look different.
func canonical(password string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password))
}

// encodeHash writes the string form that Argon2's reference program uses.
func encodeHash(c Cost, salt, key []byte) string {
	b := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.MemoryKiB, c.Passes, c.Threads, b.EncodeToString(salt), b.EncodeToString(key))
}

var errHash = errors.New("auth: a stored password hash has another form")

func decodeHash(hash string) (c Cost, salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if n, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.MemoryKiB, &c.Passes, &c.Threads); err != nil || n != 3 {
		return c, nil, nil, errHash
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	if saltErr != nil || keyErr != nil || len(key) != keyBytes || c.Passes == 0 || c.Threads == 0 || c.MemoryKiB > 1<<20 || c.Passes > 100 {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}
