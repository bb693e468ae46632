package sqlstore

import "chartline/internal/care"

const (
	sqlProviderAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		EXISTS (SELECT 1 FROM provider WHERE tenant = $1 AND instance = $2 AND id = $3),
		EXISTS (SELECT 1 FROM person WHERE tenant = $1 AND instance = $2 AND number = $4)`
	sqlProviderInsert = `
	INSERT INTO provider (tenant, instance, id, number, first_name, middle_name, last_name, title, gender,
		email, phone, country_code, time_zone, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`
	sqlProviderUpdate = `
	UPDATE provider SET first_name = $4, middle_name = $5, last_name = $6, title = $7, gender = $8, email = $9,
		phone = $10, country_code = $11, time_zone = $12, updated_at = $13
	WHERE tenant = $1 AND instance = $2 AND id = $3`

	colsProvider = `
	SELECT tenant, instance, id, number, first_name, middle_name, last_name, title, gender,
		email, phone, country_code, time_zone, created_at, updated_at
	FROM provider`
	sqlProvider         = colsProvider + ` WHERE tenant = $1 AND instance = $2 AND number = $3`
	sqlProviderByID     = colsProvider + ` WHERE tenant = $1 AND instance = $2 AND id = $3`
	sqlProvidersByEmail = colsProvider + ` WHERE tenant = $1 AND instance = $2 AND lower(email) = lower($3) AND email <> '' ORDER BY number LIMIT $4`
	sqlProviders        = colsProvider + ` WHERE tenant = $1 AND instance = $2 AND number > $3 ORDER BY number LIMIT $4`
)

func scanProvider(r *row) care.Provider {
	return care.Provider{
		Scope: scanScope(r), ID: r.text(), Number: r.int(), FirstName: r.text(), MiddleName: r.text(), LastName: r.text(),
		Title: r.text(), Gender: r.text(), Email: r.text(), Phone: r.text(), CountryCode: r.text(), TimeZone: r.text(),
		CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func (t *tx) CreateProvider(p care.Provider) error {
	if err := t.admit("provider", []string{"instance"}, []string{"id", "number"},
		sqlProviderAdmit, p.Tenant, p.Instance, p.ID, p.Number); err != nil {
		return err
	}
	if err := t.createPerson(p.Scope, p.Number, "provider"); err != nil {
		return err
	}
	_, err := t.exec(sqlProviderInsert, p.Tenant, p.Instance, p.ID, p.Number, p.FirstName, p.MiddleName, p.LastName, p.Title, p.Gender,
		p.Email, p.Phone, p.CountryCode, p.TimeZone, micros(p.CreatedAt), micros(p.UpdatedAt))
	return err
}

func (t *tx) Provider(s care.Scope, number int64) (care.Provider, error) {
	return one(t, "provider", scanProvider, sqlProvider, s.Tenant, s.Instance, number)
}

func (t *tx) ProviderByID(s care.Scope, id string) (care.Provider, error) {
	return one(t, "provider", scanProvider, sqlProviderByID, s.Tenant, s.Instance, id)
}

func (t *tx) UpdateProvider(p care.Provider) error {
	return t.change("provider", sqlProviderUpdate, p.Tenant, p.Instance, p.ID, p.FirstName, p.MiddleName, p.LastName, p.Title, p.Gender,
		p.Email, p.Phone, p.CountryCode, p.TimeZone, micros(p.UpdatedAt))
}

func (t *tx) Providers(s care.Scope, after int64, limit int) ([]care.Provider, error) {
	return all(t, scanProvider, sqlProviders, s.Tenant, s.Instance, after, int64(limit))
}

func (t *tx) ProvidersByEmail(s care.Scope, email string, limit int) ([]care.Provider, error) {
	return all(t, scanProvider, sqlProvidersByEmail, s.Tenant, s.Instance, email, int64(limit))
}
