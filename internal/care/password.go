package care

import (
	_ "embed"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of passwords (NIST SP 800-63B-4, 3.1.1.2). No password needs more
// characters than a deployment asks for, or any particular sort of them.
const (
	// DefaultPasswordLength is the least length where a password is all that is asked for.
	DefaultPasswordLength = 15
	// MinPasswordLength is the least that a deployment may ask for.
	MinPasswordLength = 8
	// MaxPasswordBytes bounds the work that one password can make.
	MaxPasswordBytes = 4096
)

// commonPasswords are passwords that many people have, one a line, in the form
// that plainPassword gives.
//
//go:embed password_common.txt
var commonPasswords string

// CheckPassword returns a KindInvalid that says why a password is not taken, or
// KindTooLarge. It must be of at least least characters. about are words that
// anybody would try for this person: the e-mail address, the names.
func CheckPassword(password string, least int, about ...string) error {
	switch {
	case len(password) > MaxPasswordBytes:
		return &Error{Kind: KindTooLarge, Noun: "password", Message: "the password is too long"}
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return Invalid("password", "must be text")
	case utf8.RuneCountInString(password) < max(least, MinPasswordLength):
		return Invalid("password", "is too short")
	case guessable(password, about):
		return Invalid("password", "is too easy to guess")
	}
	return nil
}

// guessable reports whether a password is a common one or that made longer, about
// the person, a run of keys, or a piece over and over that would not do as a
// password itself.
func guessable(password string, about []string) bool {
	plain := plainPassword(password)
	if common(plain) || lengthened(plain) {
		return true
	}
	piece := smallestPiece(plain)
	if piece != plain && (utf8.RuneCountInString(piece) < MinPasswordLength || common(piece) || isRun(piece)) || isRun(plain) {
		return true
	}
	for _, a := range about {
		local, _, _ := strings.Cut(a, "@")
		for _, word := range []string{plainPassword(a), plainPassword(local)} {
			if word != "" && (plain == word || piece == word) {
				return true
			}
		}
	}
	return false
}

// plainPassword is password in lower case, letters and digits only: so that
// "Correct Horse, battery staple!" is the common one that it is. One of mostly
// other signs stays whole.
func plainPassword(password string) string {
	lower := strings.ToLower(password)
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, lower)
	if 2*len(plain) < len(lower) {
		return lower
	}
	return plain
}

func common(plain string) bool { return strings.Contains(commonPasswords, "\n"+plain+"\n") }

// lengthened reports whether plain is a common password with another one, a run
// of keys, a year or the like, or a letter or two over and over, before or behind it.
func lengthened(plain string) bool {
	filler := func(s string) bool {
		return utf8.RuneCountInString(s) <= 4 || utf8.RuneCountInString(smallestPiece(s)) <= 2 || common(s) || isRun(s)
	}
	for i := range plain {
		before, behind := plain[:i], plain[i:]
		if common(before) && filler(behind) || common(behind) && filler(before) {
			return true
		}
	}
	return false
}

// smallestPiece returns the shortest text that s is a whole number of, or, as
// people cut the last one off at the length they need, begins again at its end.
func smallestPiece(s string) string {
	runes := []rune(s)
	for n := 1; n <= len(runes)/2; n++ {
		same := true
		for i := n; i < len(runes) && same; i++ {
			same = runes[i] == runes[i-n]
		}
		if same {
			return string(runes[:n])
		}
	}
	return s
}

// runs are keys and letters as they lie beside each other.
var runs = []string{
	"01234567890123456789012345678901234567890", "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	"qwertyuiopasdfghjklzxcvbnmqwertyuiop", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp",
	"1q2w3e4r5t6y7u8i9o0p", "azertyuiopqsdfghjklmwxcvbn", "qwertzuiopasdfghjklyxcvbnm",
}

// isRun reports whether plain is a piece of a run, forwards or backwards.
func isRun(plain string) bool {
	back := []rune(plain)
	for i, j := 0, len(back)-1; i < j; i, j = i+1, j-1 {
		back[i], back[j] = back[j], back[i]
	}
	for _, run := range runs {
		if strings.Contains(run, plain) || strings.Contains(run, string(back)) {
			return true
		}
	}
	return false
}
