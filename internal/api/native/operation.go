package native

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// operation is one row of the table of routes.
type operation struct {
	id      string
	method  string
	pattern string // below /api/v1
	action  care.Action
	summary string
	handler handler
}

// handler is what serves an operation, with what it takes and answers.
//
// What it takes is a struct whose fields are tagged path, query or header; a
// field named Body is the JSON body.
type handler struct {
	in, out reflect.Type
	status  int // of success
	bind    func(*binding, *Surface) handleFunc
	// describe adds to the document what the types do not tell.
	describe func(*huma.Operation, huma.Registry)
}

type handleFunc = func(http.ResponseWriter, *http.Request, httpio.Caller) error

// call is who asks, and how.
type call struct {
	httpio.Caller
	// once is set for a POST with an Idempotency-Key.
	once    *care.Once
	cursors cursors
}

// none is the answer of what has nothing to say: 204.
type none struct{}

// handle makes a handler of do, whose answer is JSON.
func handle[In, Out any](do func(context.Context, call, In) (Out, error)) handler {
	if reflect.TypeFor[Out]() == reflect.TypeFor[none]() {
		return answering(http.StatusNoContent, do)
	}
	return answering(http.StatusOK, do)
}

// create makes a handler of do, whose answer is a new thing: 201, and where it
// is.
func create[In any, Out located](do func(context.Context, call, In) (Out, error)) handler {
	return answering(http.StatusCreated, do)
}

func answering[In, Out any](status int, do func(context.Context, call, In) (Out, error)) handler {
	return handler{
		in: reflect.TypeFor[In](), out: reflect.TypeFor[Out](), status: status,
		bind: func(b *binding, s *Surface) handleFunc {
			return func(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
				var in In
				body, err := b.read(w, r, reflect.ValueOf(&in).Elem())
				if err != nil {
					return err
				}
				once, err := onceOf(r, body)
				if err != nil {
					return err
				}
				out, err := do(r.Context(), call{Caller: c, once: once, cursors: s.cursors(r, c)}, in)
				if err != nil {
					return err
				}
				return answer(w, status, out)
			}
		},
	}
}

// located is an answer that says where it is, below /api/v1.
type located interface{ location() string }

// stream makes a handler of do, which reads the body or writes the answer by
// itself.
func stream[In any](do func(http.ResponseWriter, *http.Request, httpio.Caller, In) error, describe func(*huma.Operation, huma.Registry)) handler {
	return handler{
		in: reflect.TypeFor[In](), status: http.StatusOK, describe: describe,
		bind: func(b *binding, _ *Surface) handleFunc {
			return func(w http.ResponseWriter, r *http.Request, c httpio.Caller) error {
				var in In
				if _, err := b.read(w, r, reflect.ValueOf(&in).Elem()); err != nil {
					return err
				}
				return do(w, r, c, in)
			}
		},
	}
}

func answer(w http.ResponseWriter, status int, out any) error {
	if l, ok := out.(located); ok && status == http.StatusCreated {
		w.Header().Set("Location", prefix+l.location())
	}
	if status == http.StatusNoContent {
		w.WriteHeader(status)
		return nil
	}
	return httpio.WriteJSON(w, status, out)
}

// idempotencyKey returns a POST's Idempotency-Key; "" where there is none.
func idempotencyKey(r *http.Request) (string, error) {
	keys := r.Header.Values("Idempotency-Key")
	if r.Method != http.MethodPost || len(keys) == 0 {
		return "", nil
	}
	key := keys[0]
	ok := len(keys) == 1 && len(key) >= 1 && len(key) <= 255
	for i := range len(key) {
		ok = ok && key[i] >= 0x20 && key[i] < 0x7F
	}
	if !ok {
		return "", care.Invalid("Idempotency-Key", "must be given once, with 1 to 255 printable ASCII characters")
	}
	return key, nil
}

// onceOf ties a POST's Idempotency-Key to what the request asks for.
func onceOf(r *http.Request, body []byte) (*care.Once, error) {
	key, err := idempotencyKey(r)
	if key == "" || err != nil {
		return nil, err
	}
	sum := sha256.New()
	sum.Write([]byte(r.Method + " " + r.URL.EscapedPath() + "\n"))
	sum.Write(body)
	return &care.Once{Key: key, Fingerprint: hex.EncodeToString(sum.Sum(nil))}, nil
}
