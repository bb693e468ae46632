package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"chartline/internal/care"
	"chartline/internal/config"
	"chartline/internal/demo/audio"
)

func TestWhatIsStoredCannotSteerATerminal(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Émile Wiśniewska 山田":          "Émile Wiśniewska 山田",
		"visit\x1b[2J\x1b]0;x\x07.mp4": `visit\x1b[2J\x1b]0;x\a.mp4`,
		"a\nb\tc\rd":                   `a\nb\tc\rd`,
		"rec\u202e3pm.exe":             `rec\u202e3pm.exe`,
		"\u009b31m\xff":                `\u009b31m\ufffd`,
	} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) = %s, want %s", text, got, want)
		}
	}
	var table strings.Builder
	writeTable(&table, []string{"\x1b[31m\n"}, []column[string]{{"NAME", func(s string) string { return s }}})
	if strings.ContainsRune(table.String(), 0x1b) || strings.Count(table.String(), "\n") != 2 {
		t.Errorf("a table shows %q", table.String())
	}
}

func TestEverySettingIsAFlagOfTheServer(t *testing.T) {
	t.Parallel()
	parser, err := kong.New(&commands{}, settingsHelp(), kong.Name("chartline"))
	if err != nil {
		t.Fatal(err)
	}
	flags := map[string][]string{}
	err = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if n, ok := node.(*kong.Node); ok && n.Type == kong.CommandNode {
			for _, f := range n.Flags {
				flags[n.FullPath()] = append(flags[n.FullPath()], f.Name)
			}
			if n.Help == "" {
				t.Errorf("%s has no help", n.FullPath())
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Settings() {
		if !slices.Contains(flags["chartline serve"], s.Name) {
			t.Errorf("serve has no --%s", s.Name)
		}
	}
	for command, names := range flags {
		if slices.Contains(names, "tenant") && !slices.Contains(names, "data") {
			t.Errorf("%s has no --data", command)
		}
		for _, secret := range []string{"secret", "password", "audit-key"} {
			if slices.Contains(names, secret) {
				t.Errorf("%s takes a secret by flag", command)
			}
		}
	}
}

func TestEveryGrantHasAMeaning(t *testing.T) {
	t.Parallel()
	for _, g := range care.GrantNames() {
		if meanings()[g] == "" {
			t.Errorf("%s has none", g)
		}
	}
	if len(meanings()) != len(care.GrantNames()) {
		t.Error("there are meanings of grants that are none")
	}
}

func TestAFilesTypeComesFromItsNameAndItsBytes(t *testing.T) {
	t.Parallel()
	mp3, err := audio.FS.ReadFile("call-refill.mp3")
	if err != nil {
		t.Fatal(err)
	}
	wav, err := audio.FS.ReadFile("call-pharmacy.wav")
	if err != nil {
		t.Fatal(err)
	}
	mp4 := append([]byte("\x00\x00\x00\x18ftypisom"), make([]byte, 600)...)
	webm := append([]byte("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"), make([]byte, 600)...)
	for _, c := range []struct {
		name  string
		text  []byte
		owner care.OwnerKind
		want  string
	}{
		{"a.mp3", mp3, care.OwnerCall, "audio/mpeg"},
		{"1771585033302", mp3, care.OwnerCall, "audio/mpeg"},
		{"lies.mp3", wav, care.OwnerCall, "audio/wav"},
		{"visit.MP4", mp4, care.OwnerSession, "video/mp4"},
		{"visit", mp4, care.OwnerSession, "video/mp4"},
		{"call", mp4, care.OwnerCall, "audio/mp4"},
		{"call.m4a", mp4, care.OwnerSession, "audio/mp4"},
		{"visit", webm, care.OwnerSession, "video/webm"},
		{"call", webm, care.OwnerCall, "audio/webm"},
		{"visit.mkv", webm, care.OwnerSession, "video/x-matroska"},
		{"empty.mp3", nil, care.OwnerCall, ""},
		{"page.html", []byte("<html>"), care.OwnerCall, ""},
	} {
		r := bytes.NewReader(c.text)
		got, err := typeOf(r, c.name, c.owner)
		if got != c.want || (err != nil) != (c.want == "") || r.Len() != len(c.text) {
			t.Errorf("%s of a %s: %q, %v, %d of %d bytes left; want %q", c.name, c.owner, got, err, r.Len(), len(c.text), c.want)
		}
	}
}

func TestAClockThatIsWrongIsNoticed(t *testing.T) {
	t.Parallel()
	built := time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)
	for year, want := range map[int]verdict{1970: broken, 2026: broken, 2028: fine, 2099: broken} {
		if got := checkClock(time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC), built); got.Verdict != want {
			t.Errorf("in %d: %s", year, got.Verdict)
		}
	}
}

func TestAPageEndsWithItsLastKeyOnlyWhereMoreFollow(t *testing.T) {
	t.Parallel()
	self := func(s string) string { return s }
	if got, next := cutPage([]string{"a", "b", "c"}, 2, self); !slices.Equal(got, []string{"a", "b"}) || next != "b" {
		t.Errorf("%v, %q", got, next)
	}
	if got, next := cutPage([]string{"a", "b"}, 2, self); len(got) != 2 || next != "" {
		t.Errorf("%v, %q", got, next)
	}
	place := placeOf(care.Recording{ID: "0b6f6c1e-0000-4000-8000-000000000001", CreatedAt: time.Date(2026, 11, 20, 1, 2, 3, 4000, time.UTC)})
	p, err := parsePlace(place)
	if err != nil || p.ID != "0b6f6c1e-0000-4000-8000-000000000001" || p.CreatedAt.Nanosecond() != 4000 {
		t.Errorf("%s: %+v, %v", place, p, err)
	}
	if _, err := parsePlace("2026/x"); err == nil {
		t.Error("a place of nothing was taken")
	}
}

func TestFailuresAreToldAsWordsOrAsADocument(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"no such voice call":                      care.NotFound("voice_call"),
		"tenant: name is already in use":          care.Conflict("tenant", "name"),
		"birthDate must not be in the future":     care.Invalid("birthDate", "must not be in the future"),
		"the client is disabled":                  &care.Error{Kind: care.KindConflict, Message: "the client is disabled"},
		"unavailable: temporarily unavailable: x": care.Unavailable(errors.New("x")),
		"plain": errors.New("plain"),
	} {
		if got := explain(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	var out, errs bytes.Buffer
	code := Main(context.Background(), []string{"tenant", "list", "--json"}, func(string) (string, bool) { return "", false }, nil, &out, &errs)
	var doc struct {
		Error    string
		Problems []struct{ Setting, Reason string }
	}
	if err := json.Unmarshal(errs.Bytes(), &doc); err != nil || code != exitUsage || out.Len() != 0 || len(doc.Problems) != 1 || doc.Problems[0].Setting != "data" {
		t.Errorf("exit %d, %s, %v", code, errs.String(), err)
	}
}
