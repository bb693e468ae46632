package native

import (
	"context"

	"chartline/internal/care"
	"chartline/internal/clinic/people"
)

// details are what is known of a person beyond the rest.
type details struct {
	EmailAlt     *string `json:"emailAlt"`
	Phone2       *string `json:"phone2" doc:"National digits"`
	CountryCode2 *string `json:"countryCode2" doc:"Dial code of phone2, with its plus"`
	Address1     *string `json:"address1"`
	Address2     *string `json:"address2"`
	City         *string `json:"city"`
	State        *string `json:"state"`
	Country      *string `json:"country"`
	PostCode     *string `json:"postCode"`
	Language     *string `json:"language"`
	Height       *string `json:"height" doc:"A decimal, as it was given"`
	HeightUnit   *string `json:"heightUnit" doc:"cm, inch or ft"`
	Weight       *string `json:"weight" doc:"A decimal, as it was given"`
	WeightUnit   *string `json:"weightUnit" doc:"kg, lb, g or oz"`
	BirthDate    *string `json:"birthDate" format:"date" doc:"A provider's; a patient's is with the rest"`
}

func lowerDetails(d care.Details) details {
	return details{
		EmailAlt: orNull(d.EmailAlt), Phone2: orNull(d.Phone2), CountryCode2: orNull(d.CountryCode2), Address1: orNull(d.Address1),
		Address2: orNull(d.Address2), City: orNull(d.City), State: orNull(d.State), Country: orNull(d.Country), PostCode: orNull(d.PostCode),
		Language: orNull(d.Language), Height: orNull(d.Height), HeightUnit: orNull(d.HeightUnit), Weight: orNull(d.Weight),
		WeightUnit: orNull(d.WeightUnit), BirthDate: orNull(d.BirthDate),
	}
}

// DetailsChange is a change as RFC 7396 has it: null removes.
type DetailsChange struct {
	EmailAlt     optional[string] `json:"emailAlt,omitzero"`
	Phone2       optional[string] `json:"phone2,omitzero" doc:"National digits; needs countryCode2"`
	CountryCode2 optional[string] `json:"countryCode2,omitzero" doc:"Dial code with its plus"`
	Address1     optional[string] `json:"address1,omitzero"`
	Address2     optional[string] `json:"address2,omitzero"`
	City         optional[string] `json:"city,omitzero"`
	State        optional[string] `json:"state,omitzero"`
	Country      optional[string] `json:"country,omitzero"`
	PostCode     optional[string] `json:"postCode,omitzero"`
	Language     optional[string] `json:"language,omitzero" doc:"en, es, ar, it, pt-BR, fr-ca, gu"`
	Height       optional[string] `json:"height,omitzero" doc:"A decimal; needs heightUnit"`
	HeightUnit   optional[string] `json:"heightUnit,omitzero" doc:"cm, inch or ft"`
	Weight       optional[string] `json:"weight,omitzero" doc:"A decimal; needs weightUnit"`
	WeightUnit   optional[string] `json:"weightUnit,omitzero" doc:"kg, lb, g or oz"`
}

func (c DetailsChange) lift() people.DetailsChange {
	return people.DetailsChange{
		EmailAlt: text(c.EmailAlt), Phone2: text(c.Phone2), CountryCode2: text(c.CountryCode2), Address1: text(c.Address1), Address2: text(c.Address2),
		City: text(c.City), State: text(c.State), Country: text(c.Country), PostCode: text(c.PostCode), Language: text(c.Language),
		Height: text(c.Height), HeightUnit: text(c.HeightUnit), Weight: text(c.Weight), WeightUnit: text(c.WeightUnit),
	}
}

func (s *Surface) getPatientDetails(ctx context.Context, c call, in patientPath) (details, error) {
	d, err := s.People.PatientDetails(ctx, c.Actor, c.Scope, personRef(in.Patient))
	return lowerDetails(d), err
}

type changePatientDetails struct {
	patientPath
	Body DetailsChange
}

func (s *Surface) changePatientDetails(ctx context.Context, c call, in changePatientDetails) (details, error) {
	d, err := s.People.ChangePatientDetails(ctx, c.Actor, c.Scope, personRef(in.Patient), in.Body.lift())
	return lowerDetails(d), err
}

func (s *Surface) getProviderDetails(ctx context.Context, c call, in providerPath) (details, error) {
	d, err := s.People.ProviderDetails(ctx, c.Actor, c.Scope, personRef(in.Provider))
	return lowerDetails(d), err
}

type changeProviderDetails struct {
	providerPath
	Body providerDetailsChange
}

type providerDetailsChange struct {
	DetailsChange
	BirthDate optional[string] `json:"birthDate,omitzero" doc:"YYYY-MM-DD"`
}

func (s *Surface) changeProviderDetails(ctx context.Context, c call, in changeProviderDetails) (details, error) {
	change := in.Body.lift()
	change.BirthDate = text(in.Body.BirthDate)
	d, err := s.People.ChangeProviderDetails(ctx, c.Actor, c.Scope, personRef(in.Provider), change)
	return lowerDetails(d), err
}
