package graph

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	graphql "github.com/graph-gophers/graphql-go"

	"chartline/internal/care"
	"chartline/internal/clinic/chart"
)

// query resolves the schema's Query.
type query struct{ chart *chart.Service }

// personID is an ID as clients send it: a number or a UUID, as text or not.
type personID struct{ text string }

// ImplementsGraphQLType implements the library's Unmarshaler.
func (personID) ImplementsGraphQLType(name string) bool { return name == "ID" }

// UnmarshalGraphQL implements the library's Unmarshaler.
func (p *personID) UnmarshalGraphQL(v any) error {
	switch v := v.(type) {
	case string:
		p.text = v
	case int32:
		p.text = strconv.Itoa(int(v))
	case int64:
		p.text = strconv.FormatInt(v, 10)
	case float64:
		p.text = strconv.FormatFloat(v, 'f', -1, 64)
	}
	return nil
}

type usersArgs struct {
	ID                  *personID
	CustomerCode        *string
	PatientsCreatedFrom *string
	PatientsCreatedTo   *string
	First               int32
	Page                *int32
}

// Users is a page of patients, or the one that was asked for.
func (q *query) Users(ctx context.Context, in usersArgs) (*paginator, error) {
	r := requestOf(ctx)
	p, err := q.users(ctx, r, in)
	if err != nil {
		return nil, r.lower(err)
	}
	return p, nil
}

func (q *query) users(ctx context.Context, r *request, in usersArgs) (*paginator, error) {
	page, err := in.page()
	if err != nil {
		return nil, err
	}
	if err := r.spend(cost{patients: page.Size, loads: 1}); err != nil {
		return nil, err
	}
	scope, err := q.chart.At(ctx, r.actor, r.scope, value(in.CustomerCode))
	if err != nil {
		return nil, err
	}
	if in.ID != nil {
		return q.user(ctx, r, scope, *in.ID, page)
	}
	found, err := q.chart.Roster(ctx, r.actor, scope, page)
	if err != nil {
		return nil, err
	}
	return newPaginator(&loader{chart: q.chart, request: r, scope: scope}, found, page), nil
}

// user is a list of the one patient who has an id, or of nobody. Other
// conditions hold for them too.
func (q *query) user(ctx context.Context, r *request, scope care.Scope, id personID, page chart.RosterPage) (*paginator, error) {
	l := &loader{chart: q.chart, request: r, scope: scope}
	ref, _ := care.ParsePersonRef(id.text)
	e, err := q.chart.RosterEntry(ctx, r.actor, scope, ref)
	if err != nil && !care.IsNotFound(err) {
		return nil, err
	}
	at := e.Patient.CreatedAt
	out := page.From != nil && at.Before(*page.From) || page.Until != nil && at.After(*page.Until)
	if err != nil || out {
		return newPaginator(l, chart.RosterEntries{}, page), nil
	}
	found := chart.RosterEntries{Total: 1}
	if page.Page == 0 {
		found.Entries = []care.RosterEntry{e}
	}
	return newPaginator(l, found, page), nil
}

// page reads the arguments. Every faulty one is named.
func (in usersArgs) page() (chart.RosterPage, error) {
	var bad care.Problems
	bad.Check(in.First >= 1 && in.First <= maxFirst, "first", "must be 1 to "+strconv.Itoa(maxFirst))
	p := chart.RosterPage{Size: int(in.First)}
	if in.Page != nil {
		bad.Check(*in.Page >= 1, "page", "must be 1 or more")
		p.Page = int(*in.Page) - 1
	}
	p.From = bound(&bad, "patients_created_from", in.PatientsCreatedFrom, 0)
	p.Until = bound(&bad, "patients_created_to", in.PatientsCreatedTo, 24*time.Hour-time.Microsecond)
	return p, bad.Err()
}

// bound reads a date, moved by day, or a date-time; empty is none.
func bound(bad *care.Problems, name string, text *string, day time.Duration) *time.Time {
	s := value(text)
	if s == "" {
		return nil
	}
	if t, ok := care.ParseDate(s); ok {
		t = t.Add(day)
		return &t
	}
	t, ok := care.ParseInstant(s)
	bad.Check(ok, name, "must be YYYY-MM-DD, or a date-time with an offset (RFC 3339)")
	return &t
}

func value(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// faults names every faulty argument in one sentence.
func faults(e *care.Error) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, name+" "+e.Fields[name])
	}
	return "Invalid request: " + strings.Join(parts, "; ")
}

// paginator is a page of users.
type paginator struct {
	Data          []*user
	PaginatorInfo paginatorInfo
}

type paginatorInfo struct {
	Count, CurrentPage, LastPage, PerPage, Total int32
	FirstItem, LastItem                          *int32
	HasMorePages                                 bool
}

func newPaginator(l *loader, found chart.RosterEntries, page chart.RosterPage) *paginator {
	count, total := len(found.Entries), found.Total
	p := &paginator{Data: make([]*user, count), PaginatorInfo: paginatorInfo{
		Count: int32(count), CurrentPage: int32(page.Page) + 1, PerPage: int32(page.Size), Total: int32(total),
		LastPage: int32(max(1, (total+page.Size-1)/page.Size)), HasMorePages: total > (page.Page+1)*page.Size,
	}}
	if count > 0 {
		first, last := int32(page.Page*page.Size+1), int32(page.Page*page.Size+count)
		p.PaginatorInfo.FirstItem, p.PaginatorInfo.LastItem = &first, &last
	}
	for i, e := range found.Entries {
		l.patients = append(l.patients, e.Patient.ID)
		p.Data[i] = newUser(l, e)
	}
	return p
}

// user resolves a User.
type user struct {
	PatientID                                           graphql.ID
	UserType, FullName, CreatedAt, UpdatedAt            string
	FirstName, MiddleName, LastName, Gender             *string
	Addr1, Addr2, State, City, Country, PostCode        *string
	EmailID, EmailIDAlt, Phone1, Phone2, WorkPhone      *string
	CountryCodePhone1, CountryCodePhone2                *string
	CountryCodeWorkPhone, CountryCode                   *string
	BirthDate, Timezone, RPMStatus, MRN, Height, Weight *string

	loader  *loader
	patient string
}

func newUser(l *loader, e care.RosterEntry) *user {
	p, d := e.Patient, e.Details
	return &user{
		PatientID: graphql.ID(strconv.FormatInt(p.Number, 10)), UserType: "patient", FullName: p.FullName(),
		CreatedAt: instant(p.CreatedAt), UpdatedAt: instant(p.UpdatedAt),
		FirstName: optional(p.FirstName), MiddleName: optional(p.MiddleName), LastName: optional(p.LastName), Gender: optional(p.Gender),
		Addr1: optional(d.Address1), Addr2: optional(d.Address2), State: optional(d.State), City: optional(d.City),
		Country: optional(d.Country), PostCode: optional(d.PostCode), EmailID: optional(p.Email), EmailIDAlt: optional(d.EmailAlt),
		Phone1: optional(p.Phone), Phone2: optional(d.Phone2), CountryCodePhone1: optional(p.CountryCode),
		CountryCodePhone2: optional(d.CountryCode2), CountryCode: optional(p.CountryCode), BirthDate: optional(p.BirthDate),
		Timezone: optional(p.TimeZone), MRN: optional(p.MRN), Height: measure(d.Height, d.HeightUnit), Weight: measure(d.Weight, d.WeightUnit),
		loader: l, patient: p.ID,
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func measure(value, unit string) *string {
	if value == "" {
		return nil
	}
	return optional(strings.TrimSpace(value + " " + unit))
}

// instant shows a time in whole seconds.
func instant(t time.Time) string { return care.WholeSeconds(t).Format(time.RFC3339) }
