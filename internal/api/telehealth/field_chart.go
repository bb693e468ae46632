package telehealth

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"chartline/internal/care"
)

// present is a row: a field that is required and may be blank.
type present struct{ field }

func (f present) read(o object, bad *care.Problems) {
	raw, there := o.values[f.name]
	switch {
	case !there || string(raw) == "null":
		bad.Add(o.path+f.name, "is required")
	case o.has(f.name):
		f.set(raw, o.path+f.name, bad)
	}
}

// domain is a row: what the domain says of the thing that the rows before it
// filled in, by the names of the body.
type domain func() error

func (check domain) read(o object, bad *care.Problems) { bad.IncludeAt(o.path, check()) }

// count is a whole number, 0 or more, that may be absent.
func count(name string, to **int64) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || n < 0 {
			bad.Add(at, "must be a whole number")
			return
		}
		*to = &n
	}}
}

// maxOpaque bounds an id that others made.
const maxOpaque = 200

// opaque is an id that others made, kept to the byte.
func opaque(name string, to *string) field {
	id := exactText(name, to, maxOpaque)
	set := id.set
	id.set = func(raw json.RawMessage, at string, bad *care.Problems) {
		set(raw, at, bad)
		clean, ok := care.CleanText(*to, maxOpaque, false)
		bad.Check(ok && clean == *to, at, "must be at most 200 characters without control characters and spaces at its ends")
	}
	return id
}

// scalar is a string or a number, kept as it was written.
func scalar(name string, to *json.RawMessage) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		s, isText := stringOf(raw)
		isNumber := raw[0] == '-' || raw[0] >= '0' && raw[0] <= '9'
		bad.Check(isText || isNumber, at, "must be a string or a number")
		bad.Check(utf8.RuneCountInString(s) <= care.MaxLongText && len(raw) <= 8*care.MaxLongText, at, fmt.Sprintf("must be at most %d characters", care.MaxLongText))
		*to = slices.Clone(raw)
	}}
}

// maxNumber bounds how a number is written.
const maxNumber = 64

// number is a number as JSON writes them, which some programs do with an
// exponent, or a text that is a decimal, kept as it was written.
func number(name string, to *string) field {
	asText := decimal(name, to)
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		if c := raw[0]; len(raw) <= maxNumber && (c == '-' || c >= '0' && c <= '9') {
			*to = string(raw)
			return
		}
		asText.set(raw, at, bad)
	}}
}

// isInstant is the rule of a date-time with an offset, which it keeps as one.
func isInstant(keep func(string) bool) rule {
	return rule{keep, "must be a date-time with an offset (RFC 3339)"}
}

// many is an array of at most limit objects, each with the table that rows
// gives: list for what is only looked at, and may be empty.
func many(name string, limit int, rows func() []row) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		items, ok := arrayOf(raw, limit, at, bad)
		for i, item := range items {
			if ok {
				readObject(item, fmt.Sprintf("%s[%d]", at, i), rows(), bad)
			}
		}
	}}
}

// anything is an array of at most limit values of any kind.
func anything(name string, limit int) field {
	return field{name: name, set: func(raw json.RawMessage, at string, bad *care.Problems) { arrayOf(raw, limit, at, bad) }}
}

func arrayOf(raw json.RawMessage, limit int, at string, bad *care.Problems) ([]json.RawMessage, bool) {
	var items []json.RawMessage
	if raw[0] != '[' || json.Unmarshal(raw, &items) != nil {
		bad.Add(at, "must be an array")
		return nil, false
	}
	bad.Check(len(items) <= limit, at, fmt.Sprintf("must have at most %d items", limit))
	return items, len(items) <= limit
}

// both is a row: each of rows looks at the same field.
func both(a, b field) field {
	return field{name: a.name, set: func(raw json.RawMessage, at string, bad *care.Problems) {
		a.set(raw, at, bad)
		b.set(raw, at, bad)
	}}
}
