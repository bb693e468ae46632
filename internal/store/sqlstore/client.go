package sqlstore

import "chartline/internal/care"

const (
	sqlClientAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2)`
	sqlClientInsert = `
	INSERT INTO client (name, tenant, title, secret_hash, enabled, home, instances, blocked_until, created_at, updated_at)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING`
	sqlClientUpdate = `
	UPDATE client SET title = $3, secret_hash = $4, enabled = $5, home = $6, instances = $7, blocked_until = $8, updated_at = $9
	WHERE name = $1 AND tenant = $2`

	colsClient = `
	SELECT name, tenant, title, secret_hash, enabled, home, instances, blocked_until, created_at, updated_at FROM client`
	sqlClient  = colsClient + ` WHERE name = $1`
	sqlClients = colsClient + ` WHERE tenant = $1 AND name > $2 ORDER BY name LIMIT $3`

	sqlGrantAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance WHERE tenant = $1 AND instance = $2),
		EXISTS (SELECT 1 FROM client WHERE name = $3 AND tenant = $1)`
	sqlGrantPut = `
	INSERT INTO client_grant (client, tenant, instance, name, until_at, created_at) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (client, tenant, instance, name) DO UPDATE SET until_at = excluded.until_at`
	sqlGrantDelete = `
	DELETE FROM client_grant WHERE client = $1 AND tenant = $2 AND instance = $3 AND name = $4`
	sqlGrants = `
	SELECT client, tenant, instance, name, until_at, created_at FROM client_grant
	WHERE client = $1 ORDER BY tenant, instance, name`
)

func scanClient(r *row) care.Client {
	return care.Client{
		Name: r.text(), Tenant: r.text(), Title: r.text(), SecretHash: r.bytes(), Enabled: r.bool(),
		Home: r.text(), Instances: listOf[string](r), BlockedUntil: r.maybeTime(), CreatedAt: r.time(), UpdatedAt: r.time(),
	}
}

func scanGrant(r *row) care.Grant {
	return care.Grant{
		Client: r.text(), Tenant: r.text(), Instance: r.text(), Name: care.GrantName(r.text()),
		Until: r.maybeTime(), CreatedAt: r.time(),
	}
}

func (t *tx) CreateClient(v care.Client) error {
	if err := t.admit("client", []string{"instance"}, nil, sqlClientAdmit, v.Tenant, v.Home); err != nil {
		return err
	}
	instances, err := listText(v.Instances)
	if err != nil {
		return err
	}
	return t.insert("client", "name", sqlClientInsert, v.Name, v.Tenant, v.Title, blob(v.SecretHash), v.Enabled, v.Home, instances,
		maybeMicros(v.BlockedUntil), micros(v.CreatedAt), micros(v.UpdatedAt))
}

func (t *tx) Client(name string) (care.Client, error) {
	return one(t, "client", scanClient, sqlClient, name)
}

func (t *tx) Clients(tenant, after string, limit int) ([]care.Client, error) {
	return all(t, scanClient, sqlClients, tenant, after, int64(limit))
}

func (t *tx) UpdateClient(v care.Client) error {
	instances, err := listText(v.Instances)
	if err != nil {
		return err
	}
	return t.change("client", sqlClientUpdate, v.Name, v.Tenant, v.Title, blob(v.SecretHash), v.Enabled, v.Home, instances,
		maybeMicros(v.BlockedUntil), micros(v.UpdatedAt))
}

func (t *tx) PutGrant(v care.Grant) error {
	if err := t.admit("grant", []string{"instance", "client"}, nil, sqlGrantAdmit, v.Tenant, v.Instance, v.Client); err != nil {
		return err
	}
	_, err := t.exec(sqlGrantPut, v.Client, v.Tenant, v.Instance, string(v.Name), maybeMicros(v.Until), micros(v.CreatedAt))
	return err
}

func (t *tx) DeleteGrant(tenant, instance, client string, name care.GrantName) error {
	return t.change("grant", sqlGrantDelete, client, tenant, instance, string(name))
}

func (t *tx) Grants(client string) ([]care.Grant, error) {
	return all(t, scanGrant, sqlGrants, client)
}
