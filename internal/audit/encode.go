package audit

import (
	"strconv"
	"time"
	"unicode/utf8"

	"chartline/internal/care"
)

const hexDigits = "0123456789abcdef"

// member is one optional text of an entry, with the bytes that lead it in.
type member struct {
	lead  string
	value *string
}

// members lists e's optional texts in the order in which a line holds them. An
// empty one is left out.
func members(e *care.AuditEntry) [13]member {
	return [13]member{
		{`,"actor":"`, (*string)(&e.Actor)},
		{`,"actorId":"`, &e.ActorID},
		{`,"address":"`, &e.Address},
		{`,"via":"`, &e.Via},
		{`,"request":"`, &e.Request},
		{`,"instance":"`, &e.Instance},
		{`,"action":"`, (*string)(&e.Action)},
		{`,"noun":"`, &e.Noun},
		{`,"id":"`, &e.ID},
		{`,"patient":"`, &e.Patient},
		{`,"outcome":"`, (*string)(&e.Outcome)},
		{`,"reason":"`, &e.Reason},
		{`,"asked":"`, &e.Asked},
	}
}

// What stands around the members.
const (
	leadChain = `{"v":1,"chain":"`
	leadSeq   = `,"seq":`
	leadAt    = `,"at":"`
	leadHash  = `,"hash":"`
	lineEnd   = `"}`
)

// appendEntry appends the text that an entry's hash covers: its line up to, and
// without, the hash.
func appendEntry(b []byte, e *care.AuditEntry) []byte {
	b = append(b, leadChain...)
	b = appendText(b, e.Chain)
	b = append(b, '"')
	b = append(b, leadSeq...)
	b = strconv.AppendInt(b, e.Seq, 10)
	b = append(b, leadAt...)
	b = appendTime(b, e.At)
	b = append(b, '"')
	all := members(e)
	for i := range all {
		if s := *all[i].value; s != "" {
			b = append(b, all[i].lead...)
			b = appendText(b, s)
			b = append(b, '"')
		}
	}
	return b
}

// appendHash closes a line with its hash, without the line feed.
func appendHash(b []byte, sum *[32]byte) []byte {
	b = append(b, leadHash...)
	b = appendHex(b, sum[:])
	return append(b, lineEnd...)
}

func appendHex(b, raw []byte) []byte {
	for _, c := range raw {
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// writable brings t into what a line can say: UTC, whole microseconds, years
// 0000 to 9999.
func writable(t time.Time) time.Time {
	t = care.Truncate(t)
	switch y := t.Year(); {
	case y < 0:
		return time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
	case y > 9999:
		return time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC)
	}
	return t
}

const timeLayout = "2006-01-02T15:04:05.000000Z"

// appendTime appends a writable time by timeLayout.
func appendTime(b []byte, t time.Time) []byte {
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	b = appendTwo(b, year/100)
	b = appendTwo(b, year%100)
	b = appendTwo(append(b, '-'), int(month))
	b = appendTwo(append(b, '-'), day)
	b = appendTwo(append(b, 'T'), hour)
	b = appendTwo(append(b, ':'), minute)
	b = appendTwo(append(b, ':'), second)
	micros := t.Nanosecond() / 1000
	b = appendTwo(append(b, '.'), micros/10_000)
	b = appendTwo(b, micros/100%100)
	b = appendTwo(b, micros%100)
	return append(b, 'Z')
}

func appendTwo(b []byte, n int) []byte { return append(b, hexDigits[n/10], hexDigits[n%10]) }

// appendText appends s as the inside of a JSON string, each text in one way
// only. What is not UTF-8 becomes U+FFFD. Line separators and all control
// characters are escaped, so that a line is one line in every reader and does
// nothing to a terminal.
func appendText(b []byte, s string) []byte {
	done := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if plainRune(r, size) {
				i += size
				continue
			}
			b = append(b, s[done:i]...)
			if r == utf8.RuneError {
				b = append(b, "\uFFFD"...)
			} else {
				b = appendEscape(b, r)
			}
			i += size
			done = i
			continue
		}
		b = append(b, s[done:i]...)
		if c == '"' || c == '\\' {
			b = append(b, '\\', c)
		} else {
			b = appendEscape(b, rune(c))
		}
		i++
		done = i
	}
	return append(b, s[done:]...)
}

// plainRune reports whether a rune beyond ASCII is written as it is.
func plainRune(r rune, size int) bool {
	switch {
	case r == utf8.RuneError && size == 1:
		return false
	case r < 0xa0, r == '\u2028', r == '\u2029':
		return false
	}
	return true
}

// appendEscape appends a rune of at most 16 bits.
func appendEscape(b []byte, r rune) []byte {
	return append(b, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}
