package native_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"chartline/internal/care"
	"chartline/internal/testkit"
)

// walk reads a list to its end in pages of size, and returns the ids it saw.
func (w *world) walk(t *testing.T, path string, size int) []string {
	t.Helper()
	var seen []string
	sep := "?"
	if strings.Contains(path, "?") {
		sep = "&"
	}
	next := ""
	for range 100 {
		got := w.do(t, "GET", fmt.Sprintf("%s%slimit=%d%s", path, sep, size, next), ask{}).want(200).json()
		items := got["items"].([]any)
		for _, item := range items {
			seen = append(seen, fmt.Sprint(item.(object)["id"]))
		}
		cursor, more := got["nextCursor"].(string)
		if !more {
			return seen
		}
		if len(items) != size {
			t.Fatalf("%s: a page of %d, want %d", path, len(items), size)
		}
		next = "&cursor=" + url.QueryEscape(cursor)
	}
	t.Fatalf("%s never ends", path)
	return nil
}

func TestListsShowEverythingOnceInPagesOfAnySize(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	for i := range 6 {
		w.do(t, "POST", "/patients", ask{body: object{"lastName": fmt.Sprint("P", i)}}).want(201)
		w.do(t, "POST", "/providers", ask{body: object{"lastName": fmt.Sprint("D", i)}}).want(201)
		w.do(t, "POST", "/encounters", ask{body: object{"patientId": c.patient, "providerId": c.provider}}).want(201)
		w.do(t, "POST", "/sessions", ask{body: object{"encounterId": c.encounter, "status": "missed", "start": "2026-03-18T14:22:00Z"}}).want(201)
		w.do(t, "POST", "/calls", ask{body: object{"patientId": c.patient, "direction": "INBOUND", "status": "BUSY", "calledAt": "2026-03-18T14:22:00Z"}}).want(201)
		w.upload(t, upload{owner: "session=" + c.session, name: fmt.Sprint("r", i)}).want(201) // all at one instant
	}
	for path, want := range map[string]int{
		"/patients": 7, "/providers": 7, "/encounters": 7, "/sessions": 7, "/calls": 7, "/recordings": 6,
		"/encounters?patient=" + c.patient: 7, fmt.Sprintf("/calls?patient=%d", c.number): 7, fmt.Sprintf("/sessions?encounter=%d", c.encounter): 7,
		"/recordings?session=" + c.session: 6, "/recordings?call=" + c.call: 0, fmt.Sprintf("/recordings?patient=%d", c.number): 6,
		"/recordings?nameStatus=waiting": 0, "/recordings?withheld=false&consent=unknown": 6, fmt.Sprintf("/patients?number=%d", c.number): 1, "/patients?number=202600000002": 0,
	} {
		whole := w.walk(t, path, 1000)
		if len(whole) != want {
			t.Errorf("%s has %d, want %d", path, len(whole), want)
		}
		for _, size := range []int{1, 2, 6, 7} {
			if got := w.walk(t, path, size); !slices.Equal(got, whole) {
				t.Errorf("%s in pages of %d: %v, want %v", path, size, got, whole)
			}
		}
		if distinct := slices.Compact(slices.Sorted(slices.Values(whole))); len(distinct) != len(whole) {
			t.Errorf("%s repeats items", path)
		}
	}
	w.do(t, "GET", "/recordings?session="+c.session+"&call="+c.call, ask{}).want(400)
}

// A cursor is good for the list, the caller and the filters that it was given
// for, and not otherwise.
func TestBorrowedAndAlteredCursorsAreRefused(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	_, other := w.Client(t, live, care.GrantNames()...)
	_, theirs := w.Client(t, foreign, care.GrantNames()...)
	for range 3 {
		w.do(t, "POST", "/patients", ask{body: object{"lastName": "Quill"}}).want(201)
		w.do(t, "POST", "/providers", ask{body: object{"lastName": "Broome"}}).want(201)
		w.do(t, "POST", "/patients", ask{token: theirs, body: object{"lastName": "Vane"}}).want(201)
	}
	cursor := w.do(t, "GET", "/patients?limit=1", ask{}).want(200).text("nextCursor")
	w.do(t, "GET", "/patients?limit=2&cursor="+cursor, ask{}).want(200)
	refused := func(path string, a ask) {
		t.Helper()
		if got := w.do(t, "GET", path, a).is(400); got.faults()["cursor"] == "" {
			t.Errorf("%s: %s", got.about, got.body)
		}
	}
	refused("/patients?cursor="+cursor, ask{token: other})
	refused("/patients?cursor="+cursor, ask{token: theirs})
	refused("/providers?cursor="+cursor, ask{})
	refused("/patients?number=202600000001&cursor="+cursor, ask{})
	refused("/recordings?cursor="+cursor, ask{})
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	each(len(raw)*8, func(bit int) {
		altered := slices.Clone(raw)
		altered[bit/8] ^= 1 << (bit % 8)
		refused("/patients?cursor="+base64.RawURLEncoding.EncodeToString(altered), ask{})
	})
	for _, c := range []string{"x", "AAAA", cursor + "A", cursor[1:], strings.Repeat("A", 5000), cursor + "%3D", "%00"} {
		refused("/patients?cursor="+c, ask{})
	}
}

func TestTheAuditLogIsReadPageByPage(t *testing.T) {
	t.Parallel()
	w := open(t, testkit.Options{})
	c := w.clinic(t, "")
	_, ungranted := w.Client(t, live)
	_, beside := w.Client(t, sandbox, care.GrantNames()...)
	w.do(t, "GET", "/patients/"+c.patient, ask{}).want(200)
	w.do(t, "GET", "/patients/"+c.patient, ask{token: ungranted}).want(403)
	w.do(t, "GET", "/patients/"+nobody()["patient"], ask{}).want(404)
	w.do(t, "POST", "/patients", ask{token: beside, body: object{"lastName": "Elsewhere"}}).want(201)

	read := func(query string) []object {
		t.Helper()
		var all []object
		next := ""
		for range 200 {
			got := w.do(t, "GET", "/audit?"+query+next, ask{}).want(200).json()
			for _, item := range got["items"].([]any) {
				all = append(all, item.(object))
			}
			cursor, more := got["nextCursor"].(string)
			if !more {
				return all
			}
			next = "&cursor=" + url.QueryEscape(cursor)
		}
		t.Fatal("the log never ends")
		return nil
	}
	ofPatient := read("order=oldest&limit=2&patient=" + c.patient)
	var actions []string
	for _, e := range ofPatient {
		actions = append(actions, fmt.Sprint(e["action"], " ", e["outcome"]))
		if e["patientId"] != c.patient || e["instance"] != "live" {
			t.Errorf("not the patient's: %v", e)
		}
	}
	want := []string{"patient.write allowed", "encounter.write allowed", "encounter.write allowed", "call.write allowed", "patient.read allowed", "audit.read allowed"}
	if !slices.Equal(actions, want) {
		t.Errorf("got %q, want %q", actions, want)
	}
	if all := read("action=patient.read&outcome=not_found"); len(all) != 1 || all[0]["via"] != "GET /api/v1/patients/{patient}" || all[0]["requestId"] == nil {
		t.Errorf("what was not found: %v", all)
	}
	if all := read("outcome=refused"); len(all) != 1 {
		t.Errorf("what was refused: %v", all)
	}
	if all := read("until=2026-03-18T14:59:59Z"); len(all) != 0 {
		t.Errorf("before it began: %v", all)
	}
	for _, e := range read("from=2026-03-18T15:00:00Z&limit=1000") {
		if e["instance"] != "live" {
			t.Errorf("another instance's: %v", e)
		}
	}
}
