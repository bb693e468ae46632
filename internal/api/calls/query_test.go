package calls

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestDatesAreReadInEveryFormThatClientsSend(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"2026-03-18T14:22:00Z":                 "2026-03-18T14:22:00Z",
		"2026-03-18t14:22:00z":                 "2026-03-18T14:22:00Z",
		"2026-03-18T14:22:00":                  "2026-03-18T14:22:00Z",
		"2026-03-18T14:22":                     "2026-03-18T14:22:00Z",
		"2026-03-18T14:22:00.5Z":               "2026-03-18T14:22:00.5Z",
		"2026-03-18T14:22:00,5Z":               "2026-03-18T14:22:00.5Z",
		"2026-03-18T14:22:00.1234567891234Z":   "2026-03-18T14:22:00.123456789Z",
		"2026-03-18T14:22:00+05:30":            "2026-03-18T08:52:00Z",
		"2026-03-18T14:22:00 05:30":            "2026-03-18T08:52:00Z",
		"2026-03-18T14:22:00.000 00:00":        "2026-03-18T14:22:00Z",
		"2026-03-18T14:22:00-0500":             "2026-03-18T19:22:00Z",
		"2026-03-18T14:22-05":                  "2026-03-18T19:22:00Z",
		"2026-02-30":                           "",
		"2026-03-18T24:00:00Z":                 "",
		"2026-03-18T14:22:60Z":                 "",
		"2026-03-18T14.5Z":                     "",
		"2026-03-18T14:22.5Z":                  "",
		"2026-03-18 14:22:00":                  "",
		"20260318T142200Z":                     "",
		"1771585033302":                        "",
		"2026-03-18T14:22:00+24:01":            "",
		"２０２６-03-18":                           "",
		"2026-03-18T14:22:00Z\n":               "",
		"2026-03-18T14:22:00[America/Chicago]": "",
	} {
		got, _, err := parseDate(text)
		if want == "" {
			if err == nil {
				t.Errorf("%q is read as %v", text, got)
			}
			continue
		}
		if err != nil || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("%q is read as %v (%v), not %s", text, got, err, want)
		}
	}
}

func TestABareDateIsTheWholeDayInEveryZone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ zone, day, first, last string }{
		{"UTC", "2026-03-08", "2026-03-08T00:00:00Z", "2026-03-08T23:59:59Z"},
		{"America/New_York", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z"},
		{"America/New_York", "2025-11-02", "2025-11-02T04:00:00Z", "2025-11-03T04:59:59Z"},
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z", "2026-03-09T03:59:59Z"},    // there is no midnight
		{"America/Havana", "2025-11-02", "2025-11-02T04:00:00Z", "2025-11-03T04:59:59Z"},    // 00:30 comes twice
		{"America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59Z"}, // there is no midnight
		{"Asia/Beirut", "2026-03-29", "2026-03-28T22:00:00Z", "2026-03-29T20:59:59Z"},       // there is no midnight
		{"Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15:00Z", "2026-01-01T18:14:59Z"},
		{"Pacific/Kiritimati", "2026-01-01", "2025-12-31T10:00:00Z", "2026-01-01T09:59:59Z"},
		{"Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T09:59:59Z"}, // the day that Samoa left out
		{"Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00:00Z", "2026-04-05T13:29:59Z"},
	} {
		p, err := readPage("startDate=" + c.day + "&endDate=" + c.day + "&timezone=" + url.QueryEscape(c.zone))
		if c.first > c.last {
			if err == nil {
				t.Errorf("%s has a %s: %v to %v", c.zone, c.day, p.Filter.From, p.Filter.Until)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s %s: %v", c.zone, c.day, err)
			continue
		}
		first, last := p.Filter.From.Format(time.RFC3339), p.Filter.Until.Format(time.RFC3339)
		if first != c.first || last != c.last {
			t.Errorf("%s %s is %s to %s, not %s to %s", c.zone, c.day, first, last, c.first, c.last)
		}
	}
}

// FuzzDates compares reading with a plain model: what is read has the same
// digits, and says the same instant when it is written again.
func FuzzDates(f *testing.F) {
	for _, s := range []string{
		"2026-03-18", "2026-03-18T14:22:00Z", "2026-03-18T14:22:00.123456789+05:30", "2026-03-18T14:22:00 05:30", "2026-03-18T14:22-05",
		"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999-12:00", "2026-02-29", " ", "T", "2026-03-18T", "2026-03-18T14:22:00+", "-2026-03-18",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, day, err := parseDate(text)
		if err != nil {
			return
		}
		if !strings.HasPrefix(text, got.Format(time.DateOnly)) {
			t.Fatalf("%q is read as %v", text, got)
		}
		if day {
			if got.Format(time.DateOnly) != text {
				t.Fatalf("%q is read as the day %v", text, got)
			}
			return
		}
		again, _, err := parseDate(got.Format(time.RFC3339Nano))
		if err != nil || !again.Equal(got) {
			t.Fatalf("%q is read as %v, which is read as %v (%v)", text, got, again, err)
		}
	})
}

// FuzzPages proves that whatever is read is within its bounds.
func FuzzPages(f *testing.F) {
	for _, s := range []string{
		"", "page=0&size=20", "page=2147483647&size=1000", "page=2147483648", "size=-1", "size=1e3", "page=%31", "page=1;size=2", "page=1&page=1",
		"startDate=2026-03-09&endDate=2026-03-08", "startDate=2026-03-08&timezone=Europe%2FBerlin", "timezone=..%2F..%2Fetc%2Fpasswd", "timezone=Local",
		"sort=calledAt,asc", "sort=id", "direction=inbound&status=busy&hasRecording=TRUE", "%zz=1", "startDate=2026-03-08T10:00:00+01:00", "page=\x00",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, query string) {
		p, err := readPage(query)
		if err != nil {
			if e, ok := err.(*care.Error); !ok || e.Kind != care.KindInvalid || len(e.Fields) == 0 {
				t.Fatalf("%q: %v", query, err)
			}
			return
		}
		if p.Page < 0 || p.Page > maxPage || p.Size < 1 || p.Size > maxSize {
			t.Fatalf("%q: page %d, size %d", query, p.Page, p.Size)
		}
		from, until := p.Filter.From, p.Filter.Until
		for _, bound := range []*time.Time{from, until} {
			if bound != nil && !bound.Equal(bound.Truncate(time.Second)) {
				t.Fatalf("%q: a bound has a fraction: %v", query, bound)
			}
		}
		if from != nil && until != nil && from.Sub(*until) > time.Second {
			t.Fatalf("%q: from %v until %v", query, from, until)
		}
	})
}
