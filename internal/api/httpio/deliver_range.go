package httpio

import (
	"crypto/rand"
	"fmt"
	"math"
	"net/http"
	"net/textproto"
	"strings"
)

// maxRanges is how many ranges of one request are honoured. Who asks for more
// gets the whole.
const maxRanges = 32

// span is a part of a content, never empty.
type span struct{ start, length int64 }

func (s span) contentRange(size int64) string {
	return fmt.Sprintf("bytes %d-%d/%d", s.start, s.start+s.length-1, size)
}

// parseRange reads a Range header (RFC 9110, 14.2). No spans and true mean the
// whole: the unit is not bytes, there are too many ranges, or there is nothing
// to divide. False means 416: ranges that make no sense, or none that exists.
func parseRange(value string, size int64) ([]span, bool) {
	unit, set, found := strings.Cut(value, "=")
	if !found || !strings.EqualFold(unit, "bytes") || size == 0 || strings.Count(set, ",") >= maxRanges {
		return nil, true
	}
	var spans []span
	for spec := range strings.SplitSeq(set, ",") {
		if spec = textproto.TrimString(spec); spec == "" {
			continue
		}
		s, ok := parseSpan(spec, size)
		if !ok {
			return nil, false
		}
		if s.length > 0 {
			spans = append(spans, s)
		}
	}
	return spans, len(spans) > 0
}

// parseSpan reads one range; one that does not exist is empty.
func parseSpan(spec string, size int64) (span, bool) {
	first, last, found := strings.Cut(spec, "-")
	if !found {
		return span{}, false
	}
	if first == "" {
		n, ok := parseDigits(last)
		n = min(n, size)
		return span{size - n, n}, ok
	}
	start, ok := parseDigits(first)
	end := int64(math.MaxInt64)
	if last != "" && ok {
		end, ok = parseDigits(last)
	}
	if !ok || end < start {
		return span{}, false
	}
	start = min(start, size)
	return span{start, min(end, size-1) - start + 1}, true
}

// parseDigits reads a number of any length; past what counts it stays there.
func parseDigits(s string) (n int64, ok bool) {
	for i := range len(s) {
		digit := int64(s[i]) - '0'
		if digit < 0 || digit > 9 {
			return 0, false
		}
		if n > (math.MaxInt64-digit)/10 {
			n = math.MaxInt64
			continue
		}
		n = n*10 + digit
	}
	return n, s != ""
}

// answer is what goes out: parts of the content, each after its head.
type answer struct {
	status                    int
	contentType, contentRange string
	parts                     []part
	tail                      string
	length                    int64
}

type part struct {
	head string
	span
}

// planAnswer lays out the spans, or the whole where there are none, or where
// the spans with their heads would be more than the whole.
func planAnswer(spans []span, contentType string, size int64) answer {
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	switch {
	case len(spans) == 1:
		return answer{
			status: http.StatusPartialContent, contentType: contentType, contentRange: spans[0].contentRange(size),
			parts: []part{{span: spans[0]}}, length: spans[0].length,
		}
	case len(spans) > 1:
		if a := planParts(spans, contentType, size); a.length <= size {
			return a
		}
	}
	return answer{status: http.StatusOK, contentType: contentType, parts: []part{{span: span{0, size}}}, length: size}
}

// planParts lays out a multipart/byteranges body (RFC 9110, 14.6).
func planParts(spans []span, contentType string, size int64) answer {
	boundary := rand.Text()
	a := answer{
		status: http.StatusPartialContent, contentType: "multipart/byteranges; boundary=" + boundary,
		tail: "\r\n--" + boundary + "--\r\n",
	}
	a.length = int64(len(a.tail))
	for _, s := range spans {
		head := "\r\n--" + boundary + "\r\nContent-Type: " + contentType + "\r\nContent-Range: " + s.contentRange(size) + "\r\n\r\n"
		if len(a.parts) == 0 {
			head = strings.TrimPrefix(head, "\r\n")
		}
		a.parts = append(a.parts, part{head, s})
		a.length += int64(len(head)) + s.length
	}
	return a
}
