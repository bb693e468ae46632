package blob

import "fmt"

// Longest key, and longest part of one between slashes, in bytes.
const (
	MaxKey  = 512
	MaxPart = 128
)

// CheckKey returns ErrBadKey unless key is one that a server makes: parts of
// lower-case letters, digits, '-' and '_', joined by single slashes. Such a key
// is safe as a relative path on any file system and as an object name, and two
// different keys never name one file. The error does not repeat the key.
func CheckKey(key string) error {
	if key == "" || len(key) > MaxKey {
		return fmt.Errorf("%w: %d bytes, want 1 to %d", ErrBadKey, len(key), MaxKey)
	}
	part := 0
	for i := range len(key) {
		switch c := key[i]; {
		case c == '/' && part > 0:
			part = 0
		case c == '/':
			return fmt.Errorf("%w: empty part at byte %d", ErrBadKey, i)
		case !keyByte(c):
			return fmt.Errorf("%w: byte %d is not one of a-z 0-9 - _ /", ErrBadKey, i)
		default:
			if part++; part > MaxPart {
				return fmt.Errorf("%w: a part is longer than %d bytes", ErrBadKey, MaxPart)
			}
		}
	}
	if part == 0 {
		return fmt.Errorf("%w: empty last part", ErrBadKey)
	}
	return nil
}

// CheckPrefix returns ErrBadKey unless prefix begins some good key. The empty
// prefix begins them all.
func CheckPrefix(prefix string) error {
	if prefix == "" {
		return nil
	}
	if prefix[len(prefix)-1] == '/' {
		return CheckKey(prefix[:len(prefix)-1])
	}
	return CheckKey(prefix)
}

func keyByte(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}
