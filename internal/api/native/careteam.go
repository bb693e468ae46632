package native

import (
	"context"
	"strconv"
	"time"

	"chartline/internal/care"
)

type careTeamMember struct {
	PatientID      string    `json:"patientId" format:"uuid"`
	ProviderNumber int64     `json:"providerNumber"`
	Role           *string   `json:"role"`
	CreatedAt      time.Time `json:"createdAt"`
}

func (m careTeamMember) location() string {
	return "/patients/" + m.PatientID + "/care-team/" + strconv.FormatInt(m.ProviderNumber, 10)
}

func lowerMember(m care.CareTeamMember) careTeamMember {
	return careTeamMember{PatientID: m.Patient, ProviderNumber: m.Provider, Role: orNull(m.Role), CreatedAt: m.CreatedAt.UTC()}
}

// listCareTeam answers a whole care team: it is never long.
func (s *Surface) listCareTeam(ctx context.Context, c call, in patientPath) (list[careTeamMember], error) {
	found, err := s.People.CareTeam(ctx, c.Actor, c.Scope, personRef(in.Patient))
	if err != nil {
		return list[careTeamMember]{}, err
	}
	return page(found, len(found), c.cursors, lowerMember, nil), nil
}

type addToCareTeam struct {
	patientPath
	Body newMember
}

type newMember struct {
	ProviderKey
	Role string `json:"role,omitempty"`
}

func (s *Surface) addToCareTeam(ctx context.Context, c call, in addToCareTeam) (careTeamMember, error) {
	provider, err := in.Body.ref()
	if err != nil {
		return careTeamMember{}, err
	}
	m, err := s.People.AddToCareTeam(ctx, c.Actor, c.Scope, personRef(in.Patient), provider, in.Body.Role, c.once)
	return lowerMember(m), err
}

type memberPath struct {
	patientPath
	providerPath
}

func (s *Surface) getCareTeamMember(ctx context.Context, c call, in memberPath) (careTeamMember, error) {
	m, err := s.People.CareTeamMember(ctx, c.Actor, c.Scope, personRef(in.Patient), personRef(in.Provider))
	return lowerMember(m), err
}

type changeCareTeamMember struct {
	memberPath
	Body memberChange
}

type memberChange struct {
	Role optional[string] `json:"role" required:"true"`
}

func (s *Surface) changeCareTeamMember(ctx context.Context, c call, in changeCareTeamMember) (careTeamMember, error) {
	m, err := s.People.ChangeCareTeamRole(ctx, c.Actor, c.Scope, personRef(in.Patient), personRef(in.Provider), *text(in.Body.Role))
	return lowerMember(m), err
}

func (s *Surface) removeFromCareTeam(ctx context.Context, c call, in memberPath) (none, error) {
	return none{}, s.People.RemoveFromCareTeam(ctx, c.Actor, c.Scope, personRef(in.Patient), personRef(in.Provider))
}
