package native

import (
	"context"
	"time"

	"chartline/internal/care"
	"chartline/internal/clinic/people"
)

type provider struct {
	ID          string    `json:"id" format:"uuid"`
	Number      int64     `json:"number" doc:"Year of registration x 10^8 + sequence" example:"202600000002"`
	FirstName   *string   `json:"firstName"`
	MiddleName  *string   `json:"middleName"`
	LastName    *string   `json:"lastName"`
	Title       *string   `json:"title" doc:"As in MD"`
	Gender      *string   `json:"gender" enum:"male,female,prefer_not_to_say"`
	Email       *string   `json:"email"`
	Phone       *string   `json:"phone" doc:"National digits"`
	CountryCode *string   `json:"countryCode" doc:"Dial code with its plus"`
	TimeZone    *string   `json:"timezone" doc:"IANA name"`
	CreatedAt   time.Time `json:"createdAt"`
	UpdatedAt   time.Time `json:"updatedAt"`
}

func (p provider) location() string { return "/providers/" + p.ID }

func lowerProvider(p care.Provider) provider {
	return provider{
		ID: p.ID, Number: p.Number, FirstName: orNull(p.FirstName), MiddleName: orNull(p.MiddleName), LastName: orNull(p.LastName),
		Title: orNull(p.Title), Gender: orNull(p.Gender), Email: orNull(p.Email), Phone: orNull(p.Phone),
		CountryCode: orNull(p.CountryCode), TimeZone: orNull(p.TimeZone), CreatedAt: p.CreatedAt.UTC(), UpdatedAt: p.UpdatedAt.UTC(),
	}
}

type providerPath struct {
	Provider string `path:"provider" doc:"The provider's id or number"`
}

type listProviders struct {
	pageQuery
	Number int64 `query:"number" minimum:"1" doc:"Only the provider with this number"`
}

func (s *Surface) listProviders(ctx context.Context, c call, in listProviders) (list[provider], error) {
	after, err := in.number(c.cursors)
	if err != nil {
		return list[provider]{}, err
	}
	limit := in.limit()
	if in.Number != 0 {
		after, limit = in.Number-1, 1
	}
	found, err := s.People.Providers(ctx, c.Actor, c.Scope, after, limit+1)
	if err != nil {
		return list[provider]{}, err
	}
	if in.Number != 0 {
		found = only(found, func(p care.Provider) bool { return p.Number == in.Number })
	}
	return page(found, limit, c.cursors, lowerProvider, func(p care.Provider) string { return placeOf(p.Number) }), nil
}

// only returns the first of found, if it is the one.
func only[T any](found []T, is func(T) bool) []T {
	if len(found) == 0 || !is(found[0]) {
		return nil
	}
	return found[:1]
}

type createProvider struct {
	Body newProvider
}

type newProvider struct {
	ID          string `json:"id,omitempty" doc:"A UUID that the provider has already; made where absent"`
	Number      int64  `json:"number,omitempty" minimum:"1" doc:"A number that the provider has already; drawn where absent"`
	FirstName   string `json:"firstName,omitempty" doc:"Needed where lastName is absent"`
	MiddleName  string `json:"middleName,omitempty"`
	LastName    string `json:"lastName,omitempty"`
	Title       string `json:"title,omitempty" doc:"As in MD"`
	Gender      string `json:"gender,omitempty" enum:"male,female,prefer_not_to_say"`
	Email       string `json:"email,omitempty"`
	Phone       string `json:"phone,omitempty" doc:"National digits; needs countryCode"`
	CountryCode string `json:"countryCode,omitempty" doc:"Dial code with its plus"`
	TimeZone    string `json:"timezone,omitempty" doc:"IANA name; the practice's counts where absent"`
}

func (s *Surface) createProvider(ctx context.Context, c call, in createProvider) (provider, error) {
	b := in.Body
	p, err := s.People.CreateProvider(ctx, c.Actor, care.Provider{
		Scope: c.Scope, ID: b.ID, Number: b.Number, FirstName: b.FirstName, MiddleName: b.MiddleName, LastName: b.LastName,
		Title: b.Title, Gender: b.Gender, Email: b.Email, Phone: b.Phone, CountryCode: b.CountryCode, TimeZone: b.TimeZone,
	}, c.once)
	return lowerProvider(p), err
}

func (s *Surface) getProvider(ctx context.Context, c call, in providerPath) (provider, error) {
	p, err := s.People.ProviderByRef(ctx, c.Actor, c.Scope, personRef(in.Provider))
	return lowerProvider(p), err
}

type changeProvider struct {
	providerPath
	Body providerChange
}

// providerChange is a change as RFC 7396 has it: null removes.
type providerChange struct {
	FirstName   optional[string] `json:"firstName,omitzero"`
	MiddleName  optional[string] `json:"middleName,omitzero"`
	LastName    optional[string] `json:"lastName,omitzero"`
	Title       optional[string] `json:"title,omitzero"`
	Gender      optional[string] `json:"gender,omitzero" enum:"male,female,prefer_not_to_say"`
	Email       optional[string] `json:"email,omitzero"`
	Phone       optional[string] `json:"phone,omitzero" doc:"National digits; needs countryCode"`
	CountryCode optional[string] `json:"countryCode,omitzero" doc:"Dial code with its plus"`
	TimeZone    optional[string] `json:"timezone,omitzero" doc:"IANA name"`
}

func (s *Surface) changeProvider(ctx context.Context, c call, in changeProvider) (provider, error) {
	b := in.Body
	p, err := s.People.ChangeProvider(ctx, c.Actor, c.Scope, personRef(in.Provider), people.ProviderChange{
		FirstName: text(b.FirstName), MiddleName: text(b.MiddleName), LastName: text(b.LastName), Title: text(b.Title), Gender: text(b.Gender),
		Email: text(b.Email), Phone: text(b.Phone), CountryCode: text(b.CountryCode), TimeZone: text(b.TimeZone),
	})
	return lowerProvider(p), err
}
