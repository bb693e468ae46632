package care

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxText bounds short texts (names, titles) in characters; MaxLongText bounds
// complaints and reasons.
const (
	MaxText     = 200
	MaxLongText = 4000
)

// Truncate brings t to what is stored: UTC, whole microseconds.
func Truncate(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// TruncatePtr is Truncate for an optional time.
func TruncatePtr(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := Truncate(*t)
	return &u
}

// WholeSeconds cuts t to whole seconds towards the past, in UTC.
func WholeSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// ParseUUID returns the canonical (lower-case) form of s and whether s is a
// UUID in 8-4-4-4-12 form. Anything else names nothing that exists.
func ParseUUID(s string) (string, bool) {
	if len(s) != 36 {
		return "", false
	}
	s = strings.ToLower(s)
	return s, uuidPattern.MatchString(s)
}

var sessionIDPattern = regexp.MustCompile(`^[0-9a-f]{24}$`)

// ParseSessionID returns the canonical form of a video session's id (24 hex
// digits) and whether s is one.
func ParseSessionID(s string) (string, bool) {
	s = strings.ToLower(s)
	return s, sessionIDPattern.MatchString(s)
}

// Genders and Languages that are accepted (telehealth.md, Conventions).
var (
	genders   = []string{"male", "female", "prefer_not_to_say"}
	languages = []string{"en", "es", "ar", "it", "pt-BR", "fr-ca", "gu"}
)

// ValidGender reports whether s is an accepted gender.
func ValidGender(s string) bool { return slices.Contains(genders, s) }

// ValidLanguage reports whether s is an accepted language.
func ValidLanguage(s string) bool { return slices.Contains(languages, s) }

// ValidTimeZone reports whether s is an IANA zone name.
func ValidTimeZone(s string) bool {
	_, err := LoadZone(s)
	return err == nil
}

// ParseDate reads YYYY-MM-DD.
func ParseDate(s string) (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

// ValidEmail reports whether s is one bare address.
func ValidEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s && len(s) <= 254
}

var (
	dialCode       = regexp.MustCompile(`^\+[1-9][0-9]{0,3}$`)
	nationalDigits = regexp.MustCompile(`^[0-9]{3,15}$`)
)

// ValidDialCode reports whether s is a dial code with its plus: "+1".
func ValidDialCode(s string) bool { return dialCode.MatchString(s) }

// ValidPhone reports whether s is national digits.
func ValidPhone(s string) bool { return nationalDigits.MatchString(s) }

// CleanText trims s and reports whether it is fit to keep: valid UTF-8 without
// control characters, at most limit characters. Line breaks and tabs pass where
// lines is true.
func CleanText(s string, limit int, lines bool) (string, bool) {
	s = strings.TrimSpace(s)
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > limit {
		return s, false
	}
	for _, r := range s {
		if unicode.IsControl(r) && (!lines || (r != '\n' && r != '\r' && r != '\t')) {
			return s, false
		}
	}
	return s, true
}

// FullName joins the parts that are not empty by one space.
func FullName(parts ...string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(p string) bool { return p == "" }), " ")
}

var instantPattern = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$`)

// ParseInstant reads a date-time with an offset: RFC 3339 with any fraction.
func ParseInstant(s string) (time.Time, bool) {
	if !instantPattern.MatchString(s) {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, strings.ToUpper(s))
	return t, err == nil
}
