package native

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/care"
)

const (
	reasonInteger = "must be an integer"
	reasonTime    = "must be a date-time with an offset (RFC 3339)"
)

// checkBody names every field of a JSON body that does not fit the schema the
// OpenAPI document shows of it. Names count exactly as written.
func checkBody(bad *care.Problems, schemas huma.Registry, s *huma.Schema, body []byte) {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		bad.Add("body", "must be well-formed JSON")
		return
	}
	check(bad, schemas, s, "", v)
}

// resolve follows references.
func resolve(schemas huma.Registry, s *huma.Schema) *huma.Schema {
	for s.Ref != "" {
		s = schemas.SchemaFromRef(s.Ref)
	}
	return s
}

// check names what does not fit in v, which is called name; values are never
// repeated. It knows the keywords that this surface's types give rise to.
func check(bad *care.Problems, schemas huma.Registry, s *huma.Schema, name string, v any) {
	s = resolve(schemas, s)
	if v == nil && s.Nullable {
		return
	}
	switch s.Type {
	case huma.TypeObject:
		m, ok := v.(map[string]any)
		if !ok {
			bad.Add(orBody(name), "must be an object")
			return
		}
		checkObject(bad, schemas, s, name, m)
	case huma.TypeArray:
		list, ok := v.([]any)
		if !ok {
			bad.Add(name, "must be an array")
			return
		}
		bad.Check(s.MaxItems == nil || len(list) <= *s.MaxItems, name, "has too many items")
		for i, item := range list {
			check(bad, schemas, s.Items, fmt.Sprintf("%s[%d]", name, i), item)
		}
	case huma.TypeString:
		text, ok := v.(string)
		if !ok {
			bad.Add(name, "must be a string")
			return
		}
		checkText(bad, s, name, text)
	case huma.TypeInteger:
		checkInteger(bad, s, name, v)
	case huma.TypeBoolean:
		_, ok := v.(bool)
		bad.Check(ok, name, "must be true or false")
	}
}

func checkObject(bad *care.Problems, schemas huma.Registry, s *huma.Schema, name string, m map[string]any) {
	path := ""
	if name != "" {
		path = name + "."
	}
	for _, field := range s.Required {
		_, ok := m[field]
		bad.Check(ok, path+field, "is required")
	}
	for field, v := range m {
		known := s.Properties[field]
		if known == nil {
			bad.Add(path+shorten(field), "is not known here")
			continue
		}
		check(bad, schemas, known, path+field, v)
	}
}

func checkText(bad *care.Problems, s *huma.Schema, name, text string) {
	n := utf8.RuneCountInString(text)
	bad.Check(s.MinLength == nil || n >= *s.MinLength, name, "is too short")
	bad.Check(s.MaxLength == nil || n <= *s.MaxLength, name, "is too long")
	if len(s.Enum) > 0 && !slices.Contains(s.Enum, any(text)) {
		bad.Add(name, "must be one of "+words(s.Enum))
	}
	if s.Format == "date-time" {
		_, err := time.Parse(time.RFC3339Nano, text)
		bad.Check(err == nil, name, reasonTime)
	}
}

func checkInteger(bad *care.Problems, s *huma.Schema, name string, v any) {
	number, ok := v.(json.Number)
	if !ok {
		bad.Add(name, reasonInteger)
		return
	}
	n, err := strconv.ParseInt(number.String(), 10, 64)
	if err != nil {
		bad.Add(name, reasonInteger)
		return
	}
	bad.Check(s.Minimum == nil || float64(n) >= *s.Minimum, name, "is too small")
	bad.Check(s.Maximum == nil || float64(n) <= *s.Maximum, name, "is too large")
}

func words(enum []any) string {
	out := make([]string, len(enum))
	for i, e := range enum {
		out[i] = fmt.Sprint(e)
	}
	return strings.Join(out, ", ")
}

func orBody(name string) string {
	if name == "" {
		return "body"
	}
	return name
}
