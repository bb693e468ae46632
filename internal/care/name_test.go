package care_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

func fits(a, b string) bool { return care.FormOf(a).Fits(care.FormOf(b)) }

// The pairs of telehealth.md section 12, and what lies beside them.
func TestNamesFitWhicheverSideHasMore(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"rec/x.mp4", "x.mp4"}, {"rec/x.mp4", "x"}, {"x", "x.mp4"}, {"x", "rec/x.mp4"}, {"rec/x", "x.mp4"},
		{"x.MP4", "x.mp4"}, {"x.Mp4", "x"}, {"a/rec/x.mp4", "rec/x"}, {"a/rec/x.mp4", "x.mp4"},
		{"1771585033302", "1771585033302.webm"}, {"1771585033302.mkv", "2026/03/18/1771585033302.mkv"},
		{".mp4", "rec/.mp4"}, {".mp4.ogg", ".mp4"}, {"x.txt", "x.txt.m4a"}, {"x.", "x..mp3"},
		{"/x", "x"}, {"/rec/x", "rec/x"}, {"é/🏥.ogg", "🏥"}, {"x y", "x y.wav"},
	} {
		if !fits(pair[0], pair[1]) {
			t.Errorf("%q does not fit %q", pair[0], pair[1])
		}
	}
}

func TestNamesThatContradictDoNotFit(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"x.mp4", "x.mp3"}, {"rec/x.mp4", "x.mp3"}, {"a/x", "b/x"}, {"a/rec/x", "b/rec/x"}, {"rec/x", "xrec/x"}, {"rec/a/x", "rec/x"},
		{"x", "X"}, {"REC/x", "rec/x"}, {"x", "y"}, {"x", "x "}, {"x.txt", "x"}, {"x.mp44", "x"}, {"xmp4", "x"}, {"x.mp4", "x.mp4.txt"},
		{"\u00e9", "e\u0301"}, {"x.mp4.mp4", "x"}, {".mp4", ".mp3"}, {".mp4", ""}, {"", ""}, {"rec/", "rec/"}, {"/", "/"}, {"", "x"}, {"rec/", "x"},
		{"x.m\u212av", "x"},
	} {
		if fits(pair[0], pair[1]) {
			t.Errorf("%q fits %q", pair[0], pair[1])
		}
	}
}

func TestOnlyOneExtensionIsCutAndNeverTheWholeName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]care.NameForm{
		"x.mp4":          {Stem: "x", Ext: ".mp4"},
		"X.WAV":          {Stem: "X", Ext: ".wav"},
		"x.mp4.MP3":      {Stem: "x.mp4", Ext: ".mp3"},
		".webm":          {Stem: ".webm"},
		"a/b/.mkv":       {Dir: "a/b", Stem: ".mkv"},
		"a/b/x.m4a":      {Dir: "a/b", Stem: "x", Ext: ".m4a"},
		"/x":             {Stem: "x"},
		"a//x":           {Dir: "a/", Stem: "x"},
		"a.mp4/x":        {Dir: "a.mp4", Stem: "x"},
		"rec/":           {Dir: "rec"},
		"":               {},
		"x.flac":         {Stem: "x.flac"},
		"1771585033302":  {Stem: "1771585033302"},
		"..ogg":          {Stem: ".", Ext: ".ogg"},
		"\xff\xfe.mp4":   {Stem: "\xff\xfe", Ext: ".mp4"},
		"a\\b.mp4":       {Stem: "a\\b", Ext: ".mp4"},
		"rec/x.mp4\n":    {Dir: "rec", Stem: "x.mp4\n"},
		"rec/.mp4.webm ": {Dir: "rec", Stem: ".mp4.webm "},
	} {
		if got := care.FormOf(name); got != want {
			t.Errorf("%q is %+v, want %+v", name, got, want)
		}
	}
}

// slowFits says the rule again, folder by folder.
func slowFits(a, b care.NameForm) bool {
	x, y := strings.Split(a.Dir, "/"), strings.Split(b.Dir, "/")
	if len(x) > len(y) || a.Dir != "" && b.Dir == "" {
		x, y = y, x
	}
	tail := true
	if strings.Join(x, "/") != "" {
		for i := range x {
			tail = tail && x[len(x)-1-i] == y[len(y)-1-i]
		}
	}
	return a.Stem != "" && a.Stem == b.Stem && tail && (a.Ext == b.Ext || a.Ext == "" || b.Ext == "")
}

func FuzzNamesFitBothWaysOrNot(f *testing.F) {
	for _, pair := range [][2]string{{"rec/x.mp4", "x"}, {"a//x", "/x.MP3"}, {"", "/"}, {"\xff", ".ogg"}, {"//x", "a//x"}, {"/rec/x", "a/rec/x"}} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := care.FormOf(a), care.FormOf(b)
		if x.Fits(y) != y.Fits(x) {
			t.Fatalf("%q fits %q one way only", a, b)
		}
		if x.Fits(y) != slowFits(x, y) {
			t.Fatalf("%q fits %q: %v", a, b, x.Fits(y))
		}
		if x.Stem != "" && (!x.Fits(x) || !x.Fits(care.NameForm{Stem: x.Stem}) || !x.Fits(care.FormOf("folder/"+a)) && !strings.HasPrefix(a, "/")) {
			t.Fatalf("%q does not fit itself, its stem, or itself in a folder", a)
		}
		rebuilt := x.Stem
		if strings.Contains(a, "/") {
			rebuilt = x.Dir + "/" + x.Stem
		}
		if !strings.HasPrefix(a, rebuilt) || !strings.EqualFold(a[len(rebuilt):], x.Ext) {
			t.Fatalf("%q is not made of %+v", a, x)
		}
	})
}

func TestAnyNameARecorderGivesIsTaken(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.String().Draw(t, "name")
		want := name != "" && len(name) <= care.MaxRecordingName && !strings.ContainsRune(name, 0) && utf8.ValidString(name)
		if err := care.CheckRecordingName(name); (err == nil) != want {
			t.Fatalf("%q: %v", name, err)
		}
	})
	for _, name := range []string{"", "a\x00b", "\x00", "\xff", "x\xc3", strings.Repeat("x", care.MaxRecordingName+1), strings.Repeat("é", care.MaxRecordingName/2) + "x"} {
		if err := care.CheckRecordingName(name); care.KindOf(err) != care.KindInvalid {
			t.Errorf("%.20q: %v", name, err)
		}
	}
	for _, name := range []string{" ", "/", "..", "\n", "%", "\u202e", strings.Repeat("é", care.MaxRecordingName/2)} {
		if err := care.CheckRecordingName(name); err != nil {
			t.Errorf("%.20q: %v", name, err)
		}
	}
}
