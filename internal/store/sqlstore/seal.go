package sqlstore

import (
	"time"

	"chartline/internal/care"
)

const (
	colsInstanceKey = `
	SELECT tenant, instance, version, master, wrapped, created_at FROM instance_key`
	sqlInstanceKey       = colsInstanceKey + ` WHERE tenant = $1 AND instance = $2 AND version = $3`
	sqlInstanceKeyNewest = colsInstanceKey + ` WHERE tenant = $1 AND instance = $2 ORDER BY version DESC LIMIT 1`
	sqlInstanceKeys      = colsInstanceKey + `
	WHERE (tenant, instance, version) > ($1, $2, $3) ORDER BY tenant, instance, version LIMIT $4`
	sqlInstanceKeyInsert = `
	INSERT INTO instance_key (tenant, instance, version, master, wrapped, created_at) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT DO NOTHING`
	sqlInstanceKeyRewrap = `
	UPDATE instance_key SET master = $4, wrapped = $5 WHERE tenant = $1 AND instance = $2 AND version = $3 AND wrapped = $6`
	sqlInstanceKeyUsed = `
	SELECT EXISTS (SELECT 1 FROM instance_key WHERE tenant = $1 AND instance = $2 AND version = $3),
		EXISTS (SELECT 1 FROM data_key WHERE tenant = $1 AND instance = $2 AND version = $3)`
	sqlInstanceKeyDelete = `
	DELETE FROM instance_key WHERE tenant = $1 AND instance = $2 AND version = $3`

	sqlDataKeyAdmit = `
	SELECT EXISTS (SELECT 1 FROM instance_key WHERE tenant = $1 AND instance = $2 AND version = $3),
		EXISTS (SELECT 1 FROM data_key WHERE tenant = $1 AND instance = $2 AND object = $4),
		EXISTS (SELECT 1 FROM data_key WHERE tenant = $1 AND instance = $2 AND id = $5)`
	sqlDataKeyInsert = `
	INSERT INTO data_key (tenant, instance, object, id, version, wrapped, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`
	colsDataKey = `
	SELECT tenant, instance, object, id, version, wrapped, created_at FROM data_key WHERE tenant = $1 AND instance = $2 AND `
	sqlDataKey       = colsDataKey + `object = $3`
	sqlDataKeyByID   = colsDataKey + `id = $3`
	sqlDataKeys      = colsDataKey + `object > $3 ORDER BY object LIMIT $4`
	sqlDataKeysBelow = colsDataKey + `version < $3 ORDER BY version LIMIT $4`
	sqlDataKeyRewrap = `
	UPDATE data_key SET version = $4, wrapped = $5 WHERE tenant = $1 AND instance = $2 AND id = $3 AND wrapped = $6`
	// A row that is overwritten by one of its own length is overwritten where it
	// is: removing it alone would leave its bytes in the file.
	sqlDataKeyBlank = `
	UPDATE data_key SET wrapped = $4 WHERE tenant = $1 AND instance = $2 AND object = $3`
	sqlDataKeyDelete = `
	DELETE FROM data_key WHERE tenant = $1 AND instance = $2 AND object = $3`

	sqlShreddedInsert = `
	INSERT INTO shredded_key (tenant, instance, id, shredded_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	sqlShredded = `
	SELECT tenant, instance, id, shredded_at FROM shredded_key WHERE tenant = $1 AND instance = $2 AND id > $3 ORDER BY id LIMIT $4`
)

func scanInstanceKey(r *row) care.InstanceKey {
	return care.InstanceKey{Scope: scanScope(r), Version: r.int(), Master: r.text(), Wrapped: r.bytes(), CreatedAt: r.time()}
}

func scanDataKey(r *row) care.DataKey {
	return care.DataKey{Scope: scanScope(r), Object: r.text(), ID: r.text(), Version: r.int(), Wrapped: r.bytes(), CreatedAt: r.time()}
}

func scanShredded(r *row) care.ShreddedKey {
	return care.ShreddedKey{Scope: scanScope(r), ID: r.text(), ShreddedAt: r.time()}
}

func (t *tx) CreateInstanceKey(k care.InstanceKey) error {
	return t.insert("instance_key", "version", sqlInstanceKeyInsert, k.Tenant, k.Instance, k.Version, k.Master, blob(k.Wrapped), micros(k.CreatedAt))
}

func (t *tx) InstanceKey(s care.Scope, version int64) (care.InstanceKey, error) {
	return one(t, "instance_key", scanInstanceKey, sqlInstanceKey, s.Tenant, s.Instance, version)
}

func (t *tx) NewestInstanceKey(s care.Scope) (care.InstanceKey, error) {
	return one(t, "instance_key", scanInstanceKey, sqlInstanceKeyNewest, s.Tenant, s.Instance)
}

func (t *tx) InstanceKeys(after *care.InstanceKey, limit int) ([]care.InstanceKey, error) {
	if after == nil {
		after = &care.InstanceKey{}
	}
	return all(t, scanInstanceKey, sqlInstanceKeys, after.Tenant, after.Instance, after.Version, int64(limit))
}

func (t *tx) RewrapInstanceKey(k care.InstanceKey, was []byte) error {
	return t.change("instance_key", sqlInstanceKeyRewrap, k.Tenant, k.Instance, k.Version, k.Master, blob(k.Wrapped), blob(was))
}

func (t *tx) DeleteInstanceKey(s care.Scope, version int64) error {
	if err := t.admit("instance_key", []string{"instance_key"}, []string{"version"}, sqlInstanceKeyUsed, s.Tenant, s.Instance, version); err != nil {
		return err
	}
	return t.change("instance_key", sqlInstanceKeyDelete, s.Tenant, s.Instance, version)
}

func (t *tx) CreateDataKey(k care.DataKey) error {
	if err := t.admit("data_key", []string{"instance_key"}, []string{"object", "id"}, sqlDataKeyAdmit,
		k.Tenant, k.Instance, k.Version, k.Object, k.ID); err != nil {
		return err
	}
	_, err := t.exec(sqlDataKeyInsert, k.Tenant, k.Instance, k.Object, k.ID, k.Version, blob(k.Wrapped), micros(k.CreatedAt))
	return err
}

func (t *tx) DataKey(s care.Scope, object string) (care.DataKey, error) {
	return one(t, "data_key", scanDataKey, sqlDataKey, s.Tenant, s.Instance, object)
}

func (t *tx) DataKeys(s care.Scope, after string, limit int) ([]care.DataKey, error) {
	return all(t, scanDataKey, sqlDataKeys, s.Tenant, s.Instance, after, int64(limit))
}

func (t *tx) DataKeysBelow(s care.Scope, version int64, limit int) ([]care.DataKey, error) {
	return all(t, scanDataKey, sqlDataKeysBelow, s.Tenant, s.Instance, version, int64(limit))
}

func (t *tx) RewrapDataKey(k care.DataKey, was []byte) error {
	return t.change("data_key", sqlDataKeyRewrap, k.Tenant, k.Instance, k.ID, k.Version, blob(k.Wrapped), blob(was))
}

func (t *tx) ShredDataKey(s care.Scope, object string, at time.Time) error {
	k, err := t.DataKey(s, object)
	if err != nil {
		return err
	}
	return t.shred(k, care.ShreddedKey{Scope: s, ID: k.ID, ShreddedAt: at})
}

func (t *tx) Shred(k care.ShreddedKey) (bool, error) {
	found, err := all(t, scanDataKey, sqlDataKeyByID, k.Tenant, k.Instance, k.ID)
	if err == nil && len(found) == 1 {
		return true, t.shred(found[0], k)
	}
	if err == nil {
		_, err = t.exec(sqlShreddedInsert, k.Tenant, k.Instance, k.ID, micros(k.ShreddedAt))
	}
	return false, err
}

func (t *tx) shred(k care.DataKey, note care.ShreddedKey) error {
	if err := t.change("data_key", sqlDataKeyBlank, k.Tenant, k.Instance, k.Object, make([]byte, len(k.Wrapped))); err != nil {
		return err
	}
	if err := t.change("data_key", sqlDataKeyDelete, k.Tenant, k.Instance, k.Object); err != nil {
		return err
	}
	_, err := t.exec(sqlShreddedInsert, note.Tenant, note.Instance, note.ID, micros(note.ShreddedAt))
	return err
}

func (t *tx) ShreddedKeys(s care.Scope, after string, limit int) ([]care.ShreddedKey, error) {
	return all(t, scanShredded, sqlShredded, s.Tenant, s.Instance, after, int64(limit))
}
