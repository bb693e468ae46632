package native

import (
	"context"
	"time"
)

type instance struct {
	Tenant                string    `json:"tenant"`
	Instance              string    `json:"instance"`
	TimeZone              string    `json:"timezone" doc:"The practice's, where a provider has none"`
	UnknownConsentRefused bool      `json:"unknownConsentRefused" doc:"Recordings of unknown consent answer as if it had been refused"`
	CreatedAt             time.Time `json:"createdAt"`
	UpdatedAt             time.Time `json:"updatedAt"`
}

func (s *Surface) instance(ctx context.Context, c call, _ struct{}) (instance, error) {
	in, err := s.Access.Instance(ctx, c.Actor, c.Scope)
	return instance{
		Tenant: in.Tenant, Instance: in.Instance, TimeZone: in.TimeZone, UnknownConsentRefused: in.UnknownConsentRefused,
		CreatedAt: in.CreatedAt.UTC(), UpdatedAt: in.UpdatedAt.UTC(),
	}, err
}
