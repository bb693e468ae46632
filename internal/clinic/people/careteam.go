package people

import (
	"cmp"
	"context"
	"slices"

	"chartline/internal/care"
	"chartline/internal/gate"
	"chartline/internal/policy"
	"chartline/internal/store"
)

// CareTeam lists the members of a patient's care team, by provider number.
// Errors: NotFound (patient), Forbidden.
func (s *Service) CareTeam(ctx context.Context, actor care.Actor, scope care.Scope, patient care.PersonRef) ([]care.CareTeamMember, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.CareTeamRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locatePatient(actor, scope, patient, &p), func(tx store.Tx) ([]care.CareTeamMember, error) {
		return tx.CareTeam(scope, p.ID)
	})
}

// CareTeamMember returns one member. Errors: NotFound (patient, provider,
// care_team_member), Forbidden.
func (s *Service) CareTeamMember(ctx context.Context, actor care.Actor, scope care.Scope, patient, provider care.PersonRef) (care.CareTeamMember, error) {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.CareTeamRead, Scope: scope}
	return gate.Read(ctx, s.gate, q, locatePatient(actor, scope, patient, &p), func(tx store.Tx) (care.CareTeamMember, error) {
		return findMember(tx, scope, p.ID, provider)
	})
}

// AddToCareTeam makes a provider a member. Errors: Invalid (role), NotFound
// (patient, provider), Conflict (is one already), Forbidden.
func (s *Service) AddToCareTeam(ctx context.Context, actor care.Actor, scope care.Scope, patient, provider care.PersonRef, role string, once *care.Once) (care.CareTeamMember, error) {
	role, err := checkRole(role)
	if err != nil {
		return care.CareTeamMember{}, err
	}
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.CareTeamWrite, Scope: scope, Once: once}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, scope, patient, &p), func(tx store.Tx) (care.CareTeamMember, error) {
		pr, err := gate.FindProvider(tx, scope, provider)
		if err != nil {
			return care.CareTeamMember{}, err
		}
		if in, err := tx.InCareTeam(scope, p.ID, pr.Number); err != nil || in {
			return care.CareTeamMember{}, cmp.Or(err, care.Conflict("care_team_member", "provider"))
		}
		m := care.CareTeamMember{Scope: scope, Patient: p.ID, Provider: pr.Number, Role: role, CreatedAt: s.gate.Now()}
		return m, tx.PutCareTeamMember(m)
	})
}

// ChangeCareTeamRole gives a member a new role. Errors: Invalid (role), NotFound
// (patient, provider, care_team_member), Forbidden.
func (s *Service) ChangeCareTeamRole(ctx context.Context, actor care.Actor, scope care.Scope, patient, provider care.PersonRef, role string) (care.CareTeamMember, error) {
	role, err := checkRole(role)
	if err != nil {
		return care.CareTeamMember{}, err
	}
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.CareTeamWrite, Scope: scope}
	return gate.Write(ctx, s.gate, q, locatePatient(actor, scope, patient, &p), func(tx store.Tx) (care.CareTeamMember, error) {
		m, err := findMember(tx, scope, p.ID, provider)
		if err != nil {
			return m, err
		}
		m.Role = role
		return m, tx.PutCareTeamMember(m)
	})
}

// RemoveFromCareTeam ends a membership. Errors: NotFound (patient, provider,
// care_team_member), Forbidden.
func (s *Service) RemoveFromCareTeam(ctx context.Context, actor care.Actor, scope care.Scope, patient, provider care.PersonRef) error {
	var p care.Patient
	q := gate.Request{Actor: actor, Action: policy.CareTeamWrite, Scope: scope}
	_, err := gate.Write(ctx, s.gate, q, locatePatient(actor, scope, patient, &p), func(tx store.Tx) (struct{}, error) {
		m, err := findMember(tx, scope, p.ID, provider)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.DeleteCareTeamMember(scope, p.ID, m.Provider)
	})
	return err
}

func findMember(tx store.Tx, scope care.Scope, patient string, provider care.PersonRef) (care.CareTeamMember, error) {
	pr, err := gate.FindProvider(tx, scope, provider)
	if err != nil {
		return care.CareTeamMember{}, err
	}
	team, err := tx.CareTeam(scope, patient)
	if err != nil {
		return care.CareTeamMember{}, err
	}
	i := slices.IndexFunc(team, func(m care.CareTeamMember) bool { return m.Provider == pr.Number })
	if i < 0 {
		return care.CareTeamMember{}, care.NotFound("care_team_member")
	}
	return team[i], nil
}

func checkRole(role string) (string, error) {
	role, ok := care.CleanText(role, care.MaxText, false)
	if !ok {
		return "", care.Invalid("role", "must be at most 200 characters without control characters")
	}
	return role, nil
}
