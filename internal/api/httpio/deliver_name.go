package httpio

import (
	"path"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxFilename bounds a suggested file name, in bytes.
const maxFilename = 200

// ContentDisposition returns an attachment's header (RFC 6266) for a name made
// safe: the name always quoted, and where it is more than plain ASCII, once more
// in UTF-8.
func ContentDisposition(name string) string {
	name = SafeFilename(name)
	plain := strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII || r == '%' { // some clients decode % in a quoted name
			return '_'
		}
		return r
	}, name)
	header := `attachment; filename="` + plain + `"`
	if plain != name {
		header += "; filename*=UTF-8''" + percentEncode(name)
	}
	return header
}

// SafeFilename returns name without what misleads people or file systems: path
// and shell characters, control and invisible characters (which can turn text
// around), dots and spaces at its ends, and all beyond 200 bytes but the
// extension. Nothing left is "recording".
func SafeFilename(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case r == utf8.RuneError, strings.ContainsRune(`\/:*?"<>|`, r), unicode.In(r, unicode.C, unicode.Zl, unicode.Zp):
			return '_'
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if len(name) > maxFilename {
		ext := path.Ext(name)
		if len(ext) > 10 {
			ext = ""
		}
		cut := maxFilename - len(ext)
		for !utf8.RuneStart(name[cut]) {
			cut--
		}
		name = strings.TrimRight(name[:cut], ". ") + ext
	}
	if name == "" {
		return "recording"
	}
	return name
}

// percentEncode encodes all but RFC 8187's attr-char.
func percentEncode(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("!#$&+-.^_`|~", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString("%" + string(hex[c>>4]) + string(hex[c&15]))
		}
	}
	return b.String()
}
