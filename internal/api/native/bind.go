package native

import (
	"encoding/json"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// maxBody bounds a JSON body.
const maxBody = 1 << 20

// binding reads a request into what an operation takes.
type binding struct {
	params  []param
	body    *huma.Schema // nil where there is none
	schemas huma.Registry
}

// param is a field that comes from the path, the query or a header.
type param struct {
	name     string
	in       string // path, query or header
	required bool
	index    []int
	schema   *huma.Schema
}

const bodyField = "Body"

func newBinding(t reflect.Type, schemas huma.Registry) *binding {
	b := &binding{schemas: schemas}
	for _, f := range reflect.VisibleFields(t) {
		if f.Name == bodyField {
			b.body = schemas.Schema(f.Type, true, "")
			continue
		}
		for _, in := range []string{"path", "query", "header"} {
			if name, ok := f.Tag.Lookup(in); ok {
				required := in == "path" || f.Tag.Get("required") == "true"
				b.params = append(b.params, param{name: name, in: in, required: required, index: f.Index, schema: huma.SchemaFromField(schemas, f, "")})
			}
		}
	}
	return b
}

// read fills in and returns the body's bytes. Every faulty parameter and field
// is named at once. Errors: Invalid, TooLarge, UnsupportedMedia, Timeout.
func (b *binding) read(w http.ResponseWriter, r *http.Request, in reflect.Value) ([]byte, error) {
	var bad care.Problems
	b.readParams(&bad, r, in)
	var body json.RawMessage
	if b.body != nil && !(r.ContentLength == 0 && b.bodyMayBeAbsent()) {
		if err := httpio.ReadJSON(w, r, maxBody, false, false, &body); err != nil {
			return nil, err
		}
		checkBody(&bad, b.schemas, b.body, body)
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	if body != nil {
		if err := json.Unmarshal(body, in.FieldByName(bodyField).Addr().Interface()); err != nil {
			return nil, care.Invalid("body", "has a value that cannot be read")
		}
	}
	return body, nil
}

func (b *binding) bodyMayBeAbsent() bool { return len(resolve(b.schemas, b.body).Required) == 0 }

func (b *binding) readParams(bad *care.Problems, r *http.Request, in reflect.Value) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		bad.Add("query", "must be well-formed")
	}
	for name := range query {
		known := slices.ContainsFunc(b.params, func(p param) bool { return p.in == "query" && p.name == name })
		bad.Check(known, shorten(name), "is not known here")
	}
	for _, p := range b.params {
		field := in.FieldByIndex(p.index)
		if p.in == "path" { // an id is opaque: a malformed one names nothing
			field.SetString(r.PathValue(p.name))
			continue
		}
		values := query[p.name]
		if p.in == "header" {
			values = r.Header.Values(p.name)
		}
		if len(values) > 1 {
			bad.Add(p.name, "must be given once")
			continue
		}
		if len(values) == 1 && values[0] != "" {
			p.set(bad, b.schemas, field, values[0])
		} else {
			bad.Check(!p.required, p.name, "is required")
		}
	}
}

// set reads text into field.
func (p param) set(bad *care.Problems, schemas huma.Registry, field reflect.Value, text string) {
	if !utf8.ValidString(text) {
		bad.Add(p.name, "must be valid UTF-8")
		return
	}
	if field.Kind() == reflect.Pointer {
		field.Set(reflect.New(field.Type().Elem()))
		field = field.Elem()
	}
	var value any = text
	switch field.Interface().(type) {
	case time.Time:
		t, err := time.Parse(time.RFC3339Nano, text)
		bad.Check(err == nil, p.name, reasonTime)
		field.Set(reflect.ValueOf(t))
		return
	case bool:
		b, err := strconv.ParseBool(text)
		if err != nil || text != "true" && text != "false" {
			bad.Add(p.name, "must be true or false")
			return
		}
		field.SetBool(b)
		return
	case int, int64:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || strings.HasPrefix(text, "+") {
			bad.Add(p.name, reasonInteger)
			return
		}
		field.SetInt(n)
		value = json.Number(text)
	default:
		field.SetString(text)
	}
	check(bad, schemas, p.schema, p.name, value)
}

// shorten keeps a name of the client's making within bounds.
func shorten(name string) string {
	if len(name) > 64 || !utf8.ValidString(name) {
		return "a name"
	}
	return name
}
