package telehealth

import (
	"encoding/json"
	"net/http"
	"strings"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// maxBody bounds a body whose endpoint says nothing else.
const maxBody = 1 << 20

// body is what an endpoint takes: how large, of what type, and its table of
// rows. Each wire struct that comes in has its table beside it.
type body struct {
	limit   int64 // in bytes; 0 means maxBody
	anyType bool  // whatever the content type says
	rows    []row
}

// row is one line of a body's table: a field, or what several fields must be
// together.
type row interface {
	read(o object, bad *care.Problems)
}

// decode reads a JSON body into what its rows point to. Every faulty field is
// named at once; fields that no row names are ignored; null and blank text are
// the same as absent. Errors: Invalid, TooLarge, UnsupportedMedia, Timeout.
func decode(w http.ResponseWriter, r *http.Request, b body) error {
	if b.limit == 0 {
		b.limit = maxBody
	}
	var raw json.RawMessage
	if err := httpio.ReadJSON(w, r, b.limit, b.anyType, false, &raw); err != nil {
		return err
	}
	var bad care.Problems
	readObject(raw, "", b.rows, &bad)
	return bad.Err()
}

// object is a JSON object under reading.
type object struct {
	path   string // "observations[2]."; empty for the body
	values map[string]json.RawMessage
}

// readObject reads raw by rows. at is where it stands; empty for the body.
func readObject(raw json.RawMessage, at string, rows []row, bad *care.Problems) {
	var o object
	if err := json.Unmarshal(raw, &o.values); err != nil || o.values == nil {
		bad.Add(at, "must be an object")
		return
	}
	if at != "" {
		o.path = at + "."
	}
	for _, r := range rows {
		r.read(o, bad)
	}
}

// given reports whether a field is there: not absent, null or empty.
func (o object) given(name string) bool {
	raw, there := o.values[name]
	return there && string(raw) != "null" && string(raw) != `""`
}

// has reports whether a field is there and not blank.
func (o object) has(name string) bool {
	if !o.given(name) {
		return false
	}
	var text string
	raw := o.values[name]
	return raw[0] != '"' || json.Unmarshal(raw, &text) != nil || strings.TrimSpace(text) != ""
}

// field is a row about one field.
type field struct {
	name     string
	required bool
	needs    []string // what is required where this field is given
	blanks   bool     // blank text is a value, and not the same as absent
	// set checks a value and keeps it; at is its path.
	set func(raw json.RawMessage, at string, bad *care.Problems)
}

// must makes a field required.
func (f field) must() field {
	f.required = true
	return f
}

// blank makes blank text a value: a password of spaces is a bad one, not none.
func (f field) blank() field {
	f.blanks = true
	return f
}

// with makes other fields required where this one is given.
func (f field) with(names ...string) field {
	f.needs = names
	return f
}

func (f field) read(o object, bad *care.Problems) {
	if !o.has(f.name) && !(f.blanks && o.given(f.name)) {
		bad.Check(!f.required, o.path+f.name, "is required")
		return
	}
	f.set(o.values[f.name], o.path+f.name, bad)
	for _, name := range f.needs {
		bad.Check(o.has(name), o.path+name, "is required with "+f.name)
	}
}

// oneOf is a row: at least one of the fields is required.
type oneOf []string

func (names oneOf) read(o object, bad *care.Problems) {
	for _, name := range names {
		if o.has(name) {
			return
		}
	}
	bad.Add(o.path+names[0], "is required, or "+strings.Join(names[1:], ", or "))
}

// when is a row that counts where a field is given.
type when struct {
	given string
	then  row
}

func (w when) read(o object, bad *care.Problems) {
	if o.has(w.given) {
		w.then.read(o, bad)
	}
}
