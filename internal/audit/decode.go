package audit

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"chartline/internal/care"
)

// ErrLine reports a line that is not exactly what this package writes. It never
// says what the line holds.
var ErrLine = errors.New("not an audit line of form 1")

// Decode reads one line, with or without its line feed, and the hash that it
// states. It takes only the exact bytes that Seal writes: members in their
// order, each text in its one escaping. It does not check the hash.
func Decode(line []byte) (care.AuditEntry, [32]byte, error) {
	var scratch []byte
	e, _, sum, err := decodeEntry(bytes.TrimSuffix(line, lineFeed), &scratch)
	return e, sum, err
}

// decodeEntry also returns the part of line that the hash covers. scratch is
// room that is used again.
func decodeEntry(line []byte, scratch *[]byte) (e care.AuditEntry, covered []byte, sum [32]byte, err error) {
	covered, sum, ok := cutHash(line)
	if !ok {
		return e, nil, sum, ErrLine
	}
	r := lineReader{rest: string(covered)} // e's texts share this one copy
	r.lead(leadChain)
	e.Chain = r.text()
	r.lead(leadSeq)
	e.Seq = r.number()
	r.lead(leadAt)
	e.At = r.time()
	all := members(&e)
	for i := range all {
		if r.has(all[i].lead) {
			*all[i].value = r.text()
		}
	}
	// Writing it again is the proof that it was written in the one form.
	*scratch = appendEntry((*scratch)[:0], &e)
	if r.failed || len(r.rest) != 0 || !bytes.Equal(*scratch, covered) {
		return care.AuditEntry{}, nil, sum, ErrLine
	}
	return e, covered, sum, nil
}

// cutHash splits a line into what its hash covers and the hash.
func cutHash(line []byte) (covered []byte, sum [32]byte, ok bool) {
	covered, tail, ok := cutTail(line, leadHash, len(sum))
	return covered, [32]byte(tail), ok
}

// cutTail cuts off a last member of size bytes in lower-case hexadecimal, and
// the closing brace. tail is of that size in every case.
func cutTail(line []byte, lead string, size int) (covered, tail []byte, ok bool) {
	tail = make([]byte, size)
	at := len(line) - len(lead) - 2*size - len(lineEnd)
	if at < 0 || string(line[at:at+len(lead)]) != lead || string(line[len(line)-len(lineEnd):]) != lineEnd {
		return nil, tail, false
	}
	digits := line[at+len(lead) : len(line)-len(lineEnd)]
	for _, c := range digits {
		if c >= 'A' && c <= 'F' {
			return nil, tail, false
		}
	}
	_, err := hex.Decode(tail, digits)
	return line[:at], tail, err == nil
}

// lineReader reads a line from its start. After the first thing that does not
// fit, failed stays true and everything reads as nothing.
type lineReader struct {
	rest   string
	failed bool
}

// has steps over lead and reports whether it was there.
func (r *lineReader) has(lead string) bool {
	if r.failed || !strings.HasPrefix(r.rest, lead) {
		return false
	}
	r.rest = r.rest[len(lead):]
	return true
}

// lead steps over what has to be there.
func (r *lineReader) lead(lead string) {
	if !r.has(lead) {
		r.failed = true
	}
}

// text reads the inside of a JSON string and its closing quote.
func (r *lineReader) text() string {
	end := strings.IndexByte(r.rest, '"')
	if r.failed || end < 0 {
		r.failed = true
		return ""
	}
	if strings.IndexByte(r.rest[:end], '\\') >= 0 {
		return r.escapedText()
	}
	s := r.rest[:end]
	r.rest = r.rest[end+1:]
	return s
}

// escapedText is text where there are backslashes.
func (r *lineReader) escapedText() string {
	var s []byte
	for i := 0; i < len(r.rest); {
		c := r.rest[i]
		switch {
		case c == '"':
			r.rest = r.rest[i+1:]
			return string(s)
		case c != '\\':
			s = append(s, c)
			i++
		case i+1 < len(r.rest) && (r.rest[i+1] == '"' || r.rest[i+1] == '\\'):
			s = append(s, r.rest[i+1])
			i += 2
		case i+6 <= len(r.rest) && r.rest[i+1] == 'u':
			n, err := strconv.ParseUint(r.rest[i+2:i+6], 16, 16)
			if err != nil || utf16.IsSurrogate(rune(n)) {
				r.failed = true
				return ""
			}
			s = utf8.AppendRune(s, rune(n))
			i += 6
		default:
			r.failed = true
			return ""
		}
	}
	r.failed = true
	return ""
}

// number reads decimal digits.
func (r *lineReader) number() int64 {
	i := 0
	for i < len(r.rest) && r.rest[i] >= '0' && r.rest[i] <= '9' {
		i++
	}
	n, err := strconv.ParseInt(r.rest[:i], 10, 64)
	if r.failed || err != nil {
		r.failed = true
		return 0
	}
	r.rest = r.rest[i:]
	return n
}

// time reads a time and its closing quote.
func (r *lineReader) time() time.Time {
	t, err := time.Parse(timeLayout, r.text())
	if r.failed || err != nil {
		r.failed = true
		return time.Time{}
	}
	return t
}

// hash reads a hash in hexadecimal and its closing quote.
func (r *lineReader) hash() (sum [32]byte) {
	raw, err := hex.DecodeString(r.text())
	if r.failed || err != nil || len(raw) != len(sum) {
		r.failed = true
		return sum
	}
	return [32]byte(raw)
}
