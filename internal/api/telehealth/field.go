package telehealth

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"chartline/internal/care"
)

// rule is what a text must be beyond its length.
type rule struct {
	ok     func(string) bool
	reason string
}

func isEmail() rule    { return rule{care.ValidEmail, "must be one e-mail address"} }
func isPhone() rule    { return rule{care.ValidPhone, "must be 3 to 15 national digits"} }
func isDialCode() rule { return rule{care.ValidDialCode, "must be a dial code with its plus"} }
func isZone() rule     { return rule{care.ValidTimeZone, "must be an IANA zone name"} }

func isDate() rule {
	return rule{func(s string) bool { _, ok := care.ParseDate(s); return ok }, "must be YYYY-MM-DD"}
}

func isGender() rule {
	return rule{care.ValidGender, "must be male, female or prefer_not_to_say"}
}

func isLanguage() rule {
	return rule{care.ValidLanguage, "must be en, es, ar, it, pt-BR, fr-ca or gu"}
}

// among is the rule of a closed list of words.
func among(words ...string) rule {
	return rule{func(s string) bool { return slices.Contains(words, s) }, "must be one of " + strings.Join(words, ", ")}
}

// email is one e-mail address.
func email(name string, to *string) field {
	return textOf(name, to, maxEmail, false, []rule{isEmail()})
}

// maxEmail is how long an e-mail address can be (RFC 5321).
const maxEmail = 254

// text is a line of at most care.MaxText characters, trimmed.
func text(name string, to *string, rules ...rule) field {
	return textOf(name, to, care.MaxText, false, rules)
}

// longText may have line breaks and at most limit characters.
func longText(name string, to *string, limit int, rules ...rule) field {
	return textOf(name, to, limit, true, rules)
}

func textOf(name string, to *string, limit int, lines bool, rules []rule) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		s, ok := stringOf(raw)
		if !ok {
			bad.Add(at, "must be a string")
			return
		}
		if *to, ok = care.CleanText(s, limit, lines); !ok {
			bad.Add(at, fmt.Sprintf("must be at most %d characters without control characters", limit))
			return
		}
		for _, r := range rules {
			bad.Check(r.ok(*to), at, r.reason)
		}
	}}
}

// exactText is a text that is kept to the byte: an opaque id, a password.
func exactText(name string, to *string, limit int) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		s, ok := stringOf(raw)
		bad.Check(ok, at, "must be a string")
		bad.Check(utf8.RuneCountInString(s) <= limit, at, fmt.Sprintf("must be at most %d characters", limit))
		*to = s
	}}
}

func stringOf(raw json.RawMessage) (string, bool) {
	var s string
	return s, raw[0] == '"' && json.Unmarshal(raw, &s) == nil
}

// noID is a number that is nothing's id.
const noID = -1

// integer is a whole number: an id. One that no id can be, such as 0 or what has
// more than 64 bits, names nothing, as an unknown one does.
func integer(name string, to *int64) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		n, err := strconv.ParseInt(string(raw), 10, 64)
		bad.Check(err == nil || errors.Is(err, strconv.ErrRange), at, "must be a positive integer")
		if *to = n; err != nil || n <= 0 {
			*to = noID
		}
	}}
}

var plainDecimal = regexp.MustCompile(`^-?[0-9]{1,18}(\.[0-9]{1,18})?$`)

// decimal is a number, or a text that is one, kept as it was written.
func decimal(name string, to *string, rules ...rule) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		s, ok := stringOf(raw)
		if !ok {
			s = string(raw)
		}
		if !plainDecimal.MatchString(s) {
			bad.Add(at, "must be a decimal number")
			return
		}
		*to = s
		for _, r := range rules {
			bad.Check(r.ok(s), at, r.reason)
		}
	}}
}

// verbatim is any JSON value, kept word for word.
func verbatim(name string, to *json.RawMessage) field {
	return field{name: name, set: func(raw json.RawMessage, _ string, _ *care.Problems) { *to = slices.Clone(raw) }}
}

// nested is an object with a table of its own.
func nested(name string, rows ...row) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		readObject(raw, at, rows, bad)
	}}
}

// list is an array of 1 to limit objects, each with the table that rows gives.
func list[T any](name string, to *[]T, limit int, rows func(*T) []row) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		var items []json.RawMessage
		if json.Unmarshal(raw, &items) != nil {
			bad.Add(at, "must be an array")
			return
		}
		if len(items) == 0 || len(items) > limit {
			bad.Add(at, fmt.Sprintf("must have 1 to %d items", limit))
			return
		}
		*to = make([]T, len(items))
		for i, item := range items {
			readObject(item, fmt.Sprintf("%s[%d]", at, i), rows(&(*to)[i]), bad)
		}
	}}
}
