package telehealth

import (
	"encoding/json"

	"chartline/internal/care"
	"chartline/internal/clinic/practice"
)

// wireService is how bodies name a service: by service_id, or by service, which
// is a name or an id.
type wireService struct {
	id    int64
	named practice.ServiceRef
}

func (v *wireService) rows() []row {
	name, id := text("service", &v.named.Name), integer("service", &v.named.ID)
	nameOrID := field{name: "service", set: func(raw json.RawMessage, at string, bad *care.Problems) {
		if raw[0] == '"' {
			name.set(raw, at, bad)
			return
		}
		id.set(raw, at, bad)
	}}
	return []row{integer("service_id", &v.id), nameOrID}
}

// ref is the service that is meant: service_id counts before service.
func (v wireService) ref() practice.ServiceRef {
	if v.id != 0 {
		return practice.ServiceRef{ID: v.id}
	}
	return v.named
}

// name is the field that counts.
func (v wireService) name() string {
	if v.id != 0 {
		return "service_id"
	}
	return "service"
}
