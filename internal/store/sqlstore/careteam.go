package sqlstore

import "chartline/internal/care"

const (
	sqlCareTeamAdmit = `
	SELECT EXISTS (SELECT 1 FROM patient WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND number = $4)`
	sqlCareTeamPut = `
	INSERT INTO care_team (tenant, instance, patient, provider, role, created_at) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (tenant, instance, patient, provider) DO UPDATE SET role = excluded.role`
	sqlCareTeamDelete = `
	DELETE FROM care_team WHERE tenant = $1 AND instance = $2 AND patient = $3 AND provider = $4`
	sqlCareTeam = `
	SELECT tenant, instance, patient, provider, role, created_at FROM care_team
	WHERE tenant = $1 AND instance = $2 AND patient = $3 ORDER BY provider`
	sqlCareTeamHas = `
	SELECT EXISTS (SELECT 1 FROM care_team WHERE tenant = $1 AND instance = $2 AND patient = $3 AND provider = $4)`
)

func scanCareTeamMember(r *row) care.CareTeamMember {
	return care.CareTeamMember{
		Scope: scanScope(r), Patient: r.text(), Provider: r.int(), Role: r.text(), CreatedAt: r.time(),
	}
}

func (t *tx) PutCareTeamMember(m care.CareTeamMember) error {
	if err := t.admit("care_team_member", []string{"patient", "provider"}, nil,
		sqlCareTeamAdmit, m.Tenant, m.Instance, m.Patient, m.Provider); err != nil {
		return err
	}
	_, err := t.exec(sqlCareTeamPut, m.Tenant, m.Instance, m.Patient, m.Provider, m.Role, micros(m.CreatedAt))
	return err
}

func (t *tx) DeleteCareTeamMember(s care.Scope, patient string, provider int64) error {
	return t.change("care_team_member", sqlCareTeamDelete, s.Tenant, s.Instance, patient, provider)
}

func (t *tx) CareTeam(s care.Scope, patient string) ([]care.CareTeamMember, error) {
	return all(t, scanCareTeamMember, sqlCareTeam, s.Tenant, s.Instance, patient)
}

func (t *tx) InCareTeam(s care.Scope, patient string, provider int64) (bool, error) {
	return one(t, "care_team_member", (*row).bool, sqlCareTeamHas, s.Tenant, s.Instance, patient, provider)
}
