package native

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/care"
	"chartline/internal/clinic/recordings"
)

// wordsOf gives a closed list as an enum tag has it.
func wordsOf[T ~string](words []T) string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = string(w)
	}
	return strings.Join(out, ",")
}

// The words in the tags are those of the domain, and no others.
func TestEnumsAreTheDomainsLists(t *testing.T) {
	t.Parallel()
	known := []string{
		"male,female,prefer_not_to_say", "parent,child", "client,person,operator,system,nobody", "allowed,refused,not_found,failed", "newest,oldest",
		wordsOf(care.SessionStatuses()), wordsOf(care.CallStatuses()), wordsOf(care.Directions()), wordsOf(care.Consents()),
		wordsOf(care.NameStatuses()), wordsOf(recordings.Decisions()),
		wordsOf(care.QuestionTypes()), wordsOf(care.AnalysisStatuses()), wordsOf(care.AppointmentStatuses()), strings.Join(care.FileTypes(), ","), wordsOf(care.Roles()),
	}
	seen := map[string]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || !strings.Contains(typ.PkgPath(), "native") {
			return
		}
		for f := range typ.Fields() {
			if tag, ok := f.Tag.Lookup("enum"); ok {
				seen[tag] = true
				if !slices.Contains(known, tag) {
					t.Errorf("%s.%s: %s is no list of the domain", typ, f.Name, tag)
				}
			}
			walk(f.Type)
		}
	}
	for _, op := range (&Surface{}).operations() {
		walk(op.handler.in)
		if op.handler.out != nil {
			walk(op.handler.out)
		}
	}
	walk(reflect.TypeFor[recording]())
	for _, tag := range known {
		if !seen[tag] {
			t.Errorf("no field has the words %s", tag)
		}
	}
	for _, gender := range []string{"male", "female", "prefer_not_to_say"} {
		if !care.ValidGender(gender) {
			t.Errorf("%s is no gender", gender)
		}
	}
}

// The check knows every keyword that the document uses about bodies: one that
// it did not know would be promised and not kept.
func TestTheCheckKnowsEveryKeywordOfTheDocument(t *testing.T) {
	t.Parallel()
	schemas := newSchemas()
	for _, op := range (&Surface{}).operations() {
		describe(op, schemas)
	}
	known := []string{
		"type", "$ref", "properties", "required", "items", "enum", "minimum", "maximum", "minLength", "maxLength", "maxItems", "additionalProperties",
		"format", "description", "examples", "default",
	}
	formats := []string{"int64", "date-time", "date", "uuid"} // the last two of answers only
	for name, s := range schemas.Map() {
		var walk func(v any, isSchema bool)
		walk = func(v any, isSchema bool) {
			m, ok := v.(map[string]any)
			if !ok {
				return
			}
			for k, v := range m {
				if isSchema && !slices.Contains(known, k) {
					t.Errorf("%s has the keyword %s", name, k)
				}
				if isSchema && k == "format" && !slices.Contains(formats, v.(string)) {
					t.Errorf("%s has the format %s", name, v)
				}
				walk(v, !isSchema || k != "properties")
			}
		}
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		walk(v, true)
	}
}

func bodyOf(op operation) *huma.Schema {
	return newBinding(op.handler.in, newSchemas()).body
}

// Whatever is sent, reading it ends in a value or in a fault of the client's
// that is named.
func FuzzReadingNeverFailsOnOurSide(f *testing.F) {
	ops := slices.DeleteFunc((&Surface{}).operations(), func(op operation) bool { return bodyOf(op) == nil })
	for i, seed := range []string{
		`{"firstName": "Rosa", "mrn": null}`, `{"others": [1, 2.5, "x", null]}`, `{"legs": [{"role": "parent", "status": "BUSY", "duration": 1e99}]}`,
		`{"start": "2026-03-18T14:22:00Z", "end": null}`, `{"a": {"b": [[[[]]]]}}`, `{"id": 9223372036854775808}`, `[]`, `null`, `{`, "\xff", `{"end": "2026-03-18T14:22:60Z"}`,
		`{"startedAt": "2026-3-18T1:22:00,5Z"}`, `{"startedAt": "0000-01-01T00:00:00+99:99"}`,
	} {
		f.Add(i, seed, "limit=1&cursor=x")
	}
	f.Add(3, `{}`, "number=%2B1&number=2;&%zz")
	f.Fuzz(func(t *testing.T, n int, body, query string) {
		op := ops[uint(n)%uint(len(ops))]
		r := httptest.NewRequest("POST", "/", strings.NewReader(body))
		r.URL.RawQuery = query
		r.Header.Set("Content-Type", "application/json")
		in := reflect.New(op.handler.in).Elem()
		_, err := newBinding(op.handler.in, newSchemas()).read(httptest.NewRecorder(), r, in)
		if err != nil && care.KindOf(err) != care.KindInvalid {
			t.Errorf("%s: %v", op.id, err)
		}
	})
}

func FuzzAnnouncedDigest(f *testing.F) {
	f.Add("sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:", "")
	f.Add("md5=:AA==:, SHA-256=:x:", "sha-256=?1")
	f.Fuzz(func(t *testing.T, a, b string) {
		sum, err := announcedDigest(a, b)
		if err != nil && care.KindOf(err) != care.KindInvalid {
			t.Error(err)
		}
		if sum != nil && !strings.Contains(strings.ToLower(a+b), "sha-256=:") {
			t.Errorf("a digest out of %q and %q", a, b)
		}
	})
}

// Only what a list gave is taken, and it is taken for what it was.
func FuzzCursors(f *testing.F) {
	f.Add("202600000001", "AAAA")
	f.Add("1774017720123456.6f1c2b9e-3f1a-4c55-9d0e-0a6c1b6f0d11", "")
	mine, other := cursors{key: []byte("k"), context: "patients\x00acme-health"}, cursors{key: []byte("k"), context: "patients\x00birch-clinic"}
	f.Fuzz(func(t *testing.T, place, forged string) {
		if place == "" || len(place) > 200 {
			return
		}
		cursor := *mine.encode(place)
		if got, err := mine.decode(cursor); err != nil || got != place {
			t.Errorf("%q came back as %q, %v", place, got, err)
		}
		if _, err := other.decode(cursor); err == nil {
			t.Errorf("%q is good elsewhere", cursor)
		}
		if got, err := mine.decode(forged); err == nil && forged != "" && forged != *mine.encode(got) {
			t.Errorf("%q is taken for %q", forged, got)
		}
	})
}

func TestAPersonHasOneKeyInABody(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		key  PatientKey
		want care.PersonRef
		bad  bool
	}{
		{PatientKey{PatientID: "6F1C2B9E-3F1A-4C55-9D0E-0A6C1B6F0D11"}, care.PersonRef{ID: "6f1c2b9e-3f1a-4c55-9d0e-0a6c1b6f0d11"}, false},
		{PatientKey{PatientNumber: 202600000001}, care.PersonRef{Number: 202600000001}, false},
		{PatientKey{PatientID: "x"}, care.PersonRef{}, false}, // names nobody
		{PatientKey{}, care.PersonRef{}, true},
		{PatientKey{PatientID: "x", PatientNumber: 1}, care.PersonRef{}, true},
	} {
		got, err := c.key.ref()
		if got != c.want || (err != nil) != c.bad {
			t.Errorf("%+v: %+v, %v", c.key, got, err)
		}
	}
	if fmt.Sprint(numberID("13356"), numberID("+1"), numberID("01"), numberID("x"), numberID("1e3")) != "13356 0 0 0 0" {
		t.Error("an encounter's id is read in more forms than one")
	}
}
