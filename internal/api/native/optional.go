package native

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/care"
)

// optional is a field of a change: left out (stays as it is), null (removed) or
// a new value, as in RFC 7396.
type optional[T any] struct{ care.Edit[T] }

// UnmarshalJSON notes that the field was given.
func (o *optional[T]) UnmarshalJSON(b []byte) error {
	o.Given = true
	if bytes.Equal(b, []byte("null")) {
		o.Value = nil
		return nil
	}
	o.Value = new(T)
	return json.Unmarshal(b, o.Value)
}

// Schema is the value's own, or null.
func (optional[T]) Schema(r huma.Registry) *huma.Schema {
	s := *resolve(r, r.Schema(reflect.TypeFor[T](), true, ""))
	s.Nullable = true
	return &s
}

// text is the change to a text whose absence is "".
func text(o optional[string]) *string {
	if o.Given && o.Value == nil {
		return new(string)
	}
	return o.Value
}

// orNull is a text as it is shown: null where it is empty.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// utc is a time as it is shown.
func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
