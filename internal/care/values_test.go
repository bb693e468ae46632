package care_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"chartline/internal/care"
)

func TestStoredTimesAreCutToThePastInUTC(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-2_208_988_800, 253_402_300_799).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds"))
		at = at.In(time.FixedZone("", rapid.IntRange(-50000, 50000).Draw(t, "zone")))
		got := care.Truncate(at)
		if cut := at.Sub(got); cut < 0 || cut >= time.Microsecond || got.Nanosecond()%1000 != 0 || got.Location() != time.UTC {
			t.Fatalf("%v is stored as %v", at, got)
		}
		if again := care.Truncate(got); again != got || *care.TruncatePtr(&at) != got || care.TruncatePtr(nil) != nil {
			t.Fatalf("%v is stored as %v, then as %v", at, got, again)
		}
	})
}

func TestAUUIDHasOneFormAndNothingElseIsOne(t *testing.T) {
	t.Parallel()
	const canonical = "6f9619ff-8b86-d011-b42d-00c04fc964ff"
	for _, s := range []string{canonical, strings.ToUpper(canonical), "6F9619ff-8B86-d011-B42D-00c04fc964FF"} {
		if got, ok := care.ParseUUID(s); !ok || got != canonical {
			t.Errorf("%s is %s, %v", s, got, ok)
		}
	}
	for _, s := range []string{
		"", "1", strings.ReplaceAll(canonical, "-", ""), "{" + canonical + "}", "urn:uuid:" + canonical, canonical + "\n", " " + canonical[1:],
		canonical[:35] + "g", canonical[:35] + "ａ", strings.Replace(canonical, "-", "0", 1), canonical + canonical, "6f9619ff-8b86-d011-b42d00c04fc964ff-",
	} {
		if got, ok := care.ParseUUID(s); ok {
			t.Errorf("%q is %s", s, got)
		}
	}
}

func TestASessionIDIsTwentyFourHexDigits(t *testing.T) {
	t.Parallel()
	const canonical = "0123456789abcdef01234567"
	for _, s := range []string{canonical, strings.ToUpper(canonical)} {
		if got, ok := care.ParseSessionID(s); !ok || got != canonical {
			t.Errorf("%s is %s, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", canonical[1:], canonical + "0", canonical[1:] + "g", canonical + "\n", canonical[1:] + "\u212a"} {
		if got, ok := care.ParseSessionID(s); ok {
			t.Errorf("%q is %s", s, got)
		}
	}
}

func FuzzIDsAreReadOnce(f *testing.F) {
	f.Add("6F9619FF-8B86-D011-B42D-00C04FC964FF")
	f.Add("0123456789ABCDEF01234567")
	f.Add("202300001111")
	f.Fuzz(func(t *testing.T, s string) {
		for _, parse := range []func(string) (string, bool){care.ParseUUID, care.ParseSessionID} {
			if got, ok := parse(s); ok {
				if again, ok := parse(got); !ok || again != got || !strings.EqualFold(got, s) {
					t.Errorf("%q is read as %q, then as %q", s, got, again)
				}
			}
		}
		if ref, ok := care.ParsePersonRef(s); ok && (ref.ID == "") != care.ValidPersonNumber(ref.Number) {
			t.Errorf("%q names %+v", s, ref)
		}
	})
}

// The lists of telehealth.md, Conventions.
func TestTheAcceptedWordsAreTheContracts(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"male", "female", "prefer_not_to_say"} {
		if !care.ValidGender(s) {
			t.Errorf("gender %s is refused", s)
		}
	}
	for _, s := range []string{"en", "es", "ar", "it", "pt-BR", "fr-ca", "gu"} {
		if !care.ValidLanguage(s) {
			t.Errorf("language %s is refused", s)
		}
	}
	for _, s := range []string{"", "Male", "other", "EN", "pt-br", "fr-CA", "en-US"} {
		if care.ValidGender(s) || care.ValidLanguage(s) {
			t.Errorf("%q is accepted", s)
		}
	}
}

func TestPhonesAreADialCodeAndNationalDigits(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"+1": true, "+44": true, "+1684": true, "": false, "1": false, "+": false, "+0": false, "+12345": false, "+1 ": false, "+１": false} {
		if care.ValidDialCode(s) != want {
			t.Errorf("dial code %q: %v", s, !want)
		}
	}
	for s, want := range map[string]bool{"911": true, "5550100": true, "555010012345678": true, "": false, "55": false, "5550100123456789": false, "+15550100": false, "555-0100": false, "٥٥٥": false, "555\n": false} {
		if care.ValidPhone(s) != want {
			t.Errorf("phone %q: %v", s, !want)
		}
	}
}

func TestAnEmailIsOneBareAddress(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"nadia@example.org": true, "n.okafor+visits@mail.example.org": true, "é@example.org": true, "": false, "nadia": false, "@example.org": false,
		"nadia@": false, "<nadia@example.org>": false, "Nadia <nadia@example.org>": false, "nadia@example.org, b@example.org": false,
		" nadia@example.org": false, "nadia@example.org\r\nBcc: x@example.org": false, "nadia@example.org (home)": false,
		strings.Repeat("n", 250) + "@example.org": false,
	} {
		if care.ValidEmail(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestADateIsADayThatExists(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"2024-02-29": true, "1900-01-01": true, "2023-02-29": false, "2024-13-01": false, "2024-1-1": false, "24-01-01": false, "": false,
		"2024-01-01T00:00:00Z": false, " 2024-01-01": false, "01/02/2024": false,
	} {
		if d, ok := care.ParseDate(s); ok != want || ok && d.Format(time.DateOnly) != s {
			t.Errorf("%q: %v, %v", s, d, ok)
		}
	}
}

func FuzzCleanTextIsFitToKeep(f *testing.F) {
	f.Add("  sore throat\n", 20, true)
	f.Add("a\x00b", 5, false)
	f.Add("\xff", 5, true)
	f.Add("ééééé", 5, false)
	f.Fuzz(func(t *testing.T, s string, limit int, lines bool) {
		got, ok := care.CleanText(s, limit, lines)
		if !ok {
			return
		}
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > limit || got != strings.TrimSpace(s) {
			t.Fatalf("%q is kept as %q", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) && (!lines || !strings.ContainsRune("\n\r\t", r)) {
				t.Fatalf("%q is kept with %U", s, r)
			}
		}
		if again, ok := care.CleanText(got, limit, lines); !ok || again != got {
			t.Fatalf("%q is cleaned again to %q", got, again)
		}
	})
}

func TestAFullNameJoinsThePartsThatAreThere(t *testing.T) {
	t.Parallel()
	for want, parts := range map[string][]string{
		"Nadia Okafor": {"Nadia", "", "Okafor"}, "Nadia Ann Okafor": {"Nadia", "Ann", "Okafor"}, "Okafor": {"", "", "Okafor"}, "": {"", ""},
	} {
		given := strings.Join(parts, "|")
		if got := care.FullName(parts...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if strings.Join(parts, "|") != given {
			t.Errorf("the parts were changed to %q", parts)
		}
	}
}
