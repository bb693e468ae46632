package httpio

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var nameCases = map[string]string{
	"recording-6f1c2b9e.mp3":    "recording-6f1c2b9e.mp3",
	"1771585033302":             "1771585033302",
	"a b.wav":                   "a b.wav",
	"Größe 你好 🎙.mp3":            "Größe 你好 🎙.mp3",
	"100%41.mp3":                "100%41.mp3",
	"a'b!#$&+^`{}~()[]@,;=.mp3": "a'b!#$&+^`{}~()[]@,;=.mp3",

	`a"b.mp3`:                           "a_b.mp3",
	"a\r\nSet-Cookie: x=1":              "a__Set-Cookie_ x=1",
	"a\x00b\x7f.mp3":                    "a_b_.mp3",
	"../../etc/passwd":                  "_.._etc_passwd",
	`..\..\windows\system.ini`:          "_.._windows_system.ini",
	"C:\\a":                             "C__a",
	".htaccess":                         "htaccess",
	"invoice\u202e3pm.exe":              "invoice_3pm.exe",
	"a\u200bb\ufeff\u2028c":             "a_b__c",
	"a\u00a0b\tc":                       "a b_c",
	"bad \xff utf-8":                    "bad _ utf-8",
	"trailing. . .":                     "trailing",
	"":                                  "recording",
	" . ":                               "recording",
	strings.Repeat("x", 500) + ".mp3":   strings.Repeat("x", 196) + ".mp3",
	strings.Repeat("é", 500) + ".mp3":   strings.Repeat("é", 98) + ".mp3",
	strings.Repeat("🎙", 500) + ".mp3":   strings.Repeat("🎙", 49) + ".mp3",
	"x." + strings.Repeat("extend", 80): ("x." + strings.Repeat("extend", 80))[:200],
}

func TestFileNamesAreMadeSafeAndReadBackTheSame(t *testing.T) {
	t.Parallel()
	for name, want := range nameCases {
		if got := SafeFilename(name); got != want {
			t.Errorf("SafeFilename(%q) = %q, want %q", name, got, want)
		}
		checkDisposition(t, name)
	}
	if got, want := ContentDisposition("Größe.mp3"), `attachment; filename="Gr__e.mp3"; filename*=UTF-8''Gr%C3%B6%C3%9Fe.mp3`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func checkDisposition(t *testing.T, name string) {
	t.Helper()
	header, safe := ContentDisposition(name), SafeFilename(name)
	for _, r := range header {
		if r < ' ' || r > '~' {
			t.Fatalf("%q gives a header with %q: %s", name, r, header)
		}
	}
	if !strings.HasPrefix(header, `attachment; filename="`) {
		t.Fatalf("%q is not quoted: %s", name, header)
	}
	kind, params, err := mime.ParseMediaType(header)
	if err != nil || kind != "attachment" || params["filename"] != safe || len(params) != 1 {
		t.Fatalf("%q gives %s, which reads back as %q %q, %v; want %q", name, header, kind, params, err, safe)
	}
	if safe == "" || len(safe) > maxFilename || !utf8.ValidString(safe) || strings.ContainsAny(safe, `/\:"<>|?*`) ||
		strings.ContainsFunc(safe, unicode.IsControl) || safe[0] == '.' || SafeFilename(safe) != safe {
		t.Fatalf("%q is not safe: %q", name, safe)
	}
}

func FuzzFileNamesGiveOneHeaderThatReadsBack(f *testing.F) {
	for name := range nameCases {
		f.Add(name)
	}
	f.Fuzz(checkDisposition)
}
