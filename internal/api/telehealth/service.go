package telehealth

import (
	"encoding/json"
	"strconv"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

// wireService is how bodies name a service: by service_id, or by service, which
// is a name or an id, or by both, which must agree.
type wireService struct {
	id     int64
	name   string
	number int64
}

func (v *wireService) rows() []row {
	name, id := text("service", &v.name), integer("service", &v.number)
	nameOrID := field{name: "service", set: func(raw json.RawMessage, at string, bad *care.Problems) {
		switch c := raw[0]; {
		case c == '"':
			name.set(raw, at, bad)
		case c == '-' || c >= '0' && c <= '9':
			id.set(raw, at, bad)
		default:
			bad.Add(at, "must be a service's name or its id")
		}
	}}
	return []row{integer("service_id", &v.id), nameOrID}
}

// ref is the service that is meant.
func (v wireService) ref() practice.ServiceRef {
	ref := practice.ServiceRef{ID: v.id, Name: v.name}
	switch {
	case v.id == 0:
		ref.ID = v.number
	case v.number != 0:
		ref.Name = strconv.FormatInt(v.number, 10)
	}
	return ref
}

// field is the one that leads to the service.
func (v wireService) field() string {
	if v.id != 0 {
		return "service_id"
	}
	return "service"
}
