package telehealth

import (
	"errors"
	"net/http"

	"chartline/internal/api/httpio"
	"chartline/internal/care"
)

// wireAnswer is the envelope of success.
type wireAnswer[T any] struct {
	Error     bool `json:"error"`
	InputData T    `json:"input_data"`
}

// answer writes data in the envelope.
func answer[T any](w http.ResponseWriter, status int, data T) error {
	return httpio.WriteJSON(w, status, wireAnswer[T]{InputData: data})
}

// wireNames says what an endpoint's body calls the domain's fields, and which of
// its fields name a thing of the domain.
type wireNames struct {
	fields map[string]string
	nouns  map[string]string
}

// in tells err in the words of the body. What collides with what is stored, and
// a thing that a field names and that is not there, are faults of that field.
func (n wireNames) in(err error) error {
	e, ok := errors.AsType[*care.Error](err)
	if !ok {
		return err
	}
	var bad care.Problems
	switch e.Kind {
	case care.KindInvalid, care.KindConflict:
		for field, reason := range e.Fields {
			if name := n.fields[field]; name != "" {
				field = name
			}
			bad.Add(field, reason)
		}
	case care.KindNotFound:
		if name := n.nouns[e.Noun]; name != "" {
			bad.Add(name, "is not known")
		}
	case care.KindAmbiguous:
		if name := n.nouns[e.Noun]; name != "" {
			bad.Add(name, "means more than one "+e.Noun)
		}
	}
	if faults := bad.Err(); faults != nil {
		return faults
	}
	return err
}
