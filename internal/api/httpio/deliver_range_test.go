package httpio

import (
	"bytes"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"chartline/internal/care"
)

// rangeCases are Range headers for the ten bytes 0123456789. No spans and ok
// stand for the whole, no spans and not ok for 416.
var rangeCases = []struct {
	header string
	spans  []span
	ok     bool
}{
	{"bytes=0-", []span{{0, 10}}, true},
	{"bytes=0-0", []span{{0, 1}}, true},
	{"bytes=3-5", []span{{3, 3}}, true},
	{"bytes=9-", []span{{9, 1}}, true},
	{"bytes=5-100", []span{{5, 5}}, true},
	{"bytes=5-99999999999999999999999999", []span{{5, 5}}, true},
	{"bytes=-1", []span{{9, 1}}, true},
	{"bytes=-10", []span{{0, 10}}, true},
	{"bytes=-11", []span{{0, 10}}, true},
	{"bytes=-99999999999999999999999999", []span{{0, 10}}, true},
	{"BYTES=1-1", []span{{1, 1}}, true},
	{"bytes= 1-1 ,\t2-2", []span{{1, 1}, {2, 1}}, true},
	{"bytes=,,1-1,", []span{{1, 1}}, true},
	{"bytes=1-1,20-30", []span{{1, 1}}, true},
	{"bytes=20-30,-0,1-1", []span{{1, 1}}, true},
	{"bytes=0-4,3-7", []span{{0, 5}, {3, 5}}, true},
	{"bytes=007-008", []span{{7, 2}}, true},

	{"bytes=10-", nil, false},
	{"bytes=10-20", nil, false},
	{"bytes=99999999999999999999999999-", nil, false},
	{"bytes=-0", nil, false},
	{"bytes=20-30,-0", nil, false},
	{"bytes=5-3", nil, false},
	{"bytes=1-1,5-3", nil, false},
	{"bytes=", nil, false},
	{"bytes=-", nil, false},
	{"bytes=--1", nil, false},
	{"bytes=1", nil, false},
	{"bytes=a-b", nil, false},
	{"bytes=1 - 2", nil, false},
	{"bytes=+1-2", nil, false},
	{"bytes=0x1-2", nil, false},
	{"bytes=1-2;3-4", nil, false},
	{"bytes=1-1,bytes=2-2", nil, false},

	{"", nil, true},
	{"bytes", nil, true},
	{"bytes 0-1", nil, true},
	{"bytes =0-1", nil, true},
	{"items=0-1", nil, true},
	{"seconds=1-2", nil, true},
	{"none", nil, true},
	{"bytes=" + strings.Repeat("0-0,", 999) + "0-0", nil, true},
	{"bytes=" + strings.Repeat(",", 1<<16), nil, true},
}

func TestRangesAreReadAsTheRFCHasThem(t *testing.T) {
	t.Parallel()
	for _, tt := range rangeCases {
		spans, ok := parseRange(tt.header, 10)
		if !slices.Equal(spans, tt.spans) || ok != tt.ok {
			t.Errorf("%.60q: %v, %v; want %v, %v", tt.header, spans, ok, tt.spans, tt.ok)
		}
		if spans, ok := parseRange(tt.header, 0); spans != nil || !ok {
			t.Errorf("%.60q of nothing: %v, %v; want the whole", tt.header, spans, ok)
		}
	}
}

// rangeModel says with a grammar and big numbers what parseRange says, bar the
// bound on how many.
func rangeModel(header string, size int64) (spans []span, ok bool) {
	m := regexp.MustCompile(`\A(?i:bytes)=([\s\S]*)\z`).FindStringSubmatch(header)
	if m == nil || size == 0 {
		return nil, true
	}
	one := regexp.MustCompile(`\A[ \t\r\n]*(?:([0-9]*)-([0-9]*))?[ \t\r\n]*\z`)
	total := big.NewInt(size)
	for _, spec := range strings.Split(m[1], ",") {
		m := one.FindStringSubmatch(spec)
		switch {
		case m == nil, m[1] == "" && m[2] == "" && strings.Contains(spec, "-"):
			return nil, false
		case m[1] == "" && m[2] == "":
			continue
		}
		first, last := new(big.Int), new(big.Int)
		if m[1] == "" {
			last.SetString(m[2], 10)
			if first.Sub(total, last); first.Sign() < 0 {
				first.SetInt64(0)
			}
			last.SetInt64(size - 1)
		} else {
			first.SetString(m[1], 10)
			last.SetInt64(size - 1)
			if m[2] != "" {
				given, _ := new(big.Int).SetString(m[2], 10)
				if given.Cmp(first) < 0 {
					return nil, false
				}
				if given.Cmp(last) < 0 {
					last = given
				}
			}
		}
		if first.Cmp(total) < 0 {
			spans = append(spans, span{first.Int64(), last.Int64() - first.Int64() + 1})
		}
	}
	return spans, len(spans) > 0
}

func FuzzRangeAgainstAPlainModel(f *testing.F) {
	for _, tt := range rangeCases {
		f.Add(tt.header, int64(10))
	}
	f.Add("bytes=9223372036854775807-9223372036854775807", int64(1<<62))
	f.Add("bytes=-9223372036854775808", int64(1<<62))
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			return
		}
		spans, ok := parseRange(header, size)
		if strings.Count(header, ",") >= maxRanges {
			if len(spans) > 0 || !ok && size == 0 {
				t.Fatalf("%.60q has too many ranges and gives %v, %v", header, spans, ok)
			}
			return
		}
		if want, wantOK := rangeModel(header, size); !slices.Equal(spans, want) || ok != wantOK {
			t.Fatalf("%q of %d: %v, %v; the model says %v, %v", header, size, spans, ok, want, wantOK)
		}
		for _, s := range spans {
			if s.start < 0 || s.length <= 0 || s.start > size-s.length {
				t.Fatalf("%q of %d: %v is outside", header, size, s)
			}
		}
		a := planAnswer(spans, "audio/mpeg", size)
		sum := int64(len(a.tail))
		for _, p := range a.parts {
			sum += int64(len(p.head)) + p.length
		}
		if a.length != sum || a.length > size {
			t.Fatalf("%q of %d is answered with %d bytes, announced as %d", header, size, sum, a.length)
		}
	})
}

// The bytes that go out are those of the model's spans, and where http.ServeContent
// reads a header as we do, those that it would send.
func FuzzAnswersCarryTheBytesThatWereAskedFor(f *testing.F) {
	for _, tt := range rangeCases {
		f.Add(tt.header, uint16(10))
		f.Add(tt.header, uint16(3000))
	}
	f.Fuzz(func(t *testing.T, header string, size uint16) {
		data := numbers(int(size))
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header["Range"] = []string{header}
		w := httptest.NewRecorder()
		err := Deliver(w, r, content(data), Delivery{ContentType: "audio/mpeg"})
		spans, ok := rangeModel(header, int64(size))
		many := strings.Count(header, ",") >= maxRanges
		if care.KindOf(err) == care.KindRange && err != nil {
			if ok && !many || w.Body.Len() > 0 || w.Header().Get("Content-Range") != fmt.Sprintf("bytes */%d", size) {
				t.Fatalf("%q of %d: %v, %v", header, size, err, w.Header())
			}
			return
		}
		if err != nil || w.Body.Len() > int(size) || fmt.Sprint(w.Body.Len()) != w.Header().Get("Content-Length") {
			t.Fatalf("%q of %d: %v, %d bytes, %v", header, size, err, w.Body.Len(), w.Header())
		}
		if w.Code == http.StatusOK {
			if !bytes.Equal(w.Body.Bytes(), data) {
				t.Fatalf("%q of %d: not the whole", header, size)
			}
			return
		}
		got := receivedSpans(t, w.Result())
		if len(got) != len(spans) {
			t.Fatalf("%q of %d: %d parts, want %d", header, size, len(got), len(spans))
		}
		for i, s := range spans {
			if want := (receivedSpan{s.contentRange(int64(size)), string(data[s.start : s.start+s.length])}); got[i] != want {
				t.Fatalf("%q of %d: part %d is %q, want %q", header, size, i, got[i], want)
			}
		}
		likeServeContent(t, header, data, w.Code, got)
	})
}

func likeServeContent(t *testing.T, header string, data []byte, code int, got []receivedSpan) {
	t.Helper()
	if !regexp.MustCompile(`\Abytes=\d{1,9}-\d{0,9}(,\d{1,9}-\d{0,9})*\z`).MatchString(header) {
		return // a unit in capitals, odd spaces, long numbers and -0 are read otherwise there
	}
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Range", header)
	theirs := httptest.NewRecorder()
	theirs.Header().Set("Content-Type", "audio/mpeg")
	http.ServeContent(theirs, r, "", time.Time{}, bytes.NewReader(data))
	if theirs.Code != code {
		t.Fatalf("%q of %d: %d, http.ServeContent says %d", header, len(data), code, theirs.Code)
	}
	if other := receivedSpans(t, theirs.Result()); !slices.Equal(got, other) {
		t.Fatalf("%q of %d: %.200q, http.ServeContent says %.200q", header, len(data), got, other)
	}
}

type receivedSpan struct{ contentRange, body string }

// receivedSpans reads a 206 as a client does.
func receivedSpans(t *testing.T, res *http.Response) []receivedSpan {
	t.Helper()
	kind, params, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if kind != "multipart/byteranges" {
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return []receivedSpan{{res.Header.Get("Content-Range"), string(body)}}
	}
	if got := res.Header.Get("Content-Range"); got != "" {
		t.Errorf("a multipart answer has Content-Range %q", got)
	}
	var parts []receivedSpan
	for in := multipart.NewReader(res.Body, params["boundary"]); ; {
		p, err := in.NextRawPart()
		if err == io.EOF {
			return parts
		}
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(p)
		if err != nil || p.Header.Get("Content-Type") != "audio/mpeg" {
			t.Fatalf("a part has type %q, %v", p.Header.Get("Content-Type"), err)
		}
		parts = append(parts, receivedSpan{p.Header.Get("Content-Range"), string(body)})
	}
}
