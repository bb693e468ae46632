package native

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// cursors makes and reads the cursors of one list as one caller sees it: a
// place in the list, sealed together with the list, the caller and the filters.
// One that was altered, or that another list, caller or filter gave, is refused.
type cursors struct {
	key     []byte
	context string
}

const sealSize = 16

// cursors returns the cursors of the list that r asks for.
func (s *Surface) cursors(r *http.Request, c httpio.Caller) cursors {
	filters := r.URL.Query()
	filters.Del("cursor")
	filters.Del("limit")
	parts := []string{r.URL.Path, c.Scope.Tenant, c.Scope.Instance, string(c.Actor.Kind), c.Actor.ID, filters.Encode()}
	return cursors{key: s.CursorKey, context: strings.Join(parts, "\x00")}
}

func (c cursors) seal(place string) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(c.context + "\x00" + place))
	return mac.Sum(nil)[:sealSize]
}

// encode returns the cursor of a place.
func (c cursors) encode(place string) *string {
	text := base64.RawURLEncoding.EncodeToString(append(c.seal(place), place...))
	return &text
}

// decode returns the place that a cursor names; "" for no cursor.
func (c cursors) decode(cursor string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) <= sealSize || len(b) > 256 {
		return "", errCursor()
	}
	place := string(b[sealSize:])
	if !hmac.Equal(b[:sealSize], c.seal(place)) {
		return "", errCursor()
	}
	return place, nil
}

func errCursor() error { return care.Invalid("cursor", "is not one that this list gave") }
