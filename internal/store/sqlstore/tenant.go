package sqlstore

import (
	"chartline/internal/care"
)

const (
	sqlTenantInsert = `
	INSERT INTO tenant (name, title, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`
	sqlTenant = `
	SELECT name, title, created_at FROM tenant WHERE name = $1`
	sqlTenants = `
	SELECT name, title, created_at FROM tenant WHERE name > $1 ORDER BY name LIMIT $2`

	sqlInstanceAdmit = `
	SELECT EXISTS (SELECT 1 FROM tenant WHERE name = $1)`
	sqlInstanceInsert = `
	INSERT INTO instance (tenant, instance, time_zone, unknown_consent_refused, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING`
	sqlInstanceUpdate = `
	UPDATE instance SET time_zone = $3, unknown_consent_refused = $4, updated_at = $5
	WHERE tenant = $1 AND instance = $2`

	colsInstance = `
	SELECT tenant, instance, time_zone, unknown_consent_refused, created_at, updated_at FROM instance`
	sqlInstance  = colsInstance + ` WHERE tenant = $1 AND instance = $2`
	sqlInstances = colsInstance + ` WHERE tenant = $1 ORDER BY instance`
)

func scanTenant(r *row) care.Tenant {
	return care.Tenant{Name: r.text(), Title: r.text(), CreatedAt: r.time()}
}

func scanInstance(r *row) care.Instance {
	return care.Instance{
		Scope:                 care.Scope{Tenant: r.text(), Instance: r.text()},
		TimeZone:              r.text(),
		UnknownConsentRefused: r.bool(),
		CreatedAt:             r.time(),
		UpdatedAt:             r.time(),
	}
}

func (t *tx) CreateTenant(v care.Tenant) error {
	return t.insert("tenant", "name", sqlTenantInsert, v.Name, v.Title, micros(v.CreatedAt))
}

func (t *tx) Tenant(name string) (care.Tenant, error) {
	return one(t, "tenant", scanTenant, sqlTenant, name)
}

func (t *tx) Tenants(after string, limit int) ([]care.Tenant, error) {
	return all(t, scanTenant, sqlTenants, after, int64(limit))
}

func (t *tx) CreateInstance(v care.Instance) error {
	if err := t.admit("instance", []string{"tenant"}, nil, sqlInstanceAdmit, v.Tenant); err != nil {
		return err
	}
	return t.insert("instance", "name", sqlInstanceInsert, v.Tenant, v.Instance, v.TimeZone, v.UnknownConsentRefused,
		micros(v.CreatedAt), micros(v.UpdatedAt))
}

func (t *tx) Instance(s care.Scope) (care.Instance, error) {
	return one(t, "instance", scanInstance, sqlInstance, s.Tenant, s.Instance)
}

func (t *tx) Instances(tenant string) ([]care.Instance, error) {
	return all(t, scanInstance, sqlInstances, tenant)
}

func (t *tx) UpdateInstance(v care.Instance) error {
	return t.change("instance", sqlInstanceUpdate, v.Tenant, v.Instance, v.TimeZone, v.UnknownConsentRefused, micros(v.UpdatedAt))
}
