package calls

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
	"chartline/internal/clinic/voice"
)

// The bounds of a page (calls.md, GET .../calls).
const (
	defaultSize = 20
	maxSize     = 1000
	maxPage     = 1<<31 - 1
)

func (s *Surface) list(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
	page, err := readPage(r.URL.RawQuery)
	if err != nil {
		return err
	}
	calls, err := s.Voice.List(r.Context(), c.Actor, c.Scope, r.PathValue("patientId"), page)
	if err != nil {
		return err
	}
	httpio.WriteJSONBytes(w, http.StatusOK, encodePage(calls, page))
	return nil
}

// readPage reads the query. An empty parameter counts as absent; every faulty
// one is named.
func readPage(query string) (care.CallPage, error) {
	var bad care.Problems
	get := readQuery(&bad, query)
	p := care.CallPage{Size: defaultSize}
	p.Page = readInt(&bad, "page", get("page"), 0, maxPage, 0)
	p.Size = readInt(&bad, "size", get("size"), 1, maxSize, defaultSize)
	zone := time.UTC
	if name := get("timezone"); name != "" {
		if z, err := care.LoadZone(name); err == nil {
			zone = z
		} else {
			bad.Add("timezone", "must be an IANA zone name")
		}
	}
	from := readDate(&bad, "startDate", get("startDate"), zone, false)
	until := readDate(&bad, "endDate", get("endDate"), zone, true)
	bad.Check(from == nil || until == nil || !from.After(*until), "startDate", "must not be after endDate")
	p.Filter.From, p.Filter.Until = ceilSecond(from), floorSecond(until)
	p.Filter.Direction = care.Direction(readWord(&bad, "direction", get("direction"), words(care.Directions())))
	p.Filter.Status = care.CallStatus(readWord(&bad, "status", get("status"), words(care.CallStatuses())))
	if v := readWord(&bad, "hasRecording", get("hasRecording"), []string{"true", "false"}); v != "" {
		has := v == "true"
		p.Filter.HasRecording = &has
	}
	switch sort := get("sort"); strings.ToLower(sort) {
	case "", "calledat,desc":
	case "calledat,asc", "calledat":
		p.Ascending = true
	default:
		bad.Add("sort", "must be calledAt,asc or calledAt,desc")
	}
	return p, bad.Err()
}

// readQuery returns a reader of a query's parameters, each of which may be given
// once. What cannot be read is a fault: an unread filter would let more through.
func readQuery(bad *care.Problems, query string) func(name string) string {
	values, err := url.ParseQuery(query)
	bad.Check(err == nil, "query", "must be well-formed")
	return func(name string) string {
		bad.Check(len(values[name]) <= 1, name, "must be given once")
		return values.Get(name)
	}
}

func readInt(bad *care.Problems, name, text string, least, most, otherwise int) int {
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < int64(least) || n > int64(most) || strings.HasPrefix(text, "+") {
		bad.Add(name, "must be a whole number from "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
		return otherwise
	}
	return int(n)
}

func readWord(bad *care.Problems, name, text string, allowed []string) string {
	if text == "" {
		return ""
	}
	for _, word := range allowed {
		if strings.EqualFold(text, word) {
			return word
		}
	}
	bad.Add(name, "must be one of "+strings.Join(allowed, ", "))
	return ""
}

func words[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// encodePage renders the list envelope. It is on the hot path and holds only
// what needs no escaping: UUIDs, enumerations, numbers, times.
func encodePage(page voice.Page, asked care.CallPage) []byte {
	b := make([]byte, 0, 256+len(page.Items)*256)
	b = append(b, `{"data":[`...)
	for i, item := range page.Items {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendItem(b, item)
		b = append(b, '}')
	}
	pages := (page.Total + asked.Size - 1) / asked.Size
	b = append(b, `],"metaInfo":{"page":`...)
	b = strconv.AppendInt(b, int64(asked.Page), 10)
	b = append(b, `,"pageSize":`...)
	b = strconv.AppendInt(b, int64(asked.Size), 10)
	b = append(b, `,"totalElements":`...)
	b = strconv.AppendInt(b, int64(page.Total), 10)
	b = append(b, `,"numberOfElements":`...)
	b = strconv.AppendInt(b, int64(len(page.Items)), 10)
	b = append(b, `,"totalPages":`...)
	b = strconv.AppendInt(b, int64(pages), 10)
	b = append(b, `,"firstPage":`...)
	b = strconv.AppendBool(b, asked.Page == 0)
	b = append(b, `,"lastPage":`...)
	b = strconv.AppendBool(b, asked.Page >= pages-1)
	return append(b, "}}\n"...)
}

// appendItem appends an item without its closing brace.
func appendItem(b []byte, item voice.Item) []byte {
	b = append(b, `{"id":"`...)
	b = append(b, item.ID...)
	b = append(b, `","patientId":"`...)
	b = append(b, item.Patient...)
	b = append(b, `","direction":"`...)
	b = append(b, item.Direction...)
	b = append(b, `","duration":`...)
	b = strconv.AppendInt(b, item.Duration, 10)
	b = append(b, `,"status":"`...)
	b = append(b, item.Status...)
	b = append(b, `","calledAt":"`...)
	b = item.CalledAt.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","hasRecording":`...)
	return strconv.AppendBool(b, item.HasRecording)
}
