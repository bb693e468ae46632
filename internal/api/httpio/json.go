package httpio

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strconv"
	"time"
	"unicode/utf8"

	"chartline/internal/care"
)

// maxJSONDepth bounds how deep a body may nest.
const maxJSONDepth = 64

// WriteJSON answers v. HTML characters stay as they are.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return err
	}
	WriteJSONBytes(w, status, b.Bytes())
	return nil
}

// WriteJSONBytes answers JSON that is encoded already. A client that has gone
// is no failure of ours.
func WriteJSONBytes(w http.ResponseWriter, status int, body []byte) {
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("X-Content-Type-Options", "nosniff")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-store")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// How long a client may take to send a short body, and to take a short answer.
const (
	readLimit  = 30 * time.Second
	writeLimit = 30 * time.Second
)

// ReadJSON decodes the body into v: one JSON object of at most limit bytes, of
// known depth, without duplicate names or trailing data. Unknown fields are
// ignored unless strict. Errors: TooLarge, UnsupportedMedia (anyType allows any
// content type), Invalid.
func ReadJSON(w http.ResponseWriter, r *http.Request, limit int64, anyType, strict bool, v any) error {
	if !anyType && !isJSON(r.Header.Get("Content-Type")) {
		return &care.Error{Kind: care.KindUnsupportedMedia, Message: "the content type must be application/json"}
	}
	body, err := ReadBody(w, r, limit)
	if err != nil {
		return err
	}
	if err := checkJSON(body); err != nil {
		return care.Invalid("body", err.Error())
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if strict {
		dec.DisallowUnknownFields()
	}
	if err := dec.Decode(v); err != nil {
		return care.Invalid(jsonField(err), "has a wrong type or is not known")
	}
	return nil
}

// ReadBody reads a body of at most limit bytes. Errors: TooLarge, Timeout,
// Invalid (the client broke off).
func ReadBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit { // nobody need send what will not be read
		return nil, errBodyTooLarge(limit)
	}
	slow := http.NewResponseController(w)
	_ = slow.SetReadDeadline(time.Now().Add(readLimitOf(w)))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil { // else it holds for what is left of the body, which net/http reads
		_ = slow.SetReadDeadline(time.Time{})
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, &care.Error{Kind: care.KindTimeout, Message: "the body took too long"}
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, errBodyTooLarge(limit)
	}
	if err != nil {
		return nil, care.Invalid("body", "could not be read whole")
	}
	return body, nil
}

func errBodyTooLarge(limit int64) error {
	return &care.Error{Kind: care.KindTooLarge, Message: fmt.Sprintf("the body must be at most %d bytes", limit)}
}

func isJSON(contentType string) bool {
	mediaType, _, err := mime.ParseMediaType(contentType)
	return err == nil && mediaType == "application/json"
}

func jsonField(err error) string {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return wrong.Field
	}
	return "body"
}

// checkJSON refuses what encoding/json lets pass: duplicate names, deep nesting,
// invalid UTF-8, trailing data; and what is not an object.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return errors.New("must be valid UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	first, err := dec.Token()
	if err != nil || first != json.Delim('{') {
		return errors.New("must be a JSON object")
	}
	if err := checkObject(dec, 1); err != nil {
		return err
	}
	if _, err := dec.Token(); err != io.EOF {
		return errors.New("must be one JSON object and nothing after it")
	}
	return nil
}

var errNotJSON = errors.New("must be well-formed JSON")

func checkObject(dec *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return errNotJSON
		}
		key, ok := name.(string)
		if !ok {
			return errNotJSON
		}
		if seen[key] {
			return errors.New("must not repeat a name in an object")
		}
		seen[key] = true
		if err := checkValue(dec, depth); err != nil {
			return err
		}
	}
	return closeDelim(dec)
}

func checkValue(dec *json.Decoder, depth int) error {
	t, err := dec.Token()
	if err != nil {
		return errNotJSON
	}
	d, ok := t.(json.Delim)
	switch {
	case !ok:
		return nil
	case depth >= maxJSONDepth:
		return fmt.Errorf("must not nest deeper than %d", maxJSONDepth)
	case d == '{':
		return checkObject(dec, depth+1)
	}
	for dec.More() {
		if err := checkValue(dec, depth+1); err != nil {
			return err
		}
	}
	return closeDelim(dec)
}

func closeDelim(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return errNotJSON
	}
	return nil
}
